//! The transcript: turns as they are shown. One message changes one turn, and so one element of an interface.

mod off_record;

use std::ops::Range;

use assemblyai_protocol::{SpeakerRevision, Turn};

use self::off_record::OffRecord;
pub use self::off_record::{OffRecordChange, touches};
use crate::sorted_vec_map::SortedVecMap;
use crate::turn::{ConnectionId, ShownTurn, ShownWord, Speaker, TurnKey, TurnKind, join};

/// A change of one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// The turn's key.
    pub key: TurnKey,
    /// Its new content.
    pub turn: &'a ShownTurn,
    /// Where it is, or has to be inserted.
    pub place: Place,
    /// Whether it has just ended.
    pub has_just_ended: bool,
    /// The turns that it replaces.
    pub replaced: Vec<TurnKey>,
}

/// The place of a turn in the transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is in the transcript already.
    Same,
    /// It is new and is inserted before this one.
    Before(TurnKey),
    /// It is new and is appended.
    Last,
}

/// The turns of all recordings of a session.
#[derive(Debug, Default)]
pub struct Transcript {
    turns: SortedVecMap<TurnKey, ShownTurn>,
    /// The first connection of the current recording.
    first: Option<ConnectionId>,
    /// The newest connection that was open.
    newest: ConnectionId,
    /// The numbers of the connections with speaker labels, see [`Speaker::session`].
    sessions: Vec<(ConnectionId, u32)>,
    /// The names that the user gave to speakers.
    names: Vec<(ConnectionId, Speaker)>,
    /// The revised labels of turns.
    revisions: SortedVecMap<TurnKey, String>,
    /// The turn that was heard last, and all its words, those too that may still change.
    open: (Option<TurnKey>, Vec<ShownWord>),
    /// What of the current recording is off the record.
    off_record: OffRecord,
}

