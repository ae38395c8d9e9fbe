//! What is taken off the record does not come back: not by a late final, not by a replacement, not over another
//! connection, and its samples are not sent again.

use assemblyai_protocol::{Turn, Word};
use assemblyai_session::journal::Journal;
use assemblyai_session::{ConnectionId, Transcript};
use proptest::prelude::*;

/// A word of the talk: its place among all words, which is also its text, and its times in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spoken {
    name: usize,
    start_ms: u64,
    end_ms: u64,
}

impl Spoken {
    fn touches(self, (from_ms, to_ms): (u64, u64)) -> bool {
        // A word of no length is there all the same.
        self.start_ms < to_ms && self.end_ms.max(self.start_ms + 1) > from_ms
    }
}

/// The turns of a talk: words with breaks between them.
fn talk(lengths: Vec<Vec<(u64, u64)>>) -> Vec<Vec<Spoken>> {
    let (mut name, mut at_ms) = (0, 0);
    let turns = lengths.into_iter().map(|turn| {
        let words = turn.into_iter().map(|(pause_ms, length_ms)| {
            let start_ms = at_ms + pause_ms;
            at_ms = start_ms + length_ms;
            name += 1;
            Spoken { name, start_ms, end_ms: at_ms }
        });
        words.collect()
    });
    turns.collect()
}

/// What of a turn a message has.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// The first words, none of them final.
    Partial(usize),
    /// The first words, all final but the last, as universal-streaming sends them.
    Streaming(usize),
    Unformatted,
    Formatted,
}

fn message(order: u64, words: &[Spoken], part: Part) -> Turn {
    let count = match part {
        Part::Partial(count) | Part::Streaming(count) => count.clamp(1, words.len()),
        _ => words.len(),
    };
    let is_end = matches!(part, Part::Unformatted | Part::Formatted);
    let is_final = |n: usize| is_end || matches!(part, Part::Streaming(_)) && n + 1 < count;
    let said = words.iter().take(count).enumerate().map(|(n, word)| Word {
        // No two begin alike: words beside each other that do count as one that has moved.
        text: format!("{}w", word.name),
        start_ms: word.start_ms as f64,
        end_ms: word.end_ms as f64,
        word_is_final: is_final(n),
        ..Word::default()
    });
    let said: Vec<Word> = said.collect();
    let in_transcript = said.iter().filter(|word| !matches!(part, Part::Streaming(_)) || word.word_is_final);
    Turn {
        turn_order: order,
        transcript: in_transcript.map(|word| word.text.clone()).collect::<Vec<_>>().join(" "),
        end_of_turn: is_end,
        turn_is_formatted: Some(matches!(part, Part::Formatted)),
        words: said,
        ..Turn::default()
    }
}

fn parts() -> impl Strategy<Value = Part> {
    prop_oneof![
        (1_usize..6).prop_map(Part::Partial),
        (1_usize..6).prop_map(Part::Streaming),
        Just(Part::Unformatted),
        Just(Part::Formatted),
    ]
}

