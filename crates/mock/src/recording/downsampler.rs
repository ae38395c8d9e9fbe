//! Downsamples audio of any rate to 4 kHz with a band of 60 to 1100 Hz, for comparison.
//!
//! This band has most of a voice's energy and is not affected by a browser's low-pass. With nearly four samples per
//! period, a delay of a fraction of a sample costs little correlation.

use std::f32::consts::PI;

/// The sample rate of the result, in Hz.
pub(super) const DOWNSAMPLED_HZ: u32 = 4_000;
/// The same in samples per ms.
pub(super) const SAMPLES_PER_MS: i64 = 4;
/// Upper corner, in Hz: aliases come from above 2900 Hz, where four poles attenuate by 34 dB.
const HIGH_HZ: f32 = 1_100.0;
/// Lower corner, in Hz: removes hum and offset.
const LOW_HZ: f32 = 60.0;

/// Filters and decimates a stream of samples. The delay is the same for every rate, so that it cancels out.
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
    /// For audio of this sample rate, at least 8000 Hz, the service's minimum.
    pub(super) fn new(rate_hz: u32) -> Self {
        // The two sections of a fourth-order Butterworth filter.
        let low_pass = [0.541_196, 1.306_563].map(|q| Biquad::low_pass(HIGH_HZ / rate_hz as f32, q));
        Self { rate_hz: rate_hz.into(), taken: 0, given: 0, low_pass, last: 0.0, passed: 0.0 }
    }

    /// Takes a sample; returns one when the next sample at 4 kHz is due.
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
    /// The low-pass of the Audio EQ Cookbook; `corner` is a fraction of the sample rate.
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

    /// Downsamples one second of a tone; returns its RMS relative to the input.
    fn gain(tone_hz: f32, rate_hz: u32) -> f32 {
        let mut downsampler = Downsampler::new(rate_hz);
        let tone = |n: u32| (2.0 * PI * tone_hz * n as f32 / rate_hz as f32).sin() * 10_000.0;
        let given: Vec<f32> = (0..rate_hz).filter_map(|n| downsampler.push(tone(n) as i16)).collect();
        assert_eq!(given.len(), DOWNSAMPLED_HZ as usize, "{rate_hz} Hz");
        let settled = &given[400..];
        (settled.iter().map(|x| x * x).sum::<f32>() / settled.len() as f32).sqrt() / 10_000.0 / FRAC_1_SQRT_2
    }

    #[test]
    fn every_rate_yields_4_khz_with_the_voice_but_without_hum_and_hiss() {
        for rate_hz in [8_000, 11_025, 16_000, 44_100, 48_000, 96_000] {
            assert!((0.9..1.1).contains(&gain(300.0, rate_hz)), "300 Hz at {rate_hz}");
            assert!((0.9..1.1).contains(&gain(700.0, rate_hz)), "700 Hz at {rate_hz}");
            assert!(gain(3_300.0, rate_hz) < 0.03, "3300 Hz at {rate_hz}");
            assert!(gain(5.0, rate_hz) < 0.1, "5 Hz at {rate_hz}");
        }
    }
}
