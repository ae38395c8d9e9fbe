//! Attention of a few rows, each alone: what the decoder needs for one piece after the other.

use ndarray::ArrayView2;
use pulp::{Arch, NullaryFnOnce};

use super::elementwise::softmax;
use super::{LANES, is_fused, multiply_add, sum};

/// `softmax(query · keysᵀ · scale) · values`, for one query; the weights are left in `weights`.
pub(crate) fn attend(
    arch: Arch,
    query: &[f32],
    keys: ArrayView2<'_, f32>,
    values: ArrayView2<'_, f32>,
    scale: f32,
    weights: &mut [f32],
    output: &mut [f32],
) {
    let attend = Attend { query, keys, values, scale, weights, output };
    if is_fused(arch) {
        arch.dispatch(Fused::<true>(attend));
    } else {
        arch.dispatch(Fused::<false>(attend));
    }
}

struct Attend<'a> {
    query: &'a [f32],
    keys: ArrayView2<'a, f32>,
    values: ArrayView2<'a, f32>,
    scale: f32,
    weights: &'a mut [f32],
    output: &'a mut [f32],
}

struct Fused<'a, const FUSED: bool>(Attend<'a>);

impl<const FUSED: bool> NullaryFnOnce for Fused<'_, FUSED> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Attend { query, keys, values, scale, weights, output } = self.0;
        for (key, weight) in keys.rows().into_iter().zip(weights.iter_mut()) {
            *weight = dot::<FUSED>(key.to_slice().unwrap_or(&[]), query);
        }
        softmax(weights, scale);
        output.fill(0.0);
        for (value, weight) in values.rows().into_iter().zip(weights.iter()) {
            for (output, value) in output.iter_mut().zip(value.to_slice().unwrap_or(&[])) {
                *output = multiply_add::<FUSED>(*weight, *value, *output);
            }
        }
    }
}

#[inline(always)]
fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum = multiply_add::<FUSED>(a[lane], b[lane], *sum);
        }
    }
    sum(sums) + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::super::instruction_sets;
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn the_value_of_the_key_that_fits_is_chosen() {
        let keys = array![[10.0, 0.0], [0.0, 10.0]];
        let values = array![[1.0, 2.0], [3.0, 4.0]];
        for arch in instruction_sets() {
            let (mut weights, mut output) = ([0.0; 2], [0.0; 2]);
            attend(arch, &[0.0, 10.0], keys.view(), values.view(), 1.0, &mut weights, &mut output);
            assert!((output[0] - 3.0).abs() < 1e-6 && (output[1] - 4.0).abs() < 1e-6, "{arch:?}: {output:?}");
            assert!(weights[1] > 0.999, "{arch:?}: {weights:?}");
        }
    }

    #[test]
    fn attention_is_that_of_the_definition() {
        // A width that no lane divides.
        const WIDTH: usize = 2 * LANES + 5;
        let number = |i: usize, j: usize| ((i * 7 + j * 3) % 11) as f32 / 11.0 - 0.4;
        let keys = Array2::from_shape_fn((9, WIDTH), |(i, j)| number(i, j));
        let values = Array2::from_shape_fn((9, WIDTH), |(i, j)| number(j, i));
        let query: Vec<f32> = (0..WIDTH).map(|j| number(5, 2 * j)).collect();
        let dot = |i: usize| keys.row(i).iter().zip(&query).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let powers: Vec<f64> = (0..9).map(|i| (dot(i) * 0.5).exp()).collect();
        let expected = |j: usize| {
            let weighted =
                powers.iter().zip(values.column(j)).map(|(power, value)| power * f64::from(*value));
            (weighted.sum::<f64>() / powers.iter().sum::<f64>()) as f32
        };
        for arch in instruction_sets() {
            let (mut weights, mut output) = ([0.0; 9], [0.0; WIDTH]);
            attend(arch, &query, keys.view(), values.view(), 0.5, &mut weights, &mut output);
            for (j, value) in output.into_iter().enumerate() {
                assert!((value - expected(j)).abs() < 1e-5, "{arch:?}, column {j}: {value} {}", expected(j));
            }
        }
    }
}
