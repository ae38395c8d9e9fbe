//! Converts samples to 16 bits, measures the peak level, and collects chunks.

use std::mem;

use crate::contract::CHUNK_SAMPLES;

/// A chunk of the recording, ready to be sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chunk<'a> {
    /// 16-bit samples at 16 kHz: [`CHUNK_SAMPLES`] of them, or fewer in the last chunk of a recording.
    pub pcm: &'a [i16],
    /// The largest absolute sample, 0 to 1 of full scale; samples beyond full scale count as 1.
    pub peak: f32,
}

/// Collects samples until a chunk is full.
#[derive(Debug)]
pub(crate) struct Chunker {
    pcm: [i16; CHUNK_SAMPLES],
    filled: usize,
    peak: f32,
}

impl Chunker {
    pub(crate) fn new() -> Self {
        Self { pcm: [0; CHUNK_SAMPLES], filled: 0, peak: 0.0 }
    }

    /// Adds a sample; the chunk must not be full.
    pub(crate) fn push(&mut self, sample: f32) {
        self.pcm[self.filled] = to_i16(sample);
        self.filled += 1;
        self.peak = self.peak.max(sample.abs()); // `max` ignores NaN.
    }

    pub(crate) fn is_full(&self) -> bool {
        self.filled == CHUNK_SAMPLES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Returns the chunk, full or not, and begins a new one.
    pub(crate) fn take(&mut self) -> Chunk<'_> {
        let filled = mem::take(&mut self.filled);
        let peak = mem::take(&mut self.peak).min(1.0);
        Chunk { pcm: &self.pcm[..filled], peak }
    }
}

/// Converts -1 to 1 to -32768 to 32767, rounded to the nearest. Samples beyond are clipped; NaN becomes 0.
///
/// Times 32768, not 32767: this undoes exactly the division by 32768 with which a 16-bit microphone became f32
/// (Firefox, WebRTC; where positive samples were divided by 32767 the result is one step off at most), it is
/// the same on both sides of zero, and as a power of two it rounds nothing by itself.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round_ties_even() as i16 // `as` clips and converts NaN to 0.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_16_bit_sample_comes_back_unchanged() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(to_i16(f32::from(sample) / 32_768.0), sample);
        }
    }

    #[test]
    fn a_microphone_scaled_by_32767_is_one_step_off_at_most() {
        for sample in 0..=i16::MAX {
            assert!(to_i16(f32::from(sample) / 32_767.0).abs_diff(sample) <= 1, "{sample}");
        }
    }

    #[test]
    fn beyond_full_scale_is_clipped_and_not_wrapped() {
        for (sample, expected) in [
            (1.0, 32_767),
            (1.5, 32_767),
            (1e30, 32_767),
            (f32::INFINITY, 32_767),
            (-1.0, -32_768),
            (-1.5, -32_768),
            (f32::MIN, -32_768),
            (f32::NEG_INFINITY, -32_768),
            (f32::NAN, 0),
            (-0.0, 0),
            (f32::MIN_POSITIVE, 0),
        ] {
            assert_eq!(to_i16(sample), expected, "{sample}");
        }
    }

    #[test]
    fn the_peak_is_that_of_its_own_chunk_and_at_most_one() {
        let mut chunker = Chunker::new();
        for sample in [0.1, -0.25, f32::NAN, 0.2] {
            chunker.push(sample);
        }
        assert_eq!(chunker.take(), Chunk { pcm: &[3277, -8192, 0, 6554], peak: 0.25 });
        chunker.push(0.125);
        assert_eq!(chunker.take(), Chunk { pcm: &[4096], peak: 0.125 });
        chunker.push(-7.0);
        assert_eq!(chunker.take(), Chunk { pcm: &[i16::MIN], peak: 1.0 });
    }
}
