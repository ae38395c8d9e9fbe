//! Each format against a golden file, and as independent parsers read it.

mod rich;
mod support;

use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use rich::rich;
use serde_json::Value;
use support::{read_srt, read_vtt};
use test_result::TestResult;
use transcript_export::{Document, Format, Options, SpeakerPlacement, cues};

const ALL: Options = Options { speakers: true, times: true };

#[test]
fn each_format_equals_its_golden_file() -> TestResult {
    for format in Format::ALL {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/transcript");
        let path = path.with_extension(format.extension());
        let written = format.write(&rich(), ALL);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &written)?;
        }
        let hint = |error| format!("{}: {error}; UPDATE=1 writes it", path.display());
        let golden = fs::read_to_string(&path).map_err(hint)?;
        assert!(golden == written, "{} differs; UPDATE=1 writes it\n{written}", path.display());
    }
    Ok(())
}

#[test]
fn an_empty_transcript_is_a_valid_file_in_each_format() -> TestResult {
    let empty = Document::default();
    for format in Format::ALL {
        assert!(format.is_empty(&empty), "{format:?}");
        let file = format.write(&empty, ALL);
        match format {
            Format::Text => assert_eq!(file, ""),
            Format::Markdown => assert_eq!(file, "# Transcript\n"),
            Format::Srt => {
                assert_eq!(file, "");
                assert_eq!(read_srt(&file)?, []);
            }
            Format::Vtt => {
                assert_eq!(file, "WEBVTT\n");
                assert_eq!(read_vtt(&file)?, []);
            }
            Format::Json => {
                let json: Value = serde_json::from_str(&file)?;
                assert_eq!(json["turns"], Value::Array(vec![]));
            }
        }
    }
    Ok(())
}

#[test]
fn a_markdown_parser_reads_the_text_of_each_turn() -> TestResult {
    for options in [ALL, Options { speakers: false, times: false }] {
        let file = Format::Markdown.write(&rich(), options);
        let (mut paragraphs, mut headings, mut text) = (vec![], vec![], String::new());
        for event in Parser::new(&file) {
            match event {
                Event::Text(part) => text += &part,
                Event::Start(Tag::Paragraph | Tag::Heading { .. }) => text.clear(),
                Event::End(TagEnd::Paragraph) => paragraphs.push(text.clone()),
                Event::End(TagEnd::Heading(_)) => headings.push(text.clone()),
                Event::Start(Tag::Strong | Tag::Emphasis) | Event::End(TagEnd::Strong | TagEnd::Emphasis) => {
                }
                other => return Err(format!("{other:?} in {file}").into()),
            }
        }
        let without_times = [
            "Transcript",
            "21 November 2026 at 14:03",
            "Marker: Decision: *who* pays --> the <town> & 1_2",
            "Marker",
            "21 November 2026 at 15:10",
            "Marker",
            "Marker: Adjourned",
        ];
        let times = ["", "", " (0:37)", " (1:29)", "", " (1:30)", " (1:34)"];
        let expected = without_times.iter().zip(times);
        let expected = expected.map(|(text, time)| [*text, if options.times { time } else { "" }].concat());
        assert_eq!(headings, expected.collect::<Vec<_>>());
        let document = rich();
        assert_eq!(paragraphs.len(), document.turns.len());
        for (paragraph, timed) in paragraphs.iter().zip(&document.turns) {
            let text = timed.turn.display_text();
            assert!(paragraph.ends_with(&text), "{paragraph:?} lacks {text:?}");
            assert!(options.speakers || *paragraph == text, "{paragraph:?} is not {text:?}");
        }
        assert!(!options.speakers || paragraphs[0] == "Ann (0:01) Good afternoon.", "{paragraphs:?}");
    }
    Ok(())
}

#[test]
fn subtitle_parsers_read_the_cues_that_were_written() -> TestResult {
    let document = rich();
    let read: Vec<_> = read_vtt(&Format::Vtt.write(&document, ALL))?;
    let written = cues(&document, SpeakerPlacement::Beside);
    assert_eq!(read.len(), written.len());
    for (read, cue) in read.iter().zip(&written) {
        assert_eq!((read.start_ms, read.end_ms), (cue.start_ms, cue.end_ms));
        assert_eq!((&read.speaker, &read.lines), (&cue.speaker, &cue.lines));
    }
    let read = read_srt(&Format::Srt.write(&document, ALL))?;
    let written = cues(&document, SpeakerPlacement::InText);
    assert_eq!(read.len(), written.len());
    for (read, cue) in read.iter().zip(&written) {
        assert_eq!((read.start_ms, read.end_ms, &read.lines), (cue.start_ms, cue.end_ms, &cue.lines));
    }
    Ok(())
}

