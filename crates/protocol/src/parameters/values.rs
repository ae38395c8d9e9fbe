//! The values of parameters that are one of a few words.

use serde::{Deserialize, Serialize};

/// How the audio in binary messages is encoded; always one channel. The service also takes opus, ogg_opus and aac,
/// whose messages cannot be counted in samples.
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
    /// All of them.
    pub const ALL: &[Self] = &[Self::PcmS16le, Self::PcmMulaw];

    /// The one with this name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }

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

/// A turn detection preset of the Pro models: the silence that ends a complete sentence, the silence that ends any
/// turn, and the delay of the first partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 128, 640 and 0 ms.
    MinLatency,
    /// 128, 1280 and 500 ms: the service's own choice.
    Balanced,
    /// 512, 2560 and 500 ms.
    MaxAccuracy,
}

impl Mode {
    /// All of them.
    pub const ALL: &[Self] = &[Self::MinLatency, Self::Balanced, Self::MaxAccuracy];

    /// The one with this name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MinLatency => "min_latency",
            Self::Balanced => "balanced",
            Self::MaxAccuracy => "max_accuracy",
        }
    }
}

/// How far the speaker is from the microphone; other voices are kept out by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoiceFocus {
    /// A headset, or a phone at the ear.
    NearField,
    /// A microphone in the room.
    FarField,
}

impl VoiceFocus {
    /// All of them.
    pub const ALL: &[Self] = &[Self::NearField, Self::FarField];

    /// The one with this name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NearField => "near-field",
            Self::FarField => "far-field",
        }
    }
}

/// What stands in the place of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PiiSubstitution {
    /// Hash signs: the service's own choice.
    Hash,
    /// The kind of data, such as a person's name.
    EntityName,
}

impl PiiSubstitution {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Hash, Self::EntityName];

    /// The one with this name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::EntityName => "entity_name",
        }
    }
}
