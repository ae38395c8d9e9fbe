mod messages;
mod read;

use serde::Serialize;
use serde_json::value::RawValue;

pub use messages::{
    Begin, BegunConfiguration, Heartbeat, LlmGatewayResponse, RevisedTurn, ServiceError, Silence,
    SpeakerRevision, SpeechStarted, Termination, Turn, Warning, Word,
};
pub use read::JsonValue;

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
    /// It was no JSON object.
    #[error("the message is not a JSON object")]
    NotAnObject,
    /// It was of a known type but lacked a field, or had one of another kind.
    #[error("the field {field} of the {kind} message is missing or of the wrong kind")]
    BadField {
        /// The message's type.
        kind: &'static str,
        /// The field's name.
        field: &'static str,
    },
}

/// Reads a text message; `type` may stand anywhere in it, and may be missing from an error.
///
/// # Errors
/// [`ParseError`], where the text is no JSON object or a known message is broken.
pub fn parse(text: &str) -> Result<ServerMessage, ParseError> {
    read_message(&parse_json(text).ok_or(ParseError::NotAnObject)?)
}

/// JSON that `serde_json` parses; `None` where it is none.
pub fn parse_json(text: &str) -> Option<impl JsonValue + '_> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    Some(read::Parsed::new(raw))
}

/// Reads a message that somebody else has parsed.
///
/// # Errors
/// [`ParseError`], where it is no object or a known message is broken.
pub fn read_message<V: JsonValue>(value: &V) -> Result<ServerMessage, ParseError> {
    if value.is_object() { read::read(value) } else { Err(ParseError::NotAnObject) }
}
