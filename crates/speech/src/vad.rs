//! Whether a voice is heard.

use std::fmt;

/// Samples that the voice detector judges at a time: 16 ms.
pub(crate) const VOICE_FRAME: usize = 256;

/// A small neural network (crate `earshot`) that remembers what came before.
pub(crate) struct VoiceDetector(Box<earshot::Detector>);

impl VoiceDetector {
    pub(crate) fn new() -> Self {
        Self(earshot::Detector::default_boxed())
    }

    /// Probability that the next frame has a voice, 0 to 1.
    pub(crate) fn probability(&mut self, frame: &[f32; VOICE_FRAME]) -> f32 {
        self.0.predict_f32(frame)
    }
}

impl fmt::Debug for VoiceDetector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VoiceDetector").finish_non_exhaustive()
    }
}
