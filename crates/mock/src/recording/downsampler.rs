//! Audio of any rate as the little of it that is compared: 4 kHz, from 60 to 1100 Hz.
//!
//! There is most of what a voice has, no browser's low-pass reaches down there, and at nearly four samples a period
//! a delay by a fraction of a sample costs little correlation.

use std::f32::consts::PI;

/// Samples in a second of what is compared, in Hz.
pub(super) const DOWNSAMPLED_HZ: u32 = 4_000;
/// Samples in a ms of it.
pub(super) const SAMPLES_PER_MS: i64 = 4;
/// The upper corner, in Hz: what folds back at 4 kHz lies above 2900 Hz, where four poles have taken 34 dB.
const HIGH_HZ: f32 = 1_100.0;
/// The lower corner, in Hz: hum and offset say nothing about the place.
const LOW_HZ: f32 = 60.0;

/// Filters and thins out a stream of samples; the same delay for every rate, so that it cancels in comparisons.
#[derive(Debug, Clone)]
pub(super) struct Downsampler {
    rate_hz: u64,
    taken: u64,
    given: u64,
    low_pass: [Biquad; 2],
    last: f32,
    passed: f32,
}

impl Downsampler {
    /// For audio of this rate, in Hz; at least 8000, as the service asks.
    pub(super) fn new(rate_hz: u32) -> Self {
        // The two halves of a Butterworth filter with four poles.
        let low_pass = [0.541_196, 1.306_563].map(|q| Biquad::low_pass(HIGH_HZ / rate_hz as f32, q));
        Self { rate_hz: rate_hz.into(), taken: 0, given: 0, low_pass, last: 0.0, passed: 0.0 }
    }

    /// Takes a sample; gives one where the next of the 4 kHz is due: the one nearest to it in time.
    pub(super) fn push(&mut self, sample: i16) -> Option<f32> {
        let [first, second] = &mut self.low_pass;
        let low = second.push(first.push(f32::from(sample)));
        let hz = u64::from(DOWNSAMPLED_HZ);
        let due = self.taken >= (self.given * self.rate_hz + hz / 2) / hz;
        self.taken += 1;
        if !due {
            return None;
        }
        self.given += 1;
        self.passed = low - self.last + (1.0 - 2.0 * PI * LOW_HZ / DOWNSAMPLED_HZ as f32) * self.passed;
        self.last = low;
        Some(self.passed)
    }
}

/// A second-order section, transposed direct form II.
#[derive(Debug, Clone)]
struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
    state: [f32; 2],
}

impl Biquad {
    /// The low-pass of the Audio EQ Cookbook, its corner as a share of the sample rate.
    fn low_pass(corner: f32, q: f32) -> Self {
        let (sin, cos) = (2.0 * PI * corner).sin_cos();
        let (alpha, a0) = (sin / (2.0 * q), 1.0 + sin / (2.0 * q));
        let b = (1.0 - cos) / (2.0 * a0);
        Self { b: [b, 2.0 * b, b], a: [-2.0 * cos / a0, (1.0 - alpha) / a0], state: [0.0; 2] }
    }

    fn push(&mut self, x: f32) -> f32 {
        let y = self.b[0] * x + self.state[0];
        self.state = [self.b[1] * x - self.a[0] * y + self.state[1], self.b[2] * x - self.a[1] * y];
        y
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::FRAC_1_SQRT_2;

    use super::*;

    /// The RMS of what is left of a tone of full scale, a second of it, at this rate.
    fn left_of(tone_hz: f32, rate_hz: u32) -> f32 {
        let mut downsampler = Downsampler::new(rate_hz);
        let tone = |n: u32| (2.0 * PI * tone_hz * n as f32 / rate_hz as f32).sin() * 10_000.0;
        let given: Vec<f32> = (0..rate_hz).filter_map(|n| downsampler.push(tone(n) as i16)).collect();
        assert_eq!(given.len(), DOWNSAMPLED_HZ as usize, "{rate_hz} Hz");
        let settled = &given[400..];
        (settled.iter().map(|x| x * x).sum::<f32>() / settled.len() as f32).sqrt() / 10_000.0 / FRAC_1_SQRT_2
    }

    #[test]
    fn every_rate_gives_4_khz_with_the_voice_in_it_and_without_hum_or_hiss() {
        for rate_hz in [8_000, 11_025, 16_000, 44_100, 48_000, 96_000] {
            assert!((0.9..1.1).contains(&left_of(300.0, rate_hz)), "300 Hz at {rate_hz}");
            assert!((0.9..1.1).contains(&left_of(700.0, rate_hz)), "700 Hz at {rate_hz}");
            assert!(left_of(3_300.0, rate_hz) < 0.03, "3300 Hz at {rate_hz}");
            assert!(left_of(5.0, rate_hz) < 0.1, "5 Hz at {rate_hz}");
        }
    }
}
