use assemblyai_protocol::Word;
use proptest::prelude::*;

use super::*;
use test_result::TestResult;

/// A message in short: words as `text/F` (final) or `text/n` (not final).
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

/// The turns as shown: settled text, unsettled text in brackets, and a mark for final turns.
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
    assert_eq!(steps, [["[book]"], ["book[a]"], ["book a[tab]"], ["book a table[]■"], ["Book a table.[]■"]]);
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
fn a_late_unformatted_or_partial_message_changes_nothing() {
    let steps = after(&[
        message(0, true, true, "Book a table.", ""),
        message(0, true, false, "book a table", ""),
        message(0, false, true, "Book a", ""),
    ]);
    assert_eq!(steps, [["Book a table.[]■"], ["Book a table.[]■"], ["Book a table.[]■"]]);
}

#[test]
fn words_are_shown_if_the_transcript_is_empty() {
    let steps =
        after(&[message(0, false, true, "", "Book/n a/n"), message(0, true, true, "", "Book/F it./F")]);
    assert_eq!(steps, [["[Book a]"], ["Book it.[]■"]]);
}

#[test]
fn an_empty_final_message_settles_the_turn_and_adds_none() {
    let steps = after(&[
        message(0, false, false, "book", "book/F a/n"),
        message(0, true, false, "", ""),
        message(1, true, false, "", ""),
    ]);
    assert_eq!(steps[1..], [["book a[]■"], ["book a[]■"]]);
}

#[test]
fn turns_are_ordered_by_connection_and_turn_order() -> TestResult {
    let mut transcript = Transcript::default();
    let mut places = Vec::new();
    for (connection, turn_order) in [(1, 2), (1, 0), (2, 0), (1, 1), (1, 1)] {
        let text = format!("{connection}.{turn_order}.{}", places.len());
        let turn = message(turn_order, false, true, &text, "");
        let change = transcript.apply(ConnectionId(connection), &turn).ok_or("no change")?;
        places.push(change.place);
    }
    let key = |connection, turn_order| TurnKey { connection: ConnectionId(connection), turn_order };
    assert_eq!(
        places,
        [Place::Last, Place::Before(key(1, 2)), Place::Last, Place::Before(key(1, 2)), Place::Same]
    );
    assert_eq!(shown(&transcript), ["[1.0.1]", "[1.1.4]", "[1.2.0]", "[2.0.2]"]);
    Ok(())
}

#[test]
fn the_end_of_a_turn_is_reported_once() {
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

const KEY: TurnKey = TurnKey { connection: ConnectionId(1), turn_order: 0 };

/// A turn with one word that has ended, from 500 ms on.
fn ended() -> TestResult<Transcript> {
    let mut turn = message(0, true, true, "One.", "One./F");
    turn.words[0].start_ms = 500.0;
    let mut transcript = Transcript::default();
    transcript.connected(ConnectionId(1), 0);
    transcript.apply(ConnectionId(1), &turn).ok_or("no change")?;
    Ok(transcript)
}

#[test]
fn a_turn_whose_audio_is_sent_again_is_replaced_unless_it_was_corrected() -> TestResult {
    for (edits_before, edits_after) in [(true, false), (false, true), (false, false)] {
        let mut transcript = ended()?;
        let edit = |transcript: &mut Transcript| transcript.edit(KEY, Some("Won.".to_owned()));
        assert!(!edits_before || edit(&mut transcript));
        transcript.connected(ConnectionId(2), 0);
        assert!(!edits_after || edit(&mut transcript));
        let again = message(0, true, true, "One.", "One./F");
        transcript.apply(ConnectionId(2), &again).ok_or("no change")?;
        let texts: Vec<String> = transcript.turns().map(|(_, turn)| turn.display_text()).collect();
        let expected = if edits_before || edits_after { vec!["Won.", "One."] } else { vec!["One."] };
        assert_eq!(texts, expected);
    }
    Ok(())
}

#[test]
fn a_turn_that_is_not_final_cannot_be_corrected() -> TestResult {
    let mut transcript = ended()?;
    let partial = message(1, false, true, "Tw", "Tw/n");
    transcript.apply(ConnectionId(1), &partial).ok_or("no change")?;
    assert!(!transcript.edit(TurnKey { turn_order: 1, ..KEY }, Some("Two".to_owned())));
    Ok(())
}

#[test]
fn a_revision_of_a_single_word_changes_the_turn() -> TestResult {
    let mut transcript = ended()?;
    let revise = |transcript: &mut Transcript, label: &str| -> TestResult<_> {
        let text = format!(
            r#"{{"type":"SpeakerRevision","revisions":[{{"turn_order":0,"speaker_label":"A",
                "words":[{{"text":"One.","start":500,"end":600,"speaker":"{label}"}}]}}]}}"#
        );
        let Ok(assemblyai_protocol::ServerMessage::SpeakerRevision(revision)) =
            assemblyai_protocol::parse(&text)
        else {
            return Err("a good message".into());
        };
        Ok(transcript.revise(ConnectionId(1), &revision))
    };
    assert_eq!(revise(&mut transcript, "A")?, [KEY]);
    assert_eq!(revise(&mut transcript, "A")?, []);
    assert_eq!(revise(&mut transcript, "B")?, [KEY]);
    let turn = transcript.turn(KEY).ok_or("no turn")?;
    assert_eq!((&*turn.words[0].speaker, turn.is_revised), ("B", true));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The final transcript does not depend on the order and the number of messages.
    #[test]
    fn final_messages_may_arrive_in_any_order_and_repeatedly(
        order in prop::collection::vec((0..3_u32, 0..6_u64), 0..60)
    ) {
        let mut transcript = Transcript::default();
        let mut nodes: Vec<TurnKey> = Vec::new();
        for &(connection, turn_order) in &order {
            let text = format!("{connection}.{turn_order}");
            let turn = message(turn_order, true, true, &text, "");
            let Some(change) = transcript.apply(ConnectionId(connection), &turn) else { continue };
            // As an interface applies it.
            match change.place {
                Place::Same => {}
                Place::Last => nodes.push(change.key),
                Place::Before(next) => {
                    let index = nodes.iter().position(|&key| key == next).expect("a key that is shown");
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

#[test]
fn a_word_that_the_user_accepts_is_no_longer_doubtful() -> TestResult {
    let mut transcript = Transcript::default();
    let mut turn = message(0, true, true, "Book a table", "Book/F a/F table/F");
    for (word, (start, confidence)) in turn.words.iter_mut().zip([(0.0, 0.4), (0.0, 0.3), (900.0, 0.97)]) {
        word.start_ms = start;
        word.end_ms = start + 300.0;
        word.confidence = Some(confidence);
    }
    transcript.apply(ConnectionId(1), &turn);
    let key = TurnKey { connection: ConnectionId(1), turn_order: 0 };
    // The word before it begins at the same time.
    assert!(transcript.accept_words(key, 1..2));
    let percents = |transcript: &Transcript| -> Option<Vec<_>> {
        Some(transcript.turn(key)?.words.iter().map(|word| word.confidence_percent).collect())
    };
    assert_eq!(percents(&transcript).ok_or("no turn")?, [Some(40), Some(100), Some(97)]);
    assert!(!transcript.accept_words(key, 1..2), "nothing is left to accept");
    assert!(!transcript.accept_words(TurnKey { turn_order: 1, ..key }, 0..1));
    assert!(!transcript.accept_words(key, 2..4), "there are three words");
    Ok(())
}
