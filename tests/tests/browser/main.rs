//! The page in a real browser, with a real recording as its microphone, against the mock.
//!
//! The same tests run in every engine: `TEST_BROWSER` says in which, `chromium` (the default), `firefox` or `webkit`.
#![cfg(feature = "browser")]

mod accessibility;
mod appearance;
mod away;
mod captions;
mod cost;
mod devices;
mod dialogs;
mod dom;
mod driver;
mod engines;
mod export;
mod files;
mod hidden;
mod installable;
mod layout;
mod level;
mod limit;
#[cfg(feature = "speech")]
mod local;
mod losses;
mod microphones;
mod motion;
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
mod sound_and_microphone;
mod standby;
mod start_and_stop;
mod states;
mod stored_audio;
mod transcript;

use std::sync::LazyLock;

use end_to_end_tests::browser::Engine;

/// The browser that runs the tests.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| match std::env::var("TEST_BROWSER").as_deref() {
    Ok("chromium") | Err(_) => Engine::Chromium,
    Ok("firefox") => Engine::Firefox,
    Ok("webkit") => Engine::WebKit,
    Ok(other) => panic!("TEST_BROWSER is {other:?}; it is chromium, firefox or webkit"),
});

/// The time limit of a test, in s: the recording takes 13 s.
const TEST_LIMIT_S: u64 = 120;
