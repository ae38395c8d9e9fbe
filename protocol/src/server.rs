use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

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
            Self::Termination(termination) => json(Some("Termination"), termination),
            Self::Error(error) => json(Some("Error"), error),
            Self::Unknown(Unknown { kind }) => json(kind.as_deref(), &serde_json::Map::new()),
        }
    }
}

/// The session is open and audio may flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// The session's id, to quote to the service's support.
    pub id: String,
    /// When the service will end the session, in seconds since 1970.
    #[serde(serialize_with = "number")]
    pub expires_at: f64,
    /// What the service made of the parameters; absent before 2026.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<BegunConfiguration>,
}

/// What the service made of the parameters.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BegunConfiguration {
    /// The model that really runs; to be compared with the one that was asked for.
    pub model: Option<String>,
    /// The turn detection preset of Pro models.
    pub mode: Option<String>,
    /// The API's version, a date.
    pub api_version: Option<String>,
}

/// A turn: all of its words in every message, replaced by each later message with the same `turn_order`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Turn {
    /// The turn's place in the session, from 0; the key by which messages replace each other.
    pub turn_order: u64,
    /// Whether punctuation and capitals are set; `None` where the service did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_is_formatted: Option<bool>,
    /// The only sign that the turn is final.
    #[serde(default, deserialize_with = "null_is_default")]
    pub end_of_turn: bool,
    /// Universal-streaming: the final words only, and so possibly empty beside `words`; Pro: the whole turn.
    #[serde(default, deserialize_with = "null_is_default")]
    pub transcript: String,
    /// How sure the service is that the turn has ended, 0 to 1.
    #[serde(default, deserialize_with = "null_is_default")]
    pub end_of_turn_confidence: f64,
    /// The words with their times.
    #[serde(default, deserialize_with = "null_is_default")]
    pub words: Vec<Word>,
    /// Universal-streaming: the text at a pause; Pro: the transcript again, on the final only.
    #[serde(default, deserialize_with = "null_is_default")]
    pub utterance: String,
    /// The language, where detection was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// How sure the service is of the language, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<f64>,
    /// The speaker, `A`, `B` and so on; `PENDING` and `UNKNOWN` mean that nobody is named yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker_label: Option<String>,
    /// How sure the service is of the speaker, 0 to 1; 0 means that there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// A word of a turn.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Word {
    /// Where it begins, in ms of the audio sent in this session.
    #[serde(rename = "start", default, deserialize_with = "null_is_default", serialize_with = "number")]
    pub start_ms: f64,
    /// Where it ends, in ms of the audio sent in this session.
    #[serde(rename = "end", default, deserialize_with = "null_is_default", serialize_with = "number")]
    pub end_ms: f64,
    /// The word, perhaps with punctuation; a part of one while it is not final.
    #[serde(default, deserialize_with = "null_is_default")]
    pub text: String,
    /// How sure the service is of the word, 0 to 1; `None` in some revisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Whether the word will change no more; universal-streaming keeps words that are not out of `transcript`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub word_is_final: bool,
    /// The speaker, where labels were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// How sure the service is of the speaker, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// Somebody began to speak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeechStarted {
    /// When, in ms of the audio sent in this session.
    #[serde(rename = "timestamp", default, deserialize_with = "null_is_default", serialize_with = "number")]
    pub timestamp_ms: f64,
    /// How sure the service is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// A sign of life with what has arrived so far.
///
/// A figure that is missing reads as 0: a client that takes it for confirmed audio then keeps too much.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Audio that the service received in this session, in ms.
    #[serde(default, deserialize_with = "null_is_default", serialize_with = "number")]
    pub total_audio_received_ms: f64,
    /// Time since the session began, in ms.
    #[serde(default, deserialize_with = "null_is_default", serialize_with = "number")]
    pub total_duration_ms: f64,
    /// Audio received over time passed; 1 is real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realtime_factor: Option<f64>,
    /// The most speech-like moment since the last heartbeat, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_speech_probability: Option<f64>,
}

/// The last message of a session that ended well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Termination {
    /// Seconds of audio that the service received.
    #[serde(
        rename = "audio_duration_seconds",
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number_if_any"
    )]
    pub audio_duration_s: Option<f64>,
    /// Seconds that the socket was open: what is billed.
    #[serde(
        rename = "session_duration_seconds",
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number_if_any"
    )]
    pub session_duration_s: Option<f64>,
}

/// What was wrong, in the service's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceError {
    /// The code with which the socket will close; absent in some errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u16>,
    /// The text that tells the cause, see [`Cause::of`](crate::Cause::of).
    pub error: String,
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

/// `null` means the same as a missing field.
fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Whole numbers are written without a fraction: AssemblyAI's Python SDK stops reading at `1.0` for a time.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")] // Not on wasm32.
fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // 2^53: above it not every whole number is an f64.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
fn number_if_any<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}
