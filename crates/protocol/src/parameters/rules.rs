//! What the service takes in each parameter: for settings panels, and for what is sent at all.

use std::fmt;
use std::ops::RangeInclusive;

use super::model::{Family, SpeechModel};
use super::values::{Encoding, Mode, PiiSubstitution, VoiceFocus};
use super::{INACTIVITY_TIMEOUT_S, SAMPLE_RATE_HZ, TURN_SILENCE_MS};

/// The language codes that the service's validator named in September 2026; `multi` stands alone.
pub const LANGUAGE_CODES: [&str; 33] = [
    "en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he", "ja",
    "ur", "zh", "ru", "ko", "ca", "gl", "ro", "et", "fa", "yue", "af", "mr", "zu", "xh", "nn", "multi",
];

/// One of the service's parameters.
#[derive(Debug, PartialEq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: &'static str,
    /// What it takes.
    pub allowed: Allowed,
    /// The models that take it.
    pub models: Models,
    /// The parameter without which it means nothing.
    pub needs: Option<&'static str>,
    /// Whether `UpdateConfiguration` can change it while a session runs.
    pub changes_live: bool,
}

/// What a parameter takes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Allowed {
    /// On or off.
    Switch,
    /// A whole number in a range.
    Whole(RangeInclusive<u32>),
    /// 0, or a whole number in a range.
    ZeroOr(RangeInclusive<u32>),
    /// A number from 0 to 1.
    Fraction,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Text of at most so many characters.
    Text(usize),
    /// A list of texts.
    Texts {
        /// Items at most.
        items: usize,
        /// Characters in each, at most.
        characters: usize,
    },
    /// At most so many of [`LANGUAGE_CODES`], or `multi` alone.
    Languages(usize),
    /// A model's name.
    Model,
    /// Any value of its type: no limit is known.
    Any,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => f.write_str("on or off"),
            Self::Whole(range) => write!(f, "a whole number from {} to {}", range.start(), range.end()),
            Self::ZeroOr(range) => write!(f, "0 or a whole number from {} to {}", range.start(), range.end()),
            Self::Fraction => f.write_str("a number from 0 to 1"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::Text(characters) => write!(f, "text of at most {characters} characters"),
            Self::Texts { items, characters } => {
                write!(f, "a list of at most {items} texts of 1 to {characters} characters each")
            }
            Self::Languages(items) => write!(f, "a list of at most {items} language codes, or multi alone"),
            Self::Model => f.write_str("the name of a model"),
            Self::Any => f.write_str("any value"),
        }
    }
}

/// The models that take a parameter; one that this version does not know gets every parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Models {
    /// All.
    All,
    /// Universal-streaming.
    Universal,
    /// Universal-streaming and the Pro models.
    UniversalAndPro,
    /// The Pro models.
    Pro,
    /// Those that know several languages: all but universal-streaming's English one.
    Multilingual,
}

impl Models {
    /// Whether a model is among them.
    pub fn include(self, model: &SpeechModel) -> bool {
        match (self, model.family()) {
            (Self::All, _) | (_, Family::Unknown) => true,
            (Self::Universal, family) => family == Family::Universal,
            (Self::UniversalAndPro, family) => family != Family::Whisper,
            (Self::Pro, family) => family == Family::Pro,
            (Self::Multilingual, _) => *model != SpeechModel::UNIVERSAL_STREAMING_ENGLISH,
        }
    }
}

/// A value that the service would refuse, or clamp.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{} takes {}", parameter.name, parameter.allowed)]
pub struct InvalidParameter {
    /// The parameter, with what it takes.
    pub parameter: &'static Parameter,
}

