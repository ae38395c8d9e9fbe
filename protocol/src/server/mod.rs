mod messages;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use messages::{
    Begin, BegunConfiguration, Heartbeat, LlmGatewayResponse, RevisedTurn, ServiceError, Silence,
    SpeakerRevision, SpeechStarted, Termination, Turn, Warning, Word,
};

/// A text message from the service.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerMessage {
    /// The session is open.
    Begin(Begin),
    /// A turn so far, or for good.
    Turn(Turn),
    /// Somebody began to speak; Pro models only.
    SpeechStarted(SpeechStarted),
    /// What has arrived so far; about every 5 s where `session_heartbeat` was asked for.
    Heartbeat(Heartbeat),
    /// Nobody was heard for a while; about every second where `acknowledge_silence` was asked for, Pro models only.
    Silence(Silence),
    /// Speakers of turns, named anew.
    SpeakerRevision(SpeakerRevision),
    /// Something that was asked for has no effect; the session goes on.
    Warning(Warning),
    /// What a language model made of a final turn, where `llm_gateway` was asked for.
    LlmGatewayResponse(LlmGatewayResponse),
    /// The last message of a session that ended well.
    Termination(Termination),
    /// The service closes the session right after this.
    Error(ServiceError),
    /// A message of a type that this version does not know: no error, the service adds some every month.
    Unknown(Unknown),
}

impl ServerMessage {
    /// The message as JSON text, as the service writes it: `type` last, optional fields left out, whole
    /// numbers without a fraction. An [`Unknown`] message has nothing but its type.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Tagged<'a, T> {
            #[serde(flatten)]
            body: &'a T,
            #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
            kind: Option<&'a str>,
        }
        fn json<T: Serialize>(kind: Option<&str>, body: &T) -> String {
            // Serializing strings, numbers and booleans with string keys cannot fail.
            serde_json::to_string(&Tagged { body, kind }).unwrap_or_default()
        }
        match self {
            Self::Begin(begin) => json(Some("Begin"), begin),
            Self::Turn(turn) => json(Some("Turn"), turn),
            Self::SpeechStarted(started) => json(Some("SpeechStarted"), started),
            Self::Heartbeat(heartbeat) => json(Some("Heartbeat"), heartbeat),
            Self::Silence(silence) => json(Some("Silence"), silence),
            Self::SpeakerRevision(revision) => json(Some("SpeakerRevision"), revision),
            Self::Warning(warning) => json(Some("Warning"), warning),
            Self::LlmGatewayResponse(response) => json(Some("LLMGatewayResponse"), response),
            Self::Termination(termination) => json(Some("Termination"), termination),
            Self::Error(error) => json(Some("Error"), error),
            Self::Unknown(Unknown { kind }) => json(kind.as_deref(), &serde_json::Map::new()),
        }
    }
}

/// A message of a type that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The type; `None` where the message had none.
    pub kind: Option<String>,
}

/// A message that could not be read; the session goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// It was not a JSON object.
    #[error("the message is not a JSON object")]
    NotAnObject(#[source] serde_json::Error),
    /// It was of a known type but lacked a field, or had one of another kind.
    #[error("a field of the {kind} message is missing or of the wrong kind")]
    BadField {
        /// The message's type.
        kind: &'static str,
        /// What was wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Reads a text message; `type` may stand anywhere in it, and may be missing from an error.
///
/// # Errors
/// [`ParseError`], where the text is no JSON object or a known message is broken.
pub fn parse(text: &str) -> Result<ServerMessage, ParseError> {
    /// The fields that tell what a message is. Two passes over the text cost less code in the page than
    /// serde's buffered enums, and a message that is not ours is never looked into.
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<&'a RawValue>,
        #[serde(borrow)]
        error: Option<&'a RawValue>,
        #[serde(borrow)]
        error_code: Option<&'a RawValue>,
    }
    fn body<'a, T: Deserialize<'a>>(kind: &'static str, text: &'a str) -> Result<T, ParseError> {
        serde_json::from_str(text).map_err(|source| ParseError::BadField { kind, source })
    }

    // A struct also reads from a JSON array, field by field; no message is one.
    if !text.trim_start().starts_with('{') {
        let source = serde::de::Error::custom("expected an object");
        return Err(ParseError::NotAnObject(source));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(ParseError::NotAnObject)?;
    let kind = envelope.kind.map(plain);
    match kind.as_deref() {
        Some("Begin") => body("Begin", text).map(ServerMessage::Begin),
        Some("Turn") => body("Turn", text).map(ServerMessage::Turn),
        Some("SpeechStarted") => body("SpeechStarted", text).map(ServerMessage::SpeechStarted),
        Some("Heartbeat") => body("Heartbeat", text).map(ServerMessage::Heartbeat),
        Some("Silence") => body("Silence", text).map(ServerMessage::Silence),
        Some("SpeakerRevision") => body("SpeakerRevision", text).map(ServerMessage::SpeakerRevision),
        Some("Warning") => body("Warning", text).map(ServerMessage::Warning),
        Some("LLMGatewayResponse") => body("LLMGatewayResponse", text).map(ServerMessage::LlmGatewayResponse),
        Some("Termination") => body("Termination", text).map(ServerMessage::Termination),
        _ if kind.as_deref() == Some("Error") || envelope.error.is_some() => {
            Ok(ServerMessage::Error(ServiceError {
                error_code: envelope.error_code.and_then(|code| plain(code).parse().ok()),
                error: envelope.error.map(plain).unwrap_or_default(),
            }))
        }
        _ => Ok(ServerMessage::Unknown(Unknown { kind })),
    }
}

/// A JSON value as text: strings without their quotes, anything else as it was written.
fn plain(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}
