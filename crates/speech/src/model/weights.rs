//! Finds the weights of a layer in a model file, and checks that they have the shape that the network needs.
//!
//! Weights are stored with 8 bits: `weight = (quantized - zero point) * scale`. The names are those that Moonshine's
//! export and ONNX Runtime's optimiser gave them.

use ndarray::{Array2, ArrayView2};

use super::layers::Attention;
use crate::error::Fault;
use crate::kernels::Linear;
use crate::ort_file::{ElementType, OrtFile, Tensor};

fn wrong_shape(name: &str, expected: &[usize]) -> Fault {
    Fault::WrongShape { name: name.to_owned(), expected: format!("{expected:?}") }
}

/// Floats of a tensor with `count` elements.
pub(super) fn vector(file: &OrtFile<'_>, name: &str, count: usize) -> Result<Vec<f32>, Fault> {
    let floats = file.floats(name)?;
    if floats.len() == count { Ok(floats) } else { Err(wrong_shape(name, &[count])) }
}

/// Floats that are the second input of a node.
pub(super) fn input_of(file: &OrtFile<'_>, node: &str, count: usize) -> Result<Vec<f32>, Fault> {
    let name = file.input(node, 1).ok_or_else(|| Fault::Missing(format!("node {node}")))?;
    vector(file, name, count)
}

/// The weights of the product at `path`: `outputs` rows of `inputs`.
pub(super) fn linear(file: &OrtFile<'_>, path: &str, outputs: usize, inputs: usize) -> Result<Linear, Fault> {
    let quantized = format!("{path}/MatMul_quant");
    let plain = format!("{path}/MatMul");
    let input = file.input(&quantized, 1).or_else(|| file.input(&plain, 1));
    let input = input.ok_or_else(|| Fault::Missing(format!("product {path}")))?;
    let base =
        input.trim_end_matches("_quantized").trim_end_matches("_add_tensor").trim_end_matches("_transposed");
    let has_row_per_output = input.ends_with("_transposed");

    let (tensor, scale, zero) = quantized_parts(file, base)?;
    let scale = first_float(scale, base)?;
    let offset = match zero.element_type {
        ElementType::F32 => first_float(zero, base)?,
        _ => {
            -scale
                * f32::from(*zero.raw.first().ok_or_else(|| Fault::Missing(format!("zero point of {base}")))?)
        }
    };
    // Signed weights are moved by 128 to become unsigned.
    let (shift, offset) = match tensor.element_type {
        ElementType::I8 => (128, offset - 128.0 * scale),
        ElementType::U8 => (0, offset),
        _ => return Err(wrong_shape(base, &[outputs, inputs])),
    };
    let shape = if has_row_per_output { [outputs, inputs] } else { [inputs, outputs] };
    let values =
        (tensor.shape == shape).then(|| ArrayView2::from_shape((shape[0], shape[1]), tensor.raw).ok());
    let values = values.flatten().ok_or_else(|| wrong_shape(base, &shape))?;
    let values = if has_row_per_output { values } else { values.reversed_axes() };
    // Copied element by element, so that each output's weights lie side by side.
    let values = Array2::from_shape_fn((outputs, inputs), |at| values[at].wrapping_add(shift));
    Ok(Linear::quantized(values, scale, offset))
}

/// A quantized tensor, its scale and its zero point. Only the weight may be renamed by merging.
fn quantized_parts<'f, 'a>(
    file: &'f OrtFile<'a>,
    base: &str,
) -> Result<(&'f Tensor<'a>, &'f Tensor<'a>, &'f Tensor<'a>), Fault> {
    let merged = format!("{base}_merged_0");
    for base in [base, &merged] {
        if let Some(tensor) = file.tensor(&format!("{base}_quantized")) {
            let part = |suffix: &str| {
                let name = format!("{base}_{suffix}");
                file.tensor(&name).ok_or(Fault::Missing(name))
            };
            return Ok((tensor, part("scale")?, part("zero_point")?));
        }
    }
    Err(Fault::Missing(format!("weight {base}")))
}

fn first_float(tensor: &Tensor<'_>, name: &str) -> Result<f32, Fault> {
    let floats = tensor.floats().unwrap_or_default();
    let first = floats.first().copied().filter(|value| value.is_finite());
    first.ok_or_else(|| Fault::WrongShape { name: name.to_owned(), expected: "a number".into() })
}

/// A convolution as a product: its input's frames lie side by side, `inputs` channels each, `width` frames.
pub(super) fn convolution(
    file: &OrtFile<'_>,
    name: &str,
    outputs: usize,
    inputs: usize,
    width: usize,
) -> Result<Linear, Fault> {
    let weight = format!("{name}.weight");
    let shape = [outputs, inputs, width];
    let is_of_shape = |tensor: &Tensor<'_>| tensor.shape == shape;
    let plain = file.tensor(&format!("{weight}_add_tensor")).or_else(|| file.tensor(&weight));
    // Checked before any number is unpacked.
    let values: Vec<f32> = if let Some(tensor) = plain {
        let floats = Some(tensor).filter(|tensor| is_of_shape(tensor)).and_then(Tensor::floats);
        floats.ok_or_else(|| wrong_shape(&weight, &shape))?
    } else {
        let (tensor, scale, zero) = quantized_parts(file, &weight)?;
        if !is_of_shape(tensor) {
            return Err(wrong_shape(&weight, &shape));
        }
        let (scale, offset) = (first_float(scale, &weight)?, first_float(zero, &weight)?);
        let is_signed = tensor.element_type == ElementType::I8;
        let number = |byte: u8| if is_signed { f32::from(byte.cast_signed()) } else { f32::from(byte) };
        tensor.raw.iter().map(|byte| number(*byte) * scale + offset).collect()
    };
    if values.len() != outputs * inputs * width {
        return Err(wrong_shape(&weight, &shape));
    }
    // [output][channel][frame] becomes [output][frame][channel].
    let values = Array2::from_shape_fn((outputs, width * inputs), |(output, at)| {
        let (frame, channel) = (at / inputs, at % inputs);
        values[(output * inputs + channel) * width + frame]
    });
    let bias = format!("{name}.bias");
    let bias = if file.tensor(&bias).is_some() { vector(file, &bias, outputs)? } else { vec![] };
    Ok(Linear::floats(values).with_bias(bias))
}

/// The four products of an attention, each `width` by `width`.
pub(super) fn attention(file: &OrtFile<'_>, path: &str, width: usize) -> Result<Attention, Fault> {
    // The encoder calls the last one `o_proj`; some exports call it `dense`.
    let output = if file.has_node(&format!("{path}/dense/")) { "dense" } else { "o_proj" };
    let part = |name: &str| linear(file, &format!("{path}/{name}"), width, width);
    Ok(Attention {
        query: part("q_proj")?,
        key: part("k_proj")?,
        value: part("v_proj")?,
        output: part(output)?,
    })
}