/// The names of the words that the transcript shows.
fn shown(transcript: &Transcript) -> Vec<usize> {
    let texts = transcript.turns().map(|(_, turn)| turn.display_text()).collect::<Vec<_>>();
    texts
        .iter()
        .flat_map(|text| text.split_whitespace())
        .filter_map(|word| word.strip_suffix('w')?.parse().ok())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_of_the_span_go_and_never_come_back_and_all_others_stay(
        lengths in prop::collection::vec(prop::collection::vec((0_u64..800, 1_u64..600), 1..6), 1..8),
        before in prop::collection::vec((0_usize..8, parts()), 0..20),
        after in prop::collection::vec((0_usize..8, parts()), 0..20),
        // In the span's own length and its end behind the last word that was heard.
        length_ms in 1_u64..4_000,
        beyond_ms in 0_u64..500,
        reconnects_from in prop::option::of(0_usize..8),
        corrects in any::<bool>(),
    ) {
        let turns = talk(lengths);
        let mut transcript = Transcript::default();
        let first = ConnectionId(1);
        transcript.connected(first, 0);
        let mut heard_ms = 0;
        for (turn, part) in before {
            if let Some(words) = turns.get(turn) {
                let message = message(turn as u64, words, part);
                heard_ms = heard_ms.max(message.words.last().map_or(0, |word| word.end_ms as u64));
                transcript.apply(first, &message);
            }
        }
        let corrected = transcript.turns().next().map(|(key, _)| *key).filter(|_| corrects);
        if let Some(key) = corrected {
            let text = transcript.turn(key).map(assemblyai_session::ShownTurn::text).unwrap_or_default();
            transcript.edit(key, Some([&*text, " corrected"].concat()));
        }
        let to_ms = heard_ms + beyond_ms;
        let span = (to_ms.saturating_sub(length_ms), to_ms);
        let change = transcript.take_off_record(span.0, span.1);
        for key in &change.removed {
            prop_assert!(transcript.turn(*key).is_none());
        }
        for key in &change.changed {
            prop_assert!(transcript.turn(*key).is_some_and(|turn| !turn.text().is_empty()));
        }
        let off = |name: &usize| turns.iter().flatten().any(|word| word.name == *name && word.touches(span));
        prop_assert!(!shown(&transcript).iter().any(off), "{:?} of {span:?}", shown(&transcript));

        for (turn, part) in after {
            if let Some(words) = turns.get(turn) {
                transcript.apply(first, &message(turn as u64, words, part));
                prop_assert!(!shown(&transcript).iter().any(off), "{:?} of {span:?}", shown(&transcript));
            }
        }
        // All turns end, some over another connection.
        let second = ConnectionId(2);
        let from = reconnects_from.unwrap_or(turns.len()).min(turns.len());
        for (order, words) in turns[..from].iter().enumerate() {
            transcript.apply(first, &message(order as u64, words, Part::Formatted));
        }
        if let Some(start_ms) = turns.get(from).and_then(|words| words.first()).map(|word| word.start_ms) {
            transcript.connected(second, start_ms);
            for (order, words) in turns[from..].iter().enumerate() {
                transcript.apply(second, &message(order as u64, words, Part::Formatted));
                prop_assert!(!shown(&transcript).iter().any(off), "{:?} of {span:?}", shown(&transcript));
            }
        }
        let kept: Vec<usize> = turns.iter().flatten().filter(|word| !word.touches(span)).map(|word| word.name).collect();
        let mut names = shown(&transcript);
        names.sort_unstable();
        names.dedup();
        if !corrects && reconnects_from.is_none() {
            prop_assert_eq!(names, kept);
        }
    }

    /// Words have other times and punctuation in the final, which has more of them.
    #[test]
    fn a_final_of_other_times_and_more_words_loses_exactly_those_that_were_removed(
        words in prop::collection::vec((0_u64..800, 150_u64..600), 1..12),
        moves_ms in prop::collection::vec(-300_i64..300, 12),
        more in prop::collection::vec(any::<bool>(), 12),
        length_ms in 100_u64..3_000,
        beyond_ms in 0_u64..300,
    ) {
        let said = talk(vec![words]).remove(0);
        // No two have the same beginning.
        let name = |word: &Spoken| ["a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m"][word.name - 1].repeat(4);
        let end_ms = said.last().map_or(0, |word| word.end_ms) + beyond_ms;
        let span = (end_ms.saturating_sub(length_ms), end_ms);
        let names: Vec<String> = said.iter().map(name).collect();
        let open: Vec<_> =
            said.iter().zip(&names).map(|(word, name)| (&**name, word.start_ms, word.end_ms)).collect();
        let mut transcript = Transcript::default();
        let connection = ConnectionId(1);
        transcript.connected(connection, 0);
        transcript.apply(connection, &spoken(0, false, &open));
        transcript.take_off_record(span.0, span.1);
        let left = text(&transcript);
        let (mut last, mut kept) = (Vec::new(), Vec::new());
        let touches = |start_ms, end_ms| Spoken { name: 0, start_ms, end_ms }.touches(span);
        for ((word, move_ms), is_more) in said.iter().zip(moves_ms).zip(more) {
            let start_ms = word.start_ms.saturating_add_signed(move_ms);
            let end_ms = start_ms + word.end_ms - word.start_ms;
            let mut put = |text: String, times_ms: (u64, u64), is_kept: bool| {
                last.push((text.clone(), times_ms.0, times_ms.1));
                kept.extend(is_kept.then_some(text));
            };
            if is_more {
                let new_ms = (word.start_ms.saturating_sub(100), word.start_ms);
                put(format!("new{}", name(word)), new_ms, !touches(new_ms.0, new_ms.1));
            }
            put(format!("{},", name(word).to_uppercase()), (start_ms, end_ms), !word.touches(span) && !touches(start_ms, end_ms));
        }
        let last: Vec<(&str, u64, u64)> = last.iter().map(|(text, start_ms, end_ms)| (&**text, *start_ms, *end_ms)).collect();
        transcript.apply(connection, &spoken(0, true, &last));
        // A final whose times are all within the span ends the turn with what was left of it.
        let kept = if kept.is_empty() { left } else { kept.concat() };
        // A turn that has lost no word has no spaces here.
        prop_assert_eq!(text(&transcript).replace(' ', ""), kept.replace(' ', ""), "of {:?} without {:?}", last, span);
    }

    #[test]
    fn the_samples_of_the_span_are_silence_of_the_same_length_whenever_they_are_sent(
        chunks in prop::collection::vec(1_usize..4_000, 1..30),
        sent_first in 0_usize..75,
        // In samples, before the end of what was sent; and whether it is the end of a word.
        confirmed in prop::option::of((0_u64..40_000, any::<bool>())),
        span in (0_u64..60_000, 1_u64..60_000),
    ) {
        let mut journal = Journal::default();
        let mut captured: Vec<i16> = Vec::new();
        for length in chunks {
            let chunk: Vec<i16> = (0..length).map(|n| ((captured.len() + n) % 30_000) as i16 + 1).collect();
            journal.push(&chunk);
            captured.extend(chunk);
        }
        for _ in 0..sent_first {
            journal.next_frame(1_600);
        }
        if let Some((unconfirmed, is_word)) = confirmed {
            let until = journal.next_position().saturating_sub(unconfirmed);
            if is_word {
                journal.confirm_word(until.saturating_sub(4_000), until);
            } else {
                journal.confirm_silence(until);
            }
            prop_assert_eq!(journal.confirmed(), until);
        }
        journal.silence(span.0, span.0 + span.1);
        let to = ((span.0 + span.1) as usize).min(captured.len());
        captured[(span.0 as usize).min(to)..to].fill(0);
        prop_assert_eq!(journal.captured(), captured.len() as u64);
        // Over the next connection everything is sent again that is not confirmed, from a pause near the last word on.
        let mut at = journal.rewind() as usize;
        prop_assert!(at.abs_diff(journal.confirmed() as usize) <= 4_000, "from {at}");
        if !matches!(confirmed, Some((_, true))) {
            prop_assert_eq!(at as u64, journal.confirmed());
        }
        while let Some(frame) = journal.next_frame(16_000) {
            prop_assert_eq!(&frame[..], &captured[at..at + frame.len()]);
            at += frame.len();
        }
        prop_assert!(captured.len() - at < 1_600);
    }
}

