//! What the end-to-end tests stand on; the tests themselves lie in `tests/`.
//!
//! - [`audio`]: the speech recording, and the proof that it arrived whole
//! - `browser`: Chromium, Firefox and WebKitGTK with the recording as their microphone (feature `browser`)
//! - [`process`]: a child process that cannot outlive its test
//! - [`server`]: the real server, in the test's own process
//! - [`limit`]: no test waits for ever

pub mod audio;
#[cfg(feature = "browser")]
pub mod browser;
pub mod limit;
pub mod process;
pub mod server;
