//! Moonshine: convolutions, a transformer encoder, and a decoder that writes word pieces.
//!
//! The network is described in "Moonshine: Speech Recognition for Live Transcription and Voice Commands"
//! (arXiv 2410.15608).

mod alignment;
mod decoder;
mod encoder;
mod layers;
#[cfg(all(test, feature = "model-tests"))]
mod tests;
mod weights;

use std::io::Read as _;
use std::path::Path;

use pulp::Arch;

pub(crate) use alignment::TimedWord;
pub(crate) use decoder::Stop;

use crate::error::{Fault, ModelError};
use crate::ort_file::OrtFile;
use crate::tokenizer::Tokenizer;
use decoder::Decoder;
use encoder::Encoder;
use layers::Rotary;

/// Names of the three files of a model.
pub const FILES: [&str; 3] = ["encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"];
/// No file of a supported model is larger, in bytes; the largest has 43 MB.
const MAX_FILE_BYTES: u64 = 100_000_000;
/// Word pieces a second that fast speech has, with a reserve: beyond, the decoder makes them up.
const MAX_PIECES_PER_SECOND: f32 = 6.5;
/// Word pieces that any audio may have beside [`MAX_PIECES_PER_SECOND`].
const EXTRA_PIECES: usize = 8;

/// Which of Moonshine's English models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelSize {
    /// 27 million weights: half the cost, twice the errors.
    Tiny,
    /// 62 million weights.
    Base,
}

impl ModelSize {
    fn of_width(width: usize) -> Result<Self, Fault> {
        match width {
            288 => Ok(Self::Tiny),
            416 => Ok(Self::Base),
            _ => Err(Fault::UnknownWidth(width)),
        }
    }

    fn layers(self) -> usize {
        match self {
            Self::Tiny => 6,
            Self::Base => 8,
        }
    }

    /// Layers and heads of the decoder that look at the audio of the word that they write. They were chosen on a
    /// recording whose word times are known.
    fn alignment_heads(self) -> &'static [(usize, usize)] {
        match self {
            Self::Tiny => &[(3, 7), (4, 1), (4, 7), (5, 1), (5, 3), (5, 4), (5, 6), (5, 7)],
            Self::Base => &[(5, 1), (7, 2), (5, 4), (5, 3), (6, 0), (6, 7), (6, 4), (6, 1)],
        }
    }
}

/// A loaded model. It is only read, so any number of recognisers and threads share it in an `Arc`.
#[derive(Debug)]
pub struct Model {
    arch: Arch,
    size: ModelSize,
    encoder: Encoder,
    decoder: Decoder,
    tokenizer: Tokenizer,
    rotary: Rotary,
}

/// The text of a piece of audio.
#[derive(Debug)]
pub(crate) struct Transcription {
    pub(crate) words: Vec<TimedWord>,
    pub(crate) stop: Stop,
    /// Mean of the logarithms of the pieces' probabilities; 0 without pieces.
    pub(crate) mean_log_probability: f32,
}

impl Model {
    /// Reads the three [`FILES`] of a model from a folder.
    ///
    /// # Errors
    ///
    /// If a file is missing, unreadable, damaged, or not of a supported model. The error names the file and the fault.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let [encoder, decoder, tokenizer] = read_files(folder)?;
        Self::parse(&encoder, &decoder, &tokenizer)
    }

    /// Reads a model from the contents of its three [`FILES`].
    ///
    /// # Errors
    ///
    /// If a file is damaged or not of a supported model.
    pub fn parse(encoder: &[u8], decoder: &[u8], tokenizer: &[u8]) -> Result<Self, ModelError> {
        let in_file = |index: usize| move |fault| ModelError::Damaged { file: FILES[index], fault };
        let encoder_file = OrtFile::parse(encoder).map_err(in_file(0))?;
        let width = encoder::width(&encoder_file).map_err(in_file(0))?;
        let size = ModelSize::of_width(width).map_err(in_file(0))?;
        let encoder = Encoder::load(&encoder_file, width, size.layers()).map_err(in_file(0))?;
        let decoder = OrtFile::parse(decoder)
            .and_then(|file| Decoder::load(&file, width, size.layers(), size.alignment_heads()))
            .map_err(in_file(1))?;
        let tokenizer = Tokenizer::parse(tokenizer).map_err(in_file(2))?;
        Ok(Self { arch: Arch::new(), size, encoder, decoder, tokenizer, rotary: Rotary::new() })
    }

    /// Which model this is.
    pub fn size(&self) -> ModelSize {
        self.size
    }

    /// Memory of the weights, in bytes.
    pub fn weight_bytes(&self) -> usize {
        self.encoder.bytes() + self.decoder.bytes()
    }

    /// Runs the encoder alone on audio of 16 kHz, from -1 to 1: most of the time of a decoding, to measure a machine by.
    pub fn encode_only(&self, audio: &[f32]) {
        self.encoder.encode(self.arch, &self.rotary, audio);
    }

    /// The words in `audio`: 16 kHz, from -1 to 1. `draft` is a guess of the word pieces.
    pub(crate) fn transcribe(&self, audio: &[f32], draft: &[u32]) -> Transcription {
        let encoded = self.encoder.encode(self.arch, &self.rotary, audio);
        if encoded.nrows() == 0 {
            return Transcription { words: vec![], stop: Stop::End, mean_log_probability: 0.0 };
        }
        let seconds = audio.len() as f32 / crate::SAMPLE_RATE_HZ as f32;
        let limit = (seconds * MAX_PIECES_PER_SECOND) as usize + EXTRA_PIECES;
        let suppressed = self.tokenizer.suppressed();
        let decoded = self.decoder.decode(self.arch, &self.rotary, encoded.view(), draft, suppressed, limit);
        let logarithms = decoded.pieces.iter().map(|piece| piece.probability.max(f32::MIN_POSITIVE).ln());
        Transcription {
            mean_log_probability: logarithms.sum::<f32>() / decoded.pieces.len().max(1) as f32,
            words: alignment::words(&self.tokenizer, &decoded),
            stop: decoded.stop,
        }
    }
}

/// The contents of the three [`FILES`] in a folder.
///
/// # Errors
///
/// If a file is missing, unreadable, or larger than any of a supported model.
pub fn read_files(folder: &Path) -> Result<[Vec<u8>; 3], ModelError> {
    let [encoder, decoder, tokenizer] = FILES.map(|name| read(&folder.join(name)));
    Ok([encoder?, decoder?, tokenizer?])
}

/// Reads a file that is no larger than a model's can be.
fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let unreadable = |source| ModelError::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ModelError::TooLarge { path: path.to_owned(), bytes });
    }
    let mut contents = vec![];
    // A device or a pipe has no length of its own.
    file.take(MAX_FILE_BYTES).read_to_end(&mut contents).map_err(unreadable)?;
    Ok(contents)
}
