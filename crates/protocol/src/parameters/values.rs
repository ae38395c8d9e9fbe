//! The values of parameters that are one of a few names.

use serde::{Deserialize, Serialize};

named_values! {
    /// The encoding of the audio in binary messages; always one channel. The service also takes opus, `ogg_opus` and
    /// aac, whose messages cannot be counted in samples.
    #[derive(Default)]
    pub enum Encoding {
        /// Signed 16-bit samples, little-endian.
        #[default]
        PcmS16le = "pcm_s16le",
        /// 8-bit µ-law.
        PcmMulaw = "pcm_mulaw",
    }
}

impl Encoding {
    /// Bytes in one sample.
    pub fn bytes_per_sample(self) -> usize {
        match self {
            Self::PcmS16le => 2,
            Self::PcmMulaw => 1,
        }
    }
}

named_values! {
    /// A turn detection preset of the Pro models: the silence that ends a complete sentence, the silence that ends any
    /// turn, and the delay of the first partial.
    pub enum Mode {
        /// 128, 640 and 0 ms.
        MinLatency = "min_latency",
        /// 128, 1280 and 500 ms: the service's default.
        Balanced = "balanced",
        /// 512, 2560 and 500 ms.
        MaxAccuracy = "max_accuracy",
    }
}

named_values! {
    /// The speaker's distance from the microphone, by which other voices are suppressed.
    pub enum VoiceFocus {
        /// A headset, or a phone at the ear.
        NearField = "near-field",
        /// A microphone in the room.
        FarField = "far-field",
    }
}

named_values! {
    /// What replaces personal data.
    pub enum PiiSubstitution {
        /// Hash signs: the service's default.
        Hash = "hash",
        /// The kind of data, such as a person's name.
        EntityName = "entity_name",
    }
}