#[test]
fn a_new_recording_has_nothing_off_the_record() {
    let turns = talk(vec![vec![(100, 300), (100, 300)]]);
    let mut transcript = Transcript::default();
    transcript.connected(ConnectionId(1), 0);
    transcript.apply(ConnectionId(1), &message(0, &turns[0], Part::Formatted));
    assert_eq!(transcript.take_off_record(0, 10_000).removed.len(), 1);
    transcript.settle();
    transcript.connected(ConnectionId(2), 0);
    transcript.apply(ConnectionId(2), &message(0, &turns[0], Part::Formatted));
    assert_eq!(shown(&transcript), [1, 2]);
}

/// A message of words that are not final, with their times in ms; the turn ends if `is_end`.
fn spoken(order: u64, is_end: bool, words: &[(&str, u64, u64)]) -> Turn {
    let words = words.iter().map(|(text, start_ms, end_ms)| Word {
        text: (*text).to_owned(),
        start_ms: *start_ms as f64,
        end_ms: *end_ms as f64,
        word_is_final: is_end,
        ..Word::default()
    });
    let words: Vec<Word> = words.collect();
    let transcript = words.iter().map(|word| &*word.text).collect::<Vec<_>>().concat();
    Turn { turn_order: order, transcript, end_of_turn: is_end, words, ..Turn::default() }
}

