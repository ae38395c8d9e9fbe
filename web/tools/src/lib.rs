//! The tools of the page, loaded on first use: settings, export, files to transcribe, and the reader (play,
//! correct, rename, search).
//!
//! The other module (`web/src`) records. `transcription_common::page_interface` defines what the two call of each other.
//! Only `browser/` calls the browser; the rest is tested without one.
#![deny(clippy::unwrap_used)]

pub mod file;
pub mod level;
pub mod markers;
pub mod reader;
pub mod recordings;
pub mod settings;

#[cfg(target_arch = "wasm32")]
mod browser;
