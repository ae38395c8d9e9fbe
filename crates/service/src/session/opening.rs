//! From the opening of the socket to `Begin`.

use std::time::Duration;

use assemblyai_protocol::{Begin, BegunConfiguration, MAX_SESSION_DURATION_S, ServerMessage};

use super::audio::{AudioMeter, Decoder};
use super::clocks::HEARTBEAT;
use super::{Phase, Plan, Session};
use crate::parameters::{Parameters, REFUSAL};
use crate::strictness::Strictness;
use crate::transcript::Transcriber;
use crate::violation::ViolationKind;

/// The API version if the client names none (that of the Python SDK's header).
const API_VERSION: &str = "2025-05-12";
/// `expires_at` is this much before the real end of the session, in s (observed).
const EXPIRES_EARLY_S: u64 = 2;

/// How a session starts.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The session's id, a UUID.
    pub id: String,
    /// How strictly rules are enforced.
    pub strictness: Strictness,
    /// Maximum duration of the session, in s.
    pub max_session_s: u32,
    /// When the socket opened, in s since 1970.
    pub opened_unix_s: u64,
    /// The `AssemblyAI-Version` header.
    pub api_version: Option<String>,
}

/// The result of checking the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A valid API key.
    Key,
    /// A valid token, with the maximum duration of its session, in s.
    Token {
        /// The maximum, in s.
        max_session_s: u32,
    },
    /// None was given.
    Missing,
    /// It was not issued here.
    Unknown,
    /// A token whose time is over.
    Expired,
    /// A token that has opened its one session.
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

impl<P: Plan> Session<P> {
    /// Starts a session for a new socket. Checks the credential, then the query string; a rejected session sends `Error`
    /// and a close frame.
    pub fn open(setup: Setup, plan: P, query: &str, credential: Credential) -> Self {
        let read = Parameters::from_query(query);
        let (requested, notes) = read.clone().unwrap_or_default();
        let (parameters, warnings) = plan.adopt(requested);
        let token_cap_s = match credential {
            Credential::Token { max_session_s } => max_session_s,
            _ => *MAX_SESSION_DURATION_S.end(),
        };
        let cap = Duration::from_secs(token_cap_s.min(setup.max_session_s).into());
        let mut session = Self {
            rules: plan.rules(&parameters),
            // A client that is refused needs no recogniser.
            transcriber: Transcriber::new(plan.turns(), None),
            unsent: Vec::new(),
            meter: AudioMeter::new(&parameters, setup.strictness),
            decoder: Decoder::default(),
            next_revision_ms: parameters.revision_interval_ms.into(),
            parameters,
            phase: Phase::Opening { begin_at: plan.begin_after() },
            plan,
            outputs: std::collections::VecDeque::new(),
            terminated: false,
            sending: super::Sending::All,
            begun_at: Duration::ZERO,
            last_message: Duration::ZERO,
            next_heartbeat: HEARTBEAT,
            warnings,
            warned: Vec::new(),
            next_order: 0,
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
            let recognizer = session.plan.recognizer(&session.parameters);
            session.transcriber = Transcriber::new(session.plan.turns(), recognizer);
            session.transcriber.configure(&session.rules, &mut session.unsent);
            if let Some(action) = session.plan.opening() {
                session.act(action);
            }
            session.tick(Duration::ZERO);
        }
        session
    }

    pub(super) fn begin(&mut self, now: Duration) {
        self.phase = Phase::Running;
        self.begun_at = now;
        self.next_heartbeat = now + HEARTBEAT;
        let expires_at =
            (self.setup.opened_unix_s + now.as_secs() + self.cap.as_secs()).saturating_sub(EXPIRES_EARLY_S);
        let parameters = &self.parameters;
        let configuration = self.plan.has_configuration().then(|| BegunConfiguration {
            model: Some(self.plan.model().unwrap_or(&parameters.model).to_owned()),
            mode: parameters.mode_name().map(str::to_owned),
            api_version: Some(self.setup.api_version.as_deref().unwrap_or(API_VERSION).to_owned()),
            speaker_labels: Some(parameters.speaker_labels),
            redact_pii: Some(parameters.redact_pii),
            filter_profanity: Some(parameters.filter_profanity),
            domain: parameters.domain.clone(),
            voice_focus: parameters.voice_focus.clone(),
        });
        self.send(&ServerMessage::Begin(Begin {
            id: self.setup.id.clone(),
            expires_at: expires_at as f64,
            configuration,
        }));
        self.send_warnings();
        self.play();
        if self.terminated && self.phase == Phase::Running {
            self.answer_terminate(now);
        }
    }
}
