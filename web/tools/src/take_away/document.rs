use transcription_common::{ConnectionId, FIELD, SAMPLE_RATE_HZ, ShownTurn, Speaker, TurnKey, from_text};

/// Longer than a recording can be, in ms: a day. What a service says beyond that is no time.
const LONGEST_RECORDING_MS: u64 = 24 * 60 * 60 * 1000;

/// How fast people speak, in characters a second, where nobody has told how long a text took: 160 words a minute
/// (BBC Subtitle Guidelines, 4.1) of 6 characters each, with the space.
const SPOKEN_PER_S: u64 = 16;

/// A recording, with what the browser knows of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// When it began, in ms since 1970.
    pub began_ms: f64,
    /// When that was on the user's clock, as the user writes it.
    pub began: String,
    /// Its first connection.
    pub first: ConnectionId,
    /// How many samples were captured.
    pub samples: u64,
}

/// A recording's place on the one clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The recording.
    pub recording: Recording,
    /// Where it begins: how long those before it are together, in ms.
    pub from_ms: u64,
    /// Where the next one begins, in ms.
    pub to_ms: u64,
}

/// A turn, or a gap, on the one clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its key.
    pub key: TurnKey,
    /// What is shown. All times in it are on the one clock.
    pub turn: ShownTurn,
    /// Which of the stretches it belongs to.
    pub stretch: usize,
    /// Where it begins, in ms; said or else worked out from its neighbours.
    pub start_ms: u64,
    /// Where it ends, in ms; never before it begins.
    pub end_ms: u64,
}

/// All that there is to take away: turns in the order in which they are shown, on one clock.
///
/// Several recordings of a page come one after the other: each begins where those before it end, in the text as in
/// the audio, so that times never run back from one to the next. All that is shown is taken, also text that may
/// still change: who saves while recording would lose the last words otherwise.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The recordings.
    pub stretches: Vec<Stretch>,
    /// The turns.
    pub entries: Vec<Entry>,
}

impl Document {
    /// Puts turns on one clock; `lines` is what the page gives: a turn a line, connection, turn order and
    /// [`to_text`](transcription_common::to_text), with [`FIELD`] between them. A line that is none is left out.
    pub fn new(lines: &str, recordings: Vec<Recording>) -> Self {
        Self::of(lines.lines().filter_map(read).collect(), recordings)
    }

    /// Puts turns on one clock.
    pub fn of(mut turns: Vec<(TurnKey, ShownTurn)>, mut recordings: Vec<Recording>) -> Self {
        turns.sort_by_key(|(key, _)| *key);
        recordings.sort_by_key(|recording| recording.first);
        let stretches = stretches(&turns, recordings);
        let mut entries: Vec<Entry> =
            turns.into_iter().map(|(key, turn)| entry(key, turn, &stretches)).collect();
        work_out(&mut entries, &stretches);
        Self { stretches, entries }
    }

    /// Whether there is no word in it.
    pub fn is_empty(&self) -> bool {
        self.entries.iter().all(|entry| entry.turn.display_text().trim().is_empty())
    }

    /// Who has this label on a connection, as far as a turn of theirs tells.
    pub fn speaker(&self, of: &Entry, label: &str) -> Speaker {
        if label.is_empty() {
            return of.turn.speaker.clone();
        }
        let same =
            |entry: &&Entry| entry.key.connection == of.key.connection && entry.turn.speaker.label == label;
        let known = self.entries.iter().find(same).map(|entry| entry.turn.speaker.clone());
        known.unwrap_or_else(|| Speaker {
            label: label.to_owned(),
            session: of.turn.speaker.session,
            name: String::new(),
        })
    }
}

fn read(line: &str) -> Option<(TurnKey, ShownTurn)> {
    let mut parts = line.splitn(3, FIELD);
    let connection = ConnectionId(parts.next()?.parse().ok()?);
    let turn_order = parts.next()?.parse().ok()?;
    Some((TurnKey { connection, turn_order }, from_text(parts.next()?)?))
}

