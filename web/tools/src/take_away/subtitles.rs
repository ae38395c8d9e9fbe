use super::Document;
use super::cues::{Names, cues};

/// The transcript as SubRip subtitles.
///
/// The format has no standard. Parts in order are a number from 1, times, text and an empty line, so that no text has
/// an empty line in it, and no two overlap (Matroska's and Aegisub's descriptions of SRT); lines end with CR and LF,
/// as those of the program that it is named after do. Text is UTF-8. A transcript without words is an empty file.
pub(super) fn srt(document: &Document) -> String {
    let mut file = String::new();
    for (n, cue) in cues(document, Names::InText).iter().enumerate() {
        let times = [time(cue.start_ms, ','), time(cue.end_ms, ',')].join(" --> ");
        let lines: Vec<String> = cue.lines.iter().map(|line| no_tags(line)).collect();
        file += &[&*(n + 1).to_string(), &*times, &*lines.join("\r\n"), "", ""].join("\r\n");
    }
    file
}

/// The transcript as WebVTT (W3C, WebVTT: The Web Video Text Tracks Format, 4). Without words it is the header.
///
/// Lines end with LF. Who speaks is a voice span (4.2.2), which spans the cue, and so needs no end tag.
pub(super) fn vtt(document: &Document) -> String {
    let mut file = "WEBVTT\n".to_owned();
    for cue in cues(document, Names::Beside) {
        let times = [time(cue.start_ms, '.'), time(cue.end_ms, '.')].join(" --> ");
        let voice = cue.speaker.map(|name| ["<v ", &*escaped(&name), ">"].concat());
        let text = escaped(&cue.lines.join("\n"));
        file += &["\n", &times, "\n", &voice.unwrap_or_default(), &text, "\n"].concat();
    }
    file
}

/// `01:02:03,004`; both formats take more than two digits for hours.
fn time(ms: u64, point: char) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{point}{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Text without what WebVTT takes for marks of its own (4.2.2): `-->` ends a cue's text (4.1), so `>` is among them.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text that no player takes for tags or codes (`<b>`, `{\an8}`), or for times. SRT has no way to escape them: what
/// parts them is a word joiner, which has no width.
fn no_tags(text: &str) -> String {
    text.replace('<', "<\u{2060}").replace('{', "{\u{2060}").replace("-->", "--\u{2060}>")
}
