//! From the socket's opening to `Begin`.

use std::time::Duration;

use assemblyai_protocol::MAX_SESSION_DURATION_S;
use serde::Serialize;

use super::audio::Meter;
use super::clocks::HEARTBEAT;
use super::{Output, Session, State};
use crate::faults::SocketFault;
use crate::parameters::{Parameters, REFUSAL};
use crate::recording::RecordingRecognizer;
use crate::script::Script;
use crate::strictness::Strictness;
use crate::transcript::{Ear, PacedRecognizer, Transcriber};
use crate::violation::ViolationKind;

/// The version of those who name none (the Python SDK's header).
const API_VERSION: &str = "2025-05-12";
/// The session's announced end is this much before its real one, in s (seen on the wire).
const EXPIRES_EARLY_S: u64 = 2;

/// What a session is started with.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) id: String,
    pub(crate) strictness: Strictness,
    pub(crate) fault: Option<SocketFault>,
    /// From the handshake to `Begin`; 600 to 700 ms at the service.
    pub(crate) begin_delay: Duration,
    /// From Terminate to its answer; 600 to 1300 ms at the service.
    pub(crate) ending_delay: Duration,
    /// The longest session, in s.
    pub(crate) max_session_s: u32,
    /// The time at which the socket opened, in s since 1970.
    pub(crate) opened_unix_s: u64,
    /// The header `AssemblyAI-Version`.
    pub(crate) api_version: Option<String>,
}

/// What came of the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// An API key.
    Key,
    /// A token, with the longest session that it allows in s.
    Token {
        max_session_s: u32,
    },
    Missing,
    Unknown,
    Expired,
    Used,
    /// It is good, but there are too many sessions.
    TooMany,
}

impl Credential {
    fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Key | Self::Token { .. } => None,
            Self::Missing => Some("Unauthorized Connection: Missing Authorization header"),
            Self::Unknown => Some("Unauthorized Connection: Invalid API key"),
            Self::Expired => Some("Unauthorized Connection: Signature has expired"),
            // That it is refused is documented; the words were never captured.
            Self::Used => Some("Unauthorized Connection: Token has already been used"),
            Self::TooMany => Some("Unauthorized Connection: Too many concurrent sessions"),
        }
    }
}

/// `Begin` as the service writes it: eight keys, `null` where unset.
#[derive(Serialize)]
struct Begin<'a> {
    id: &'a str,
    expires_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<Configuration<'a>>,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Configuration<'a> {
    model: &'a str,
    mode: Option<&'static str>,
    api_version: &'a str,
    speaker_labels: bool,
    redact_pii: bool,
    filter_profanity: bool,
    domain: Option<&'a str>,
    voice_focus: Option<&'a str>,
}

impl Session {
    /// A socket was opened with this query string and this credential: both are checked, in that order after each
    /// other, and a refusal is an `Error` message and a close like any other.
    pub(crate) fn open(setup: Setup, script: Script, query: &str, credential: Credential) -> Self {
        let read = Parameters::from_query(query);
        let (parameters, notes) = read.clone().unwrap_or_default();
        let rate_hz = parameters.sample_rate_hz;
        let ear = match (&script.recording, &script.paced_text) {
            (Some(recording), _) => {
                Some(Ear::RecordingRecognizer(Box::new(RecordingRecognizer::new(recording.clone(), rate_hz))))
            }
            (None, Some(text)) => Some(Ear::PacedRecognizer(PacedRecognizer::new(text, rate_hz))),
            (None, None) => None,
        };
        let token_cap_s = match credential {
            Credential::Token { max_session_s } => max_session_s,
            _ => *MAX_SESSION_DURATION_S.end(),
        };
        let cap = Duration::from_secs(token_cap_s.min(setup.max_session_s).into());
        let begin_at = match setup.fault {
            Some(SocketFault::NoBegin) => None,
            Some(SocketFault::BeginLate(late)) => Some(late),
            _ => Some(setup.begin_delay),
        };
        let mut session = Self {
            rules: script.rules(&parameters),
            cues: script.cues.iter().cloned().collect(),
            transcriber: Transcriber::new(script.states(), ear),
            told: Vec::new(),
            meter: Meter::new(&parameters, setup.strictness),
            next_revision_ms: parameters.revision_interval_ms.into(),
            parameters,
            script,
            state: State::Opening { begin_at },
            outputs: std::collections::VecDeque::new(),
            terminated: false,
            mute: false,
            begun_at: Duration::ZERO,
            last_message: Duration::ZERO,
            next_heartbeat: HEARTBEAT,
            last_turn: None,
            quiet_from_ms: 0,
            spoke: false,
            cap,
            setup,
        };
        if let Some(refusal) = credential.refusal() {
            if credential != Credential::TooMany {
                session.violation(ViolationKind::Credential, refusal.to_owned());
            }
            session.fail(1008, refusal.to_owned());
        } else if let Err(refusal) = read {
            session.violation(ViolationKind::InvalidParameter, refusal.clone());
            session.fail(3006, refusal);
        } else if session.setup.strictness == Strictness::Strict && !session.parameters.model_given {
            let refusal = format!("{REFUSAL}Invalid 'speech_model': Field required");
            session.violation(ViolationKind::InvalidParameter, refusal.clone());
            session.fail(3006, refusal);
        } else {
            for name in notes {
                session.violation(ViolationKind::UnknownParameter, name);
            }
            session.meet_fault();
            session.tick(Duration::ZERO);
        }
        session
    }

    fn meet_fault(&mut self) {
        match self.setup.fault.clone() {
            Some(SocketFault::Error { code, text }) => self.fail(code, text),
            Some(SocketFault::Close { code, reason }) => self.finish_with(Output::Close { code, reason }),
            Some(SocketFault::Drop) => self.finish_with(Output::Drop),
            _ => {}
        }
    }

    pub(super) fn begin(&mut self, now: Duration) {
        self.state = State::Running;
        self.begun_at = now;
        self.next_heartbeat = now + HEARTBEAT;
        let expires_at =
            (self.setup.opened_unix_s + now.as_secs() + self.cap.as_secs()).saturating_sub(EXPIRES_EARLY_S);
        let parameters = &self.parameters;
        let configuration = Configuration {
            model: &parameters.model,
            mode: parameters.mode_name(),
            api_version: self.setup.api_version.as_deref().unwrap_or(API_VERSION),
            speaker_labels: parameters.speaker_labels,
            redact_pii: parameters.redact_pii,
            filter_profanity: parameters.filter_profanity,
            domain: parameters.domain.as_deref(),
            voice_focus: parameters.voice_focus.as_deref(),
        };
        let as_in_2025 = self.setup.fault == Some(SocketFault::BeginWithoutConfiguration);
        let begin = Begin {
            id: &self.setup.id,
            expires_at,
            configuration: (!as_in_2025).then_some(configuration),
            r#type: "Begin",
        };
        // Numbers, texts and booleans with text keys: this cannot fail.
        let text = serde_json::to_string(&begin).unwrap_or_default();
        self.send_text(text);
        self.play();
        if self.terminated && self.state == State::Running {
            self.answer_terminate(now);
        }
    }
}
