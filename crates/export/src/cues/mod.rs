//! Cues: the parts of a transcript that are on the screen at once, for SRT and WebVTT.
//!
//! Reading order: [`cues`] in this file, `segments` (a turn's text in unbreakable segments with their times), `split`
//! (which segments make a cue), `lines` (the lines of a cue), `timing` (how long it stays), `width` (columns).

mod lines;
mod segments;
mod split;
mod timing;
mod width;

use crate::Document;
use crate::signs::whole;
use crate::whitespace::normalize_whitespace;
use segments::Segment;
pub use width::LINE_COLUMNS;
use width::columns;

/// The most lines of a cue (Netflix's General Requirements, 4; BBC Subtitle Guidelines, 3.3).
pub const LINES: usize = 2;

/// The longest duration of a cue, in ms (Netflix's General Requirements, 1).
const LONGEST_MS: u64 = 7_000;

/// The most columns of a speaker's name in the first line: the rest is for words.
const NAME_COLUMNS: usize = 22;

/// Text that is on the screen at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// The start in ms on the document's clock.
    pub start_ms: u64,
    /// The end in ms: after the start, and not after the start of the next cue.
    pub end_ms: u64,
    /// The name of the cue's one speaker, if it is known.
    pub speaker: Option<String>,
    /// One or two lines, none of them empty.
    pub lines: Vec<String>,
}

/// Where the name of a speaker is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeakerPlacement {
    /// In the text, where the speaker changes, for formats that have no other place.
    InText,
    /// Beside the text, in [`Cue::speaker`] alone.
    Beside,
}

/// The cues of a transcript in order. None is empty, and no two overlap.
pub fn cues(document: &Document, placement: SpeakerPlacement) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut last_speaker: Option<String> = None;
    for timed in &document.turns {
        let segments = segments::segments(timed);
        for same_speaker in segments.chunk_by(|one, other| one.label == other.label) {
            let speaker = same_speaker.first().map(|segment| document.speaker(timed, &segment.label));
            let speaker = speaker.and_then(|speaker| document.labels.speaker_name(&speaker));
            let speaker = speaker
                .map(|name| normalize_whitespace(&name))
                .filter(|name| !timed.turn.is_gap() && !name.is_empty());
            let is_new = speaker != last_speaker;
            let name = speaker.as_deref().filter(|_| is_new && placement == SpeakerPlacement::InText);
            let name = name.map(|name| name_segment(name, same_speaker));
            let segments: Vec<Segment> = name.into_iter().chain(same_speaker.iter().cloned()).collect();
            for segments in split::split(&segments) {
                cues.extend(timing::cue(segments, speaker.clone()));
            }
            if !timed.turn.is_gap() {
                last_speaker = speaker;
            }
        }
    }
    timing::settle(&mut cues);
    cues
}

/// `01:02:03,004`, as the times of cues are written. SRT and WebVTT both allow more than two digits for hours.
pub(crate) fn timestamp(ms: u64, decimal_separator: char) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{decimal_separator}{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The segment of a name before the text, cut to [`NAME_COLUMNS`].
fn name_segment(name: &str, text: &[Segment]) -> Segment {
    let start_ms = text.first().map_or(0, |segment| segment.start_ms);
    let mut segment = Segment { start_ms, end_ms: start_ms, is_name: true, ..Segment::default() };
    let mut width = 0;
    let too_wide = name.char_indices().find(|(_, c)| {
        width += columns(*c);
        width > NAME_COLUMNS
    });
    let kept = too_wide.map_or(name, |(end, _)| whole(name, end));
    kept.chars().chain(too_wide.map(|_| '…')).chain([':']).for_each(|c| segment.push(c));
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_between_signs_and_not_within_one() {
        let short = |name: &str| name_segment(name, &[]).text;
        assert_eq!(short("Ann"), "Ann:");
        assert_eq!(short(&"n".repeat(NAME_COLUMNS + 1)), "n".repeat(NAME_COLUMNS) + "…:");
        for sign in ["\u{1f469}\u{200d}\u{1f33e}", "\u{1f1e9}\u{1f1ea}", "\u{1f44d}\u{1f3fd}"] {
            // One column too many.
            let width: usize = sign.chars().map(columns).sum();
            let letters = "n".repeat(NAME_COLUMNS + 1 - width);
            assert_eq!(short(&[&letters, sign].concat()), letters + "…:", "{sign}");
        }
    }
}
