use assemblyai_protocol::{ServerMessage, Turn};

use super::*;
use crate::paced::PacedRecognizer;
use crate::parameters::Parameters;
use crate::recognizer::{Recognizer, Report, TurnEnd};
use crate::turn_rules::TurnRules;
use crate::words::{SpokenWord, timed};
use test_result::TestResult;

fn rules(query: &str) -> TestResult<TurnRules> {
    let parameters = Parameters::from_query(query)?.0;
    Ok(TurnRules::of(&parameters, None))
}

fn pro() -> TestResult<TurnRules> {
    rules("speech_model=u3-rt-pro&mode=balanced")
}

fn scripted(text: &str, from_ms: u64, to_ms: u64) -> TurnState {
    TurnState::new(timed(text, from_ms, to_ms), true)
}

/// Advances the turns in steps of 100 ms; returns all messages with the position of the audio, in ms.
fn run(turns: Vec<TurnState>, rules: &TurnRules, to_ms: u64) -> Vec<(u64, ServerMessage)> {
    let mut transcriber = Transcriber::new(turns, None);
    let mut sent = Vec::new();
    for at in (0..=to_ms).step_by(100) {
        let mut out = Vec::new();
        transcriber.advance(at, rules, &mut out);
        sent.extend(out.into_iter().map(|message| (at, message)));
    }
    sent
}

