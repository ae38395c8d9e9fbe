//! Functions of single numbers and of rows.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

use pulp::{Arch, NullaryFnOnce};

use super::{LANES, sum};

/// Of layer and group normalisation, as in the models' files.
const NORM_EPSILON: f32 = 1e-5;

/// e to the power of `x`, to 7 digits. Vectorises, unlike `f32::exp`.
///
/// Splits off the power of two (the sum with 1.5 · 2²³ rounds to a whole number), then the polynomial of the Cephes
/// library's `expf`.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let power = (x * LOG2_E + ROUND) - ROUND;
    let rest = x - power * 0.693_359_4 + power * 2.121_944_4e-4;
    let polynomial = 1.987_569_1e-4 * rest + 1.398_199_9e-3;
    let polynomial = polynomial * rest + 8.333_452e-3;
    let polynomial = polynomial * rest + 4.166_579_6e-2;
    let polynomial = polynomial * rest + 1.666_666_5e-1;
    let polynomial = polynomial * rest + 0.5;
    let fraction = polynomial * rest * rest + rest + 1.0;
    fraction * f32::from_bits((((power as i32) + 127) << 23) as u32)
}

/// The error function, to 6 digits: Abramowitz and Stegun, formula 7.1.26.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (0.327_591_1 * a + 1.0);
    let polynomial = 1.061_405_4 * t - 1.453_152;
    let polynomial = polynomial * t + 1.421_413_7;
    let polynomial = polynomial * t - 0.284_496_74;
    let polynomial = polynomial * t + 0.254_829_6;
    (1.0 - polynomial * t * exp(-a * a)).copysign(x)
}

/// `x[i] = function(x[i])`, vectorised.
struct Map<'a, F>(&'a mut [f32], F);

impl<F: Fn(f32) -> f32> NullaryFnOnce for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for value in self.0 {
            *value = (self.1)(*value);
        }
    }
}

/// Gaussian error linear unit.
pub(crate) fn gelu(arch: Arch, values: &mut [f32]) {
    arch.dispatch(Map(
        values,
        #[inline(always)]
        |x| 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2)),
    ));
}

/// Hyperbolic tangent.
pub(crate) fn tanh(arch: Arch, values: &mut [f32]) {
    arch.dispatch(Map(
        values,
        #[inline(always)]
        |x| 1.0 - 2.0 / (exp(2.0 * x) + 1.0),
    ));
}

/// `sum[i] += term[i]`
pub(crate) fn add(sum: &mut [f32], term: &[f32]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

/// Halves rows of `2 * width` to `width`: the first half times the SiLU of the second.
pub(crate) fn gated_silu(arch: Arch, rows: &[f32], width: usize) -> Vec<f32> {
    let mut output = vec![0.0; rows.len() / 2];
    arch.dispatch(GatedSilu { rows, width, output: &mut output });
    output
}

struct GatedSilu<'a> {
    rows: &'a [f32],
    width: usize,
    output: &'a mut [f32],
}

impl NullaryFnOnce for GatedSilu<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.rows.chunks_exact(2 * self.width).zip(self.output.chunks_exact_mut(self.width));
        for (row, output) in rows {
            let (values, gates) = row.split_at(self.width);
            for ((output, value), gate) in output.iter_mut().zip(values).zip(gates) {
                *output = value * gate / (1.0 + exp(-gate));
            }
        }
    }
}

/// The largest number of a row.
#[inline(always)]
fn max(row: &[f32]) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::MIN; LANES];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::MIN, |max, value| max.max(*value))
}

#[inline(always)]
fn total(row: &[f32]) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += value;
        }
    }
    sum(lanes) + rest.iter().sum::<f32>()
}

/// `softmax(row * scale)`, in place.
#[inline(always)]
pub(super) fn softmax(row: &mut [f32], scale: f32) {
    let max = max(row);
    for value in row.iter_mut() {
        *value = exp((*value - max) * scale);
    }
    let inverse = 1.0 / total(row);
    for value in row {
        *value *= inverse;
    }
}

/// `softmax(row * scale)` for each row of `width`.
pub(crate) fn softmax_rows(arch: Arch, rows: &mut [f32], width: usize, scale: f32) {
    arch.dispatch(SoftmaxRows { rows, width, scale });
}

struct SoftmaxRows<'a> {
    rows: &'a mut [f32],
    width: usize,
    scale: f32,
}

impl NullaryFnOnce for SoftmaxRows<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.rows.chunks_exact_mut(self.width) {
            softmax(row, self.scale);
        }
    }
}

/// Index of the largest number of a row, and its probability after softmax.
pub(crate) fn best(arch: Arch, row: &[f32]) -> (usize, f32) {
    arch.dispatch(Best(row))
}

