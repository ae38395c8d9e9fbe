use crate::{Labels, Speaker, Turn, TurnKey};

/// The longest recording, in ms: a day. A later time from the service is an error.
const LONGEST_RECORDING_MS: u64 = 24 * 60 * 60 * 1000;

/// The rate of speech in characters a second, for text whose duration is unknown: 160 words a minute (BBC Subtitle
/// Guidelines, 4.1) of 6 characters each, including the space.
const SPOKEN_PER_S: u64 = 16;

/// A recording of audio.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// When it began, in ms since 1970.
    pub began_ms: f64,
    /// The same as a date and time for the reader, in their time zone and language.
    pub began: String,
    /// The number of its first connection. Later connections belong to it until the next recording's first one.
    pub first_connection: u32,
    /// The number of samples captured.
    pub samples: u64,
    /// The sample rate in Hz; 16 000 is the default.
    pub sample_rate_hz: u32,
    /// The places that the user has marked.
    pub markers: Vec<Marker>,
}

/// A place in a recording that the user has marked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Marker {
    /// The place, in ms from the start of its recording; in [`TimedMarker`] on the document's clock.
    pub at_ms: u64,
    /// The user's name for it; empty if it has none.
    pub name: String,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            began_ms: 0.0,
            began: String::new(),
            first_connection: 0,
            samples: 0,
            sample_rate_hz: 16_000,
            markers: Vec::new(),
        }
    }
}

/// A recording on the document's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedRecording {
    /// The recording.
    pub recording: Recording,
    /// The start: the total duration of the recordings before it, in ms.
    pub start_ms: u64,
    /// The end, which is the start of the next recording, in ms.
    pub end_ms: u64,
}

/// A turn, or a gap, on the document's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedTurn {
    /// The turn's key.
    pub key: TurnKey,
    /// The turn. All times in it are on the document's clock.
    pub turn: Turn,
    /// The index of its recording in [`Document::recordings`].
    pub recording: usize,
    /// The start in ms: the service's, or estimated from the turns around it.
    pub start_ms: u64,
    /// The end in ms, at or after the start.
    pub end_ms: u64,
}

/// A marker on the document's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedMarker {
    /// The marker. Its time is on the document's clock.
    pub marker: Marker,
    /// The index of its recording in [`Document::recordings`].
    pub recording: usize,
}

/// What a text has one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TranscriptItem<'a> {
    Turn(&'a TimedTurn),
    Marker(&'a TimedMarker),
}

/// A transcript on one clock: what all formats are written from.
///
/// Recordings follow each other: each starts where the one before it ends, in the text as in the audio file, so times
/// never go back from one recording to the next. Text that can still change is included; without it, an export during
/// a recording would lose the last words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The recordings in order.
    pub recordings: Vec<TimedRecording>,
    /// The turns in order.
    pub turns: Vec<TimedTurn>,
    /// The markers in order.
    pub markers: Vec<TimedMarker>,
    /// The words beside the transcript: English unless the caller sets others.
    pub labels: Labels,
}

impl Document {
    /// Puts turns, whose times are relative to their recordings, on one clock.
    pub fn new(mut turns: Vec<(TurnKey, Turn)>, mut recordings: Vec<Recording>) -> Self {
        turns.sort_by_key(|(key, _)| *key);
        recordings.sort_by_key(|recording| recording.first_connection);
        let recordings = place_recordings(&turns, recordings);
        let mut turns: Vec<TimedTurn> =
            turns.into_iter().map(|(key, turn)| place_turn(key, turn, &recordings)).collect();
        estimate_times(&mut turns, &recordings);
        let markers = place_markers(&recordings);
        Self { recordings, turns, markers, labels: Labels::default() }
    }

