//! Which values a parameter may have, and which models take it.

use std::fmt;
use std::ops::RangeInclusive;

use super::model::{Family, SpeechModel};
use super::table::{PARAMETERS, StreamingParameters};
use super::wire::Value;

/// The language codes that the service's validator listed in September 2026; `multi` excludes all others.
pub const LANGUAGE_CODES: [&str; 33] = [
    "en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he", "ja",
    "ur", "zh", "ru", "ko", "ca", "gl", "ro", "et", "fa", "yue", "af", "mr", "zu", "xh", "nn", "multi",
];

/// A row of [`PARAMETERS`].
#[derive(Debug, PartialEq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: &'static str,
    /// The values that the service takes.
    pub allowed: Allowed,
    /// The models that take it.
    pub models: Models,
    /// The parameter without which it has no effect.
    pub needs: Option<&'static str>,
    /// Whether `UpdateConfiguration` can change it while a session runs.
    pub changes_live: bool,
}

/// The values that a parameter may have; `Display` completes a sentence such as "mode takes …".
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
    /// Text of at most this many characters.
    Text(usize),
    /// A list of texts.
    Texts {
        /// The largest number of texts.
        items: usize,
        /// The largest number of characters in each.
        characters: usize,
    },
    /// At most this many of [`LANGUAGE_CODES`], or `multi` alone.
    Languages(usize),
    /// A model's name.
    Model,
    /// Any value of the field's type: no limit is documented.
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

/// The models that take a parameter; a model of an unknown family takes all.
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
    /// The models of several languages: all but universal-streaming's English one.
    Multilingual,
}

impl Models {
    /// Whether these models include `model`.
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

/// A value that the service would refuse or clamp.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{} takes {}", parameter.name, parameter.allowed)]
pub struct InvalidParameter {
    /// The parameter whose value is not allowed.
    pub parameter: &'static Parameter,
}

impl StreamingParameters {
    /// Checks every value, also of parameters that the model does not take.
    ///
    /// # Errors
    /// The first parameter whose value the service would refuse or clamp.
    pub fn validate(&self) -> Result<(), InvalidParameter> {
        let mut set = PARAMETERS.iter().zip(self.values());
        match set.find(|(parameter, value)| value.is_some_and(|value| !parameter.allowed.contains(value))) {
            Some((parameter, _)) => Err(InvalidParameter { parameter }),
            None => Ok(()),
        }
    }
}

impl Allowed {
    fn contains(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Whole(range), Value::Whole(number)) => range.contains(&number),
            (Self::ZeroOr(range), Value::Whole(number)) => number == 0 || range.contains(&number),
            (Self::Fraction, Value::Fraction(number)) => (0.0..=1.0).contains(&number),
            (Self::OneOf(names), Value::Text(text)) => names.contains(&text),
            (Self::Text(limit), Value::Text(text)) => text.chars().count() <= *limit,
            (Self::Texts { items, characters }, Value::Texts(texts)) => {
                let fits = |text: &String| (1..=*characters).contains(&text.chars().count());
                texts.len() <= *items && texts.iter().all(fits)
            }
            (Self::Languages(limit), Value::Texts(codes)) => {
                let is_known = |code: &String| LANGUAGE_CODES.contains(&code.as_str());
                let excludes_others = codes.iter().any(|code| code == "multi");
                codes.len() <= *limit && codes.iter().all(is_known) && (codes.len() <= 1 || !excludes_others)
            }
            // The field's type allows nothing else.
            _ => true,
        }
    }
}
