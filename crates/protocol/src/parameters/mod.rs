#[macro_use]
mod macros;
mod model;
mod query;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod update;
mod values;
mod wire;

use std::ops::RangeInclusive;

pub use model::{Family, SpeechModel, SpeechModelError};
pub(crate) use query::Query;
pub use rules::{Allowed, InvalidParameter, LANGUAGE_CODES, Models, Parameter};
pub use table::{Configuration, PARAMETERS, StreamingParameters};
pub use values::{Encoding, Mode, PiiSubstitution, VoiceFocus};
pub use wire::split_message;

/// The longest query string of a socket's address, in bytes, from which on long lists and texts are sent after `Begin`:
/// with a token of 2.6 kB it fits into the 8 kB for the first line of a request that nginx and Apache allow by default.
pub const MAX_QUERY_BYTES: usize = 4_096;
/// The path of the WebSocket endpoint below the service's base URL.
pub const WEBSOCKET_PATH: &str = "/v3/ws";
/// Sample rates that the service takes, in Hz (API reference, `sample_rate`).
pub const SAMPLE_RATES_HZ: RangeInclusive<u32> = 8_000..=96_000;
/// Audio in one binary message, in ms (error 3007: "Expected between 50 and 1000 ms").
pub const FRAME_DURATION_MS: RangeInclusive<u32> = 50..=1_000;
/// The largest message, in bytes, that the service takes; it closes the socket with 1009 on a larger one.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;
/// Silence that can end a turn, in ms; the service clamps a value outside (API reference).
pub const TURN_SILENCE_MS: RangeInclusive<u32> = 50..=10_000;
/// Seconds without a message after which the service closes the session (API reference).
pub const INACTIVITY_TIMEOUT_S: RangeInclusive<u32> = 5..=3_600;
/// The range of `end_of_turn_confidence_threshold`, without a unit (API reference).
pub const END_OF_TURN_CONFIDENCE: RangeInclusive<f64> = 0.0..=1.0;