fn text(transcript: &Transcript) -> String {
    transcript.turns().map(|(_, turn)| turn.display_text()).collect::<Vec<_>>().join(" | ")
}

#[test]
fn of_the_open_turn_the_words_before_the_span_stay_at_once() {
    let mut transcript = Transcript::default();
    transcript.connected(ConnectionId(1), 0);
    transcript.apply(ConnectionId(1), &spoken(0, false, &[("keep", 0, 400), ("secret", 900, 1_300)]));
    let change = transcript.take_off_record(800, 1_500);
    assert_eq!((change.changed.len(), change.removed.len()), (1, 0));
    assert_eq!(text(&transcript), "keep");
}

#[test]
fn a_word_that_gets_a_time_outside_the_span_stays_removed() {
    let key = ConnectionId(1);
    for (start_ms, end_ms) in [(500, 790), (1_500, 1_900)] {
        let mut transcript = Transcript::default();
        transcript.connected(key, 0);
        transcript.apply(key, &spoken(0, false, &[("keep", 0, 400), ("secret", 900, 1_300)]));
        transcript.take_off_record(800, 1_500);
        let moved = [("keep", 0, 400), ("secret", start_ms, end_ms), ("more", 2_000, 2_300)];
        transcript.apply(key, &spoken(0, true, &moved));
        assert_eq!(text(&transcript), "keep more", "{start_ms} to {end_ms}");
    }
}

#[test]
fn a_final_of_another_number_of_words_keeps_the_words_beside_those_that_were_removed() {
    let connection = ConnectionId(1);
    let partial = [("we", 0, 200), ("met", 300, 500), ("Anna", 1_100, 1_400)];
    let with_more = [("We", 0, 200), ("all", 250, 350), ("met", 600, 800), ("Anna,", 1_000, 1_300)];
    let with_fewer = [("Met", 300, 500), ("Anna,", 850, 990), ("twice.", 1_600, 1_900)];
    for (last, kept) in [(&with_more[..], "We all met"), (&with_fewer[..], "Met twice.")] {
        let mut transcript = Transcript::default();
        transcript.connected(connection, 0);
        transcript.apply(connection, &spoken(0, false, &partial));
        transcript.take_off_record(1_000, 1_500);
        transcript.apply(connection, &spoken(0, true, last));
        assert_eq!(text(&transcript), kept);
    }
}

#[test]
fn a_removed_word_that_comes_back_written_otherwise_stays_removed() {
    let connection = ConnectionId(1);
    let mut transcript = Transcript::default();
    transcript.connected(connection, 0);
    transcript.apply(connection, &spoken(0, false, &[("code", 0, 400), ("seven", 1_000, 1_300)]));
    transcript.take_off_record(1_000, 1_500);
    transcript
        .apply(connection, &spoken(0, true, &[("Code", 0, 400), ("7.", 800, 990), ("Next", 1_900, 2_200)]));
    assert_eq!(text(&transcript), "Code Next");
}

#[test]
fn another_word_of_the_same_first_letters_stays_in_any_script() {
    let connection = ConnectionId(1);
    for (removed, other) in [("пароль", "потом"), ("今日", "今年"), ("νέα", "ναι"), ("סוד", "סוף")]
    {
        let mut transcript = Transcript::default();
        transcript.connected(connection, 0);
        transcript.apply(connection, &spoken(0, false, &[(removed, 1_000, 1_300)]));
        transcript.take_off_record(900, 1_350);
        let more = [(removed, 1_000, 1_300), (other, 1_400, 1_700)];
        transcript.apply(connection, &spoken(0, true, &more));
        assert_eq!(text(&transcript), other);
    }
}

#[test]
fn a_word_said_twice_goes_twice() {
    let connection = ConnectionId(1);
    let mut transcript = Transcript::default();
    transcript.connected(connection, 0);
    transcript
        .apply(connection, &spoken(0, false, &[("no", 0, 200), ("no", 1_000, 1_200), ("no", 1_250, 1_400)]));
    transcript.take_off_record(1_000, 1_500);
    transcript.apply(connection, &spoken(0, true, &[("No", 0, 200), ("no", 600, 800), ("no.", 850, 990)]));
    assert_eq!(text(&transcript), "No");
}