/// The field of a parameter.
pub(super) enum Slot<'a> {
    SpeechModel(&'a mut SpeechModel),
    SampleRate(&'a mut u32),
    Encoding(&'a mut Encoding),
    Switch(&'a mut Option<bool>),
    Whole(&'a mut Option<u32>),
    Fraction(&'a mut Option<f64>),
    Text(&'a mut Option<String>),
    Texts(&'a mut Option<Vec<String>>),
    Mode(&'a mut Option<Mode>),
    VoiceFocus(&'a mut Option<VoiceFocus>),
    PiiSubstitution(&'a mut Option<PiiSubstitution>),
}

/// A value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Switch(bool),
    Whole(u32),
    Fraction(f64),
    Text(&'a str),
    Texts(&'a [String]),
}

impl Parameter {
    pub(super) fn check(&'static self, value: Value<'_>) -> Result<(), InvalidParameter> {
        let fits = match (&self.allowed, value) {
            (Allowed::Whole(range), Value::Whole(number)) => range.contains(&number),
            (Allowed::ZeroOr(range), Value::Whole(number)) => number == 0 || range.contains(&number),
            (Allowed::Fraction, Value::Fraction(number)) => (0.0..=1.0).contains(&number),
            (Allowed::OneOf(words), Value::Text(text)) => words.contains(&text),
            (Allowed::Text(most), Value::Text(text)) => text.chars().count() <= *most,
            (Allowed::Texts { items, characters }, Value::Texts(texts)) => {
                let fits = |text: &String| (1..=*characters).contains(&text.chars().count());
                texts.len() <= *items && texts.iter().all(fits)
            }
            (Allowed::Languages(most), Value::Texts(codes)) => {
                let known = |code: &String| LANGUAGE_CODES.contains(&code.as_str());
                let alone = codes.len() <= 1 || !codes.iter().any(|code| code == "multi");
                codes.len() <= *most && codes.iter().all(known) && alone
            }
            // Their types allow nothing wrong.
            _ => true,
        };
        if fits { Ok(()) } else { Err(InvalidParameter { parameter: self }) }
    }
}

/// Every parameter that [`StreamingParameters`](super::StreamingParameters) has, in the order in which it is sent.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::new("speech_model", Allowed::Model, Models::All),
    Parameter::new("sample_rate", Allowed::Whole(SAMPLE_RATE_HZ), Models::All),
    Parameter::new("encoding", Allowed::OneOf(&["pcm_s16le", "pcm_mulaw"]), Models::All),
    Parameter::new("format_turns", Allowed::Switch, Models::Universal).live(),
    Parameter::new("end_of_turn_confidence_threshold", Allowed::Fraction, Models::Universal).live(),
    Parameter::new("min_turn_silence", Allowed::Whole(TURN_SILENCE_MS), Models::UniversalAndPro).live(),
    Parameter::new("max_turn_silence", Allowed::Whole(TURN_SILENCE_MS), Models::UniversalAndPro).live(),
    Parameter::new("inactivity_timeout", Allowed::Whole(INACTIVITY_TIMEOUT_S), Models::All),
    Parameter::new("mode", Allowed::OneOf(&["min_latency", "balanced", "max_accuracy"]), Models::Pro).live(),
    Parameter::new("max_turn_duration", Allowed::Any, Models::Pro),
    Parameter::new("vad_threshold", Allowed::Fraction, Models::UniversalAndPro).live(),
    Parameter::new("interruption_delay", Allowed::Whole(0..=1_000), Models::Pro).live(),
    Parameter::new("continuous_partials", Allowed::Switch, Models::Pro).live(),
    Parameter::new("include_partial_turns", Allowed::Switch, Models::All),
    Parameter::new("turn_left_pad_ms", Allowed::Any, Models::Pro).live(),
    Parameter::new("keyterms_prompt", Allowed::Texts { items: 100, characters: 50 }, Models::UniversalAndPro)
        .live(),
    Parameter::new("prompt", Allowed::Text(1_750), Models::Pro).live(),
    Parameter::new("agent_context", Allowed::Text(1_750), Models::Pro).live(),
    Parameter::new("previous_context_n_turns", Allowed::Whole(0..=100), Models::Pro),
    Parameter::new("language_detection", Allowed::Switch, Models::Multilingual),
    Parameter::new("language_codes", Allowed::Languages(10), Models::Pro).live(),
    Parameter::new("language", Allowed::OneOf(&["en", "multi"]), Models::Universal),
    Parameter::new("domain", Allowed::OneOf(&["medical-v1"]), Models::All),
    Parameter::new("speaker_labels", Allowed::Switch, Models::All),
    Parameter::new("max_speakers", Allowed::Whole(1..=10), Models::All).needs("speaker_labels"),
    Parameter::new("speaker_labels_revision_interval_ms", Allowed::ZeroOr(120_000..=300_000), Models::All)
        .needs("speaker_labels"),
    Parameter::new("filter_profanity", Allowed::Switch, Models::All).live(),
    Parameter::new("redact_pii", Allowed::Switch, Models::UniversalAndPro),
    Parameter::new("redact_pii_policies", Allowed::Any, Models::UniversalAndPro).needs("redact_pii"),
    Parameter::new("redact_pii_sub", Allowed::OneOf(&["hash", "entity_name"]), Models::UniversalAndPro)
        .needs("redact_pii"),
    Parameter::new("voice_focus", Allowed::OneOf(&["near-field", "far-field"]), Models::Pro),
    Parameter::new("voice_focus_threshold", Allowed::Fraction, Models::Pro).needs("voice_focus"),
    Parameter::new("session_heartbeat", Allowed::Switch, Models::All).live(),
    Parameter::new("acknowledge_silence", Allowed::Switch, Models::Pro).live(),
    Parameter::new("llm_gateway", Allowed::Any, Models::All),
    Parameter::new("webhook_url", Allowed::Any, Models::All),
    Parameter::new("webhook_auth_header_name", Allowed::Any, Models::All).needs("webhook_url"),
    Parameter::new("webhook_auth_header_value", Allowed::Any, Models::All).needs("webhook_url"),
    Parameter::new("customer_support_audio_capture", Allowed::Switch, Models::All),
];

impl Parameter {
    const fn new(name: &'static str, allowed: Allowed, models: Models) -> Self {
        Self { name, allowed, models, needs: None, changes_live: false }
    }

    const fn live(mut self) -> Self {
        self.changes_live = true;
        self
    }

    const fn needs(mut self, other: &'static str) -> Self {
        self.needs = Some(other);
        self
    }
}
