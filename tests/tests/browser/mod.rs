//! The page in a real browser, with a real recording as its microphone, against the mock.
//!
//! The tests run in every engine: `chromium.rs`, `firefox.rs` and `webkit.rs` run all of them, one engine each.

mod accessibility;
mod appearance;
mod away;
mod captions;
mod cost;
mod devices;
mod driver;
mod engines;
mod export;
mod files;
mod installable;
mod layout;
mod level;
#[cfg(feature = "speech")]
mod local;
mod losses;
mod microphones;
mod no_word_lost;
mod page;
mod reader;
mod recording;
mod recordings;
mod recovery;
mod refusals;
mod running_cost;
mod settings;
mod shared_sound;
mod standby;
mod start_and_stop;
mod stored_audio;
mod transcript;

/// The time limit of a test, in s: the recording takes 13 s, and a test may wait for another that runs alone.
const TEST_LIMIT_S: u64 = 120;
