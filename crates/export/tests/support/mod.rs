//! Subtitles as an independent parser reads them.

use std::time::Duration;

use fasrt::vtt::cue::{CueParser, CueToken, Tag};
use fasrt::{srt, vtt};

/// A cue as the parser read it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) speaker: Option<String>,
    pub(crate) lines: Vec<String>,
}

pub(crate) fn read_srt(file: &str) -> Vec<Read> {
    let entries =
        srt::Parser::strict(file).map(|entry| entry.unwrap_or_else(|error| panic!("{error}: {file}")));
    let read = |(n, entry): (usize, srt::Entry<&str>)| {
        assert_eq!(
            entry.header_ref().index().map(std::num::NonZero::get),
            Some(n as u64 + 1),
            "numbers are in order"
        );
        let text = srt::text::PlainText::new(entry.body());
        Read {
            start_ms: ms(entry.header_ref().start().to_duration()),
            end_ms: ms(entry.header_ref().end().to_duration()),
            speaker: None,
            lines: text.normalize().lines().map(|line| line.replace('\u{2060}', "")).collect(),
        }
    };
    entries.enumerate().map(read).collect()
}

pub(crate) fn read_vtt(file: &str) -> Vec<Read> {
    let blocks = vtt::Parser::new(file).map(|block| block.unwrap_or_else(|error| panic!("{error}: {file}")));
    let cue = |block| match block {
        vtt::Block::Cue(cue) => Some(read_cue(&cue)),
        // A marker.
        vtt::Block::Note(_) => None,
        other => panic!("{other:?} in {file}"),
    };
    blocks.filter_map(cue).collect()
}

fn read_cue(cue: &vtt::Cue<'_, &str>) -> Read {
    let (mut speaker, mut text) = (None, String::new());
    for token in CueParser::new(cue.body_ref()) {
        match token {
            CueToken::Text(part) => text += part.normalize(),
            CueToken::StartTag { tag: Tag::Voice, annotation: Some(name), .. } => {
                assert!(text.is_empty() && speaker.is_none(), "one speaker, before the text");
                speaker = Some(name.normalize().to_owned());
            }
            other => panic!("an unexpected tag: {other:?}"),
        }
    }
    let header = cue.header_ref();
    Read {
        start_ms: ms(header.start().to_duration()),
        end_ms: ms(header.end().to_duration()),
        speaker,
        lines: text.lines().map(str::to_owned).collect(),
    }
}

fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}
