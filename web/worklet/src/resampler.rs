//! The clock of the conversion: which input frames make which output sample.

use std::fmt;

use crate::contract::SAMPLE_RATE_HZ;
use crate::filter::Filter;

/// A sample rate outside [`Resampler::RATES_HZ`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedRate {
    /// The rate that was asked for, in Hz.
    pub rate_hz: u32,
}

impl fmt::Display for UnsupportedRate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = (Resampler::RATES_HZ.start(), Resampler::RATES_HZ.end());
        write!(formatter, "sample rate {} Hz is outside {low} to {high} Hz", self.rate_hz)
    }
}

impl std::error::Error for UnsupportedRate {}

/// Converts a stream from any rate to 16 kHz: output sample n is the sound at n/16000 s of the input.
///
/// Time is counted in whole numbers (44.1 kHz is 441/160 input frames a sample), so it cannot drift. The
/// filter's delay is not in the output: sample 0 comes when the input that surrounds it is there.
#[derive(Debug)]
pub struct Resampler {
    filter: Filter,
    /// The latest frames, as many as the filter has taps, each stored twice: so they lie in one piece, oldest
    /// first, at `oldest`, and none has to be moved when the next one comes.
    history: Vec<f32>,
    oldest: usize,
    /// Input frames to take before the next output sample can be made.
    due: u32,
    /// How far that sample lies after an input frame, in 1/`phases` frames.
    phase: u32,
    phases: u32,
    /// Distance between two output samples, in 1/`phases` frames.
    step: u32,
}

impl Resampler {
    /// The input rates that can be converted, in Hz: all that a browser's AudioContext can have (Chromium's
    /// range is the widest; the Web Audio specification asks for 8 000 to 96 000).
    pub const RATES_HZ: std::ops::RangeInclusive<u32> = 3_000..=768_000;

    /// Makes the filter for input at `rate_hz`; the only time that this allocates.
    ///
    /// # Errors
    ///
    /// If the rate is outside [`Self::RATES_HZ`].
    pub fn new(rate_hz: u32) -> Result<Self, UnsupportedRate> {
        if !Self::RATES_HZ.contains(&rate_hz) {
            return Err(UnsupportedRate { rate_hz });
        }
        let common = greatest_common_divisor(rate_hz, SAMPLE_RATE_HZ);
        let phases = SAMPLE_RATE_HZ / common;
        let filter = Filter::new(rate_hz, phases);
        Ok(Self {
            history: vec![0.0; 2 * filter.taps()],
            oldest: 0,
            due: filter.taps() as u32 / 2 + 1,
            phase: 0,
            phases,
            step: rate_hz / common,
            filter,
        })
    }

    /// Takes frames from `input` until the next sample can be made; `None` when they do not suffice.
    ///
    /// What was taken is kept: how the input is split into blocks makes no difference.
    pub fn next_sample(&mut self, input: &mut impl Iterator<Item = f32>) -> Option<f32> {
        while self.due > 0 {
            self.remember(finite(input.next()?));
            self.due -= 1;
        }
        let sample = self.filter.apply(&self.history[self.oldest..][..self.filter.taps()], self.phase);
        self.phase += self.step;
        self.due = self.phase / self.phases;
        self.phase %= self.phases;
        Some(sample)
    }

    /// How many frames of silence bring out all samples that lie within the input.
    ///
    /// N frames then have made exactly N · 16000 / rate samples, rounded up: one for each n/16000 s before the
    /// end of the input.
    pub fn tail_frames(&self) -> usize {
        self.filter.taps() / 2
    }

    fn remember(&mut self, frame: f32) {
        let taps = self.filter.taps();
        self.history[self.oldest] = frame;
        self.history[self.oldest + taps] = frame;
        self.oldest = (self.oldest + 1) % taps;
    }
}

/// One infinity or NaN would spoil every sample that the filter makes from it: 3 ms of sound.
fn finite(frame: f32) -> f32 {
    match frame {
        frame if frame.is_finite() => frame,
        frame if frame.is_nan() => 0.0,
        frame => frame.signum(),
    }
}

fn greatest_common_divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    #[test]
    fn a_rate_no_audio_context_can_have_is_refused_by_name() {
        for rate_hz in [0, 2_999, 768_001, u32::MAX] {
            assert_eq!(Resampler::new(rate_hz).unwrap_err(), UnsupportedRate { rate_hz });
        }
        let error = Resampler::new(0).unwrap_err().to_string();
        assert_eq!(error, "sample rate 0 Hz is outside 3000 to 768000 Hz");
    }

    #[test]
    fn rates_are_reduced_to_the_smallest_whole_numbers() -> TestResult {
        for (rate_hz, step, phases) in
            [(44_100, 441, 160), (48_000, 3, 1), (8_000, 1, 2), (44_056, 5507, 2000)]
        {
            let resampler = Resampler::new(rate_hz)?;
            assert_eq!((resampler.step, resampler.phases), (step, phases), "{rate_hz} Hz");
        }
        Ok(())
    }
}
