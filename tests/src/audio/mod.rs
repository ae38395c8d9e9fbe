//! The recording that plays as the microphone, and the proof that what arrived is that recording.

mod alignment;
mod recording;
mod stitch;

pub use alignment::{Alignment, Fault, Misalignment, Reference, Slip};
pub use recording::{AudioError, Recording, Sentence};
pub use stitch::stitch;

/// The rate that the service is sent, in Hz.
pub const WIRE_RATE_HZ: u32 = 16_000;
