//! Speech recognition on this machine, without a service: audio in, words with times out.
//!
//! ```text
//!  samples ──► Input ─────► VoiceDetector ──► Turn ─────► Job ──► Model ────► Turn ──────► Hypothesis
//!  any rate    16 kHz       16 ms frames      what to     audio   encoder,    plausible?   words, times,
//!              frames                         decode      draft   decoder     stable?      confidence
//! ```
//!
//! The models are Moonshine's English ones (`README.md` says where they come from), read from ONNX Runtime's `.ort`
//! files and run by this crate: weights of 8 bits, activations of 32-bit floats, nothing but Rust.
//!
//! # Layout
//!
//! - [`recognizer`]: the stream; read it first.
//! - [`DecodePool`]: threads that decode for many streams.
//! - [`model`]: the network: encoder, decoder, times of words.
//! - `vad`: where a voice is.
//! - `kernels`: the arithmetic.
//! - `ort_file`, `tokenizer`: the files, read defensively: what is damaged is a [`ModelError`].
//!
//! # Example
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use local_speech::{Model, Recognizer, Settings};
//!
//! let model = Arc::new(Model::load(Path::new("target/models/base-en"))?);
//! let mut recognizer = Recognizer::new(model, Settings::default(), 16_000)?;
//! recognizer.push_i16(&[0; 1600]);
//! while let Some(job) = recognizer.take_job() {
//!     recognizer.complete(job.run()); // On another thread, where there is one.
//! }
//! while let Some(hypothesis) = recognizer.next_hypothesis() {
//!     println!("{}", hypothesis.text());
//! }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

// A view of an array is a reference and its shape; ndarray's own functions take it by value.
#![allow(clippy::needless_pass_by_value)]

mod error;
mod kernels;
pub mod model;
mod ort_file;
#[cfg(not(target_family = "wasm"))]
mod pool;
pub mod recognizer;
mod tokenizer;
mod vad;

pub use error::{Fault, ModelError};
pub use model::{Model, ModelSize};
#[cfg(not(target_family = "wasm"))]
pub use pool::{DecodePool, PoolStats, Stream};
pub use recognizer::{
    Hypothesis, Job, JobResult, Priority, Recognizer, Settings, UnsupportedRate, Voice, Word,
};

/// Sample rate that the models need, in Hz: the resampler converts others to it.
pub const SAMPLE_RATE_HZ: u32 = transcription_worklet::contract::SAMPLE_RATE_HZ;
