//! A file that is transcribed: what may be read, at which pace, and its samples.

mod limits;
mod pace;
mod samples;

pub use limits::{FileLimit, MOST_BYTES, MOST_BYTES_OF_UNKNOWN_LENGTH, MOST_MINUTES, check};
pub use pace::{Due, Pace, Speed};
pub use samples::to_i16;
