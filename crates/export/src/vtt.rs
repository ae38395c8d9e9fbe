use crate::cues::{SpeakerPlacement, cues};
use crate::srt::time;
use crate::{Document, Options};

/// Writes WebVTT (W3C, WebVTT: The Web Video Text Tracks Format, 4). A transcript without words is only the header.
///
/// Lines end with LF. The speaker is a voice span (4.2.2); it spans the whole cue, so it needs no end tag.
pub(crate) fn write(document: &Document, _: Options) -> String {
    let mut file = "WEBVTT\n".to_owned();
    for cue in cues(document, SpeakerPlacement::Beside) {
        let times = [time(cue.start_ms, '.'), time(cue.end_ms, '.')].join(" --> ");
        let voice = cue.speaker.map(|name| ["<v ", &*escape(&name), ">"].concat());
        let text = escape(&cue.lines.join("\n"));
        file += &["\n", &times, "\n", &voice.unwrap_or_default(), &text, "\n"].concat();
    }
    file
}

/// Escapes WebVTT's own characters (4.2.2). `>` is among them because `-->` ends a cue's text (4.1).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
