use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The path of the WebSocket endpoint below the service's base URL.
pub const WEBSOCKET_PATH: &str = "/v3/ws";
/// Sample rates that the service takes, in Hz (API reference, `sample_rate`).
pub const SAMPLE_RATE_HZ: RangeInclusive<u32> = 8_000..=96_000;
/// Audio in one binary message, in ms (error 3007: "Expected between 50 and 1000 ms").
pub const FRAME_DURATION_MS: RangeInclusive<u32> = 50..=1_000;
/// The largest message, in bytes, that the service takes; a larger one closes the socket with 1009.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;
/// Silence that can end a turn, in ms; the service clamps what is outside (API reference).
pub const TURN_SILENCE_MS: RangeInclusive<u32> = 50..=10_000;
/// Seconds without a message after which the service closes the session (API reference).
pub const INACTIVITY_TIMEOUT_S: RangeInclusive<u32> = 5..=3_600;
/// The threshold's range, without a unit (API reference).
pub const END_OF_TURN_CONFIDENCE: RangeInclusive<f64> = 0.0..=1.0;

/// How the audio in binary messages is encoded; always one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Signed 16-bit samples, little-endian.
    #[default]
    PcmS16le,
    /// 8-bit µ-law.
    PcmMulaw,
}

impl Encoding {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PcmS16le => "pcm_s16le",
            Self::PcmMulaw => "pcm_mulaw",
        }
    }

    /// Bytes in one sample.
    pub fn bytes_per_sample(self) -> usize {
        match self {
            Self::PcmS16le => 2,
            Self::PcmMulaw => 1,
        }
    }
}

/// What kind of model it is: parameters and message sequences differ between the kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `universal-streaming-*`: word by word, text formatted on request.
    Universal,
    /// `whisper-rt`.
    Whisper,
    /// Universal-3 and later: whole turns, always formatted.
    Pro,
    /// A name that this version does not know: it gets every parameter that was set.
    Unknown,
}

/// A speech model by its name on the wire; a name of a later date passes through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpeechModel(Cow<'static, str>);

impl SpeechModel {
    /// The model that is asked for unless the settings say otherwise.
    pub const U3_RT_PRO: Self = Self(Cow::Borrowed("u3-rt-pro"));
    /// English, word by word.
    pub const UNIVERSAL_STREAMING_ENGLISH: Self = Self(Cow::Borrowed("universal-streaming-english"));
    /// English, Spanish, German, French, Portuguese and Italian, word by word.
    pub const UNIVERSAL_STREAMING_MULTILINGUAL: Self =
        Self(Cow::Borrowed("universal-streaming-multilingual"));

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The family that decides which parameters the model takes.
    pub fn family(&self) -> Family {
        match self.as_str() {
            "u3-rt-pro" | "u3-rt-pro-beta-1" => Family::Pro,
            "whisper-rt" => Family::Whisper,
            name if name.starts_with("universal-streaming-") => Family::Universal,
            name if name.starts_with("universal-3-") => Family::Pro,
            _ => Family::Unknown,
        }
    }
}

impl Default for SpeechModel {
    fn default() -> Self {
        Self::U3_RT_PRO
    }
}

impl fmt::Display for SpeechModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The model's name was empty, or held something that no model's name holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a model's name has 1 to 100 letters, digits, dots, hyphens or underscores")]
pub struct SpeechModelError;

impl FromStr for SpeechModel {
    type Err = SpeechModelError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || name.len() > 100 || !name.chars().all(allowed) {
            return Err(SpeechModelError);
        }
        Ok(Self(Cow::Owned(name.to_owned())))
    }
}

/// What a client asks of a session, as query parameters of the WebSocket's URL.
///
/// `None` leaves the choice to the service. Field names in JSON are the names on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StreamingParameters {
    /// The model; always sent, because the service's own default changed four times within a year.
    pub speech_model: SpeechModel,
    /// Samples in a second, see [`SAMPLE_RATE_HZ`].
    #[serde(rename = "sample_rate")]
    pub sample_rate_hz: u32,
    /// How the audio is encoded.
    pub encoding: Encoding,
    /// Punctuation and capitals; universal-streaming only, Pro models always format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format_turns: Option<bool>,
    /// How sure the model must be that the turn has ended, see [`END_OF_TURN_CONFIDENCE`];
    /// universal-streaming only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_of_turn_confidence_threshold: Option<f64>,
    /// Silence in ms that ends a turn when the model is sure, see [`TURN_SILENCE_MS`].
    #[serde(
        rename = "min_turn_silence",
        alias = "min_end_of_turn_silence_when_confident",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_turn_silence_ms: Option<u32>,
    /// Silence in ms that ends a turn in any case, see [`TURN_SILENCE_MS`].
    #[serde(rename = "max_turn_silence", skip_serializing_if = "Option::is_none")]
    pub max_turn_silence_ms: Option<u32>,
    /// Seconds without a message after which the service closes the session, see [`INACTIVITY_TIMEOUT_S`];
    /// an open socket is billed, so the default is 60, where the service's own is never.
    #[serde(rename = "inactivity_timeout", skip_serializing_if = "Option::is_none")]
    pub inactivity_timeout_s: Option<u32>,
}

