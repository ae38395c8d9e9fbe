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

/// Reads a file; an error is a sentence with the file.
pub(crate) fn read_srt(file: &str) -> Result<Vec<Read>, String> {
    let read = |(n, entry): (usize, Result<srt::Entry<&str>, _>)| {
        let entry = entry.map_err(|error| format!("{error}: {file}"))?;
        assert_eq!(
            entry.header_ref().index().map(std::num::NonZero::get),
            Some(n as u64 + 1),
            "numbers are in order"
        );
        let text = srt::text::PlainText::new(entry.body());
        Ok(Read {
            start_ms: ms(entry.header_ref().start().to_duration()),
            end_ms: ms(entry.header_ref().end().to_duration()),
            speaker: None,
            lines: text.normalize().lines().map(|line| line.replace('\u{2060}', "")).collect(),
        })
    };
    srt::Parser::strict(file).enumerate().map(read).collect()
}

/// Reads a file; an error is a sentence with the file.
pub(crate) fn read_vtt(file: &str) -> Result<Vec<Read>, String> {
    let mut cues = Vec::new();
    for block in vtt::Parser::new(file) {
        match block.map_err(|error| format!("{error}: {file}"))? {
            vtt::Block::Cue(cue) => cues.push(read_cue(&cue)?),
            // A marker.
            vtt::Block::Note(_) => {}
            other => return Err(format!("{other:?} in {file}")),
        }
    }
    Ok(cues)
}

fn read_cue(cue: &vtt::Cue<'_, &str>) -> Result<Read, String> {
    let (mut speaker, mut text) = (None, String::new());
    for token in CueParser::new(cue.body_ref()) {
        match token {
            CueToken::Text(part) => text += part.normalize(),
            CueToken::StartTag { tag: Tag::Voice, annotation: Some(name), .. } => {
                assert!(text.is_empty() && speaker.is_none(), "one speaker, before the text");
                speaker = Some(name.normalize().to_owned());
            }
            other => return Err(format!("an unexpected tag: {other:?}")),
        }
    }
    let header = cue.header_ref();
    Ok(Read {
        start_ms: ms(header.start().to_duration()),
        end_ms: ms(header.end().to_duration()),
        speaker,
        lines: text.lines().map(str::to_owned).collect(),
    })
}

fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}
