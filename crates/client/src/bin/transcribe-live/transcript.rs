//! The transcript so far, as it is stored.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assemblyai_streaming::{Gap, SAMPLE_RATE_HZ, Turn};
use transcript_export::{Document, Recording, TurnKey, TurnKind, Word};

/// Turns and gaps in order.
#[derive(Debug)]
pub(crate) struct Transcript {
    turns: BTreeMap<TurnKey, transcript_export::Turn>,
    began: SystemTime,
}

impl Transcript {
    pub(crate) fn new() -> Self {
        Self { turns: BTreeMap::new(), began: SystemTime::now() }
    }

    /// Adds or replaces a turn.
    pub(crate) fn apply(&mut self, turn: &Turn) {
        for replaced in &turn.replaces {
            self.turns.remove(&(*replaced).into());
        }
        self.turns.insert(turn.id.into(), turn.into());
    }

    /// Adds a gap after the turns of its connection; one that grows is extended.
    pub(crate) fn gap(&mut self, gap: Gap) {
        let end_ms = ms(gap.end);
        // Far beyond any turn; a connection has few gaps.
        let first = TurnKey { connection: gap.after_connection, turn_order: u64::MAX / 2 };
        let last = TurnKey { turn_order: u64::MAX, ..first };
        let before = self.turns.range(first..=last).next_back();
        let grows = |turn: &transcript_export::Turn| {
            turn.words.last().is_some_and(|word| word.end_ms == ms(gap.start))
        };
        let (id, start_ms) = match before {
            Some((id, turn)) if grows(turn) => (*id, turn.from_ms.unwrap_or(ms(gap.start))),
            Some((id, _)) => (TurnKey { turn_order: id.turn_order + 1, ..first }, ms(gap.start)),
            None => (first, ms(gap.start)),
        };
        let turn = transcript_export::Turn {
            settled: format!("[{} s not transcribed]", (end_ms - start_ms).div_ceil(1000)),
            words: vec![Word { start_ms, end_ms, ..Word::default() }],
            from_ms: Some(start_ms),
            kind: TurnKind::Gap,
            is_final: true,
            ..transcript_export::Turn::default()
        };
        self.turns.insert(id, turn);
    }

    /// The transcript with so much audio.
    pub(crate) fn document(&self, captured: Duration) -> Document {
        let turns = self.turns.iter().map(|(key, turn)| (*key, turn.clone()));
        let recording = Recording {
            began_ms: self.began.duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_millis() as f64),
            first_connection: 0,
            samples: captured.as_micros() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000_000,
            ..Recording::default()
        };
        Document::new(turns.collect(), vec![recording])
    }
}

/// Whole milliseconds.
pub(crate) fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}
