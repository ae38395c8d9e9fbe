//! What outlives a crash: a recording is kept as it comes, and after a reload or a killed tab it is offered.

mod backlog;
mod offer;
mod refusal;

pub use backlog::Backlog;
pub use offer::Offer;
pub use refusal::Refusal;

use crate::journal::{LIMIT_SAMPLES, SAMPLE_RATE_HZ, ms};
use crate::session::{ConnectionId, Kept};
use crate::transcript::{ShownTurn, TurnKey};

/// What has happened to recordings that are kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// One was not finished, and nobody else has to do with it.
    Found(Unfinished),
    /// The user wants to go on with it.
    ContinuePressed,
    /// The user does not want it.
    DiscardPressed,
    /// What is being recorded is not kept any more.
    Refused(Refusal),
}

/// A recording that was not finished.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfinished {
    /// When it began, in ms since 1970.
    pub began_ms: f64,
    /// Its turns, in order.
    pub turns: Vec<(TurnKey, ShownTurn)>,
    /// What the session needs to go on.
    pub kept: Kept,
    /// What this page adds to the numbers of the recording's connections, where it shows them already: it was this
    /// page that broke off.
    pub shift: Option<u32>,
}

/// Where the audio begins that is sent again when a recording goes on: a second of what is confirmed, to find a
/// place between two words, and what is not, as far as a journal can keep it. All in samples.
pub fn resent_from(captured: u64, confirmed: u64) -> u64 {
    let margin = u64::from(SAMPLE_RATE_HZ);
    confirmed.saturating_sub(margin).max(captured.saturating_sub(LIMIT_SAMPLES))
}

impl Unfinished {
    /// What the user is told of it.
    pub fn offer(&self) -> Offer {
        let words = self.turns.iter().filter(|(_, turn)| !turn.is_gap);
        let words = words.map(|(_, turn)| turn.text().split_whitespace().count()).sum();
        let captured_samples = self.kept.first + self.kept.samples.len() as u64;
        Offer { captured_samples, words, began_ms: self.began_ms }
    }

    /// The turns that stay, and the names of those that do not: audio that was given up is sent again.
    ///
    /// `shift` is added to the numbers of all connections, because the page has used the first ones itself.
    pub fn shifted(mut self, shift: u32) -> (Kept, Vec<(TurnKey, ShownTurn)>, Vec<TurnKey>) {
        let shifted = |connection: ConnectionId| ConnectionId(connection.0.saturating_add(shift));
        let (mut turns, mut given_up) = (Vec::new(), Vec::new());
        for (mut key, turn) in self.turns {
            key.connection = shifted(key.connection);
            let start_ms = turn.from_ms.unwrap_or_default();
            if turn.is_gap && start_ms >= ms(self.kept.confirmed.max(self.kept.first)) {
                given_up.push(key);
            } else {
                turns.push((key, turn));
            }
        }
        self.kept.connection = shifted(self.kept.connection);
        (self.kept, turns, given_up)
    }
}
