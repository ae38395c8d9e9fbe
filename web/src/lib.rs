//! The page: microphone in, transcript out.
//!
//! ```text
//! browser/microphone ─► session ─► browser/socket
//!   chunks of 100 ms     │  ▲  journal: what is not sent yet
//!                        ▼  │  Begin, Turn, Termination
//!            browser/view ◄─ transcript
//! ```
//!
//! What happens when is decided by the crate `assemblyai-session`. Reading order: [`app`] (runs the session's effects),
//! [`ports`] (what it needs of the browser), [`failure`], [`level`], [`notice`], [`recovery`]. They are tested without a browser;
//! `browser/` has the only files that need one.
#![deny(clippy::unwrap_used)]

pub mod app;
pub mod config;
pub mod devices;
mod event;
pub mod failure;
pub mod level;
pub mod notice;
pub mod ports;
pub mod recovery;
pub mod session;
pub mod stats;

#[cfg(target_arch = "wasm32")]
mod browser;

// The worklet has no dependencies, so it defines the sample rate itself.
#[cfg(target_arch = "wasm32")]
const _: () = assert!(transcription_worklet::contract::SAMPLE_RATE_HZ == assemblyai_session::SAMPLE_RATE_HZ);