struct Best<'a>(&'a [f32]);

impl NullaryFnOnce for Best<'_> {
    type Output = (usize, f32);

    #[inline(always)]
    fn call(self) -> (usize, f32) {
        let max = max(self.0);
        let (blocks, rest) = self.0.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for block in blocks {
            for (lane, value) in lanes.iter_mut().zip(block) {
                *lane += exp(*value - max);
            }
        }
        let total = sum(lanes) + rest.iter().map(|value| exp(*value - max)).sum::<f32>();
        #[allow(clippy::float_cmp, reason = "the maximum is one of the numbers")]
        let index = self.0.iter().position(|value| *value == max).unwrap_or(0);
        (index, 1.0 / total)
    }
}

/// Subtracts each row's mean, divides by its standard deviation, multiplies by `weights`.
pub(crate) fn layer_norm(arch: Arch, rows: &[f32], weights: &[f32]) -> Vec<f32> {
    let mut output = vec![0.0; rows.len()];
    arch.dispatch(LayerNorm { rows, weights, output: &mut output });
    output
}

struct LayerNorm<'a> {
    rows: &'a [f32],
    weights: &'a [f32],
    output: &'a mut [f32],
}

impl NullaryFnOnce for LayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let width = self.weights.len();
        for (row, output) in self.rows.chunks_exact(width).zip(self.output.chunks_exact_mut(width)) {
            let mean = total(row) / width as f32;
            for (output, value) in output.iter_mut().zip(row) {
                *output = (value - mean) * (value - mean);
            }
            let inverse = 1.0 / (total(output) / width as f32 + NORM_EPSILON).sqrt();
            for ((output, value), weight) in output.iter_mut().zip(row).zip(self.weights) {
                *output = (value - mean) * inverse * weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::instruction_sets;
    use super::*;

    #[test]
    fn exp_is_that_of_the_standard_library_to_six_digits() {
        for x in (-870..=870).map(|x| x as f32 / 10.0) {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-6, "exp({x}) = {}", exp(x));
        }
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn erf_has_the_values_of_a_table() {
        for (x, value) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (-2.0, -0.995_322_3)] {
            assert!((erf(x) - value).abs() < 1e-6, "erf({x}) = {}", erf(x));
        }
    }

    #[test]
    fn the_best_piece_has_its_probability() {
        let mut row = vec![0.0; 19];
        row[17] = 2.0f32.ln();
        for arch in instruction_sets() {
            let (index, probability) = best(arch, &row);
            assert_eq!(index, 17, "{arch:?}");
            assert!((probability - 0.1).abs() < 1e-6, "{arch:?}: {probability}");
        }
    }

    #[test]
    fn normalised_rows_have_mean_0_and_variance_1() {
        let rows: Vec<f32> = (0..26).map(|i| (i * i % 7) as f32 + 100.0).collect();
        for arch in instruction_sets() {
            for row in layer_norm(arch, &rows, &[1.0; 13]).chunks_exact(13) {
                assert!(row.iter().sum::<f32>().abs() < 1e-3, "{arch:?}");
                assert!((row.iter().map(|v| v * v).sum::<f32>() / 13.0 - 1.0).abs() < 1e-3, "{arch:?}");
            }
        }
    }

    #[test]
    fn activations_and_softmax_are_those_of_their_definitions() {
        // A number of values that no lane divides.
        let input: Vec<f32> = (-13..=13).map(|i| i as f32 / 3.0).collect();
        let total: f32 = input.iter().map(|x| (x * 0.5).exp()).sum();
        for arch in instruction_sets() {
            let mut tangents = input.clone();
            tanh(arch, &mut tangents);
            let mut units = input.clone();
            gelu(arch, &mut units);
            let mut shares = input.clone();
            softmax_rows(arch, &mut shares, input.len(), 0.5);
            let gated = gated_silu(arch, &[input.clone(), input.clone()].concat(), input.len());
            for (at, x) in input.iter().enumerate() {
                let is_near =
                    |value: f32, expected: f32| (value - expected).abs() < 2e-6 * expected.abs().max(1.0);
                assert!(is_near(tangents[at], x.tanh()), "{arch:?}: tanh({x}) = {}", tangents[at]);
                let unit = 0.5 * x * (1.0 + erf(x / 2f32.sqrt()));
                assert!(is_near(units[at], unit), "{arch:?}: gelu({x}) = {}", units[at]);
                assert!(
                    is_near(shares[at], (x * 0.5).exp() / total),
                    "{arch:?}: softmax {x}: {}",
                    shares[at]
                );
                assert!(
                    is_near(gated[at], x * x / (1.0 + (-x).exp())),
                    "{arch:?}: silu({x}) = {}",
                    gated[at]
                );
            }
        }
    }
}
