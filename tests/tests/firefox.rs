//! All tests of the page, in Firefox.
#![cfg(feature = "browser")]

mod browser;

use end_to_end_tests::browser::Engine;

/// Where the tests of this program run.
const ENGINE: Engine = Engine::Firefox;