/// Which recording a connection belongs to: the last that had begun.
fn index(recordings: impl DoubleEndedIterator<Item = ConnectionId>, connection: ConnectionId) -> usize {
    recordings.filter(|first| *first <= connection).count().saturating_sub(1)
}

fn stretches(turns: &[(TurnKey, ShownTurn)], recordings: Vec<Recording>) -> Vec<Stretch> {
    let firsts: Vec<ConnectionId> = recordings.iter().map(|recording| recording.first).collect();
    let mut longest: Vec<u64> =
        recordings.iter().map(|recording| recording.samples * 1000 / u64::from(SAMPLE_RATE_HZ)).collect();
    for (key, turn) in turns {
        // Where the browser keeps no audio, words can be later than what it knows of.
        let ends_ms = turn.words.iter().map(|word| word.end_ms).chain(turn.from_ms);
        let ends_ms = ends_ms.filter(|end_ms| *end_ms <= LONGEST_RECORDING_MS).max();
        if let Some(length) = longest.get_mut(index(firsts.iter().copied(), key.connection)) {
            *length = (*length).max(ends_ms.unwrap_or_default());
        }
    }
    let mut from_ms = 0;
    let stretch = |(recording, length_ms): (Recording, u64)| {
        let stretch = Stretch { recording, from_ms, to_ms: from_ms + length_ms.min(LONGEST_RECORDING_MS) };
        from_ms = stretch.to_ms;
        stretch
    };
    recordings.into_iter().zip(longest).map(stretch).collect()
}

fn entry(key: TurnKey, mut turn: ShownTurn, stretches: &[Stretch]) -> Entry {
    let stretch = index(stretches.iter().map(|stretch| stretch.recording.first), key.connection);
    let (from_ms, to_ms) =
        stretches.get(stretch).map_or((0, LONGEST_RECORDING_MS), |stretch| (stretch.from_ms, stretch.to_ms));
    let on_the_clock = |ms: u64| from_ms.saturating_add(ms).min(to_ms);
    for word in &mut turn.words {
        word.start_ms = on_the_clock(word.start_ms);
        word.end_ms = on_the_clock(word.end_ms).max(word.start_ms);
    }
    turn.from_ms = turn.from_ms.map(on_the_clock);
    Entry { key, turn, stretch, start_ms: 0, end_ms: 0 }
}

/// Works out when each turn begins and ends.
fn work_out(entries: &mut [Entry], stretches: &[Stretch]) {
    let mut before_ms = 0;
    for entry in entries.iter_mut() {
        let first = entry.turn.words.first().map(|word| word.start_ms);
        let begin_ms = stretches.get(entry.stretch).map_or(0, |stretch| stretch.from_ms);
        entry.start_ms = first.or(entry.turn.from_ms).unwrap_or(before_ms.max(begin_ms));
        let last = entry.turn.words.iter().map(|word| word.end_ms).max();
        entry.end_ms = last.unwrap_or(entry.start_ms).max(entry.start_ms);
        before_ms = entry.end_ms;
    }
    let mut next_ms = u64::MAX;
    for entry in entries.iter_mut().rev() {
        // Text behind the last word, or without any: as long as it takes to say, where there is room.
        let said = if entry.turn.words.is_empty() {
            entry.turn.display_text()
        } else {
            entry.turn.unsettled.clone()
        };
        let limit_ms = stretches.get(entry.stretch).map_or(u64::MAX, |stretch| stretch.to_ms).min(next_ms);
        let spoken_ms = said.chars().count() as u64 * 1000 / SPOKEN_PER_S;
        entry.end_ms = entry.end_ms.max((entry.end_ms + spoken_ms).min(limit_ms));
        next_ms = entry.start_ms;
    }
}

#[cfg(test)]
mod tests {
    use transcription_common::{ShownWord, speaker_name, to_text};

    use super::*;

    fn key(connection: u32, turn_order: u64) -> TurnKey {
        TurnKey { connection: ConnectionId(connection), turn_order }
    }

