//! Audio on its way to the session: 16 kHz, 16 bits, one channel.

mod resampler;
mod sink;
mod source;
#[cfg(feature = "files")]
mod wav;
mod wav_file;

use std::time::Duration;

pub use resampler::Resampler;
pub(crate) use sink::{AudioReceiver, Block, channel};
pub use sink::{AudioSink, Full, SinkClosed};
pub(crate) use source::SourceKind;
#[cfg(test)]
pub(crate) use source::samples_of;
pub use source::{AudioSource, Part};
pub use wav_file::WavFile;

/// Samples in one ms.
/// The most samples of silence that stand for lost audio: a program that loses more has no clock any more.
pub(crate) const LONGEST_SILENCE: u64 = assemblyai_session::SAMPLE_RATE_HZ as u64 * 600;

const SAMPLES_PER_MS: u64 = assemblyai_session::SAMPLE_RATE_HZ as u64 / 1000;

/// The duration of so many samples.
pub(crate) fn duration(samples: u64) -> Duration {
    // 62 500 ns are a sample; the largest number of samples is 37 000 years.
    Duration::from_micros(samples.saturating_mul(1000) / SAMPLES_PER_MS)
}

/// The highest magnitude among samples, 0 to 1.
pub fn peak(samples: &[i16]) -> f32 {
    let most = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
    f32::from(most) / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_16_000_samples() {
        assert_eq!(duration(16_000), Duration::from_secs(1));
        assert_eq!(duration(1), Duration::from_micros(62));
    }

    #[test]
    fn the_peak_is_a_part_of_full_scale() {
        assert!((peak(&[0, -16_384, 3]) - 0.5).abs() < f32::EPSILON);
        assert!((peak(&[i16::MIN]) - 1.0).abs() < f32::EPSILON);
        assert!(peak(&[]).abs() < f32::EPSILON);
    }
}