impl Default for StreamingParameters {
    fn default() -> Self {
        Self {
            speech_model: SpeechModel::default(),
            sample_rate_hz: 16_000,
            encoding: Encoding::default(),
            format_turns: None,
            end_of_turn_confidence_threshold: None,
            min_turn_silence_ms: None,
            max_turn_silence_ms: None,
            inactivity_timeout_s: Some(60),
        }
    }
}

impl StreamingParameters {
    /// The query string, without the question mark, of the parameters that the model takes.
    pub fn to_query(&self, token: Option<&str>) -> String {
        let family = self.speech_model.family();
        let universal = matches!(family, Family::Universal | Family::Unknown);
        let turn_silence = family != Family::Whisper;

        let mut query = Query::default();
        query.pair("speech_model", &self.speech_model);
        query.pair("sample_rate", &self.sample_rate_hz);
        query.pair("encoding", &self.encoding.as_str());
        query.option("format_turns", self.format_turns.filter(|_| universal));
        query.option(
            "end_of_turn_confidence_threshold",
            // Printed by serde_json, which the page has anyway: the standard library's way takes 11 kB of code.
            self.end_of_turn_confidence_threshold.filter(|_| universal).and_then(Number::from_f64),
        );
        query.option("min_turn_silence", self.min_turn_silence_ms.filter(|_| turn_silence));
        query.option("max_turn_silence", self.max_turn_silence_ms.filter(|_| turn_silence));
        query.option("inactivity_timeout", self.inactivity_timeout_s);
        query.option("token", token);
        query.0
    }
}

/// A query string in the making.
#[derive(Default)]
pub(crate) struct Query(pub(crate) String);

impl Query {
    /// Adds `name=value`, the value percent-encoded.
    pub(crate) fn pair(&mut self, name: &str, value: &dyn fmt::Display) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        // RFC 3986: all but the unreserved characters are encoded, so that no reader can differ.
        for byte in value.to_string().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.0.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(self.0, "%{byte:02X}");
            }
        }
    }

    fn option(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.pair(name, &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_name_model_rate_encoding_and_timeout() {
        assert_eq!(
            StreamingParameters::default().to_query(None),
            "speech_model=u3-rt-pro&sample_rate=16000&encoding=pcm_s16le&inactivity_timeout=60"
        );
    }

    fn everything(model: &str) -> StreamingParameters {
        StreamingParameters {
            speech_model: model.parse().expect("a good name"),
            format_turns: Some(true),
            end_of_turn_confidence_threshold: Some(0.5),
            min_turn_silence_ms: Some(160),
            max_turn_silence_ms: Some(2400),
            ..StreamingParameters::default()
        }
    }

    #[test]
    fn a_parameter_is_sent_only_to_models_that_take_it() {
        let names = |model: &str| {
            let query = everything(model).to_query(None);
            query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())).collect::<Vec<_>>()
        };
        let always = ["speech_model", "sample_rate", "encoding"];
        let silence = ["min_turn_silence", "max_turn_silence"];
        let universal = ["format_turns", "end_of_turn_confidence_threshold"];
        let timeout = ["inactivity_timeout"];

        for model in ["universal-streaming-english", "universal-streaming-multilingual", "a-later-model"] {
            assert_eq!(names(model), [&always[..], &universal, &silence, &timeout].concat(), "{model}");
        }
        for model in ["u3-rt-pro", "universal-3-5-pro", "universal-3-6-pro", "universal-3-6"] {
            assert_eq!(names(model), [&always[..], &silence, &timeout].concat(), "{model}");
        }
        assert_eq!(names("whisper-rt"), [&always[..], &timeout].concat());
    }

    #[test]
    fn the_token_is_percent_encoded() {
        let query = StreamingParameters::default().to_query(Some("AQ/+=&ü~"));
        assert!(query.ends_with("&token=AQ%2F%2B%3D%26%C3%BC~"), "{query}");
    }

    #[test]
    fn the_old_name_of_the_minimal_silence_is_understood() {
        let old: StreamingParameters =
            serde_json::from_str(r#"{"min_end_of_turn_silence_when_confident": 160}"#).expect("it parses");
        assert_eq!(old.min_turn_silence_ms, Some(160));
        assert!(old.to_query(None).contains("min_turn_silence=160"));
    }

    #[test]
    fn a_models_name_cannot_smuggle_parameters() {
        assert_eq!("u3&token=x".parse::<SpeechModel>(), Err(SpeechModelError));
        assert_eq!("".parse::<SpeechModel>(), Err(SpeechModelError));
        assert!("universal-3-7-preview".parse::<SpeechModel>().is_ok());
    }
}
