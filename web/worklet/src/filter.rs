//! The low-pass filter: a sinc under a Kaiser window, as rows of coefficients.

use std::f64::consts::{PI, TAU};

use crate::contract::SAMPLE_RATE_HZ;

/// The attenuation of the stop band, in dB: to the noise floor of 16 bits.
const ATTENUATION_DB: f64 = 100.0;

/// The frequency at which the gain is one half (-6 dB), in Hz: half the output rate.
const CUTOFF_HZ: f64 = 8_000.0;

/// From the end of the pass band (7 kHz) to the start of the stop band (9 kHz), in Hz.
///
/// Sound between 8 and 9 kHz is aliased to between 7 and 8 kHz, attenuated by 6 to 100 dB: speech has little energy
/// there, and a steeper filter would ring longer.
const TRANSITION_HZ: f64 = 2_000.0;

/// The maximum number of coefficients in a table: 256 KiB. All usual rates need fewer and have an exact row per phase.
const MAX_COEFFICIENTS: usize = 1 << 16;

/// Coefficients are multiplied this many at a time; separate sums let the machine overlap the additions.
const LANES: usize = 8;

/// A row of coefficients for each phase, that is for each distance between an output sample and the input
/// frame before it; where there are too many phases for the table, the rows between are interpolated.
#[derive(Debug)]
pub(crate) struct Filter {
    taps: usize,
    phases: u32,
    rows: u32,
    coefficients: Vec<f32>,
}

impl Filter {
    /// Computes the table for input at `rate_hz`, with output samples at multiples of 1/`phases` input frames.
    pub(crate) fn new(rate_hz: u32, phases: u32) -> Self {
        let rate = f64::from(rate_hz);
        // Input below 16 kHz contains sound only up to half its own rate, and mirror images above. The same filter,
        // scaled down, removes those.
        let scale = (rate / f64::from(SAMPLE_RATE_HZ)).min(1.0);
        let cutoff = CUTOFF_HZ * scale / rate;
        let transition = TRANSITION_HZ * scale / rate;

        // Kaiser's formulas for the length and the shape (Oppenheim and Schafer, "Discrete-Time Signal
        // Processing", section on Kaiser window filter design).
        let length = (ATTENUATION_DB - 7.95) / (2.285 * TAU * transition);
        let taps = (length.ceil() as usize).next_multiple_of(LANES);
        let beta = 0.1102 * (ATTENUATION_DB - 8.7);

        let rows = phases.min((MAX_COEFFICIENTS / taps) as u32 - 1);
        let half = (taps / 2) as f64;
        // One more row than phases: the row before the last is interpolated towards the last.
        let mut coefficients = vec![0.0; (rows as usize + 1) * taps];
        for (row, coefficients) in coefficients.chunks_exact_mut(taps).enumerate() {
            let fraction = row as f64 / f64::from(rows);
            let mut sum = 0.0;
            for (tap, coefficient) in coefficients.iter_mut().enumerate() {
                let frames_away = tap as f64 + 1.0 - half - fraction;
                let exact = sinc(2.0 * cutoff * frames_away) * kaiser(beta, frames_away / half);
                *coefficient = exact as f32;
                sum += exact;
            }
            // Scaled so that each row passes a constant unchanged; otherwise the level would vary with the phase.
            for coefficient in coefficients {
                *coefficient = (f64::from(*coefficient) / sum) as f32;
            }
        }
        Self { taps, phases, rows, coefficients }
    }

    /// The number of input frames per output sample; even.
    pub(crate) fn taps(&self) -> usize {
        self.taps
    }

    /// The output sample `phase`/`phases` frames after the frame `window[taps / 2 - 1]`.
    pub(crate) fn apply(&self, window: &[f32], phase: u32) -> f32 {
        let position = phase * self.rows;
        let row = (position / self.phases) as usize;
        let rest = position % self.phases;
        let sample = dot(window, self.row(row));
        if rest == 0 {
            return sample; // Always so if each phase has a row.
        }
        let next = dot(window, self.row(row + 1));
        sample + (next - sample) * (rest as f32 / self.phases as f32)
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.coefficients[row * self.taps..][..self.taps]
    }
}

fn dot(window: &[f32], row: &[f32]) -> f32 {
    let (window, _) = window.as_chunks::<LANES>();
    let (row, _) = row.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (frames, coefficients) in window.iter().zip(row) {
        for lane in 0..LANES {
            sums[lane] += frames[lane] * coefficients[lane];
        }
    }
    sums.iter().sum()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { sin_pi(x) / (PI * x) }
}

/// The sine of πx, by its power series.
///
/// The standard library's adds 7 kB to the wasm, because it is exact for huge angles too.
fn sin_pi(x: f64) -> f64 {
    let turns = x.round_ties_even();
    let angle = PI * (x - turns); // Within a quarter turn on either side.
    let (mut sum, mut term) = (angle, angle);
    // Powers from the 23rd on are below the precision of an f64.
    for power in [3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0, 19.0, 21.0] {
        term *= -angle * angle / (power * (power - 1.0));
        sum += term;
    }
    if turns % 2.0 == 0.0 { sum } else { -sum }
}

/// The Kaiser window at `x`, -1 to 1, less a constant factor (which the rows' scaling removes).
fn kaiser(beta: f64, x: f64) -> f64 {
    bessel_i0(beta * (1.0 - x * x).max(0.0).sqrt())
}

/// The modified Bessel function of the first kind and order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter_square = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * f64::EPSILON {
        term *= quarter_square / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_that_of_the_standard_library() {
        for step in -4_000..4_000 {
            let x = f64::from(step) * 0.0137;
            let error = (sin_pi(x) - (PI * x).sin()).abs();
            assert!(error < 1e-13, "the sine of {x} half turns is off by {error:e}");
        }
    }

    #[test]
    fn the_bessel_series_agrees_with_published_values() {
        // Abramowitz and Stegun, table 9.8: e^-x I0(x).
        for (x, scaled) in
            [(0.0, 1.0), (1.0, 0.465_759_607_6), (5.0, 0.183_540_812_6), (10.0, 0.127_833_337_2)]
        {
            let error = (bessel_i0(x) * (-x).exp() - scaled).abs();
            assert!(error < 1e-9, "I0({x}) is off by {error:e}");
        }
    }

    #[test]
    fn no_rate_makes_a_table_beyond_the_limit() {
        for rate_hz in (3_000..768_000).step_by(997) {
            let phases = SAMPLE_RATE_HZ; // The worst case: a rate with no common factor.
            let filter = Filter::new(rate_hz, phases);
            assert!(filter.coefficients.len() <= MAX_COEFFICIENTS, "{rate_hz} Hz");
            assert!(filter.apply(&vec![1.0; filter.taps], phases - 1).is_finite(), "{rate_hz} Hz");
        }
    }

    #[test]
    fn every_phase_of_the_usual_rates_has_a_row_of_its_own() {
        for (rate_hz, phases) in [
            (8_000, 2),
            (11_025, 640),
            (22_050, 320),
            (24_000, 2),
            (32_000, 1),
            (44_100, 160),
            (48_000, 1),
            (88_200, 80),
            (96_000, 1),
            (176_400, 40),
            (192_000, 1),
        ] {
            let filter = Filter::new(rate_hz, phases);
            assert_eq!(filter.rows, phases, "{rate_hz} Hz");
            println!("{rate_hz} Hz: {} taps, {} KiB", filter.taps, filter.coefficients.len() * 4 / 1024);
        }
    }
}