impl Transcript {
    /// Applies a message; returns `None` if it changes nothing.
    ///
    /// Universal-streaming ends a turn twice, first unformatted and then formatted, and messages may be late: a final
    /// turn is changed only by a final message, and a formatted one only by a formatted message.
    pub fn apply(&mut self, connection: ConnectionId, message: &Turn) -> Option<Change<'_>> {
        let key = TurnKey { connection, turn_order: message.turn_order };
        let before = self.turns.get(key);
        let is_formatted = message.turn_is_formatted.unwrap_or(false);
        if before.is_some_and(|before| {
            before.is_final && (!message.end_of_turn || before.is_formatted && !is_formatted)
        }) {
            return None;
        }
        let (settled, unsettled) = texts(message);
        let mut words = shown_words(message, true);
        let mut turn = ShownTurn {
            words: shown_words(message, message.end_of_turn),
            settled,
            unsettled,
            is_final: message.end_of_turn,
            is_formatted,
            kind: TurnKind::Speech,
            from_ms: words.first().map(|word| word.start_ms),
            language: message.language_code.clone().unwrap_or_default(),
            edited: before.and_then(|before| before.edited.clone()),
            is_revised: before.is_some_and(|before| before.is_revised),
            speaker: Speaker::default(),
        };
        if !self.off_record.is_empty() {
            self.off_record.cut(Some(key), &mut turn, &mut words, (self.heard_until(key), u64::MAX));
        }
        turn.from_ms = turn.from_ms.or(before.and_then(|before| before.from_ms));
        self.open = (Some(key), words);
        if turn.settled.is_empty() && turn.unsettled.is_empty() {
            // After Terminate, universal-streaming may end a turn with a message that has no words.
            let before = before.filter(|before| message.end_of_turn && !before.is_final)?;
            turn.settled = before.text();
        }
        if message.end_of_turn {
            turn.settled = join(&turn.settled, &turn.unsettled);
            turn.unsettled.clear();
        }
        let label = self.label(key, message);
        turn.speaker = self.speaker(connection, label);
        let before = self.turns.get(key);
        if before == Some(&turn) {
            return None;
        }
        let has_just_ended = turn.is_final && !before.is_some_and(|before| before.is_final);
        // A lost connection never ends its last turn: the audio is sent again over the next one.
        let replaced: Vec<TurnKey> = self
            .turns
            .before(TurnKey { connection, turn_order: 0 })
            .iter()
            .rev()
            .take_while(|(old, _)| self.first.is_some_and(|first| old.connection >= first))
            .filter_map(|(old, turn)| (!turn.is_final).then_some(*old))
            .collect();
        for old in &replaced {
            self.turns.remove(*old);
        }
        self.put(key, turn, has_just_ended, replaced)
    }

    /// The label of a turn's speaker: that of the message, unless it was revised.
    fn label(&mut self, key: TurnKey, message: &Turn) -> String {
        let before = self.turns.get(key).map(|turn| (&turn.speaker.label, turn.is_final));
        match (self.revisions.get(key), before) {
            (Some(revised), _) => revised.clone(),
            // A message without a speaker does not remove it.
            (None, Some((label, _))) if message.speaker().is_none() => label.clone(),
            _ => message.speaker().unwrap_or_default().to_owned(),
        }
    }

    /// The speaker with this label on a connection.
    fn speaker(&mut self, connection: ConnectionId, label: String) -> Speaker {
        if label.is_empty() {
            return Speaker::default();
        }
        let known = self.names.iter().find(|(of, speaker)| *of == connection && speaker.label == label);
        let name = known.map(|(_, speaker)| speaker.name.clone()).unwrap_or_default();
        let number = self.sessions.iter().find(|(of, _)| *of == connection).map(|(_, number)| *number);
        let session = number.unwrap_or_else(|| {
            let next = self.sessions.iter().map(|(_, number)| *number).max().unwrap_or_default() + 1;
            self.sessions.push((connection, next));
            next
        });
        Speaker { label, session, name }
    }

    /// Applies a revision of speakers; returns the turns that it changes.
    pub fn revise(&mut self, connection: ConnectionId, message: &SpeakerRevision) -> Vec<TurnKey> {
        let mut changed = Vec::new();
        for revised in &message.revisions {
            let key = TurnKey { connection, turn_order: revised.turn_order };
            let label = revised.speaker().unwrap_or_default().to_owned();
            self.revisions.insert(key, label.clone());
            let speaker = self.speaker(connection, label);
            let Some(turn) = self.turns.get_mut(key) else { continue };
            // If their number differs, the words belong to another version of the turn.
            let before = turn.clone();
            if revised.words.len() == turn.words.len() {
                for (word, revised) in turn.words.iter_mut().zip(&revised.words) {
                    word.speaker = word_speaker(revised.speaker(), &speaker.label);
                }
            }
            turn.speaker = speaker;
            if *turn != before {
                turn.is_revised = turn.is_final;
                changed.push(key);
            }
        }
        changed
    }

    /// Gives a speaker of a connection a name, or with an empty one its label again; returns the turns that this
    /// changes.
    pub fn rename(&mut self, connection: ConnectionId, label: &str, name: &str) -> Vec<TurnKey> {
        let name = name.trim().to_owned();
        self.names.retain(|(of, speaker)| *of != connection || speaker.label != label);
        self.names.push((connection, Speaker { label: label.to_owned(), session: 0, name: name.clone() }));
        let turns = self.turns.from_mut(TurnKey { connection, turn_order: 0 }).iter_mut();
        let of_the_speaker = turns
            .take_while(|(key, _)| key.connection == connection)
            .filter(|(_, turn)| turn.speaker.label == label && turn.speaker.name != name);
        let renamed = of_the_speaker.map(|(key, turn)| {
            turn.speaker.name.clone_from(&name);
            *key
        });
        renamed.collect()
    }

    /// Corrects the text of a final turn, or with `None` restores the service's; returns whether that changes anything.
    ///
    /// A turn that was corrected is not replaced when its audio is sent again over another connection.
    pub fn edit(&mut self, key: TurnKey, text: Option<String>) -> bool {
        let newest = self.newest;
        let can_be = |turn: &ShownTurn| !turn.is_gap() && (turn.is_final || key.connection < newest);
        let Some(turn) = self.turns.get_mut(key).filter(|turn| can_be(turn)) else {
            return false;
        };
        let text = text.filter(|text| *text != turn.text());
        let changes = turn.edited != text;
        turn.edited = text;
        turn.is_final |= turn.edited.is_some();
        changes
    }

    /// The user is sure of the words of a turn at these indices: their confidence is 100 % from now on. Returns whether
    /// that changes anything. Two words may have one start, so a time does not identify a word.
    pub fn accept_words(&mut self, key: TurnKey, words: Range<usize>) -> bool {
        let accepted = self.turns.get_mut(key).and_then(|turn| turn.words.get_mut(words));
        let is_doubtful =
            |word: &&mut ShownWord| word.confidence_percent.is_some_and(|percent| percent < 100);
        let accepted = accepted.into_iter().flatten().filter(is_doubtful);
        accepted.map(|word| word.confidence_percent = Some(100)).count() > 0
    }

    fn put(
        &mut self,
        key: TurnKey,
        turn: ShownTurn,
        has_just_ended: bool,
        replaced: Vec<TurnKey>,
    ) -> Option<Change<'_>> {
        let place = match (self.turns.get(key), self.turns.after(key).first()) {
            (Some(_), _) => Place::Same,
            (None, Some((next, _))) => Place::Before(*next),
            (None, None) => Place::Last,
        };
        self.turns.insert(key, turn);
        self.turns.get(key).map(|turn| Change { key, turn, place, has_just_ended, replaced })
    }

    /// Adds a turn of a recording that is resumed; one that is not final is replaced by a later connection.
    pub fn restore(&mut self, key: TurnKey, turn: ShownTurn) -> Option<Change<'_>> {
        self.connected(key.connection, u64::MAX);
        let Speaker { label, session, name } = &turn.speaker;
        if !label.is_empty() {
            if self.sessions.iter().all(|(of, _)| *of != key.connection) {
                self.sessions.push((key.connection, *session));
            }
            let is_known =
                |(of, speaker): &(ConnectionId, Speaker)| *of == key.connection && speaker.label == *label;
            if !name.is_empty() && !self.names.iter().any(is_known) {
                self.names.push((key.connection, turn.speaker.clone()));
            }
        }
        self.put(key, turn, false, vec![])
    }

    /// Removes a turn.
    pub fn remove(&mut self, key: TurnKey) {
        self.turns.remove(key);
    }

    /// A connection is open; it is the first of a recording if none was open since the last recording was settled.
    ///
    /// It receives the recording's audio from `from_ms` on. Its turns replace those of earlier connections from that time
    /// on, unless the user has corrected them.
    pub fn connected(&mut self, connection: ConnectionId, from_ms: u64) {
        self.newest = connection;
        if self.first.is_none() {
            self.off_record = OffRecord::default();
        }
        let first = *self.first.get_or_insert(connection);
        let turns = self.turns.from_mut(TurnKey { connection: first, turn_order: 0 });
        for (_, turn) in turns.iter_mut().rev() {
            if turn.is_gap() || turn.from_ms.is_some_and(|start_ms| start_ms < from_ms) {
                break;
            }
            turn.is_final &= turn.from_ms.is_none() || turn.edited.is_some();
        }
    }

    /// The recording has ended: makes all its turns final, and returns those that were not.
    pub fn settle(&mut self) -> Vec<TurnKey> {
        let Some(first) = self.first.take() else { return vec![] };
        let turns = self.turns.from_mut(TurnKey { connection: first, turn_order: 0 });
        let unfinished = turns.iter_mut().filter(|(_, turn)| !turn.is_final);
        let settled = unfinished.map(|(key, turn)| {
            turn.settled = turn.text();
            turn.unsettled.clear();
            turn.is_final = true;
            *key
        });
        settled.collect()
    }

    /// Shows, after the turns of a connection, that the audio between two times was not transcribed; `text` makes
    /// the text from the length in seconds.
    pub fn gap(
        &mut self,
        after: ConnectionId,
        from_ms: u64,
        to_ms: u64,
        text: impl FnOnce(u64) -> String,
    ) -> Option<Change<'_>> {
        let key = TurnKey { connection: after, turn_order: u64::MAX };
        // A gap that grows is announced only once.
        let before = self.turns.get(key).and_then(|gap| gap.from_ms);
        let from_ms = before.unwrap_or(from_ms);
        let word = ShownWord { start_ms: from_ms, end_ms: to_ms, ..ShownWord::default() };
        let turn = ShownTurn {
            settled: text((to_ms - from_ms) / 1000),
            words: vec![word],
            from_ms: Some(from_ms),
            kind: TurnKind::Gap,
            is_final: true,
            ..ShownTurn::default()
        };
        self.put(key, turn, before.is_none(), vec![])
    }

    /// A turn by its key.
    pub fn turn(&self, key: TurnKey) -> Option<&ShownTurn> {
        self.turns.get(key)
    }

    /// The turns in the order in which they are shown.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = (&TurnKey, &ShownTurn)> {
        self.turns.all().iter().map(|(key, turn)| (key, turn))
    }
}

