use std::time::Duration;

use assemblyai_protocol::{Begin, ServerMessage};
use assemblyai_session::{ShownTurn, ShownWord, TurnKey};

use crate::{Error, Summary};

/// What happens in a session, in order.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A connection is open, the first or a later one. [`Begin::configuration`] has the model in use, which may differ
    /// from the requested one.
    Begin(Begin),
    /// A turn, new or changed: all of its words so far.
    Turn(Turn),
    /// Audio that was not transcribed.
    Gap(Gap),
    /// The connection is lost or seems dead; another is being opened. Audio is kept meanwhile.
    Reconnecting(Reconnecting),
    /// The connection is back; kept audio is being sent.
    Reconnected,
    /// Turns whose speakers the service has corrected.
    SpeakersRevised(Vec<Turn>),
    /// A message of the service that leads to no other event, such as `Warning`.
    Message(ServerMessage),
    /// The last event.
    Ended(Summary),
}

/// Identifies a turn over all connections of a session; a later turn has a larger id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct TurnId {
    /// The number of the connection that it was received over, from 1.
    pub connection: u32,
    /// Its number within the connection, from 0.
    pub turn_order: u64,
}

impl From<TurnKey> for TurnId {
    fn from(key: TurnKey) -> Self {
        Self { connection: key.connection.0, turn_order: key.turn_order }
    }
}

/// A turn: what one speaker said between two ends of turn.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// Its id: a turn with the same id replaces this one.
    pub id: TurnId,
    /// Its text.
    pub text: String,
    /// The length in bytes of the part of `text`, its end, that can still change; 0 in a final.
    pub unsettled_bytes: usize,
    /// The words that do not change any more, with their times.
    pub words: Vec<Word>,
    /// The beginning of its first word, from the first sample of the session, if it is known.
    pub start: Option<Duration>,
    /// Whether the turn has ended. It may be sent again, formatted.
    pub is_final: bool,
    /// Whether it has punctuation and capital letters.
    pub is_formatted: bool,
    /// The service's label for the speaker, such as `A`.
    pub speaker: Option<String>,
    /// The number of the connection among those with speakers, from 1: labels of two need not mean the same speaker.
    pub speaker_session: u32,
    /// The detected language, such as `de`.
    pub language: Option<String>,
    /// The turns that this one replaces: their audio was sent again after a connection was lost.
    pub replaces: Vec<TurnId>,
}

/// A word with its times from the first sample of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Word {
    /// The word, with its punctuation if the turn is formatted.
    pub text: String,
    /// Its beginning.
    pub start: Duration,
    /// Its end.
    pub end: Duration,
    /// The service's confidence, 0 to 100 %, if it reports one.
    pub confidence_percent: Option<u8>,
    /// The label of its speaker, if that is not the turn's.
    pub speaker: Option<String>,
}

/// Audio between two times that was not transcribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Its beginning, from the first sample of the session.
    pub start: Duration,
    /// Its end.
    pub end: Duration,
    /// The last turn before it belongs to this connection.
    pub after_connection: u32,
}

/// Why the connection is being replaced, and when.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reconnecting {
    /// What happened to the connection.
    pub cause: Error,
    /// The time until the next attempt; none if it has begun.
    pub wait: Duration,
}

impl Turn {
    pub(crate) fn new(key: TurnKey, turn: &ShownTurn, replaced: Vec<TurnKey>) -> Self {
        let text = turn.text();
        Self {
            id: key.into(),
            unsettled_bytes: turn.unsettled.trim().len().min(text.len()),
            text,
            words: turn.words.iter().map(Word::new).collect(),
            start: turn.from_ms.map(Duration::from_millis),
            is_final: turn.is_final,
            is_formatted: turn.is_formatted,
            speaker: non_empty(&turn.speaker.label),
            speaker_session: turn.speaker.session,
            language: non_empty(&turn.language),
            replaces: replaced.into_iter().map(TurnId::from).collect(),
        }
    }
}

impl Word {
    fn new(word: &ShownWord) -> Self {
        Self {
            text: word.text.clone(),
            start: Duration::from_millis(word.start_ms),
            end: Duration::from_millis(word.end_ms),
            confidence_percent: word.confidence_percent,
            speaker: non_empty(&word.speaker),
        }
    }
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
