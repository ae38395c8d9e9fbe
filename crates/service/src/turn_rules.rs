//! The rules for a session's turns, derived from its parameters: style of the messages and ends of turns.

use assemblyai_protocol::Family;
use serde::Deserialize;

use crate::parameters::{Mode, Parameters};

/// `end_of_turn_confidence` of a universal model after a complete and after an incomplete sentence.
pub(crate) const END_CONFIDENCE: f64 = 0.72;
pub(crate) const UNSURE_CONFIDENCE: f64 = 0.31;

/// A style of Turn messages, as models of the service were observed or documented to send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Word by word, lower case, one final: universal-streaming without `format_turns`.
    UniversalRaw,
    /// As `UniversalRaw`, then a formatted copy of the final with the same `turn_order`: universal-streaming with
    /// `format_turns`.
    UniversalTwoFinals,
    /// Every message is formatted, one final: universal-streaming as documented for some weeks of 2026.
    UniversalInModel,
    /// `SpeechStarted`, partials with the whole turn that can revise earlier words, one final; partials have
    /// `turn_is_formatted` set (observed).
    Pro,
    /// As `Pro`, with speaker labels on finals even if the client did not request them.
    Diarized,
    /// As `Pro`, but with `turn_is_formatted` only on finals and a dash at the end of partials (documented).
    ProDocs,
}

impl Profile {
    /// The profile that the parameters select.
    pub fn of(parameters: &Parameters) -> Self {
        match parameters.family() {
            Family::Universal if parameters.format_turns => Self::UniversalTwoFinals,
            Family::Universal => Self::UniversalRaw,
            Family::Whisper => Self::UniversalInModel,
            Family::Pro | Family::Unknown if parameters.speaker_labels => Self::Diarized,
            Family::Pro | Family::Unknown => Self::Pro,
        }
    }

    /// Whether partials contain the whole turn, as those of the Pro models do, instead of growing word by word.
    pub fn is_pro(self) -> bool {
        matches!(self, Self::Pro | Self::ProDocs | Self::Diarized)
    }
}

/// Time from the end of the silence that ends a Pro turn to its final, in ms: a final was observed 420 ms after the
/// last word in balanced mode, whose silence is 128 ms.
const PRO_LATENCY_MS: u64 = 292;
/// The service adds this to `interruption_delay`, in ms.
const FIRST_PARTIAL_MS: u64 = 256;

/// When the messages of a turn are due and what they contain.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRules {
    /// The style of the messages.
    pub profile: Profile,
    /// Whether partials are sent.
    pub partials: bool,
    /// Time from the start of the first word to the first partial (Pro), in ms.
    pub first_partial_ms: u64,
    /// Time between partials (Pro), in ms; `None` for one partial per pause.
    pub partial_every_ms: Option<u64>,
    /// Silence that ends a turn whose sentence is complete, in ms.
    pub min_silence_ms: u64,
    /// Silence that ends any turn, in ms.
    pub max_silence_ms: u64,
    /// How sure the model must be that a sentence is complete (universal), 0 to 1.
    pub threshold: f64,
    /// A turn longer than this is cut, in ms.
    pub max_turn_ms: u64,
    /// Whether finals name their speakers.
    pub speaker_labels: bool,
    /// Whether finals name their language.
    pub languages: bool,
}

impl TurnRules {
    /// The rules that the parameters select, in another style if one is given.
    pub fn of(parameters: &Parameters, profile: Option<Profile>) -> Self {
        let profile = profile.unwrap_or_else(|| Profile::of(parameters));
        let labels = parameters.speaker_labels || profile == Profile::Diarized;
        let model = parameters.model.as_str();
        // Silences and delays by mode; with speaker labels the mode does not count, as AssemblyAI documents.
        let (min, max, interruption) = match (profile.is_pro(), labels, parameters.mode) {
            (false, ..) => (400, 1280, 0),
            (true, true, _) => (640, 768, 500),
            (true, false, None) if model.starts_with("u3-rt-pro") => (100, 1000, 500),
            (true, false, Some(Mode::MinLatency)) => (128, 640, 0),
            (true, false, None | Some(Mode::Balanced)) => (128, 1280, 500),
            (true, false, Some(Mode::MaxAccuracy)) => (512, 2560, 500),
        };
        let min_silence_ms = u64::from(parameters.min_turn_silence_ms.unwrap_or(min));
        let max_silence_ms = u64::from(parameters.max_turn_silence_ms.unwrap_or(max)).max(min_silence_ms);
        let latency_ms = if profile.is_pro() { PRO_LATENCY_MS } else { 0 };
        Self {
            profile,
            partials: parameters.include_partial_turns.unwrap_or(!parameters.redact_pii),
            first_partial_ms: u64::from(parameters.interruption_delay_ms.unwrap_or(interruption))
                + FIRST_PARTIAL_MS,
            partial_every_ms: match parameters.continuous_partials {
                Some(false) => None,
                _ if labels => Some(3000),
                _ => Some(1000),
            },
            min_silence_ms: min_silence_ms + latency_ms,
            max_silence_ms: max_silence_ms + latency_ms,
            threshold: parameters.end_of_turn_confidence_threshold.unwrap_or(0.4),
            max_turn_ms: if labels && profile.is_pro() { 10_000 } else { 60_000 },
            speaker_labels: labels,
            languages: parameters.language_detection || parameters.family() == Family::Whisper,
        }
    }

    /// Whether the short silence is enough to end a turn whose sentence is complete, if `is_complete`, or is not.
    pub fn ends_early(&self, is_complete: bool) -> bool {
        let confidence = if is_complete { END_CONFIDENCE } else { UNSURE_CONFIDENCE };
        if self.profile.is_pro() { is_complete } else { confidence > self.threshold }
    }

    /// These rules with partials at another interval, in ms, unless they come at pauses.
    #[must_use]
    pub fn with_partials_every_ms(self, every_ms: u64) -> Self {
        Self { partial_every_ms: self.partial_every_ms.map(|_| every_ms), ..self }
    }
}
