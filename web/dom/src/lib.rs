//! What the page's two wasm modules share of the browser: elements, listeners, timers, storage, the database, dates.
//!
//! On the host this crate is empty, so that everything that depends on it still builds there.
#![deny(clippy::unwrap_used)]
#![cfg(target_arch = "wasm32")]

pub mod database;
mod date;
mod element;
mod js;
mod language;
mod listener;
mod processing;
pub mod storage;
mod timer;
mod warn;

pub use date::long_date_time;
pub use element::{
    append, closest, create_element, create_text_element, document, find, focus, is_checked,
    remove_attribute, require, set_attribute, set_style, set_text, show, toggle_attribute, window,
};
pub use js::{get, number_array, object};
pub use language::load_interface_texts;
pub use listener::Listener;
pub use processing::{PROCESSING, is_processing_wanted, sound_constraints};
pub use timer::{Interval, Timeout, now_ms};
pub use warn::{WarnOnError, warn_if_rejected};
