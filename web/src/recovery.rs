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
    /// Where this page shows it already: it was this page that broke off.
    pub here: Option<Here>,
}

/// Where a page shows a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    /// The first of its connections.
    pub first: ConnectionId,
    /// What the page adds to the numbers of its connections, as they are kept.
    pub shift: u32,
}

impl Here {
    /// Behind all that the page has recorded.
    pub fn behind(newest: ConnectionId) -> Self {
        Self { first: ConnectionId(newest.0.saturating_add(1)), shift: newest.0 }
    }

    /// The name on this page of a turn that is kept.
    pub fn shown(self, key: TurnKey) -> TurnKey {
        TurnKey { connection: self.connection(key.connection), ..key }
    }

    fn connection(self, kept: ConnectionId) -> ConnectionId {
        ConnectionId(kept.0.saturating_add(self.shift))
    }
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

    /// The turns that stay, and the names of those that do not: audio that was given up is sent again. All are named
    /// as the page names them.
    pub fn at(mut self, here: Here) -> (Kept, Vec<(TurnKey, ShownTurn)>, Vec<TurnKey>) {
        let (mut turns, mut given_up) = (Vec::new(), Vec::new());
        for (key, turn) in self.turns {
            let key = here.shown(key);
            let start_ms = turn.from_ms.unwrap_or_default();
            if turn.is_gap && start_ms >= ms(self.kept.confirmed.max(self.kept.first)) {
                given_up.push(key);
            } else {
                turns.push((key, turn));
            }
        }
        self.kept.connection = here.connection(self.kept.connection);
        (self.kept, turns, given_up)
    }
}
