//! Turns as they are shown: one message changes one turn, and so one node of the page.

use assemblyai_protocol::{SpeakerRevision, Turn};

use crate::sorted_vec_map::SortedVecMap;
use crate::turn::{ConnectionId, ShownTurn, ShownWord, Speaker, TurnKey, join};

/// What a message changes on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// The turn's key.
    pub key: TurnKey,
    /// What it is to show.
    pub turn: &'a ShownTurn,
    /// For a turn that was not there before: where it goes.
    pub place: Place,
    /// Whether it has just ended.
    pub has_just_ended: bool,
    /// Turns that it replaces.
    pub replaced: Vec<TurnKey>,
}

/// Where a turn goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is there already.
    Same,
    /// It is new and comes before this one.
    Before(TurnKey),
    /// It is new and comes last.
    Last,
}

/// All turns since the page was loaded.
#[derive(Debug, Default)]
pub struct Transcript {
    turns: SortedVecMap<TurnKey, ShownTurn>,
    /// The first connection of the recording that goes on.
    since: Option<ConnectionId>,
    /// The last connection that has opened.
    newest: ConnectionId,
    /// Each connection with speakers' labels has a number of its own, see [`Speaker::session`].
    sessions: Vec<(ConnectionId, u32)>,
    /// The user's names.
    names: Vec<(ConnectionId, Speaker)>,
    /// Labels of turns that were named anew before they had ended.
    revisions: SortedVecMap<TurnKey, String>,
}

