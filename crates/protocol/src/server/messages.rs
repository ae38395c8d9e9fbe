//! The messages of the service.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// The session is open: the client may send audio.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Begin {
    /// The session's id, for AssemblyAI's support; empty if the service sends none.
    pub id: String,
    /// When the service will end the session, in seconds since 1970; infinite if the service does not say.
    #[serde(serialize_with = "number")]
    pub expires_at: f64,
    /// The parameters in effect; absent before 2026.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<BegunConfiguration>,
}

/// The parameters in effect, as far as the service reports them.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct BegunConfiguration {
    /// The model in use, which may differ from the requested one.
    pub model: Option<String>,
    /// The turn detection preset of Pro models.
    pub mode: Option<String>,
    /// The API's version, a date.
    pub api_version: Option<String>,
    /// Whether speakers are labelled.
    pub speaker_labels: Option<bool>,
    /// Whether personal data is masked.
    pub redact_pii: Option<bool>,
    /// Whether profanity is masked.
    pub filter_profanity: Option<bool>,
    /// The field whose terms the model knows, such as `medical-v1`.
    pub domain: Option<String>,
    /// The assumed distance of the speaker from the microphone.
    pub voice_focus: Option<String>,
}

/// The current state of a turn: each message has all of its words and replaces earlier ones of the same `turn_order`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Turn {
    /// The turn's place in the session, from 0: messages with the same value replace each other.
    pub turn_order: u64,
    /// Whether the text has punctuation and capitals; `None` if the service does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_is_formatted: Option<bool>,
    /// Whether the turn is final; the only field that says so.
    pub end_of_turn: bool,
    /// Universal-streaming: the final words only, so it can be empty while `words` is not; Pro: the whole turn.
    pub transcript: String,
    /// Confidence that the turn has ended, 0 to 1.
    pub end_of_turn_confidence: f64,
    /// The words with their times.
    pub words: Vec<Word>,
    /// Universal-streaming: the text up to a pause; Pro: the transcript again, in finals only.
    pub utterance: String,
    /// The language, if detection is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<String>,
    /// Confidence in the language, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<f64>,
    /// The speaker, `A`, `B` and so on; `PENDING` and `UNKNOWN` mean that none is known, see [`Turn::speaker`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_label: Option<String>,
    /// Confidence in the speaker, 0 to 1; 0 means that there is no score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

impl Turn {
    /// The speaker's label, if the speaker is known.
    pub fn speaker(&self) -> Option<&str> {
        attributed(self.speaker_label.as_deref())
    }

    /// Whether the turn has no text; universal-streaming can end a session with such a final.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.transcript.is_empty() && self.utterance.is_empty()
    }
}

impl Word {
    /// The speaker's label, if the speaker is known.
    pub fn speaker(&self) -> Option<&str> {
        attributed(self.speaker.as_deref())
    }
}

impl RevisedTurn {
    /// The speaker's label, if the speaker is known.
    pub fn speaker(&self) -> Option<&str> {
        attributed(self.speaker_label.as_deref())
    }
}

/// A label, unless it is one of those for an unknown speaker: `PENDING`, and before June 2026 `UNKNOWN`.
fn attributed(label: Option<&str>) -> Option<&str> {
    label.filter(|label| !matches!(*label, "" | "PENDING" | "UNKNOWN"))
}

/// A word of a turn.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Word {
    /// Start, in ms of the audio sent in this session.
    #[serde(rename = "start", serialize_with = "number")]
    pub start_ms: f64,
    /// End, in ms of the audio sent in this session.
    #[serde(rename = "end", serialize_with = "number")]
    pub end_ms: f64,
    /// The word, perhaps with punctuation; while it is not final, perhaps a part of it.
    pub text: String,
    /// Confidence in the word, 0 to 1; `None` in some revisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Whether the word is final; universal-streaming omits words from `transcript` until they are.
    pub word_is_final: bool,
    /// The speaker, if speaker labels are on; see [`Word::speaker`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Confidence in the speaker, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker_confidence: Option<f64>,
}

/// Speech has started.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeechStarted {
    /// Start of speech, in ms of the audio sent in this session.
    #[serde(rename = "timestamp", serialize_with = "number")]
    pub timestamp_ms: f64,
    /// Confidence that it is speech, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// Reports how much audio the service has received.
///
/// A missing number reads as 0: a client that takes it for confirmed audio then keeps more than it must.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Heartbeat {
    /// Audio that the service received in this session, in ms.
    #[serde(serialize_with = "number")]
    pub total_audio_received_ms: f64,
    /// Time since the session began, in ms.
    #[serde(serialize_with = "number")]
    pub total_duration_ms: f64,
    /// Duration of the received audio divided by the duration of the session; 1 is real time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime_factor: Option<f64>,
    /// The highest probability of speech since the last heartbeat, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_speech_probability: Option<f64>,
}

/// A range of audio without speech. Ranges can overlap; the latest end counts.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Silence {
    /// Start of the silence, in ms of the audio sent in this session.
    #[serde(serialize_with = "number")]
    pub start_ms: f64,
    /// End of the silence so far, in ms of the audio sent in this session.
    #[serde(serialize_with = "number")]
    pub end_ms: f64,
}

/// Corrected speakers of turns: before `Termination`, and periodically if an interval is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SpeakerRevision {
    /// The turns whose speakers changed, possibly turns without a final yet.
    pub revisions: Vec<RevisedTurn>,
}

/// A turn with corrected speakers.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RevisedTurn {
    /// The turn's place in the session.
    pub turn_order: u64,
    /// The speaker; `None`, `PENDING` or `UNKNOWN` if it is not known, see [`RevisedTurn::speaker`].
    pub speaker_label: Option<String>,
    /// The words with their speakers; some lack confidence and `word_is_final`.
    pub words: Vec<Word>,
}

/// A parameter has no effect, such as a domain that does not exist in the language.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Warning {
    /// The kind of warning; the numbers are not documented.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number_if_any")]
    pub warning_code: Option<f64>,
    /// The service's text.
    pub warning: String,
}

/// A language model's answer to a final turn; the service may never send it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LlmGatewayResponse {
    /// The turn's place in the session.
    pub turn_order: u64,
    /// The text of the turn that the model received.
    pub transcript: String,
    /// The answer as JSON text, in the format of OpenAI's chat completions; empty if there is none.
    #[serde(skip_serializing_if = "String::is_empty", serialize_with = "json_value")]
    pub data: String,
}

/// The last message of a session that ended normally.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Termination {
    /// Duration of the audio that the service received, in seconds.
    #[serde(
        rename = "audio_duration_seconds",
        skip_serializing_if = "Option::is_none",
        serialize_with = "number_if_any"
    )]
    pub audio_duration_s: Option<f64>,
    /// Duration of the open socket in seconds, which is what is billed.
    #[serde(
        rename = "session_duration_seconds",
        skip_serializing_if = "Option::is_none",
        serialize_with = "number_if_any"
    )]
    pub session_duration_s: Option<f64>,
}

/// Why the service closes the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceError {
    /// The code with which the socket will close; absent from some errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u16>,
    /// The service's text, from which [`Cause::of`](crate::Cause::of) finds the cause.
    pub error: String,
}

/// Writes whole numbers without a fraction, because AssemblyAI's Python SDK fails on a time such as `1.0`.
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

/// Writes text that is JSON as that value, other text as a string.
fn json_value<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => raw.serialize(serializer),
        Err(_) => serializer.serialize_str(text),
    }
}
