//! From the opening of the socket to `Begin`.

use std::time::Duration;

use assemblyai_protocol::MAX_SESSION_DURATION_S;
use serde::Serialize;

use super::audio::AudioMeter;
use super::clocks::HEARTBEAT;
use super::{Output, Phase, Session};
use crate::faults::SocketFault;
use crate::parameters::{Parameters, REFUSAL};
use crate::script::Script;
use crate::strictness::Strictness;
use crate::transcript::Transcriber;
use crate::violation::ViolationKind;

/// The API version if the client names none (that of the Python SDK's header).
const API_VERSION: &str = "2025-05-12";
/// `expires_at` is this much before the real end of the session, in s (observed).
const EXPIRES_EARLY_S: u64 = 2;

/// How a session starts.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) id: String,
    pub(crate) strictness: Strictness,
    pub(crate) fault: Option<SocketFault>,
    /// Delay from the handshake to `Begin`; 600 to 700 ms at the service.
    pub(crate) begin_delay: Duration,
    /// Delay from `Terminate` to the last messages; 600 to 1300 ms at the service.
    pub(crate) ending_delay: Duration,
    /// Maximum duration of the session, in s.
    pub(crate) max_session_s: u32,
    /// When the socket opened, in s since 1970.
    pub(crate) opened_unix_s: u64,
    /// The `AssemblyAI-Version` header.
    pub(crate) api_version: Option<String>,
}

/// The result of checking the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A valid API key.
    Key,
    /// A valid token, with the maximum duration of its session, in s.
    Token {
        max_session_s: u32,
    },
    Missing,
    Unknown,
    Expired,
    Used,
    /// A valid credential, but too many sessions are open.
    TooMany,
}

impl Credential {
    fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Key | Self::Token { .. } => None,
            Self::Missing => Some("Unauthorized Connection: Missing Authorization header"),
            Self::Unknown => Some("Unauthorized Connection: Invalid API key"),
            Self::Expired => Some("Unauthorized Connection: Signature has expired"),
            // The rejection is documented; its text was never observed.
            Self::Used => Some("Unauthorized Connection: Token has already been used"),
            Self::TooMany => Some("Unauthorized Connection: Too many concurrent sessions"),
        }
    }
}

/// `Begin` with its `configuration` of eight keys, as the service sends it: unset ones are `null`.
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
    /// Starts a session for a new socket. Checks the credential, then the query string; a rejected session sends `Error`
    /// and a close frame.
    pub(crate) fn open(setup: Setup, script: Script, query: &str, credential: Credential) -> Self {
        let read = Parameters::from_query(query);
        let (parameters, notes) = read.clone().unwrap_or_default();
        let recognizer = script.recognizer(parameters.sample_rate_hz);
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
            transcriber: Transcriber::new(script.states(), recognizer),
            unsent: Vec::new(),
            meter: AudioMeter::new(&parameters, setup.strictness),
            next_revision_ms: parameters.revision_interval_ms.into(),
            parameters,
            script,
            phase: Phase::Opening { begin_at },
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
            session.apply_socket_fault();
            session.tick(Duration::ZERO);
        }
        session
    }

    fn apply_socket_fault(&mut self) {
        match self.setup.fault.clone() {
            Some(SocketFault::Error { code, text }) => self.fail(code, text),
            Some(SocketFault::Close { code, reason }) => self.finish_with(Output::Close { code, reason }),
            Some(SocketFault::Drop) => self.finish_with(Output::Drop),
            _ => {}
        }
    }

    pub(super) fn begin(&mut self, now: Duration) {
        self.phase = Phase::Running;
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
        // Serialising numbers, strings and booleans with string keys cannot fail.
        let text = serde_json::to_string(&begin).unwrap_or_default();
        self.send_text(text);
        self.play();
        if self.terminated && self.phase == Phase::Running {
            self.answer_terminate(now);
        }
    }
}
