//! Turns: from words at positions of the audio to messages. Pure: no clock and no I/O.

mod render;
mod rules;
mod transcriber;
mod turn;

pub use rules::Profile;
pub(crate) use rules::TurnRules;
pub(crate) use transcriber::Transcriber;
pub(crate) use turn::{FinalWhen, TurnState};

#[cfg(test)]
mod tests;
