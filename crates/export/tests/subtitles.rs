//! Properties of the subtitles of every transcript.

mod support;

use proptest::prelude::*;
use support::{read_srt, read_vtt};
use transcript_export::{
    Cue, Document, Format, Labels, Options, Recording, Speaker, SpeakerPlacement, Turn, TurnKey, TurnKind,
    Word, align, cues,
};
use unicode_width::UnicodeWidthChar;

const ALL: Options = Options { speakers: true, times: true };

/// The limits of the style guides, written again: columns of a line, and lines of a cue.
const LINE_COLUMNS: usize = 42;
const LINES: usize = 2;

/// In ms: 7 s and 5/6 s.
const LONGEST_MS: u64 = 7_000;
const SHORTEST_MS: u64 = 833;

fn word_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,12}[.,;!?]?",
        1 => "[a-z]{30,130}",
        1 => "[\u{4e00}-\u{4e20}、。「」]{1,60}",
        1 => "[\u{5d0}-\u{5e0}]{1,9}",
        1 => "[\u{627}-\u{637}]{1,9}[،؟]?",
        1 => "[가-각]{1,30}",
        1 => "(e\u{301}){1,40}",
        1 => prop::sample::select(vec![
            "-->", "<b>x</b>", "<i", "&amp;", "&", "{\\an8}", "{1}", "a\u{a0}b", "(", "1", "«", "</v>", "<00:01.000>",
        ]).prop_map(str::to_owned),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    let word = (word_text(), 0_u64..3_000, 0_u64..2_000, prop_oneof![9 => Just(""), 1 => Just("C")]);
    let words = prop::collection::vec(word, 0..30);
    let edited = prop::option::weighted(0.2, prop::collection::vec(word_text(), 0..40));
    let speaker = prop::sample::select(vec!["", "A", "B"]);
    let name = prop::sample::select(vec!["", "Ann", "Dr. Tom & <Jerry> of the very long name", "船"]);
    let unsettled = prop::collection::vec(word_text(), 0..4);
    (words, edited, speaker, name, unsettled, 0_u64..600_000, 0_u8..10).prop_map(
        |(words, edited, label, name, unsettled, start_ms, what)| {
            let mut at_ms = start_ms;
            let word = |(text, pause_ms, length_ms, speaker): (String, u64, u64, &str)| {
                let start_ms = at_ms + if pause_ms < 2_000 { pause_ms / 20 } else { pause_ms };
                at_ms = start_ms + length_ms / 4;
                let speaker = speaker.to_owned();
                Word { text, start_ms, end_ms: at_ms, confidence_percent: None, speaker }
            };
            let mut words: Vec<Word> = words.into_iter().map(word).collect();
            let settled: Vec<&str> = words.iter().map(|word| &*word.text).collect();
            let settled = settled.join(" ");
            match what {
                // Without word times, and a text that differs from its words.
                0 => words.clear(),
                1 => words.truncate(words.len() / 2),
                _ => {}
            }
            let is_said = !label.is_empty();
            Turn {
                settled,
                words,
                unsettled: unsettled.join(" "),
                edited: edited.map(|words| words.join(" ")),
                from_ms: (what != 0).then_some(start_ms),
                speaker: Speaker {
                    label: label.to_owned(),
                    session: u32::from(is_said),
                    name: if is_said { name.to_owned() } else { String::new() },
                },
                kind: if what == 2 { TurnKind::Gap } else { TurnKind::Speech },
                ..Turn::default()
            }
        },
    )
}

fn document() -> impl Strategy<Value = Document> {
    let turns = prop::collection::vec((1_u32..5, turn()), 0..8);
    let recordings = prop::collection::btree_map(1_u32..5, 0_u64..700 * 16_000, 0..3);
    (turns, recordings).prop_map(|(turns, recordings)| {
        let turns = turns.into_iter().enumerate();
        let turns = turns.map(|(n, (connection, turn))| (TurnKey { connection, turn_order: n as u64 }, turn));
        let recording =
            |(first_connection, samples)| Recording { first_connection, samples, ..Recording::default() };
        Document::new(turns.collect(), recordings.into_iter().map(recording).collect())
    })
}

/// The characters of a text, except spaces.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn columns(line: &str) -> usize {
    line.chars().map(|c| c.width().unwrap_or_default()).sum()
}

