//! What can be wrong with a folder of model files.

use std::path::PathBuf;

/// Why a model could not be loaded. Each message names the file and the fault.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file could not be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is larger than any file of a supported model.
    #[error("{} has {bytes} bytes, more than a supported model can have", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A file is damaged, or is not what its name says.
    #[error("{file} is damaged or of another model: {fault}")]
    Damaged {
        /// The file's name.
        file: &'static str,
        /// What is wrong in it.
        #[source]
        fault: Fault,
    },
}

/// What is wrong in a model file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file does not start as an `.ort` file does.
    #[error("it is not an .ort file")]
    NotOrt,
    /// An offset or a length points outside the file.
    #[error("the {what} at byte {at} lies outside the file")]
    OutOfBounds {
        /// What was to be read.
        what: &'static str,
        /// Where, in bytes from the start of the file.
        at: usize,
    },
    /// There are more tensors, nodes or nested graphs than in any model.
    #[error("its graph is too large or too deeply nested")]
    TooComplex,
    /// A node or a tensor is not there.
    #[error("it has no {0}")]
    Missing(String),
    /// A tensor has another type or another number of elements than it must have.
    #[error("{name} has the wrong type or shape: expected {expected}")]
    WrongShape {
        /// The tensor or node.
        name: String,
        /// The shape that the network needs.
        expected: String,
    },
    /// The model has a width that this crate does not know.
    #[error("its width is {0}, but the supported models have 288 (tiny) or 416 (base)")]
    UnknownWidth(usize),
    /// The list of word pieces does not fit the network.
    #[error("it has {found} word pieces instead of {expected}")]
    WrongVocabulary {
        /// How many there are.
        found: usize,
        /// How many the decoder can write.
        expected: usize,
    },
}