#[test]
fn a_minute_goes_from_all_its_turns() {
    let connection = ConnectionId(1);
    let mut transcript = Transcript::default();
    transcript.connected(connection, 0);
    for order in 0..10 {
        let at_ms = order * 10_000;
        let words = [("before", at_ms, at_ms + 400), ("after", at_ms + 5_000, at_ms + 5_400)];
        transcript.apply(connection, &spoken(order, order < 9, &words));
    }
    let change = transcript.take_off_record(35_200, 95_200);
    // The fourth loses its end, and the open one, too: the ones between are gone.
    assert_eq!((change.changed.len(), change.removed.len()), (1, 6));
    assert_eq!(text(&transcript), "beforeafter | beforeafter | beforeafter | before");
}

#[test]
fn text_without_times_is_judged_by_the_turns_before_it_also_if_it_comes_late() {
    let mut transcript = Transcript::default();
    transcript.connected(ConnectionId(1), 0);
    transcript.apply(ConnectionId(1), &spoken(0, false, &[("secret", 900, 1_300)]));
    transcript.take_off_record(0, 10_000);
    transcript.apply(ConnectionId(1), &spoken(1, true, &[("later", 15_000, 15_400)]));
    let untimed = Turn { transcript: "secret".to_owned(), ..spoken(0, true, &[]) };
    transcript.apply(ConnectionId(1), &untimed);
    assert_eq!(text(&transcript), "later");
}

#[test]
fn what_is_left_of_a_japanese_turn_has_no_spaces() {
    let mut transcript = Transcript::default();
    transcript.connected(ConnectionId(1), 0);
    let words = [("今日", 0, 400), ("は", 400, 500), ("秘密", 900, 1_300), ("です", 1_600, 1_900)];
    transcript.apply(ConnectionId(1), &spoken(0, true, &words));
    transcript.take_off_record(800, 1_500);
    assert_eq!(text(&transcript), "今日はです");
}

#[test]
fn the_correction_of_a_turn_that_is_cut_goes_until_it_is_made_again() -> Result<(), &'static str> {
    let mut transcript = Transcript::default();
    transcript.connected(ConnectionId(1), 0);
    transcript.apply(ConnectionId(1), &spoken(0, true, &[("keep", 0, 400), ("secret", 900, 1_300)]));
    let key = transcript.turns().next().map(|(key, _)| *key).ok_or("no turn")?;
    assert!(transcript.edit(key, Some("kept secret".to_owned())));
    transcript.take_off_record(800, 1_500);
    assert_eq!(text(&transcript), "keep");
    assert!(transcript.edit(key, Some("kept".to_owned())));
    // A late message neither brings back the word nor replaces the correction.
    transcript.apply(ConnectionId(1), &spoken(0, true, &[("Keep", 0, 400), ("secret", 900, 1_300)]));
    assert_eq!(text(&transcript), "kept");
    Ok(())
}

#[test]
fn no_text_of_a_removed_word_stays_in_memory() {
    let connection = ConnectionId(1);
    let mut transcript = Transcript::default();
    transcript.connected(connection, 0);
    transcript.apply(connection, &spoken(0, true, &[("earlier", 0, 300), ("hidden", 900, 1_000)]));
    let words = [("keep", 1_100, 1_400), ("secret", 1_900, 2_300)];
    transcript.apply(connection, &spoken(1, false, &words));
    let has = |transcript: &Transcript, word: &str| format!("{transcript:?}").contains(word);
    assert!(has(&transcript, "secret") && has(&transcript, "hidden"));
    transcript.take_off_record(900, 1_050);
    transcript.take_off_record(1_800, 2_500);
    assert!(!has(&transcript, "secret") && !has(&transcript, "hidden"), "{transcript:?}");
    // A later message has them again.
    transcript.apply(connection, &spoken(0, true, &[("earlier", 0, 300), ("Hidden.", 700, 890)]));
    let more = [("Keep", 1_100, 1_400), ("secret", 1_600, 1_790), ("more", 2_600, 2_900)];
    transcript.apply(connection, &spoken(1, false, &more));
    assert!(!has(&transcript, "secret") && !has(&transcript, "idden"), "{transcript:?}");
    // What is left of the open turn can be taken off the record, too.
    transcript.take_off_record(2_550, 3_000);
    transcript.apply(connection, &spoken(1, true, &more));
    assert_eq!(text(&transcript), "earlier | Keep");
}
