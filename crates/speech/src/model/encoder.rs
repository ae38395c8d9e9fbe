//! The encoder: audio to a row of numbers for each 24 ms.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ShapeBuilder as _, s};
use pulp::Arch;

use super::layers::{Attention, HEADS, Rotary};
use super::weights;
use crate::error::Fault;
use crate::kernels::{Linear, add, gelu, layer_norm, softmax_rows, tanh};
use crate::ort_file::OrtFile;

/// The three convolutions: frames that each sees, and frames from one to the next.
const CONV1: (usize, usize) = (127, 64);
const CONV2: (usize, usize) = (7, 3);
const CONV3: (usize, usize) = (3, 2);
/// Samples from one row of the result to the next: 24 ms.
pub(crate) const FRAME_SAMPLES: usize = CONV1.1 * CONV2.1 * CONV3.1;
/// Fewer samples give no row.
const MIN_SAMPLES: usize = 2048;
/// More samples are not looked at: 32 s, far more than a segment has.
const MAX_SAMPLES: usize = 512_000;
/// Of the group normalisation after the first convolution, as in the model's file.
const NORM_EPSILON: f32 = 1e-5;
/// Queries whose scores are computed at a time: 64 rows of 500 stay in the second-level cache.
const QUERY_BLOCK: usize = 64;

#[derive(Debug)]
pub(crate) struct Encoder {
    conv1: Linear,
    norm_weights: Vec<f32>,
    norm_bias: Vec<f32>,
    conv2: Linear,
    conv3: Linear,
    layers: Vec<Layer>,
    norm: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    norm1: Vec<f32>,
    attention: Attention,
    norm2: Vec<f32>,
    expand: Linear,
    contract: Linear,
}

/// The width of the model in `file`: the first convolution's outputs.
pub(super) fn width(file: &OrtFile<'_>) -> Result<usize, Fault> {
    let names = ["conv1.weight_add_tensor", "conv1.weight", "conv1.weight_quantized"];
    let tensor = names.iter().find_map(|name| file.tensor(name));
    let tensor = tensor.ok_or_else(|| Fault::Missing("conv1.weight".into()))?;
    Ok(tensor.shape.first().copied().unwrap_or(0))
}