    /// The turns, and each marker before the first turn of its recording that starts after it.
    pub(crate) fn items(&self) -> Vec<TranscriptItem<'_>> {
        let mut items = Vec::with_capacity(self.turns.len() + self.markers.len());
        let mut markers = self.markers.iter().peekable();
        for timed in &self.turns {
            let is_before = |marker: &&TimedMarker| {
                let is_earlier = marker.recording == timed.recording && marker.marker.at_ms < timed.start_ms;
                marker.recording < timed.recording || is_earlier
            };
            while let Some(marker) = markers.next_if(|marker| is_before(marker)) {
                items.push(TranscriptItem::Marker(marker));
            }
            items.push(TranscriptItem::Turn(timed));
        }
        items.extend(markers.map(TranscriptItem::Marker));
        items
    }

    /// Whether it has words.
    pub fn has_words(&self) -> bool {
        self.turns.iter().any(|timed| !timed.turn.display_text().trim().is_empty())
    }

    /// The speaker with a label on the connection of a turn; for an empty label, the turn's speaker.
    pub fn speaker(&self, of: &TimedTurn, label: &str) -> Speaker {
        if label.is_empty() {
            return of.turn.speaker.clone();
        }
        let is_same = |timed: &&TimedTurn| {
            timed.key.connection == of.key.connection && timed.turn.speaker.label == label
        };
        let known = self.turns.iter().find(is_same).map(|timed| timed.turn.speaker.clone());
        known.unwrap_or_else(|| Speaker {
            label: label.to_owned(),
            session: of.turn.speaker.session,
            name: String::new(),
        })
    }
}

/// The index of the recording of a connection: the last one that began before it.
fn recording_index(first_connections: impl Iterator<Item = u32>, connection: u32) -> usize {
    first_connections.filter(|first| *first <= connection).count().saturating_sub(1)
}

fn place_recordings(turns: &[(TurnKey, Turn)], recordings: Vec<Recording>) -> Vec<TimedRecording> {
    let firsts: Vec<u32> = recordings.iter().map(|recording| recording.first_connection).collect();
    let mut durations_ms: Vec<u64> = recordings
        .iter()
        .map(|recording| {
            // In 128 bits: the numbers may come from a file.
            let ms = u128::from(recording.samples) * 1000 / u128::from(recording.sample_rate_hz.max(1));
            u64::try_from(ms).unwrap_or(u64::MAX)
        })
        .collect();
    for (key, turn) in turns {
        // If the audio was not stored, words can be later than its known end.
        let word_ends = turn.words.iter().map(|word| word.end_ms).chain(turn.from_ms);
        let end_ms = word_ends.filter(|end_ms| *end_ms <= LONGEST_RECORDING_MS).max();
        if let Some(duration) = durations_ms.get_mut(recording_index(firsts.iter().copied(), key.connection))
        {
            *duration = (*duration).max(end_ms.unwrap_or_default());
        }
    }
    let mut start_ms = 0;
    let place = |(recording, duration_ms): (Recording, u64)| {
        let end_ms = start_ms + duration_ms.min(LONGEST_RECORDING_MS);
        TimedRecording { recording, start_ms: std::mem::replace(&mut start_ms, end_ms), end_ms }
    };
    recordings.into_iter().zip(durations_ms).map(place).collect()
}

fn place_markers(recordings: &[TimedRecording]) -> Vec<TimedMarker> {
    let mut markers = Vec::new();
    for (recording, timed) in recordings.iter().enumerate() {
        let mut of_recording = timed.recording.markers.clone();
        of_recording.sort();
        markers.extend(of_recording.into_iter().map(|marker| {
            let at_ms = timed.start_ms.saturating_add(marker.at_ms).min(timed.end_ms);
            TimedMarker { marker: Marker { at_ms, ..marker }, recording }
        }));
    }
    markers
}

fn place_turn(key: TurnKey, mut turn: Turn, recordings: &[TimedRecording]) -> TimedTurn {
    let firsts = recordings.iter().map(|timed| timed.recording.first_connection);
    let recording = recording_index(firsts, key.connection);
    let (start_ms, end_ms) =
        recordings.get(recording).map_or((0, LONGEST_RECORDING_MS), |timed| (timed.start_ms, timed.end_ms));
    replace_impossible_times(&mut turn, end_ms - start_ms);
    let on_clock = |ms: u64| start_ms.saturating_add(ms).min(end_ms);
    for word in &mut turn.words {
        word.start_ms = on_clock(word.start_ms);
        word.end_ms = on_clock(word.end_ms).max(word.start_ms);
    }
    turn.from_ms = turn.from_ms.map(on_clock);
    TimedTurn { key, turn, recording, start_ms: 0, end_ms: 0 }
}