    fn turn(text: &str, start_ms: u64, end_ms: u64) -> ShownTurn {
        let word = ShownWord { text: text.to_owned(), start_ms, end_ms, ..ShownWord::default() };
        ShownTurn {
            settled: text.to_owned(),
            words: vec![word],
            from_ms: Some(start_ms),
            ..ShownTurn::default()
        }
    }

    fn recording(first: u32, seconds: u64) -> Recording {
        Recording { first: ConnectionId(first), samples: seconds * 16_000, ..Recording::default() }
    }

    fn times(document: &Document) -> Vec<(u64, u64)> {
        document.entries.iter().map(|entry| (entry.start_ms, entry.end_ms)).collect()
    }

    #[test]
    fn a_recording_begins_where_those_before_it_end() {
        let turns = vec![
            (key(1, 0), turn("One", 500, 900)),
            (key(2, 0), turn("two", 1_500, 1_900)),
            (key(3, 0), turn("three", 100, 400)),
        ];
        // Connection 2 is the same recording's, after a connection was lost.
        // The page tells of one that was gone on with after those that it has made since.
        let document = Document::of(turns, vec![recording(3, 5), recording(1, 10)]);
        assert_eq!(times(&document), [(500, 900), (1_500, 1_900), (10_100, 10_400)]);
        assert_eq!(document.entries[2].turn.words[0].start_ms, 10_100);
        assert_eq!(document.entries.iter().map(|entry| entry.stretch).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(document.stretches[1].to_ms, 15_000);
    }

    #[test]
    fn a_recording_whose_audio_is_not_kept_is_as_long_as_what_was_heard() {
        let turns = vec![(key(1, 0), turn("One", 500, 7_000)), (key(2, 0), turn("two", 0, 10))];
        let document = Document::of(turns, vec![recording(1, 2), recording(2, 1)]);
        assert_eq!(times(&document), [(500, 7_000), (7_000, 7_010)]);
    }

    #[test]
    fn a_time_that_is_none_makes_nothing_else_late() {
        let turns = vec![(key(1, 0), turn("One", 500, u64::MAX)), (key(2, 0), turn("two", 0, 10))];
        let document = Document::of(turns, vec![recording(1, 2), recording(2, 1)]);
        assert_eq!(times(&document), [(500, 2_000), (2_000, 2_010)]);
    }

    #[test]
    fn a_turn_without_times_goes_between_its_neighbours() {
        let told = |text: &str| ShownTurn { unsettled: text.to_owned(), ..ShownTurn::default() };
        let turns = vec![
            (key(1, 0), turn("One", 500, 1_000)),
            (key(1, 1), told("Of 17 characters.")),
            (key(1, 2), turn("two", 1_200, 1_500)),
            (key(1, 3), told("1234567890123456")),
        ];
        let document = Document::of(turns, vec![recording(1, 60)]);
        assert_eq!(times(&document), [(500, 1_000), (1_000, 1_200), (1_200, 1_500), (1_500, 2_500)]);
    }

    #[test]
    fn lines_are_read_and_what_is_no_turn_is_left_out() {
        let line = format!("3{FIELD}7{FIELD}{}\nnonsense\n", to_text(&turn("One", 1, 2)));
        let document = Document::new(&line, vec![]);
        assert_eq!(document.entries.len(), 1);
        assert_eq!((document.entries[0].key, times(&document)[0]), (key(3, 7), (1, 2)));
    }

    #[test]
    fn who_speaks_a_word_is_known_by_their_turns() {
        let mut said = turn("One", 0, 1);
        said.speaker = Speaker { label: "A".to_owned(), session: 1, name: "Ann".to_owned() };
        let turns = vec![(key(1, 0), said), (key(1, 1), turn("two", 2, 3)), (key(2, 0), turn("three", 4, 5))];
        let document = Document::of(turns, vec![]);
        assert_eq!(speaker_name(&document.speaker(&document.entries[1], "A")).as_deref(), Some("Ann"));
        assert_eq!(speaker_name(&document.speaker(&document.entries[2], "A")).as_deref(), Some("Speaker A"));
        assert_eq!(document.speaker(&document.entries[0], "").name, "Ann");
    }
}