impl Encoder {
    pub(super) fn load(file: &OrtFile<'_>, width: usize, layers: usize) -> Result<Self, Fault> {
        let layer = |i: usize| {
            let expand = format!("layers.{i}.mlp.fc1.bias");
            let contract = format!("layers.{i}.mlp.fc2.bias");
            Ok(Layer {
                norm1: weights::vector(file, &format!("layers.{i}.input_layernorm.weight"), width)?,
                attention: weights::attention(file, &format!("layers.{i}/self_attn"), width)?,
                norm2: weights::vector(file, &format!("layers.{i}.post_attention_layernorm.weight"), width)?,
                expand: weights::linear(file, &format!("layers.{i}/mlp/fc1"), 4 * width, width)?
                    .with_bias(weights::vector(file, &expand, 4 * width)?),
                contract: weights::linear(file, &format!("layers.{i}/mlp/fc2"), width, 4 * width)?
                    .with_bias(weights::vector(file, &contract, width)?),
            })
        };
        Ok(Self {
            conv1: weights::convolution(file, "conv1", width, 1, CONV1.0)?,
            norm_weights: weights::input_of(file, "groupnorm/Mul", width)?,
            norm_bias: weights::input_of(file, "groupnorm/Add", width)?,
            conv2: weights::convolution(file, "conv2", 2 * width, width, CONV2.0)?,
            conv3: weights::convolution(file, "conv3", width, 2 * width, CONV3.0)?,
            layers: (0..layers).map(layer).collect::<Result<_, Fault>>()?,
            norm: weights::vector(file, "layer_norm.weight", width)?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        let layer = |layer: &Layer| layer.attention.bytes() + layer.expand.bytes() + layer.contract.bytes();
        let convolutions = self.conv1.bytes() + self.conv2.bytes() + self.conv3.bytes();
        convolutions + self.layers.iter().map(layer).sum::<usize>()
    }

    /// A row for each 24 ms of `audio`; none if it is shorter than 128 ms.
    pub(super) fn encode(&self, arch: Arch, rotary: &Rotary, audio: &[f32]) -> Array2<f32> {
        let width = self.norm.len();
        let audio = &audio[..audio.len().min(MAX_SAMPLES)];
        if audio.len() < MIN_SAMPLES {
            return Array2::zeros((0, width));
        }
        let mut x = self.frames(arch, audio);
        for layer in &self.layers {
            let normed = layer_norm(arch, flat(&x), &layer.norm1);
            let attended = self_attention(arch, rotary, &layer.attention, rows(&normed, width));
            add(flat_mut(&mut x), flat(&layer.attention.output.apply(arch, attended.view())));
            let normed = layer_norm(arch, flat(&x), &layer.norm2);
            let mut expanded = layer.expand.apply(arch, rows(&normed, width));
            gelu(arch, flat_mut(&mut expanded));
            add(flat_mut(&mut x), flat(&layer.contract.apply(arch, expanded.view())));
        }
        let normed = layer_norm(arch, flat(&x), &self.norm);
        rows(&normed, width).to_owned()
    }

    /// The convolutions.
    fn frames(&self, arch: Arch, audio: &[f32]) -> Array2<f32> {
        let mut x = convolve(arch, &self.conv1, audio, 1, CONV1);
        tanh(arch, flat_mut(&mut x));
        self.group_norm(flat_mut(&mut x));
        let mut x = convolve(arch, &self.conv2, flat(&x), x.ncols(), CONV2);
        gelu(arch, flat_mut(&mut x));
        let mut x = convolve(arch, &self.conv3, flat(&x), x.ncols(), CONV3);
        gelu(arch, flat_mut(&mut x));
        x
    }

    /// Normalises all numbers together: there is one group.
    fn group_norm(&self, values: &mut [f32]) {
        let count = values.len() as f64;
        let mean = (values.iter().map(|v| f64::from(*v)).sum::<f64>() / count) as f32;
        let variance = (values.iter().map(|v| f64::from(v - mean).powi(2)).sum::<f64>() / count) as f32;
        let inverse = 1.0 / (variance + NORM_EPSILON).sqrt();
        for row in values.chunks_exact_mut(self.norm_weights.len()) {
            for ((value, weight), bias) in row.iter_mut().zip(&self.norm_weights).zip(&self.norm_bias) {
                *value = (*value - mean) * inverse * weight + bias;
            }
        }
    }
}

/// A convolution over frames of `channels` numbers, as a product with overlapping rows of the input.
fn convolve(
    arch: Arch,
    conv: &Linear,
    input: &[f32],
    channels: usize,
    (width, stride): (usize, usize),
) -> Array2<f32> {
    let frames = input.len() / channels;
    let outputs = (frames - width) / stride + 1;
    let shape = (outputs, width * channels).strides((stride * channels, 1));
    let overlapping = ArrayView2::from_shape(shape, input).expect("the last row ends inside the input");
    conv.apply(arch, overlapping)
}

fn self_attention(arch: Arch, rotary: &Rotary, attention: &Attention, x: ArrayView2<'_, f32>) -> Array2<f32> {
    let (count, width) = x.dim();
    let head_width = width / HEADS;
    let mut queries = attention.query.apply(arch, x);
    let mut keys = attention.key.apply(arch, x);
    let values = attention.value.apply(arch, x);
    rotary.rotate(queries.view_mut(), 0);
    rotary.rotate(keys.view_mut(), 0);
    let mut output = Array2::zeros((count, width));
    let mut scores = Array2::zeros((QUERY_BLOCK.min(count), count));
    for head in 0..HEADS {
        let columns = columns(head, head_width);
        let (keys, values) = (keys.slice(s![.., columns.clone()]), values.slice(s![.., columns.clone()]));
        for start in (0..count).step_by(QUERY_BLOCK) {
            let block = start..count.min(start + QUERY_BLOCK);
            let mut scores = scores.slice_mut(s![..block.len(), ..]);
            general_mat_mul(
                1.0,
                &queries.slice(s![block.clone(), columns.clone()]),
                &keys.t(),
                0.0,
                &mut scores,
            );
            if let Some(scores) = scores.as_slice_mut() {
                softmax_rows(arch, scores, count, scale(head_width));
            }
            general_mat_mul(1.0, &scores, &values, 0.0, &mut output.slice_mut(s![block, columns.clone()]));
        }
    }
    output
}

/// Columns of a head.
pub(super) fn columns(head: usize, head_width: usize) -> Range<usize> {
    head * head_width..(head + 1) * head_width
}

/// What scores are multiplied with before softmax.
pub(super) fn scale(head_width: usize) -> f32 {
    (head_width as f32).powf(-0.5)
}

/// All numbers, row after row.
pub(super) fn flat(rows: &Array2<f32>) -> &[f32] {
    rows.as_slice().expect("results of products lie in one piece")
}

pub(super) fn flat_mut(rows: &mut Array2<f32>) -> &mut [f32] {
    rows.as_slice_mut().expect("results of products lie in one piece")
}

/// Numbers as rows of `width`.
pub(super) fn rows(values: &[f32], width: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((values.len() / width, width), values).expect("a whole number of rows")
}
