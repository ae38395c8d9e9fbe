//! Turns as the crate transcript-export writes them to files.

use std::time::Duration;

use transcript_export::{Speaker, TurnKey};

use crate::{Turn, TurnId, Word};

impl From<TurnId> for TurnKey {
    fn from(id: TurnId) -> Self {
        Self { connection: id.connection, turn_order: id.turn_order }
    }
}

impl From<&Turn> for transcript_export::Turn {
    fn from(turn: &Turn) -> Self {
        let (settled, unsettled) = turn.text.split_at(turn.text.len() - turn.unsettled_bytes);
        let label = turn.speaker.clone().unwrap_or_default();
        let session = if label.is_empty() { 0 } else { turn.speaker_session };
        Self {
            settled: settled.trim().to_owned(),
            unsettled: unsettled.trim().to_owned(),
            words: turn.words.iter().map(Into::into).collect(),
            from_ms: turn.start.map(ms),
            speaker: Speaker { label, session, name: String::new() },
            language: turn.language.clone().unwrap_or_default(),
            is_final: turn.is_final,
            is_formatted: turn.is_formatted,
            ..Self::default()
        }
    }
}

impl From<&Word> for transcript_export::Word {
    fn from(word: &Word) -> Self {
        Self {
            text: word.text.clone(),
            start_ms: ms(word.start),
            end_ms: ms(word.end),
            confidence_percent: word.confidence_percent,
            speaker: word.speaker.clone().unwrap_or_default(),
        }
    }
}

/// Whole milliseconds.
fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}
