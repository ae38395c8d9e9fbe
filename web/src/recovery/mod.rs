//! Resuming after a crash: a recording is stored while it is captured, and offered after a reload or a killed tab.

mod prompt;
mod storage_error;
mod write_buffer;

use assemblyai_session::SAMPLE_RATE_HZ;
use assemblyai_session::journal::{LIMIT_SAMPLES, ms};
use assemblyai_session::{ConnectionId, ShownTurn, TurnKey};
pub use prompt::RecoveryPrompt;
pub use storage_error::StorageError;
pub use write_buffer::WriteBuffer;

use crate::session::ResumeState;

/// What happens to stored recordings.
#[derive(Debug, Clone, PartialEq)]
pub enum RecoveryEvent {
    /// An interrupted recording was found that no other page is using.
    Found(Recoverable),
    /// It is known for how many days finished recordings are kept; `None`: until they are deleted.
    KeepFinishedFor(Option<u32>),
    /// A finished recording was found that is to be shown again: its beginning, in ms since 1970, and its turns with the
    /// keys under which they are stored.
    FoundFinished(f64, Vec<(TurnKey, ShownTurn)>),
    /// The user has opened a finished recording, which replaces what the page shows; as [`Self::FoundFinished`].
    Opened(f64, Vec<(TurnKey, ShownTurn)>),
    /// The user wants to resume it, or to keep that of a file as it is.
    Resume,
    /// The user wants it deleted.
    Discard,
    /// The recording with this first connection is not stored now.
    StorageFailed(ConnectionId, StorageError),
    /// It is stored again.
    StoredAgain(ConnectionId),
}

/// A stored recording that was interrupted.
#[derive(Debug, Clone, PartialEq)]
pub struct Recoverable {
    /// When it began, in ms since 1970.
    pub began_ms: f64,
    /// Its turns, in order, with the keys under which they are stored.
    pub turns: Vec<(TurnKey, ShownTurn)>,
    /// What the session needs to resume it.
    pub resume_state: ResumeState,
    /// The numbering under which this page already shows it, if this page recorded it.
    pub shown_as: Option<ConnectionOffset>,
    /// Whether it is of a file, which the page no longer has.
    pub is_file: bool,
}

/// How a page numbers the connections of a stored recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionOffset {
    /// The number of its first connection on this page.
    pub first: ConnectionId,
    /// The difference between a connection's number on this page and its stored number.
    pub offset: u32,
}

impl ConnectionOffset {
    /// The numbering after all connections of the page so far.
    pub fn after(newest: ConnectionId) -> Self {
        Self { first: ConnectionId(newest.0.saturating_add(1)), offset: newest.0 }
    }

    /// This page's key of a turn that is stored under `key`.
    pub fn apply(self, key: TurnKey) -> TurnKey {
        TurnKey { connection: self.connection(key.connection), ..key }
    }

    fn connection(self, stored: ConnectionId) -> ConnectionId {
        ConnectionId(stored.0.saturating_add(self.offset))
    }
}

/// The position of the first sample that is sent again when a recording is resumed: one second before the
/// confirmed position, to find a break between two words, but no more than a journal holds. All are in samples.
pub fn resent_from(captured: u64, confirmed: u64) -> u64 {
    let margin = u64::from(SAMPLE_RATE_HZ);
    confirmed.saturating_sub(margin).max(captured.saturating_sub(LIMIT_SAMPLES))
}

impl Recoverable {
    /// The prompt that offers it to the user.
    pub fn prompt(&self) -> RecoveryPrompt {
        let words = self.turns.iter().filter(|(_, turn)| !turn.is_gap());
        let words = words.map(|(_, turn)| turn.text().split_whitespace().count()).sum();
        let captured_samples = self.resume_state.first + self.resume_state.samples.len() as u64;
        RecoveryPrompt { captured_samples, words, began_ms: self.began_ms, is_file: self.is_file }
    }

    /// Splits it into the state for the session, the turns to show, and the keys of the gaps to remove because their
    /// audio is sent again. All are numbered for this page.
    pub fn numbered(
        mut self,
        numbering: ConnectionOffset,
    ) -> (ResumeState, Vec<(TurnKey, ShownTurn)>, Vec<TurnKey>) {
        let (mut turns, mut resent_gaps) = (Vec::new(), Vec::new());
        for (key, turn) in self.turns {
            let key = numbering.apply(key);
            let start_ms = turn.from_ms.unwrap_or_default();
            if turn.is_gap() && start_ms >= ms(self.resume_state.confirmed.max(self.resume_state.first)) {
                resent_gaps.push(key);
            } else {
                turns.push((key, turn));
            }
        }
        self.resume_state.connection = numbering.connection(self.resume_state.connection);
        (self.resume_state, turns, resent_gaps)
    }
}
