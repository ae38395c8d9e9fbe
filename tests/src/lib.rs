//! Helpers of the end-to-end tests; the tests themselves are in `tests/`.
//!
//! - [`audio`]: the speech recording, and the check that a received stream contains all of it
//! - `browser`: Chromium, Firefox and WebKitGTK with the recording as their microphone (feature `driver`; their tests: `browser`)
//! - [`process`]: a child process that cannot outlive its test
//! - [`port`]: ports that no earlier test has used
//! - [`server`]: the real server, in the test's process
//! - [`speech`]: human speech, its words, and the model that recognises it
//! - [`write_wav`]: sound as a file
//! - [`limit`]: a time limit for a whole test
//! - [`TestError`]: the error with which a test fails

#[cfg(feature = "driver")]
pub mod browser;
pub mod limit;
pub mod port;
pub mod process;
pub mod server;
pub mod speech;
mod wav;

pub use test_audio as audio;
pub use test_result::{TestError, TestResult};
pub use wav::write_wav;
