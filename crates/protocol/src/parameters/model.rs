use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The family of a speech model: parameters and message sequences differ between families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `universal-streaming-*`: word by word, text formatted on request.
    Universal,
    /// `whisper-rt`.
    Whisper,
    /// Universal-3 and later: whole turns, always formatted.
    Pro,
    /// A name that this version does not know: every parameter that is set is sent.
    Unknown,
}

/// A speech model by its name on the wire; names that this version does not know are sent as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpeechModel(Cow<'static, str>);

impl SpeechModel {
    /// The default of [`StreamingParameters`](crate::StreamingParameters).
    pub const U3_RT_PRO: Self = Self(Cow::Borrowed("u3-rt-pro"));
    /// English; partials word by word.
    pub const UNIVERSAL_STREAMING_ENGLISH: Self = Self(Cow::Borrowed("universal-streaming-english"));
    /// English, Spanish, German, French, Portuguese and Italian; partials word by word.
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

/// A model's name is empty, too long, or has a character that no model's name has.
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