/// Places words whose times are beyond the end of the recording between their neighbours. A turn without a possible time
/// loses its words, and with them the times, but not its text.
fn replace_impossible_times(turn: &mut Turn, duration_ms: u64) {
    turn.from_ms = turn.from_ms.filter(|from_ms| *from_ms <= duration_ms);
    if turn.words.iter().all(|word| word.start_ms > duration_ms) {
        turn.words.clear();
    }
    let first_ms = turn.words.iter().map(|word| word.start_ms).find(|start_ms| *start_ms <= duration_ms);
    let mut before_ms = turn.from_ms.or(first_ms).unwrap_or_default();
    for word in &mut turn.words {
        if word.start_ms > duration_ms {
            word.start_ms = before_ms;
        }
        if word.end_ms > duration_ms {
            word.end_ms = word.start_ms;
        }
        before_ms = word.end_ms.max(word.start_ms);
    }
}

/// Sets the start and end of each turn, estimated where the service reported none.
fn estimate_times(turns: &mut [TimedTurn], recordings: &[TimedRecording]) {
    let mut previous_end_ms = 0;
    for timed in turns.iter_mut() {
        let first = timed.turn.words.first().map(|word| word.start_ms);
        let recording_start_ms = recordings.get(timed.recording).map_or(0, |recording| recording.start_ms);
        timed.start_ms = first.or(timed.turn.from_ms).unwrap_or(previous_end_ms.max(recording_start_ms));
        let last = timed.turn.words.iter().map(|word| word.end_ms).max();
        timed.end_ms = last.unwrap_or(timed.start_ms).max(timed.start_ms);
        previous_end_ms = timed.end_ms;
    }
    let mut next_start_ms = u64::MAX;
    for timed in turns.iter_mut().rev() {
        // Text after the last word, or without words, lasts as long as it takes to say, up to the next turn.
        let untimed = if timed.turn.words.is_empty() {
            timed.turn.display_text()
        } else {
            timed.turn.unsettled.clone()
        };
        let recording_end_ms = recordings.get(timed.recording).map_or(u64::MAX, |recording| recording.end_ms);
        let limit_ms = recording_end_ms.min(next_start_ms);
        let spoken_ms = untimed.chars().count() as u64 * 1000 / SPOKEN_PER_S;
        timed.end_ms = timed.end_ms.max((timed.end_ms + spoken_ms).min(limit_ms));
        next_start_ms = timed.start_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Word;

    fn key(connection: u32, turn_order: u64) -> TurnKey {
        TurnKey { connection, turn_order }
    }

    fn turn(text: &str, start_ms: u64, end_ms: u64) -> Turn {
        let word = Word { text: text.to_owned(), start_ms, end_ms, ..Word::default() };
        Turn { settled: text.to_owned(), words: vec![word], from_ms: Some(start_ms), ..Turn::default() }
    }

    fn recording(first_connection: u32, seconds: u64) -> Recording {
        Recording { first_connection, samples: seconds * 16_000, ..Recording::default() }
    }

    fn times(document: &Document) -> Vec<(u64, u64)> {
        document.turns.iter().map(|timed| (timed.start_ms, timed.end_ms)).collect()
    }

    #[test]
    fn a_recording_starts_where_the_one_before_it_ends() {
        let turns = vec![
            (key(1, 0), turn("One", 500, 900)),
            (key(2, 0), turn("two", 1_500, 1_900)),
            (key(3, 0), turn("three", 100, 400)),
        ];
        // Connection 2 belongs to the first recording, after a lost connection.
        // A recovered recording can be listed after those that began later.
        let document = Document::new(turns, vec![recording(3, 5), recording(1, 10)]);
        assert_eq!(times(&document), [(500, 900), (1_500, 1_900), (10_100, 10_400)]);
        assert_eq!(document.turns[2].turn.words[0].start_ms, 10_100);
        assert_eq!(document.turns.iter().map(|timed| timed.recording).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(document.recordings[1].end_ms, 15_000);
    }

    #[test]
    fn a_recording_without_stored_audio_ends_with_its_last_word() {
        let turns = vec![(key(1, 0), turn("One", 500, 7_000)), (key(2, 0), turn("two", 0, 10))];
        let document = Document::new(turns, vec![recording(1, 2), recording(2, 1)]);
        assert_eq!(times(&document), [(500, 7_000), (7_000, 7_010)]);
    }

    #[test]
    fn an_impossible_time_delays_nothing_else() {
        let turns = vec![(key(1, 0), turn("One", 500, u64::MAX)), (key(2, 0), turn("two", 0, 10))];
        let document = Document::new(turns, vec![recording(1, 2), recording(2, 1)]);
        assert_eq!(times(&document), [(500, 500), (2_000, 2_010)]);
    }

    #[test]
    fn a_word_with_an_impossible_time_lies_between_its_neighbours() {
        let impossible = 1_000_000_000_000_000_000;
        let mut long = turn("One", 500, 900);
        let at = |start_ms, end_ms| Word { text: "more".to_owned(), start_ms, end_ms, ..Word::default() };
        long.words.extend([at(impossible, impossible), at(1_200, impossible), at(1_400, 1_300)]);
        let mut lost = turn("lost", impossible, impossible);
        lost.settled = "lost".to_owned();
        let turns = vec![(key(1, 0), long), (key(1, 1), lost), (key(1, 2), turn("two", 1_600, 1_900))];
        let document = Document::new(turns, vec![recording(1, 2)]);
        let words: Vec<_> =
            document.turns[0].turn.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(words, [(500, 900), (900, 900), (1_200, 1_200), (1_400, 1_400)]);
        assert_eq!(times(&document), [(500, 1_400), (1_400, 1_600), (1_600, 1_900)]);
        let cues: Vec<u64> =
            crate::cues(&document, crate::SpeakerPlacement::InText).iter().map(|cue| cue.start_ms).collect();
        assert!(cues.last() < Some(&2_500), "{cues:?}");
    }

    #[test]
    fn a_turn_without_times_lies_between_its_neighbours() {
        let untimed = |text: &str| Turn { unsettled: text.to_owned(), ..Turn::default() };
        let turns = vec![
            (key(1, 0), turn("One", 500, 1_000)),
            (key(1, 1), untimed("Of 17 characters.")),
            (key(1, 2), turn("two", 1_200, 1_500)),
            (key(1, 3), untimed("1234567890123456")),
        ];
        let document = Document::new(turns, vec![recording(1, 60)]);
        assert_eq!(times(&document), [(500, 1_000), (1_000, 1_200), (1_200, 1_500), (1_500, 2_500)]);
    }

    #[test]
    fn a_marker_stands_before_the_first_later_turn_of_its_recording() {
        let marker = |at_ms, name: &str| Marker { at_ms, name: name.to_owned() };
        let with = |recording, markers| Recording { markers, ..recording };
        let turns = vec![
            (key(1, 0), turn("One", 500, 900)),
            (key(1, 1), turn("two", 1_500, 1_900)),
            (key(3, 0), turn("three", 100, 400)),
        ];
        let first = vec![marker(9_000, "late"), marker(1_500, "with two"), marker(0, "start")];
        let second = vec![marker(0, "second"), marker(u64::MAX, "end")];
        let recordings = vec![with(recording(1, 10), first), with(recording(3, 5), second)];
        let document = Document::new(turns, recordings);
        let items = document.items().into_iter().map(|item| match item {
            TranscriptItem::Turn(timed) => (timed.start_ms, &*timed.turn.settled),
            TranscriptItem::Marker(timed) => (timed.marker.at_ms, &*timed.marker.name),
        });
        assert_eq!(
            items.collect::<Vec<_>>(),
            [
                (0, "start"),
                (500, "One"),
                (1_500, "two"),
                (1_500, "with two"),
                (9_000, "late"),
                (10_000, "second"),
                (10_100, "three"),
                (15_000, "end")
            ]
        );
    }

    #[test]
    fn the_speaker_of_a_label_is_found_in_the_turns_of_the_connection() {
        let mut first = turn("One", 0, 1);
        first.speaker = Speaker { label: "A".to_owned(), session: 1, name: "Ann".to_owned() };
        let turns =
            vec![(key(1, 0), first), (key(1, 1), turn("two", 2, 3)), (key(2, 0), turn("three", 4, 5))];
        let document = Document::new(turns, vec![]);
        let name = |turn: usize, label| {
            document.labels.speaker_name(&document.speaker(&document.turns[turn], label))
        };
        assert_eq!(name(1, "A").as_deref(), Some("Ann"));
        assert_eq!(name(2, "A").as_deref(), Some("Speaker A"));
        assert_eq!(name(0, "").as_deref(), Some("Ann"));
    }
}
