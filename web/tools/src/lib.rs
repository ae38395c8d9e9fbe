//! What the page loads when it is first used: settings, what can be taken away, reading and correcting.
//!
//! What records is in the other module (`web/src`), which gives this one a `Host` to ask. What knows no browser is
//! tested without one; `browser/` has the only files that do.
#![deny(clippy::unwrap_used)]

pub mod reader;
pub mod settings;
pub mod take_away;

#[cfg(target_arch = "wasm32")]
mod browser;
