use crate::cues::{SpeakerPlacement, cues, timestamp};
use crate::{Document, Options};

/// Writes SubRip subtitles. A transcript without words is an empty file.
///
/// The format has no standard. Each cue is a number from 1, times, text and an empty line, so the text has no empty
/// line, and no two cues overlap (Matroska's and Aegisub's descriptions of SRT). Lines end with CR and LF, as SubRip
/// itself writes them. The text is UTF-8.
pub(crate) fn write(document: &Document, _: Options) -> String {
    let mut file = String::new();
    for (n, cue) in cues(document, SpeakerPlacement::InText).iter().enumerate() {
        let times = [timestamp(cue.start_ms, ','), timestamp(cue.end_ms, ',')].join(" --> ");
        let lines: Vec<String> = cue.lines.iter().map(|line| break_tags(line)).collect();
        file += &[&*(n + 1).to_string(), &*times, &*lines.join("\r\n"), "", ""].join("\r\n");
    }
    file
}

/// Breaks what a player takes for tags or codes (`<b>`, `{\an8}`) or times. SRT cannot escape them, so a word joiner,
/// which has no width, separates them.
fn break_tags(text: &str) -> String {
    text.replace('<', "<\u{2060}").replace('{', "{\u{2060}").replace("-->", "--\u{2060}>")
}