impl Transcript {
    /// Takes in a message; `None` where it changes nothing.
    ///
    /// Universal-streaming ends a turn twice, plain and then formatted, and messages can come late: a final
    /// turn is changed by a final message only, and a formatted one by a formatted message only.
    pub fn apply(&mut self, connection: ConnectionId, message: &Turn) -> Option<Change<'_>> {
        let key = TurnKey { connection, turn_order: message.turn_order };
        let before = self.turns.get(key);
        let is_formatted = message.turn_is_formatted.unwrap_or(false);
        if before.is_some_and(|before| {
            before.is_final && (!message.end_of_turn || before.is_formatted && !is_formatted)
        }) {
            return None;
        }
        let (mut settled, mut unsettled) = texts(message);
        if settled.is_empty() && unsettled.is_empty() {
            // On Terminate, universal-streaming may end a turn with no words in it.
            let before = before.filter(|before| message.end_of_turn && !before.is_final)?;
            settled = before.text();
        }
        if message.end_of_turn {
            settled = join(&settled, &unsettled);
            unsettled.clear();
        }
        let starts_ms = message.words.first().map(|word| whole(word.start_ms));
        let mut turn = ShownTurn {
            words: shown_words(message),
            settled,
            unsettled,
            is_final: message.end_of_turn,
            is_formatted,
            is_gap: false,
            from_ms: starts_ms.or(before.and_then(|before| before.from_ms)),
            language: message.language_code.clone().unwrap_or_default(),
            edited: before.and_then(|before| before.edited.clone()),
            is_revised: before.is_some_and(|before| before.is_revised),
            speaker: Speaker::default(),
        };
        let label = self.label(key, message);
        turn.speaker = self.speaker(connection, label);
        let before = self.turns.get(key);
        if before == Some(&turn) {
            return None;
        }
        let has_just_ended = turn.is_final && !before.is_some_and(|before| before.is_final);
        // A lost connection never ends its last turn: the next connection hears it anew.
        let replaced: Vec<TurnKey> = self
            .turns
            .before(TurnKey { connection, turn_order: 0 })
            .iter()
            .rev()
            .take_while(|(old, _)| self.since.is_some_and(|since| old.connection >= since))
            .filter_map(|(old, turn)| (!turn.is_final).then_some(*old))
            .collect();
        for old in &replaced {
            self.turns.remove(*old);
        }
        self.put(key, turn, has_just_ended, replaced)
    }

    /// The label of a turn's speaker: that of the message, unless it was named anew.
    fn label(&mut self, key: TurnKey, message: &Turn) -> String {
        let before = self.turns.get(key).map(|turn| (&turn.speaker.label, turn.is_final));
        match (self.revisions.get(key), before) {
            (Some(revised), _) => revised.clone(),
            // Of a final that comes again, formatted, or of a message that does not say.
            (None, Some((label, _))) if message.speaker().is_none() => label.clone(),
            _ => message.speaker().unwrap_or_default().to_owned(),
        }
    }

    /// Who has this label on a connection.
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

    /// The service names speakers anew. Tells which turns show it.
    pub fn revise(&mut self, connection: ConnectionId, message: &SpeakerRevision) -> Vec<TurnKey> {
        let mut changed = Vec::new();
        for revised in &message.revisions {
            let key = TurnKey { connection, turn_order: revised.turn_order };
            let label = revised.speaker().unwrap_or_default().to_owned();
            self.revisions.insert(key, label.clone());
            let speaker = self.speaker(connection, label);
            let Some(turn) = self.turns.get_mut(key) else { continue };
            // Words are the same ones, or else they are of another state of the turn.
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

    /// The user gives a speaker of a connection another name; with an empty one the label is shown again. Tells
    /// which turns show it.
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

    /// The user gives a turn that has ended another text, or with none the service's again. Tells whether that
    /// changes anything.
    ///
    /// A turn that had ended and is to be replaced since the connection was lost stays as the user has written it.
    pub fn edit(&mut self, key: TurnKey, text: Option<String>) -> bool {
        let newest = self.newest;
        let can_be = |turn: &ShownTurn| !turn.is_gap && (turn.is_final || key.connection < newest);
        let Some(turn) = self.turns.get_mut(key).filter(|turn| can_be(turn)) else {
            return false;
        };
        let text = text.filter(|text| *text != turn.text());
        let changes = turn.edited != text;
        turn.edited = text;
        turn.is_final |= turn.edited.is_some();
        changes
    }

    fn put(
        &mut self,
        key: TurnKey,
        turn: ShownTurn,
        has_just_ended: bool,
        replaced: Vec<TurnKey>,
    ) -> Option<Change<'_>> {
        let place = match (self.turns.get(key), self.turns.behind(key).first()) {
            (Some(_), _) => Place::Same,
            (None, Some((next, _))) => Place::Before(*next),
            (None, None) => Place::Last,
        };
        self.turns.insert(key, turn);
        self.turns.get(key).map(|turn| Change { key, turn, place, has_just_ended, replaced })
    }

    /// Takes a turn as it was shown before; where it has no end, a later connection replaces it.
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

    /// There is no such turn any more.
    pub fn remove(&mut self, key: TurnKey) {
        self.turns.remove(key);
    }

    /// A connection is open; the first of a recording if there was none since the last one ended.
    ///
    /// It hears the recording from this time on: what a final of an earlier one has of that is said anew, and is
    /// replaced then, unless the user has corrected it.
    pub fn connected(&mut self, connection: ConnectionId, from_ms: u64) {
        self.newest = connection;
        let since = *self.since.get_or_insert(connection);
        let turns = self.turns.from_mut(TurnKey { connection: since, turn_order: 0 });
        for (_, turn) in turns.iter_mut().rev() {
            if turn.is_gap || turn.from_ms.is_some_and(|start_ms| start_ms < from_ms) {
                break;
            }
            turn.is_final &= turn.from_ms.is_none() || turn.edited.is_some();
        }
    }

    /// The recording has ended: its turns stay as they are, also those that have no end. Tells which.
    pub fn settle(&mut self) -> Vec<TurnKey> {
        let Some(since) = self.since.take() else { return vec![] };
        let turns = self.turns.from_mut(TurnKey { connection: since, turn_order: 0 });
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
        // One that grows is not told again and again.
        let before = self.turns.get(key).and_then(|gap| gap.from_ms);
        let from_ms = before.unwrap_or(from_ms);
        let word = ShownWord { start_ms: from_ms, end_ms: to_ms, ..ShownWord::default() };
        let turn = ShownTurn {
            settled: text((to_ms - from_ms) / 1000),
            words: vec![word],
            from_ms: Some(from_ms),
            is_gap: true,
            is_final: true,
            ..ShownTurn::default()
        };
        self.put(key, turn, before.is_none(), vec![])
    }

    /// A turn.
    pub fn turn(&self, key: TurnKey) -> Option<&ShownTurn> {
        self.turns.get(key)
    }

    /// The turns in the order in which they are shown.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = (&TurnKey, &ShownTurn)> {
        self.turns.all().iter().map(|(key, turn)| (key, turn))
    }
}

/// The text that stays and the text that may still change.
///
/// Universal-streaming keeps words that are not final out of `transcript`; Pro models have the whole turn in
/// it, and no word is final before the turn is. Some messages have words but no transcript.
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

/// The words that stay, with their times.
fn shown_words(message: &Turn) -> Vec<ShownWord> {
    let words = message.words.iter().filter(|word| message.end_of_turn || word.word_is_final);
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

/// Milliseconds as an integer. It saturates: what the service says is not ours to trust.
fn whole(ms: f64) -> u64 {
    ms.round() as u64
}

/// The label of a word, where it is not that of the turn.
fn word_speaker(of_the_word: Option<&str>, of_the_turn: &str) -> String {
    of_the_word.filter(|label| *label != of_the_turn).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
