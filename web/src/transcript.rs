//! Turns as they are shown: one message changes one turn, and so one node of the page.

use assemblyai_protocol::Turn;

use crate::session::ConnectionId;
use crate::sorted::Sorted;

/// Names a turn: `turn_order` begins anew with each connection. Turns are shown in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnKey {
    /// The connection that it came over.
    pub connection: ConnectionId,
    /// Its place in that connection's session.
    pub turn_order: u64,
}

/// A turn as it is shown, or a gap between turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownTurn {
    /// Text that stays.
    pub settled: String,
    /// The words of that text, where it has none but these.
    pub words: Vec<ShownWord>,
    /// Whether it says that something was not transcribed.
    pub is_gap: bool,
    /// Text behind it that may still change.
    pub unsettled: String,
    /// Whether the turn has ended.
    pub is_final: bool,
    /// Whether it has punctuation and capitals.
    pub is_formatted: bool,
}

impl ShownTurn {
    /// All of the text.
    pub fn text(&self) -> String {
        join(&self.settled, &self.unsettled)
    }
}

/// A word with its times on the recording's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownWord {
    /// The word, perhaps with punctuation.
    pub text: String,
    /// Where it begins, in ms.
    pub start_ms: u64,
    /// Where it ends, in ms.
    pub end_ms: u64,
}

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
    turns: Sorted<TurnKey, ShownTurn>,
    /// The first connection of the recording that goes on.
    since: Option<ConnectionId>,
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
        let words = shown_words(message, &settled);
        let turn = ShownTurn {
            settled,
            words,
            unsettled,
            is_final: message.end_of_turn,
            is_formatted,
            is_gap: false,
        };
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
        self.put(key, turn, false, vec![])
    }

    /// There is no such turn any more.
    pub fn remove(&mut self, key: TurnKey) {
        self.turns.remove(key);
    }

    /// A connection is open; the first of a recording if there was none since the last one ended.
    ///
    /// It hears the recording from this time on: what a final of an earlier one has of that is said anew, and is
    /// replaced then.
    pub fn connected(&mut self, connection: ConnectionId, from_ms: u64) {
        let since = *self.since.get_or_insert(connection);
        let turns = self.turns.from_mut(TurnKey { connection: since, turn_order: 0 });
        for (_, turn) in turns.iter_mut().rev() {
            let start_ms = turn.words.first().map(|word| word.start_ms);
            if turn.is_gap || start_ms.is_some_and(|start_ms| start_ms < from_ms) {
                break;
            }
            turn.is_final &= start_ms.is_none();
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

    /// Says behind the turns of a connection that something was not transcribed.
    pub fn gap(&mut self, after: ConnectionId, from_ms: u64, to_ms: u64) -> Option<Change<'_>> {
        let key = TurnKey { connection: after, turn_order: u64::MAX };
        // One that grows is not told again and again.
        let before = self.turns.get(key).and_then(|gap| gap.words.first()).map(|word| word.start_ms);
        let from_ms = before.unwrap_or(from_ms);
        let word = ShownWord { text: String::new(), start_ms: from_ms, end_ms: to_ms };
        let settled = format!("[{} not transcribed]", clock((to_ms - from_ms) / 1000));
        let turn =
            ShownTurn { settled, words: vec![word], is_gap: true, is_final: true, ..ShownTurn::default() };
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

/// The words with their times, where they are the text.
fn shown_words(message: &Turn, settled: &str) -> Vec<ShownWord> {
    let words = message.words.iter().filter(|word| message.end_of_turn || word.word_is_final);
    let joined = words.clone().fold(String::new(), |text, word| join(&text, &word.text));
    if joined != settled {
        return vec![];
    }
    // As integers they saturate: what the service says is not ours to trust.
    let shown = words.map(|word| ShownWord {
        text: word.text.trim().to_owned(),
        start_ms: word.start_ms.round() as u64,
        end_ms: word.end_ms.round() as u64,
    });
    shown.collect()
}

/// A time as a person reads it: `1:05`, `1:02:05`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Two texts with one space between them, unless one is empty.
fn join(one: &str, other: &str) -> String {
    let (one, other) = (one.trim(), other.trim());
    let space = if one.is_empty() || other.is_empty() { "" } else { " " };
    [one, space, other].concat()
}

#[cfg(test)]
mod tests {
    use assemblyai_protocol::Word;
    use proptest::prelude::*;

    use super::*;

    /// A message in the way protocol tables write one: words as `text/F` (final) or `text/n` (not final).
    fn message(turn_order: u64, end: bool, formatted: bool, transcript: &str, words: &str) -> Turn {
        let words = words.split_whitespace().map(|word| {
            let (text, mark) = word.rsplit_once('/').expect("text/F or text/n");
            Word { text: text.to_owned(), word_is_final: mark == "F", ..Word::default() }
        });
        Turn {
            turn_order,
            end_of_turn: end,
            turn_is_formatted: Some(formatted),
            transcript: transcript.to_owned(),
            words: words.collect(),
            ..Turn::default()
        }
    }

    /// What is shown, a turn a line: settled text, then unsettled text in brackets, a full stop mark for finals.
    fn shown(transcript: &Transcript) -> Vec<String> {
        let line = |turn: &ShownTurn| {
            let end = if turn.is_final { "■" } else { "" };
            format!("{}[{}]{end}", turn.settled, turn.unsettled)
        };
        transcript.turns().map(|(_, turn)| line(turn)).collect()
    }

    fn after(messages: &[Turn]) -> Vec<Vec<String>> {
        let mut transcript = Transcript::default();
        let step = |message| {
            transcript.apply(ConnectionId(1), message);
            shown(&transcript)
        };
        messages.iter().map(step).collect()
    }

    #[test]
    fn universal_streaming_grows_word_by_word_and_ends_twice() {
        let steps = after(&[
            message(0, false, false, "", "book/n"),
            message(0, false, false, "book", "book/F a/n"),
            message(0, false, false, "book a", "book/F a/F tab/n"),
            message(0, true, false, "book a table", "book/F a/F table/F"),
            message(0, true, true, "Book a table.", "Book/F a/F table./F"),
        ]);
        assert_eq!(
            steps,
            [["[book]"], ["book[a]"], ["book a[tab]"], ["book a table[]■"], ["Book a table.[]■"]]
        );
    }

    #[test]
    fn a_pro_model_revises_the_whole_turn() {
        let steps = after(&[
            message(0, false, true, "Book a cable", "Book/n a/n cable/n"),
            message(0, false, true, "Book a table for", "Book/n a/n table/n for/n"),
            message(0, true, true, "Book a table for two.", "Book/F a/F table/F for/F two./F"),
        ]);
        assert_eq!(steps, [["[Book a cable]"], ["[Book a table for]"], ["Book a table for two.[]■"]]);
    }

    #[test]
    fn a_plain_or_partial_message_that_comes_late_changes_nothing() {
        let steps = after(&[
            message(0, true, true, "Book a table.", ""),
            message(0, true, false, "book a table", ""),
            message(0, false, true, "Book a", ""),
        ]);
        assert_eq!(steps, [["Book a table.[]■"], ["Book a table.[]■"], ["Book a table.[]■"]]);
    }

    #[test]
    fn words_stand_in_for_a_transcript_that_is_empty() {
        let steps =
            after(&[message(0, false, true, "", "Book/n a/n"), message(0, true, true, "", "Book/F it./F")]);
        assert_eq!(steps, [["[Book a]"], ["Book it.[]■"]]);
    }

    #[test]
    fn an_empty_final_settles_what_is_there_and_adds_no_turn() {
        let steps = after(&[
            message(0, false, false, "book", "book/F a/n"),
            message(0, true, false, "", ""),
            message(1, true, false, "", ""),
        ]);
        assert_eq!(steps[1..], [["book a[]■"], ["book a[]■"]]);
    }

    #[test]
    fn a_turn_goes_where_its_order_says_and_a_later_connection_comes_later() {
        let mut transcript = Transcript::default();
        let mut places = Vec::new();
        for (connection, turn_order) in [(1, 2), (1, 0), (2, 0), (1, 1), (1, 1)] {
            let text = format!("{connection}.{turn_order}.{}", places.len());
            let turn = message(turn_order, false, true, &text, "");
            let change = transcript.apply(ConnectionId(connection), &turn).expect("a change");
            places.push(change.place);
        }
        let key = |connection, turn_order| TurnKey { connection: ConnectionId(connection), turn_order };
        assert_eq!(
            places,
            [Place::Last, Place::Before(key(1, 2)), Place::Last, Place::Before(key(1, 2)), Place::Same]
        );
        assert_eq!(shown(&transcript), ["[1.0.1]", "[1.1.4]", "[1.2.0]", "[2.0.2]"]);
    }

    #[test]
    fn the_end_of_a_turn_is_told_once() {
        let mut transcript = Transcript::default();
        let mut ends = |message: Turn| {
            let change = transcript.apply(ConnectionId(1), &message);
            change.is_some_and(|change| change.has_just_ended)
        };
        assert!(!ends(message(0, false, false, "book", "")));
        assert!(ends(message(0, true, false, "book", "")));
        assert!(!ends(message(0, true, true, "Book.", "")));
        assert!(ends(message(1, true, true, "Now.", "")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// In whatever order they come, and however often: what is shown in the end is the same.
        #[test]
        fn finals_may_come_in_any_order_and_more_than_once(
            order in prop::collection::vec((0..3_u32, 0..6_u64), 0..60)
        ) {
            let mut transcript = Transcript::default();
            let mut nodes: Vec<TurnKey> = Vec::new();
            for &(connection, turn_order) in &order {
                let text = format!("{connection}.{turn_order}");
                let turn = message(turn_order, true, true, &text, "");
                let Some(change) = transcript.apply(ConnectionId(connection), &turn) else { continue };
                // What the page does with it.
                match change.place {
                    Place::Same => {}
                    Place::Last => nodes.push(change.key),
                    Place::Before(next) => {
                        let index = nodes.iter().position(|&key| key == next).expect("a key on the page");
                        nodes.insert(index, change.key);
                    }
                }
            }
            let mut expected = order;
            expected.sort_unstable();
            expected.dedup();
            let lines: Vec<String> = expected.iter().map(|(c, t)| format!("{c}.{t}[]■")).collect();
            prop_assert_eq!(shown(&transcript), lines);
            let keys: Vec<_> = nodes.iter().map(|key| (key.connection.0, key.turn_order)).collect();
            prop_assert_eq!(keys, expected);
        }
    }
}
