//! Products with weight matrices.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};
use pulp::{Arch, NullaryFnOnce};

use super::MANY_ROWS;

/// Outputs whose weights are unpacked at a time: 256 rows of 1 664 floats, 1.7 MB, stay in the second-level cache.
const BLOCK_ROWS: usize = 256;

/// A weight matrix with a row for each output, and a bias.
#[derive(Debug)]
pub(crate) struct Linear {
    weights: Weights,
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Weights {
    /// `weight = quantized * scale + offset`
    Quantized {
        values: Array2<u8>,
        scale: f32,
        offset: f32,
    },
    Floats(Array2<f32>),
}

impl Linear {
    pub(crate) fn quantized(values: Array2<u8>, scale: f32, offset: f32) -> Self {
        Self { weights: Weights::Quantized { values, scale, offset }, bias: vec![] }
    }

    pub(crate) fn floats(values: Array2<f32>) -> Self {
        Self { weights: Weights::Floats(values), bias: vec![] }
    }

    /// With a bias: one number for each output.
    pub(crate) fn with_bias(self, bias: Vec<f32>) -> Self {
        Self { bias, ..self }
    }

    /// Outputs and inputs.
    pub(crate) fn shape(&self) -> (usize, usize) {
        match &self.weights {
            Weights::Quantized { values, .. } => values.dim(),
            Weights::Floats(values) => values.dim(),
        }
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let weights = match &self.weights {
            Weights::Quantized { values, .. } => values.len(),
            Weights::Floats(values) => 4 * values.len(),
        };
        weights + 4 * self.bias.len()
    }

    /// `input · weightsᵀ + bias`, for each row of the input.
    pub(crate) fn apply(&self, arch: Arch, input: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut output = Array2::zeros((input.nrows(), self.shape().0));
        match &self.weights {
            Weights::Floats(values) => general_mat_mul(1.0, &input, &values.t(), 0.0, &mut output),
            Weights::Quantized { values, scale, offset } if input.nrows() < MANY_ROWS => {
                let (scale, offset) = (*scale, *offset);
                arch.dispatch(FewRows { values, scale, offset, input, output: &mut output });
            }
            Weights::Quantized { values, scale, offset } => {
                many_rows(arch, values, *scale, *offset, input, &mut output);
            }
        }
        if !self.bias.is_empty() {
            for mut row in output.rows_mut() {
                for (value, bias) in row.iter_mut().zip(&self.bias) {
                    *value += bias;
                }
            }
        }
        output
    }

    /// The weights of one output.
    pub(crate) fn row(&self, output: usize) -> Vec<f32> {
        match &self.weights {
            Weights::Quantized { values, scale, offset } => {
                values.row(output).iter().map(|value| f32::from(*value) * scale + offset).collect()
            }
            Weights::Floats(values) => values.row(output).to_vec(),
        }
    }
}

/// Unpacks a block of weights, multiplies with it, goes on to the next.
fn many_rows(
    arch: Arch,
    values: &Array2<u8>,
    scale: f32,
    offset: f32,
    input: ArrayView2<'_, f32>,
    output: &mut Array2<f32>,
) {
    let (outputs, inputs) = values.dim();
    let mut block = Array2::zeros((BLOCK_ROWS.min(outputs), inputs));
    for start in (0..outputs).step_by(BLOCK_ROWS) {
        let rows = BLOCK_ROWS.min(outputs - start);
        let mut block = block.slice_mut(s![..rows, ..]);
        if let (Some(to), Some(from)) =
            (block.as_slice_mut(), values.slice(s![start..start + rows, ..]).to_slice())
        {
            arch.dispatch(Unpack { from, to, scale, offset });
        }
        general_mat_mul(1.0, &input, &block.t(), 0.0, &mut output.slice_mut(s![.., start..start + rows]));
    }
}

struct Unpack<'a> {
    from: &'a [u8],
    to: &'a mut [f32],
    scale: f32,
    offset: f32,
}

impl NullaryFnOnce for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            *to = f32::from(*from) * self.scale + self.offset;
        }
    }
}

struct FewRows<'a> {
    values: &'a Array2<u8>,
    scale: f32,
    offset: f32,
    input: ArrayView2<'a, f32>,
    output: &'a mut Array2<f32>,
}