#[test]
fn webvtt_has_each_marker_as_a_comment_before_the_first_later_cue() -> TestResult {
    let file = Format::Vtt.write(&rich(), ALL);
    let blocks: Vec<&str> = file.split("\n\n").collect();
    let comments = blocks.iter().filter(|block| block.starts_with("NOTE ")).collect::<Vec<_>>();
    assert_eq!(comments.len(), 4, "{file}");
    assert_eq!(*comments[0], "NOTE 00:00:37.000 Marker: Decision: *who* pays → the <town> & 1_2");
    let at = blocks.iter().position(|block| block.starts_with("NOTE ")).ok_or("a comment")?;
    assert!(blocks[at - 1] < "00:00:37.001", "{}", blocks[at - 1]);
    assert!(blocks[at + 1] > "00:00:37.000", "{}", blocks[at + 1]);
    Ok(())
}

#[test]
fn json_has_the_markers_on_the_clock_of_the_turns() -> TestResult {
    let json: Value = serde_json::from_str(&Format::Json.write(&rich(), ALL))?;
    let markers = json["markers"].as_array().ok_or("markers")?;
    let at = |marker: &Value| (marker["recording"].as_u64(), marker["at_ms"].as_u64());
    let expected = [(0, 37_000), (0, 89_000), (1, 90_000), (1, 94_900)];
    assert_eq!(markers.iter().map(at).collect::<Vec<_>>(), expected.map(|(of, ms)| (Some(of), Some(ms))));
    assert_eq!((&markers[1]["name"], &markers[3]["name"]), (&Value::Null, &Value::from("Adjourned")));
    let without = Format::Json.write(&Document::default(), ALL);
    assert!(!without.contains("markers"), "{without}");
    Ok(())
}

#[test]
fn json_has_each_word_with_its_times_and_the_edited_text_beside_the_original() -> TestResult {
    let json: Value = serde_json::from_str(&Format::Json.write(&rich(), ALL))?;
    assert_eq!(json["version"], 1);
    let turns = json["turns"].as_array().ok_or("turns")?;
    assert_eq!(turns.len(), 10);
    let words: usize = turns.iter().filter_map(|turn| turn["words"].as_array()).map(Vec::len).sum();
    let expected = rich()
        .turns
        .iter()
        .filter(|timed| !timed.turn.is_gap())
        .map(|timed| timed.turn.words.len())
        .sum::<usize>();
    assert_eq!(words, expected);
    assert_eq!(turns[3]["original"], "Not the poor, the town.");
    assert_eq!(turns[3]["edited"], "Not the port: the town & its people.");
    assert_eq!(turns[3]["text"], turns[3]["edited"]);
    assert_eq!(turns[2]["words"][4]["speaker"], "A");
    assert_eq!((&turns[6]["kind"], &turns[6]["turn_order"]), (&Value::from("gap"), &Value::Null));
    // The second recording starts where the first ends.
    assert_eq!(json["recordings"][1]["start_ms"], 90_000);
    assert_eq!(turns[8]["words"][0]["start_ms"], 91_000);
    assert_eq!(
        (&turns[9]["unsettled"], &turns[9]["is_final"]),
        (&Value::from("to the"), &Value::from(false))
    );
    Ok(())
}

#[test]
fn a_transcript_read_from_json_has_the_same_text_and_subtitles() -> TestResult {
    let original = rich();
    let read = Document::from_json(&Format::Json.write(&original, ALL))?;
    for format in [Format::Text, Format::Srt, Format::Vtt] {
        assert_eq!(format.write(&read, ALL), format.write(&original, ALL));
    }
    assert_eq!(read.recordings[0].recording.began, "2026-11-21 14:03 UTC");
    assert_eq!(read.turns[9].turn, original.turns[9].turn);
    let markers = |document: &Document, n: usize| document.recordings[n].recording.markers.clone();
    assert_eq!(markers(&read, 1), markers(&original, 1));
    Ok(())
}
