//! The transcript so far, as it is stored.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assemblyai_streaming::{Gap, SAMPLE_RATE_HZ, Turn, TurnId};
use transcript_export::{Document, Recording, Speaker, TurnKey, Word};

/// Turns and gaps in order.
#[derive(Debug)]
pub(crate) struct Transcript {
    turns: BTreeMap<TurnId, transcript_export::Turn>,
    began: SystemTime,
}

impl Transcript {
    pub(crate) fn new() -> Self {
        Self { turns: BTreeMap::new(), began: SystemTime::now() }
    }

    /// Adds or replaces a turn.
    pub(crate) fn apply(&mut self, turn: &Turn) {
        for replaced in &turn.replaces {
            self.turns.remove(replaced);
        }
        self.turns.insert(turn.id, convert(turn));
    }

    /// Adds a gap after the turns of its connection; one that grows is extended.
    pub(crate) fn gap(&mut self, gap: Gap) {
        let end_ms = ms(gap.end);
        // Far beyond any turn; a connection has few gaps.
        let first = TurnId { connection: gap.after_connection, turn_order: u64::MAX / 2 };
        let last = TurnId { turn_order: u64::MAX, ..first };
        let before = self.turns.range(first..=last).next_back();
        let grows = |turn: &transcript_export::Turn| {
            turn.words.last().is_some_and(|word| word.end_ms == ms(gap.start))
        };
        let (id, start_ms) = match before {
            Some((id, turn)) if grows(turn) => (*id, turn.from_ms.unwrap_or(ms(gap.start))),
            Some((id, _)) => (TurnId { turn_order: id.turn_order + 1, ..first }, ms(gap.start)),
            None => (first, ms(gap.start)),
        };
        let turn = transcript_export::Turn {
            settled: format!("[{} s not transcribed]", (end_ms - start_ms).div_ceil(1000)),
            words: vec![Word { start_ms, end_ms, ..Word::default() }],
            from_ms: Some(start_ms),
            is_gap: true,
            is_final: true,
            ..transcript_export::Turn::default()
        };
        self.turns.insert(id, turn);
    }

    /// The transcript with so much audio.
    pub(crate) fn document(&self, captured: Duration) -> Document {
        let turns = self.turns.iter().map(|(id, turn)| {
            (TurnKey { connection: id.connection, turn_order: id.turn_order }, turn.clone())
        });
        let recording = Recording {
            began_ms: self.began.duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_millis() as f64),
            first_connection: 0,
            samples: captured.as_micros() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000_000,
            ..Recording::default()
        };
        Document::new(turns.collect(), vec![recording])
    }
}

fn convert(turn: &Turn) -> transcript_export::Turn {
    let (settled, unsettled) = turn.text.split_at(turn.text.len() - turn.unsettled_bytes);
    let words = turn.words.iter().map(|word| Word {
        text: word.text.clone(),
        start_ms: ms(word.start),
        end_ms: ms(word.end),
        confidence_percent: word.confidence_percent,
        speaker: word.speaker.clone().unwrap_or_default(),
    });
    let speaker = turn.speaker.clone().unwrap_or_default();
    transcript_export::Turn {
        settled: settled.trim().to_owned(),
        unsettled: unsettled.trim().to_owned(),
        words: words.collect(),
        from_ms: turn.start.map(ms),
        speaker: Speaker {
            session: if speaker.is_empty() { 0 } else { turn.speaker_session },
            label: speaker,
            name: String::new(),
        },
        language: turn.language.clone().unwrap_or_default(),
        is_final: turn.is_final,
        is_formatted: turn.is_formatted,
        ..transcript_export::Turn::default()
    }
}

/// Whole milliseconds.
pub(crate) fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}
