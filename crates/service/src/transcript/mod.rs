//! Turns: from words at positions of the audio to messages. Pure: no clock and no I/O.

mod render;
mod rules;
mod transcriber;
mod turn;

pub use rules::Profile;
pub use rules::TurnRules;
pub use transcriber::Transcriber;
pub use turn::{FinalWhen, TurnState};

#[cfg(test)]
mod tests;
