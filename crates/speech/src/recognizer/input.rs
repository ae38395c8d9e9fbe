//! From samples of any rate to frames of 16 kHz.

use transcription_worklet::{Resampler, UnsupportedRate};

use crate::SAMPLE_RATE_HZ;
use crate::vad::VOICE_FRAME;

/// Converts and cuts a stream.
#[derive(Debug)]
pub(super) struct Input {
    resampler: Option<Resampler>,
    /// Converted samples that do not fill a frame yet.
    rest: Vec<f32>,
}

impl Input {
    pub(super) fn new(rate_hz: u32) -> Result<Self, UnsupportedRate> {
        let resampler = if rate_hz == SAMPLE_RATE_HZ { None } else { Some(Resampler::new(rate_hz)?) };
        Ok(Self { resampler, rest: vec![] })
    }

    pub(super) fn push(&mut self, samples: impl Iterator<Item = f32>) {
        // One NaN would spoil the voice detector for ever.
        let mut samples =
            samples.map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 });
        match &mut self.resampler {
            None => self.rest.extend(samples),
            Some(resampler) => {
                self.rest.extend(std::iter::from_fn(|| resampler.next_sample(&mut samples)));
            }
        }
    }

    /// Frames that are complete.
    pub(super) fn frames(&mut self) -> Vec<[f32; VOICE_FRAME]> {
        let (frames, rest) = self.rest.as_chunks();
        let (frames, rest) = (frames.to_vec(), rest.to_vec());
        self.rest = rest;
        frames
    }
}

/// Full scale of 16-bit samples.
pub(super) fn from_i16(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}