impl NullaryFnOnce for FewRows<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let FewRows { values, scale, offset, input, output } = self;
        let inputs: Vec<Quantized> =
            input.rows().into_iter().map(|row| Quantized::new(row.to_vec())).collect();
        let Some(values) = values.as_slice() else { return };
        let outputs = output.ncols();
        let Some(output) = output.as_slice_mut() else { return };
        for (at, weights) in values.chunks_exact(input.ncols()).enumerate() {
            for (row, x) in inputs.iter().enumerate() {
                // sum (w * scale + offset) * x = scale * sum w * x + offset * sum x
                let product = dot(weights, &x.values) as f32 * (x.scale * scale);
                output[row * outputs + at] = product + x.sum * offset;
            }
        }
    }
}

/// A row of an input in whole numbers: products of integers take half the instructions of products of floats.
struct Quantized {
    values: Vec<i16>,
    scale: f32,
    sum: f32,
}

impl Quantized {
    #[inline(always)]
    fn new(row: Vec<f32>) -> Self {
        let largest =
            row.iter().fold(0.0f32, |largest, value| largest.max(value.abs())).max(f32::MIN_POSITIVE);
        // As fine as the sum of all products allows: 13 to 15 bits.
        let steps = (i32::MAX / (255 * row.len().max(1) as i32)).min(i32::from(i16::MAX));
        let scale = largest / steps as f32;
        let sum = row.iter().sum();
        let values = row.into_iter().map(|value| (value / scale).round_ties_even() as i16).collect();
        Self { values, scale, sum }
    }
}

/// Dot product of 8-bit weights and 16-bit numbers; the caller keeps the sum in range.
#[inline(always)]
fn dot(weights: &[u8], x: &[i16]) -> i32 {
    weights.iter().zip(x).map(|(weight, x)| i32::from(*weight) * i32::from(*x)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::instruction_sets;
    use super::*;

    fn expected(linear: &Linear, input: &Array2<f32>) -> Array2<f32> {
        let (outputs, _) = linear.shape();
        Array2::from_shape_fn((input.nrows(), outputs), |(row, output)| {
            let (input, weights) = (input.row(row), linear.row(output));
            let products = input.iter().zip(&weights).map(|(a, b)| f64::from(*a) * f64::from(*b));
            products.sum::<f64>() as f32 + linear.bias.get(output).unwrap_or(&0.0)
        })
    }

    #[test]
    fn products_of_few_and_of_many_rows_are_those_of_the_definition() {
        // Sizes that no block and no lane divides.
        let values = Array2::from_shape_fn((BLOCK_ROWS + 3, 77), |(i, j)| (i * 31 + j * 17) as u8);
        let linear =
            Linear::quantized(values, 0.01, -1.3).with_bias((0..BLOCK_ROWS + 3).map(|i| i as f32).collect());
        for rows in [1, 2, MANY_ROWS - 1, MANY_ROWS, 40] {
            let input = Array2::from_shape_fn((rows, 77), |(i, j)| ((i * 7 + j * 3) % 11) as f32 - 5.0);
            let expected = expected(&linear, &input);
            for arch in instruction_sets() {
                let output = linear.apply(arch, input.view());
                let worst = (&output - &expected).iter().fold(0.0f32, |worst, v| worst.max(v.abs()));
                assert!(worst < 1e-3, "{arch:?}, {rows} rows: {worst}");
            }
        }
    }

    #[test]
    fn whole_numbers_keep_their_sum_in_range_and_their_precision() {
        for (inputs, value) in [(1664, 1e30), (1664, -1e-30), (1, 3.0), (288, 0.0)] {
            let values = Array2::from_elem((2, inputs), u8::MAX);
            let linear = Linear::quantized(values, 1.0, 0.0);
            let expected = value * 255.0 * inputs as f32;
            for arch in instruction_sets() {
                let output = linear.apply(arch, Array2::from_elem((1, inputs), value).view());
                let error = (output[[0, 1]] - expected).abs();
                assert!(error <= expected.abs() * 1e-4, "{arch:?}: {output} {expected}");
            }
        }
    }
}
