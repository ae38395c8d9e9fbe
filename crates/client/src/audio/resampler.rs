use std::fmt;

use transcription_worklet::Capture;

/// Converts samples of any rate and number of channels to those that a session takes: 16 kHz, one channel.
///
/// It is the filter of the page's audio thread: exact in time, without aliases above −80 dB. Channels are averaged.
pub struct Resampler {
    capture: Capture,
    channels: usize,
    /// Samples of a frame whose other channels have not arrived yet.
    partial: Vec<f32>,
}

impl Resampler {
    /// A resampler from `rate_hz`; `None` if the rate is out of range (3 to 768 kHz) or there is no channel.
    pub fn new(rate_hz: u32, channels: u16) -> Option<Self> {
        let capture = Capture::new(rate_hz).ok()?;
        (channels > 0).then(|| Self { capture, channels: usize::from(channels), partial: Vec::new() })
    }

    /// Converts interleaved samples, 16 bits each. The last ones come out with the next call, or with [`Self::finish`].
    pub fn convert(&mut self, samples: &[i16]) -> Vec<i16> {
        // A power of two, so that 16 kHz mono comes out as it went in.
        self.convert_f32(samples.iter().map(|sample| f32::from(*sample) / 32_768.0))
    }

    /// Converts interleaved samples, −1 to 1; what is beyond is clipped.
    pub fn convert_f32(&mut self, samples: impl IntoIterator<Item = f32>) -> Vec<i16> {
        let mut frames = Vec::new();
        for sample in samples {
            self.partial.push(sample);
            if self.partial.len() == self.channels {
                frames.push(self.partial.iter().sum::<f32>() / self.channels as f32);
                self.partial.clear();
            }
        }
        let mut frames = frames.into_iter();
        let mut converted = Vec::new();
        while let Some(chunk) = self.capture.next_chunk(&mut frames) {
            converted.extend_from_slice(chunk.pcm);
        }
        converted
    }

    /// The last samples, after all others were converted.
    pub fn finish(&mut self) -> Vec<i16> {
        let mut rest = Vec::new();
        while let Some(chunk) = self.capture.last_chunk() {
            rest.extend_from_slice(chunk.pcm);
        }
        rest
    }
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resampler").field("channels", &self.channels).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    #[test]
    fn samples_at_16_khz_come_out_unchanged() -> TestResult {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).step_by(7).collect();
        let mut resampler = Resampler::new(16_000, 1).ok_or("a rate out of range")?;
        let mut converted = resampler.convert(&samples);
        converted.extend(resampler.finish());
        assert_eq!(converted, samples);
        Ok(())
    }

    #[test]
    fn two_channels_at_48_khz_keep_their_duration_and_level() -> TestResult {
        let stereo: Vec<i16> = std::iter::repeat_n([8_000, 4_000], 48_000).flatten().collect();
        let mut resampler = Resampler::new(48_000, 2).ok_or("a rate out of range")?;
        // An odd number of samples at a time: the channels of a frame arrive apart.
        let mut converted: Vec<i16> = stereo.chunks(333).flat_map(|part| resampler.convert(part)).collect();
        converted.extend(resampler.finish());
        assert_eq!(converted.len(), 16_000);
        assert!(converted[1_000..15_000].iter().all(|sample| (5_990..6_010).contains(sample)));
        Ok(())
    }

    #[test]
    fn a_rate_or_a_number_of_channels_that_no_device_has_is_refused() {
        assert!(Resampler::new(0, 1).is_none());
        assert!(Resampler::new(16_000, 0).is_none());
    }
}
