//! Reads weights from a file in ONNX Runtime's own format (`.ort`).
//!
//! The field numbers are those of ONNX Runtime's schema, `onnxruntime/core/flatbuffers/schema/ort.fbs`.

mod flatbuffer;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::error::Fault;
use flatbuffer::Table;

/// Tensors, their dimensions, nodes, their inputs and attributes that a file may have in all. Moonshine's have some
/// thousands.
const MAX_ITEMS: usize = 100_000;
/// How deep graphs may be nested. Moonshine's decoder has one `If` around two graphs.
const MAX_DEPTH: usize = 4;

/// Type of a tensor's elements, from ONNX's `TensorProto.DataType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElementType {
    F32,
    U8,
    I8,
    Other,
}

impl ElementType {
    fn new(number: i32) -> Self {
        match number {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            _ => Self::Other,
        }
    }
}

/// A constant of the network.
#[derive(Clone, Debug)]
pub(crate) struct Tensor<'a> {
    pub(crate) shape: Vec<usize>,
    pub(crate) element_type: ElementType,
    pub(crate) raw: &'a [u8],
}

impl Tensor<'_> {
    fn is_shape_of_data(&self) -> bool {
        let element_bytes = match self.element_type {
            ElementType::F32 => 4,
            ElementType::U8 | ElementType::I8 => 1,
            ElementType::Other => return true, // Not read.
        };
        let bytes = self.shape.iter().try_fold(element_bytes, |bytes: usize, size| bytes.checked_mul(*size));
        bytes == Some(self.raw.len())
    }

    /// The elements as floats; `None` if they are not floats.
    pub(crate) fn floats(&self) -> Option<Vec<f32>> {
        let chunks = self.raw.chunks_exact(4);
        (self.element_type == ElementType::F32)
            .then(|| chunks.map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
    }
}

/// The tensors of a file by name, and by node the names of its inputs.
#[derive(Debug, Default)]
pub(crate) struct OrtFile<'a> {
    tensors: HashMap<&'a str, Tensor<'a>>,
    inputs: HashMap<&'a str, Vec<&'a str>>,
    items: usize,
}

impl<'a> OrtFile<'a> {
    /// Reads the graph and the graphs nested in it. Tensors stay where they are in `file`.
    pub(crate) fn parse(file: &'a [u8]) -> Result<Self, Fault> {
        if file.get(4..8) != Some(b"ORTM") {
            return Err(Fault::NotOrt);
        }
        let model = Table::root(file)?.table(1)?.ok_or_else(|| Fault::Missing("model".into()))?;
        let graph = model.table(7)?.ok_or_else(|| Fault::Missing("graph".into()))?;
        let mut parsed = Self::default();
        parsed.read_graph(graph, 0)?;
        Ok(parsed)
    }

    fn read_graph(&mut self, graph: Table<'a>, depth: usize) -> Result<(), Fault> {
        if depth >= MAX_DEPTH {
            return Err(Fault::TooComplex);
        }
        for tensor in graph.tables(0)? {
            self.count_item()?;
            let tensor = tensor?;
            let mut shape = vec![];
            for size in tensor.i64s(2)? {
                self.count_item()?;
                shape.push(usize::try_from(size?).unwrap_or(usize::MAX));
            }
            let name = tensor.string(0)?;
            let tensor =
                Tensor { shape, element_type: ElementType::new(tensor.i32(3)?), raw: tensor.bytes(4)? };
            if !tensor.is_shape_of_data() {
                let expected = format!("{:?}", tensor.shape);
                return Err(Fault::WrongShape { name: name.to_owned(), expected });
            }
            self.tensors.insert(name, tensor);
        }
        for node in graph.tables(2)? {
            self.count_item()?;
            let node = node?;
            // The decoder's two graphs name the same nodes with and without this prefix.
            let name = node.string(0)?.trim_start_matches("/model/decoder").trim_start_matches('/');
            let mut inputs = vec![];
            for input in node.strings(8)? {
                self.count_item()?;
                inputs.push(input?);
            }
            self.inputs.insert(name, inputs);
            for attribute in node.tables(10)? {
                self.count_item()?;
                if let Some(nested) = attribute?.table(7)? {
                    self.read_graph(nested, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn count_item(&mut self) -> Result<(), Fault> {
        self.items += 1;
        if self.items > MAX_ITEMS { Err(Fault::TooComplex) } else { Ok(()) }
    }

    /// The tensor `name`, also where the optimiser renamed it after merging both graphs of the decoder.
    pub(crate) fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        self.tensors.get(name).or_else(|| self.tensors.get(format!("{name}_merged_0").as_str()))
    }

    #[cfg(all(test, feature = "model-tests"))]
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &Tensor<'a>> {
        self.tensors.values()
    }

    /// Floats of the tensor `name`.
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<f32>, Fault> {
        let tensor = self.tensor(name).ok_or_else(|| Fault::Missing(name.to_owned()))?;
        tensor
            .floats()
            .ok_or_else(|| Fault::WrongShape { name: name.to_owned(), expected: "32-bit floats".into() })
    }

    /// The name of a node's input.
    pub(crate) fn input(&self, node: &str, index: usize) -> Option<&'a str> {
        self.inputs.get(node)?.get(index).copied()
    }

    /// Whether there is a node whose name starts with `prefix`.
    pub(crate) fn has_node(&self, prefix: &str) -> bool {
        self.inputs.keys().any(|name| name.starts_with(prefix))
    }
}
