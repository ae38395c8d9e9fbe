//! The page in a real browser, with a real recording as its microphone, against the mock.
//!
//! These are the tests of every engine: `chromium.rs` and its neighbours run all of them, one engine each.

mod accessibility;
mod appearance;
mod away;
mod cost;
mod devices;
mod driver;
mod engines;
mod export;
mod losses;
mod microphones;
mod no_word_lost;
mod page;
mod reader;
mod recording;
mod recovery;
mod refusals;
mod settings;
mod start_and_stop;
mod transcript;

/// No test takes longer, in s; the recording itself takes 13, and who has the machine for himself lets others wait.
const TEST_LIMIT_S: u64 = 120;