fn turns(messages: &[(u64, ServerMessage)]) -> Vec<(u64, &Turn)> {
    messages
        .iter()
        .filter_map(|(at, message)| match message {
            ServerMessage::Turn(turn) => Some((*at, turn)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_pro_turn_starts_with_speech_started_and_ends_420_ms_after_its_last_word() -> TestResult {
    let sent = run(vec![scripted("Book a table for two", 1000, 3200)], &pro()?, 5000);
    let ServerMessage::SpeechStarted(started) = &sent[0].1 else {
        return Err(format!("{:?}", sent[0]).into());
    };
    assert_eq!((sent[0].0, started.timestamp_ms), (1800, 1000.0), "1000 + 500 + 256, in steps of 100");
    let turns = turns(&sent);
    let shown: Vec<(u64, bool, &str)> =
        turns.iter().map(|(at, turn)| (*at, turn.end_of_turn, turn.transcript.as_str())).collect();
    assert_eq!(
        shown,
        [
            (1800, false, "Book"),
            (2800, false, "Book a table for"),
            (3200, false, "Book a table for two"),
            (3700, true, "Book a table for two."),
        ]
    );
    let (_, last) = turns[3];
    assert_eq!(last.utterance, last.transcript);
    assert!(last.words.iter().all(|word| word.word_is_final));
    assert!(turns[0].1.words.iter().all(|word| !word.word_is_final));
    Ok(())
}

#[test]
fn a_misheard_word_is_corrected_in_the_next_partial() -> TestResult {
    let mut turn = scripted("Book a table for two", 1000, 3200);
    turn.words[0].misheard_as = Some("Cook".to_owned());
    let sent = run(vec![turn], &pro()?, 5000);
    let shown: Vec<&str> = turns(&sent).iter().map(|(_, turn)| turn.transcript.as_str()).collect();
    assert_eq!(shown[..2], ["Cook", "Book a table for"]);
    assert_eq!(shown.last(), Some(&"Book a table for two."));
    Ok(())
}

#[test]
fn universal_words_become_final_one_by_one() -> TestResult {
    let sent = run(
        vec![scripted("Book a table", 1000, 2200)],
        &rules("speech_model=universal-streaming-english")?,
        4000,
    );
    let rows: Vec<(bool, &str, String)> = turns(&sent)
        .iter()
        .map(|(_, turn)| {
            let mark = |done| if done { "F" } else { "n" };
            let words: Vec<String> =
                turn.words.iter().map(|word| format!("{}/{}", word.text, mark(word.word_is_final))).collect();
            (turn.end_of_turn, turn.transcript.as_str(), words.join(" "))
        })
        .collect();
    let expected = [
        (false, "", "book/n"),
        (false, "book", "book/F a/n"),
        (false, "book a", "book/F a/F table/n"),
        (true, "book a table", "book/F a/F table/F"),
    ];
    assert_eq!(rows, expected.map(|(end, text, words)| (end, text, words.to_owned())));
    assert!(!sent.iter().any(|(_, message)| matches!(message, ServerMessage::SpeechStarted(_))));
    Ok(())
}

#[test]
fn a_long_word_is_first_sent_as_a_fragment() -> TestResult {
    let sent = run(
        vec![scripted("Reservation", 1000, 2000)],
        &rules("speech_model=universal-streaming-english")?,
        1600,
    );
    let half = &turns(&sent)[0].1.words[0];
    assert_eq!((half.text.as_str(), half.start_ms, half.end_ms), ("reser", 1000.0, 1500.0));
    Ok(())
}

#[test]
fn two_finals_have_the_same_order_and_the_second_is_formatted() -> TestResult {
    let rules = rules("speech_model=universal-streaming-english&format_turns=True")?;
    let sent = run(vec![scripted("Book a table", 1000, 2200)], &rules, 4000);
    let finals: Vec<(u64, Option<bool>, &str, &str)> = turns(&sent)
        .into_iter()
        .filter(|(_, turn)| turn.end_of_turn)
        .map(|(_, turn)| {
            (turn.turn_order, turn.turn_is_formatted, turn.transcript.as_str(), turn.utterance.as_str())
        })
        .collect();
    assert_eq!(
        finals,
        [(0, Some(false), "book a table", "book a table"), (0, Some(true), "Book a table.", "")]
    );
    Ok(())
}

#[test]
fn a_pause_within_a_universal_turn_sends_the_utterance_once() -> TestResult {
    let rules = rules(
        "speech_model=universal-streaming-english&end_of_turn_confidence_threshold=1&max_turn_silence=2000",
    )?;
    let sent = run(vec![scripted("Book a table", 1000, 2200)], &rules, 5000);
    let given: Vec<(u64, bool, &str)> = turns(&sent)
        .into_iter()
        .filter(|(_, turn)| !turn.utterance.is_empty() || turn.end_of_turn)
        .map(|(at, turn)| (at, turn.end_of_turn, turn.utterance.as_str()))
        .collect();
    assert_eq!(given, [(2600, false, "book a table"), (4200, true, "")]);
    Ok(())
}

#[test]
fn speech_without_punctuation_is_split_at_long_silences() -> TestResult {
    let mut words = timed("Hello there.", 0, 800);
    words.extend(timed("how are", 1300, 2000));
    words.extend(timed("you?", 2800, 3000));
    let sent = run(vec![TurnState::new(words, false)], &pro()?, 6000);
    let finals: Vec<(u64, u64, &str)> = turns(&sent)
        .into_iter()
        .filter(|(_, turn)| turn.end_of_turn)
        .map(|(at, turn)| (at, turn.turn_order, turn.transcript.as_str()))
        .collect();
    // 800 + 128 + 292. The incomplete sentence "how are" ends after 1280 ms of silence, not after 800.
    assert_eq!(finals, [(1300, 0, "Hello there."), (3500, 1, "How are you?")]);
    Ok(())
}

#[test]
fn a_forced_end_leaves_later_words_to_the_next_turn() -> TestResult {
    let mut transcriber = Transcriber::new(vec![scripted("one two three four", 1000, 3000)], None);
    let (rules, mut out) = (pro()?, Vec::new());
    transcriber.force_endpoint(500, &rules, &mut out);
    assert!(out.is_empty(), "nothing was open: {out:?}");
    transcriber.advance(1900, &rules, &mut out);
    transcriber.force_endpoint(1900, &rules, &mut out);
    transcriber.advance(9000, &rules, &mut out);
    let finals: Vec<(u64, String)> = out
        .into_iter()
        .filter_map(|message| match message {
            ServerMessage::Turn(turn) if turn.end_of_turn => Some((turn.turn_order, turn.transcript)),
            _ => None,
        })
        .collect();
    assert_eq!(finals, [(0, "One two.".to_owned()), (1, "Three four.".to_owned())]);
    Ok(())
}

#[test]
fn a_turn_that_waits_for_terminate_has_its_final_with_all_words_after_it() -> TestResult {
    let mut turn = scripted("that was all", 0, 600);
    turn.final_when = FinalWhen::Terminated;
    let mut transcriber = Transcriber::new(vec![turn], None);
    let (rules, mut out) = (pro()?, Vec::new());
    transcriber.advance(60_000, &rules, &mut out);
    assert!(!out.iter().any(|message| matches!(message, ServerMessage::Turn(turn) if turn.end_of_turn)));
    transcriber.finish(100, &rules, &mut out);
    let Some(ServerMessage::Turn(last)) = out.last() else { return Err(format!("{out:?}").into()) };
    assert_eq!((last.end_of_turn, last.transcript.as_str()), (true, "That was all."));
    Ok(())
}

#[test]
fn words_after_the_end_of_the_audio_are_not_sent() -> TestResult {
    let mut transcriber = Transcriber::new(vec![scripted("one two three four", 1000, 3000)], None);
    let mut out = Vec::new();
    transcriber.finish(900, &pro()?, &mut out);
    assert!(out.is_empty(), "{out:?}");
    Ok(())
}

/// Bursts of noise with pauses: (ms of speech, ms of silence), at 16 kHz.
fn audio(parts: &[(u64, u64)]) -> Vec<i16> {
    let mut samples = vec![0_i16; 16_000];
    for (speech_ms, silence_ms) in parts {
        samples.extend((0..speech_ms * 16).map(|n| if n % 3 == 0 { 6000 } else { -3000 }));
        samples.extend((0..silence_ms * 16).map(|_| 0));
    }
    samples
}

fn paced(samples: &[i16]) -> TestResult<Vec<ServerMessage>> {
    let text = "The quick brown fox jumps over the lazy dog. It barks.";
    let mut transcriber = Transcriber::new(Vec::new(), Some(Box::new(PacedRecognizer::new(text, 16_000))));
    let mut out = Vec::new();
    for frame in samples.chunks(1600) {
        transcriber.push(frame, &pro()?, &mut out);
    }
    Ok(out)
}

#[test]
fn silence_yields_no_words() -> TestResult {
    assert!(paced(&vec![0; 16_000 * 20])?.is_empty());
    Ok(())
}

#[test]
fn speech_paces_about_155_words_a_minute_and_a_pause_ends_the_turn() -> TestResult {
    let sent = paced(&audio(&[(6000, 3000), (2000, 3000)]))?;
    let finals: Vec<&Turn> = sent
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Turn(turn) if turn.end_of_turn => Some(turn),
            _ => None,
        })
        .collect();
    let orders: Vec<u64> = finals.iter().map(|turn| turn.turn_order).collect();
    assert_eq!(orders, [0, 1]);
    let words = finals[0].words.len();
    assert!((14..=17).contains(&words), "{words} words in 6 s");
    assert!(
        finals[0].transcript.starts_with("The quick brown fox"),
        "and over again: {}",
        finals[0].transcript
    );
    assert!(finals[0].words[0].start_ms >= 950.0, "not before the voice: {:?}", finals[0].words[0]);
    let end_ms = finals[0].words[words - 1].end_ms;
    assert!(end_ms <= 7100.0, "not after the voice: {end_ms}");
    let partials =
        sent.iter().filter(|m| matches!(m, ServerMessage::Turn(turn) if !turn.end_of_turn)).count();
    assert!(partials >= 6, "{partials} partials in 8 s");
    Ok(())
}

#[test]
fn a_word_in_progress_at_the_end_is_sent() -> TestResult {
    let text = "The quick brown fox jumps over the lazy dog.";
    let mut transcriber = Transcriber::new(Vec::new(), Some(Box::new(PacedRecognizer::new(text, 16_000))));
    let mut out = Vec::new();
    let samples = audio(&[(2000, 0)]);
    transcriber.push(&samples, &pro()?, &mut out);
    transcriber.finish(3000, &pro()?, &mut out);
    let Some(ServerMessage::Turn(last)) = out.last() else { return Err(format!("{out:?}").into()) };
    assert!(last.end_of_turn && last.words.len() >= 4, "{last:?}");
    Ok(())
}

/// Reports two guesses at the same words, then commits others.
#[derive(Debug)]
struct Revising(std::vec::IntoIter<Report>);

impl Revising {
    fn new() -> Self {
        let report = |settled_ms, text: &str, committed| {
            let words = timed(text, 1000, 1000 + 400 * text.split(' ').count() as u64);
            let words = words.into_iter().map(|word| SpokenWord { committed, ..word }).collect();
            Report { settled_ms, speaking: true, words, ..Report::default() }
        };
        let reports = vec![
            report(2000, "look a", false),
            report(3500, "book a table", false),
            report(4500, "book a table", true),
            Report { settled_ms: 9000, ..Report::default() },
        ];
        Self(reports.into_iter())
    }
}

impl Recognizer for Revising {
    fn push(&mut self, _samples: &[i16], report: &mut dyn FnMut(Report)) {
        self.0.next().into_iter().for_each(report);
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report::default()
    }
}

#[test]
fn partials_revise_uncommitted_words_and_only_committed_ones_end_a_turn() -> TestResult {
    let mut transcriber = Transcriber::new(Vec::new(), Some(Box::new(Revising::new())));
    let mut messages = Vec::new();
    for at_ms in [2000, 3500, 4500, 9000] {
        let mut out = Vec::new();
        transcriber.push(&[], &pro()?, &mut out);
        messages.extend(out.into_iter().map(|message| (at_ms, message)));
    }
    let shown: Vec<(u64, bool, &str)> =
        turns(&messages).iter().map(|(at, turn)| (*at, turn.end_of_turn, turn.transcript.as_str())).collect();
    assert_eq!(shown, [(2000, false, "Look"), (3500, false, "Book a table"), (9000, true, "Book a table.")]);
    Ok(())
}

/// Completes its turn in the call that ends it, without a wake.
#[derive(Debug, Default)]
struct Ending {
    ready: Option<Report>,
}

impl Ending {
    fn end_turn(&mut self) {
        let words = timed("that is all", 100, 900);
        self.ready = Some(Report { settled_ms: 1000, words, end: TurnEnd::Here, ..Report::default() });
    }
}

impl Recognizer for Ending {
    fn push(&mut self, _samples: &[i16], _report: &mut dyn FnMut(Report)) {}

    fn poll(&mut self, report: &mut dyn FnMut(Report)) {
        self.ready.take().into_iter().for_each(report);
    }

    fn configure(&mut self, _rules: &TurnRules) {
        self.end_turn();
    }

    fn commit(&mut self, _audio_ms: u64) -> Vec<SpokenWord> {
        self.end_turn();
        Vec::new()
    }

    fn end_audio(&mut self) {
        self.end_turn();
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report { end: TurnEnd::NotYet, ..Report::default() }
    }
}

#[test]
fn a_turn_that_a_call_completes_is_sent_without_more_audio() -> TestResult {
    let rules = pro()?;
    let sent = |call: fn(&mut Transcriber, &TurnRules, &mut Vec<ServerMessage>)| {
        let mut transcriber = Transcriber::new(Vec::new(), Some(Box::new(Ending::default())));
        let mut out = Vec::new();
        call(&mut transcriber, &rules, &mut out);
        let finals =
            out.iter().filter(|message| matches!(message, ServerMessage::Turn(it) if it.end_of_turn));
        finals.count()
    };
    assert_eq!(sent(|transcriber, rules, out| transcriber.force_endpoint(1000, rules, out)), 1);
    assert_eq!(sent(Transcriber::configure), 1);
    assert_eq!(sent(Transcriber::end_audio), 1);
    Ok(())
}

/// Yields a report for each push, and ends its turns itself.
#[derive(Debug)]
struct Reports(std::collections::VecDeque<Report>);

impl Recognizer for Reports {
    fn push(&mut self, _samples: &[i16], report: &mut dyn FnMut(Report)) {
        self.0.pop_front().into_iter().for_each(report);
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        Report { end: TurnEnd::NotYet, ..Report::default() }
    }
}

/// The partials that follow each of these reports of a turn: its position in ms, text, and whether it is at a pause.
fn partials_of(query: &str, reports: &[(u64, &str, bool)]) -> TestResult<Vec<(u64, Turn)>> {
    let parameters = Parameters::from_query(query)?.0;
    let rules = TurnRules { first_partial_ms: 0, ..TurnRules::of(&parameters, None) };
    let rules = match parameters.interruption_delay_ms {
        Some(_) => TurnRules::of(&parameters, None),
        None => rules,
    };
    let report = |(settled_ms, text, at_pause): &(u64, &str, bool)| Report {
        settled_ms: *settled_ms,
        words: timed(text, 100, *settled_ms).into_iter().map(uncommitted).collect(),
        at_pause: *at_pause,
        end: TurnEnd::NotYet,
        ..Report::default()
    };
    let recognizer = Reports(reports.iter().map(report).collect());
    let mut transcriber = Transcriber::new(Vec::new(), Some(Box::new(recognizer)));
    let mut partials = Vec::new();
    for (at_ms, ..) in reports {
        let mut out = Vec::new();
        transcriber.push(&[], &rules, &mut out);
        partials.extend(out.into_iter().filter_map(|message| match message {
            ServerMessage::Turn(turn) => Some((*at_ms, turn)),
            _ => None,
        }));
    }
    Ok(partials)
}

/// All but the first word may still change.
fn uncommitted(word: SpokenWord) -> SpokenWord {
    SpokenWord { committed: word.start_ms <= 100, ..word }
}

#[test]
fn a_universal_partial_calls_no_word_final_that_the_recogniser_may_still_change() -> TestResult {
    let partials = partials_of("speech_model=universal-streaming-english", &[(900, "the old man", false)])?;
    let [(_, partial)] = &partials[..] else { return Err(format!("{partials:?}").into()) };
    let words: Vec<_> = partial.words.iter().map(|it| (it.text.as_str(), it.word_is_final)).collect();
    assert_eq!(words, [("the", true), ("old", false), ("man", false)]);
    assert_eq!(partial.transcript, "the", "it has the final words");
    Ok(())
}

/// The reports of a speaker who pauses after each second word.
const PAUSING: [(u64, &str, bool); 5] = [
    (500, "One", false),
    (900, "One two", false),
    (1200, "One two", true),
    (1600, "One two three", false),
    (2000, "One two three four", true),
];

fn shown(partials: &[(u64, Turn)]) -> Vec<(u64, &str)> {
    partials.iter().map(|(at_ms, turn)| (*at_ms, turn.transcript.as_str())).collect()
}

#[test]
fn without_continuous_partials_a_turn_has_its_first_one_and_those_at_pauses() -> TestResult {
    let all = partials_of("speech_model=u3-rt-pro", &PAUSING)?;
    assert_eq!(
        shown(&all),
        [(500, "One"), (900, "One two"), (1600, "One two three"), (2000, "One two three four")]
    );
    let few = partials_of("speech_model=u3-rt-pro&continuous_partials=false", &PAUSING)?;
    assert_eq!(shown(&few), [(500, "One"), (1200, "One two"), (2000, "One two three four")]);
    Ok(())
}

#[test]
fn the_first_partial_waits_for_the_interruption_delay() -> TestResult {
    let partials = partials_of("speech_model=u3-rt-pro&interruption_delay=800", &PAUSING)?;
    assert_eq!(shown(&partials)[0], (1200, "One two"), "100 ms, the delay, and 256 ms of the service");
    Ok(())
}
