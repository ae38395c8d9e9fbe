//! The messages of the service.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// The session is open and audio may flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Begin {
    /// The session's id, to quote to the service's support.
    pub id: String,
    /// When the service will end the session, in seconds since 1970.
    #[serde(serialize_with = "number")]
    pub expires_at: f64,
    /// What the service made of the parameters; absent before 2026.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<BegunConfiguration>,
}

/// What the service made of the parameters.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct BegunConfiguration {
    /// The model that really runs; to be compared with the one that was asked for.
    pub model: Option<String>,
    /// The turn detection preset of Pro models.
    pub mode: Option<String>,
    /// The API's version, a date.
    pub api_version: Option<String>,
    /// Whether speakers are told apart.
    pub speaker_labels: Option<bool>,
    /// Whether personal data is hidden.
    pub redact_pii: Option<bool>,
    /// Whether swearing is hidden.
    pub filter_profanity: Option<bool>,
    /// The field whose terms the model knows, such as `medical-v1`.
    pub domain: Option<String>,
    /// How far the speaker is taken to be from the microphone.
    pub voice_focus: Option<String>,
}

/// A turn: all of its words in every message, replaced by each later message with the same `turn_order`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Turn {
    /// The turn's place in the session, from 0; the key by which messages replace each other.
    pub turn_order: u64,
    /// Whether punctuation and capitals are set; `None` where the service did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_is_formatted: Option<bool>,
    /// The only sign that the turn is final.
    pub end_of_turn: bool,
    /// Universal-streaming: the final words only, and so possibly empty beside `words`; Pro: the whole turn.
    pub transcript: String,
    /// How sure the service is that the turn has ended, 0 to 1.
    pub end_of_turn_confidence: f64,
    /// The words with their times.
    pub words: Vec<Word>,
    /// Universal-streaming: the text at a pause; Pro: the transcript again, on the final only.
    pub utterance: String,
    /// The language, where detection was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// How sure the service is of the language, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<f64>,
    /// The speaker, `A`, `B` and so on; `PENDING` and `UNKNOWN` mean that nobody is named yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_label: Option<String>,
    /// How sure the service is of the speaker, 0 to 1; 0 means that there is no score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

impl Turn {
    /// The speaker, where one is named.
    pub fn speaker(&self) -> Option<&str> {
        attributed(self.speaker_label.as_deref())
    }

    /// Whether it says nothing: universal-streaming may end a session with such a final.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.transcript.is_empty() && self.utterance.is_empty()
    }
}

impl Word {
    /// The speaker, where one is named.
    pub fn speaker(&self) -> Option<&str> {
        attributed(self.speaker.as_deref())
    }
}

impl RevisedTurn {
    /// The speaker, where one is named.
    pub fn speaker(&self) -> Option<&str> {
        attributed(self.speaker_label.as_deref())
    }
}

/// A label without the two that name nobody: `PENDING`, and `UNKNOWN` before June 2026.
fn attributed(label: Option<&str>) -> Option<&str> {
    label.filter(|label| !matches!(*label, "" | "PENDING" | "UNKNOWN"))
}

/// A word of a turn.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Word {
    /// Where it begins, in ms of the audio sent in this session.
    #[serde(rename = "start", serialize_with = "number")]
    pub start_ms: f64,
    /// Where it ends, in ms of the audio sent in this session.
    #[serde(rename = "end", serialize_with = "number")]
    pub end_ms: f64,
    /// The word, perhaps with punctuation; a part of one while it is not final.
    pub text: String,
    /// How sure the service is of the word, 0 to 1; `None` in some revisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Whether the word will change no more; universal-streaming keeps words that are not out of `transcript`.
    pub word_is_final: bool,
    /// The speaker, where labels were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// How sure the service is of the speaker, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// Somebody began to speak.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeechStarted {
    /// When, in ms of the audio sent in this session.
    #[serde(rename = "timestamp", serialize_with = "number")]
    pub timestamp_ms: f64,
    /// How sure the service is, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// A sign of life with what has arrived so far.
///
/// A figure that is missing reads as 0: a client that takes it for confirmed audio then keeps too much.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Heartbeat {
    /// Audio that the service received in this session, in ms.
    #[serde(serialize_with = "number")]
    pub total_audio_received_ms: f64,
    /// Time since the session began, in ms.
    #[serde(serialize_with = "number")]
    pub total_duration_ms: f64,
    /// Audio received over time passed; 1 is real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime_factor: Option<f64>,
    /// The most speech-like moment since the last heartbeat, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_speech_probability: Option<f64>,
}

/// Nobody was heard for a while. Ranges can overlap: what counts is the latest end.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Silence {
    /// Where the silence begins, in ms of the audio sent in this session.
    #[serde(serialize_with = "number")]
    pub start_ms: f64,
    /// Where it ended, or still goes on, in ms of the audio sent in this session.
    #[serde(serialize_with = "number")]
    pub end_ms: f64,
}

/// Speakers of turns, named anew: before `Termination`, and on the way where an interval was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SpeakerRevision {
    /// The turns whose speakers changed; one may be named before its final has come.
    pub revisions: Vec<RevisedTurn>,
}

/// A turn whose speakers were named anew.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RevisedTurn {
    /// Which turn of the session.
    pub turn_order: u64,
    /// Its speaker now; `None`, `PENDING` or `UNKNOWN` where nobody is named.
    pub speaker_label: Option<String>,
    /// Its words with their speakers; some lack their confidence and whether they are final.
    pub words: Vec<Word>,
}

/// Something that was asked for has no effect, such as a domain in a language that it does not know.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Warning {
    /// A number for the kind; none of them is documented.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number_if_any")]
    pub warning_code: Option<f64>,
    /// What it is about, in the service's words.
    pub warning: String,
}

/// What a language model made of a final turn; it may never come.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LlmGatewayResponse {
    /// Which turn of the session.
    pub turn_order: u64,
    /// The turn's text, as the model got it.
    pub transcript: String,
    /// The model's answer as JSON text, in the manner of OpenAI's chat completions; empty where there is none.
    #[serde(skip_serializing_if = "String::is_empty", serialize_with = "json_value")]
    pub data: String,
}

/// The last message of a session that ended well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Termination {
    /// Seconds of audio that the service received.
    #[serde(
        rename = "audio_duration_seconds",
        skip_serializing_if = "Option::is_none",
        serialize_with = "number_if_any"
    )]
    pub audio_duration_s: Option<f64>,
    /// Seconds that the socket was open: what is billed.
    #[serde(
        rename = "session_duration_seconds",
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

/// Text that is JSON as the value that it is; other text as a string.
fn json_value<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => raw.serialize(serializer),
        Err(_) => serializer.serialize_str(text),
    }
}
