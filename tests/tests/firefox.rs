//! All tests of the page, in Firefox.
#![cfg(feature = "browser")]

mod browser;

use end_to_end_tests::browser::Engine;

/// The browser that runs the tests.
const ENGINE: Engine = Engine::Firefox;
