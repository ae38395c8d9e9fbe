mod messages;
mod raw;
mod read;

use serde::Serialize;
use serde_json::value::RawValue;

pub use messages::{
    Begin, BegunConfiguration, Heartbeat, LlmGatewayResponse, RevisedTurn, ServiceError, Silence,
    SpeakerRevision, SpeechStarted, Termination, Turn, Warning, Word,
};
use raw::Raw;

use crate::small::JsonValue;

/// A text message from the service.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerMessage {
    /// The session is open.
    Begin(Begin),
    /// The current state of a turn, or its final.
    Turn(Turn),
    /// Speech has started; Pro models only.
    SpeechStarted(SpeechStarted),
    /// How much audio has arrived; about every 5 s if `session_heartbeat` is on.
    Heartbeat(Heartbeat),
    /// A range without speech; about every second if `acknowledge_silence` is on, Pro models only.
    Silence(Silence),
    /// Corrected speakers of turns.
    SpeakerRevision(SpeakerRevision),
    /// A parameter has no effect; the session goes on.
    Warning(Warning),
    /// A language model's answer to a final turn, if `llm_gateway` is set.
    LlmGatewayResponse(LlmGatewayResponse),
    /// The last message of a session that ended normally.
    Termination(Termination),
    /// Why the service closes the session, sent right before it does.
    Error(ServiceError),
    /// A message of a type that this version does not know; the service adds types about every month.
    Unknown(Unknown),
}

impl ServerMessage {
    /// The message as JSON text, as the service writes it: `type` last, unset optional fields omitted, whole numbers
    /// without a fraction. Of an [`Unknown`] message only the type is written.
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
    /// The message's type, if it has one.
    pub kind: Option<String>,
}

/// A message that cannot be read; the session can go on without it.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The text is not a JSON object.
    #[error("the message is not a JSON object")]
    NotAnObject,
    /// The message is about a turn, and `turn_order` is missing or not a whole number.
    #[error("the message has no valid turn_order")]
    NoTurnOrder,
}

/// Reads a text message.
///
/// A field that is missing or of the wrong type has its default, unknown fields are ignored, and an unknown type is a
/// value.
///
/// # Errors
/// [`ParseError`], if the text is not a JSON object or a turn has no place in the session.
pub fn parse(text: &str) -> Result<ServerMessage, ParseError> {
    read_message(&parse_json(text).ok_or(ParseError::NotAnObject)?)
}

/// Parses JSON with `serde_json`; `None` if the text is not JSON.
pub fn parse_json(text: &str) -> Option<impl JsonValue + '_> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    Some(Raw::new(raw))
}

/// Reads a message that the caller has parsed.
///
/// # Errors
/// Those of [`parse`].
pub fn read_message<V: JsonValue>(value: &V) -> Result<ServerMessage, ParseError> {
    if value.is_object() { read::read(value) } else { Err(ParseError::NotAnObject) }
}