fn check_limits(cues: &[Cue]) -> Result<(), TestCaseError> {
    for (n, cue) in cues.iter().enumerate() {
        let next_ms = cues.get(n + 1).map_or(u64::MAX, |next| next.start_ms);
        prop_assert!(cue.start_ms < cue.end_ms, "{cue:?}");
        prop_assert!(cue.end_ms <= next_ms, "{cue:?} overlaps the next, at {next_ms}");
        let shown_ms = cue.end_ms - cue.start_ms;
        prop_assert!(shown_ms <= LONGEST_MS, "{cue:?}");
        prop_assert!(shown_ms >= SHORTEST_MS || cue.end_ms == next_ms, "{cue:?} has room, up to {next_ms}");
        prop_assert!((1..=LINES).contains(&cue.lines.len()), "{cue:?}");
        for line in &cue.lines {
            prop_assert!(columns(line) <= LINE_COLUMNS, "{line:?} has {} columns", columns(line));
            prop_assert!(!line.is_empty() && line.trim() == line, "{line:?}");
        }
    }
    Ok(())
}

/// Each character with its speaker.
fn said(document: &Document) -> Vec<(Option<String>, char)> {
    let mut said = Vec::new();
    for timed in &document.turns {
        let turn = &timed.turn;
        let of = |label| {
            Labels::default().speaker_name(&document.speaker(timed, label)).filter(|_| !turn.is_gap())
        };
        let text = turn.display_text();
        let words: Vec<&str> = turn.words.iter().map(|word| &*word.text).collect();
        for part in align(&text, &words) {
            let word = turn.words[part.words].first().filter(|_| turn.edited.is_none());
            let speaker = of(word.map_or("", |word| &*word.speaker));
            said.extend(letters(&text[part.text]).chars().map(|c| (speaker.clone(), c)));
        }
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn each_word_is_shown_once_in_order_with_its_speaker_within_the_limits(document in document()) {
        let cues = cues(&document, SpeakerPlacement::Beside);
        check_limits(&cues)?;
        let shown: Vec<(Option<String>, char)> = cues
            .iter()
            .flat_map(|cue| letters(&cue.lines.concat()).chars().map(|c| (cue.speaker.clone(), c)).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(shown, said(&document));
    }

    #[test]
    fn a_name_in_the_text_keeps_the_limits_and_precedes_a_new_speaker(document in document()) {
        let cues = cues(&document, SpeakerPlacement::InText);
        check_limits(&cues)?;
        let (mut shown, mut spoke) = (String::new(), None);
        for cue in &cues {
            let text = letters(&cue.lines.concat());
            let is_new = cue.speaker.is_some() && cue.speaker != spoke;
            let text = if is_new {
                text.split_once(':').ok_or_else(|| TestCaseError::fail("no name"))?.1.to_owned()
            } else {
                text
            };
            prop_assert!(!text.is_empty(), "{:?} is a name without words", cue);
            shown += &text;
            // A gap has no speaker, so the last speaker stays the same.
            let is_gap = document.turns.iter().any(|timed| timed.turn.is_gap());
            if cue.speaker.is_some() || !is_gap {
                spoke.clone_from(&cue.speaker);
            }
        }
        let is_ambiguous = document.turns.iter().any(|timed| timed.turn.is_gap());
        let said: String = said(&document).into_iter().map(|(_, c)| c).collect();
        prop_assert!(is_ambiguous || shown == said, "{shown} is not {said}");
    }

    #[test]
    fn an_independent_parser_reads_the_cues_that_were_written(document in document()) {
        let read = read_vtt(&Format::Vtt.write(&document, ALL)).map_err(TestCaseError::fail)?;
        let written = cues(&document, SpeakerPlacement::Beside);
        prop_assert_eq!(read.len(), written.len());
        for (read, cue) in read.iter().zip(&written) {
            prop_assert_eq!((read.start_ms, read.end_ms), (cue.start_ms, cue.end_ms));
            prop_assert_eq!((&read.speaker, &read.lines), (&cue.speaker, &cue.lines));
        }
        let read = read_srt(&Format::Srt.write(&document, ALL)).map_err(TestCaseError::fail)?;
        let written = cues(&document, SpeakerPlacement::InText);
        prop_assert_eq!(read.len(), written.len());
        for (read, cue) in read.iter().zip(&written) {
            prop_assert_eq!((read.start_ms, read.end_ms, &read.lines), (cue.start_ms, cue.end_ms, &cue.lines));
        }
    }
}