/// The text that does not change any more and the text that may still change.
///
/// In messages of universal-streaming `transcript` has only final words; in those of Pro models it has the whole turn, and
/// no word is final before the turn is. Some messages have words but no transcript.
fn texts(message: &Turn) -> (String, String) {
    let words = |is_final: bool| {
        let words = message.words.iter().filter(|word| word.word_is_final == is_final);
        words.fold(String::new(), |text, word| join(&text, &word.text))
    };
    let (transcript, settled) = (message.transcript.trim(), words(true));
    if transcript.is_empty() || transcript == settled {
        (settled, words(false))
    } else if message.end_of_turn || message.words.iter().any(|word| word.word_is_final) {
        (transcript.to_owned(), if message.end_of_turn { String::new() } else { words(false) })
    } else {
        (String::new(), transcript.to_owned())
    }
}

/// The words that do not change any more, or all.
fn shown_words(message: &Turn, all: bool) -> Vec<ShownWord> {
    let words = message.words.iter().filter(|word| all || word.word_is_final);
    let shown = words.map(|word| ShownWord {
        text: word.text.trim().to_owned(),
        start_ms: whole(word.start_ms),
        end_ms: whole(word.end_ms),
        confidence_percent: word
            .confidence
            .map(|confidence| (confidence.clamp(0.0, 1.0) * 100.0).round() as u8),
        speaker: word_speaker(word.speaker(), message.speaker().unwrap_or_default()),
    });
    shown.collect()
}

/// Milliseconds as an integer. The conversion saturates, whatever the service sends.
fn whole(ms: f64) -> u64 {
    ms.round() as u64
}

/// The label of a word if it is not the turn's.
fn word_speaker(of_the_word: Option<&str>, of_the_turn: &str) -> String {
    of_the_word.filter(|label| *label != of_the_turn).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
