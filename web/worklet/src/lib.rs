//! The audio thread: converts what the browser captures to 16 kHz, 16-bit, mono chunks of 100 ms.
//!
//! ```text
//!  processor.js ──► Resampler ───► Chunker ─────────► processor.js ──► the page
//!  f32 blocks       any rate to    f32 to i16,        posts each
//!  (mostly 128)     16 kHz         1600 a chunk,      chunk once
//!                                  peak level
//! ```
//!
//! # Layout
//!
//! - [`capture`](Capture): the whole path, from blocks of any size to chunks; read it first.
//! - [`resampler`](Resampler): which input frames make which output sample, without drift.
//! - `filter`: the table of coefficients, computed once.
//! - `chunker`: conversion to 16 bits, peak level, chunks.
//! - [`contract`]: the names and numbers that the page shares with this crate.
//! - `ffi`: the functions that processor.js calls; only in the worklet's own wasm (feature `ffi`).
//!
//! Nothing here allocates or fails after construction, whatever a device delivers.

mod capture;
mod chunker;
pub mod contract;
#[cfg(any(feature = "ffi", not(target_family = "wasm")))]
pub mod ffi;
mod filter;
mod resampler;

pub use capture::Capture;
pub use chunker::Chunk;
pub use resampler::{Resampler, UnsupportedRate};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
