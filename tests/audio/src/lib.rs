//! The recording that the microphone plays, and the check that a received stream contains it.
//!
//! A crate of its own, because it compares minutes of audio and needs optimization. The tests that use it do not, and
//! compile in a tenth of the time without.

mod alignment;
mod recording;
mod stitch;

pub use alignment::{Alignment, Fault, Misalignment, Reference, Slip};
pub use recording::{AudioError, Recording, Sentence};
pub use stitch::stitch;

/// The sample rate of the audio sent to the service, in Hz.
pub const WIRE_RATE_HZ: u32 = 16_000;
