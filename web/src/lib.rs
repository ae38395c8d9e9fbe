//! The page: microphone in, transcript out.
//!
//! ```text
//! browser/microphone ─► session ─► browser/socket
//!   chunks of 100 ms     │  ▲  journal: what is not sent yet
//!                        ▼  │  Begin, Turn, Termination
//!            browser/dom ◄─ transcript
//! ```
//!
//! Reading order: [`session`] (what happens when), [`journal`], [`transcript`], [`failure`],
//! [`hearing`], [`recovery`], [`app`], [`ports`]. They know no browser and are tested without one; `browser/` has the only files that do.
#![deny(clippy::unwrap_used)]

pub mod app;
pub mod config;
pub mod devices;
pub mod failure;
pub mod figures;
pub mod handover;
pub mod hearing;
pub mod journal;
pub mod latency;
pub mod liveness;
pub mod notice;
pub mod ports;
pub mod recovery;
pub mod session;
pub mod sorted;
pub mod transcript;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod browser;
