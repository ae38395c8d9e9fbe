//! Turns: from words at positions of the audio to messages. Pure: no clock and no I/O.

mod render;
mod transcriber;
mod turn;

pub use transcriber::Transcriber;
pub use turn::{FinalWhen, TurnState};

#[cfg(test)]
mod tests;
