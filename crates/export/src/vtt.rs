use crate::cues::{SpeakerPlacement, cues, timestamp};
use crate::document::TimedMarker;
use crate::{Document, Options};

/// Writes WebVTT (W3C, WebVTT: The Web Video Text Tracks Format, 4). Without words and markers it is only the
/// header.
///
/// A marker is a comment (4.1) with its time before the first cue that starts after it. Lines end with LF. The speaker is
/// a voice span (4.2.2); it spans the whole cue, so it needs no end tag.
pub(crate) fn write(document: &Document, _: Options) -> String {
    let mut file = "WEBVTT\n".to_owned();
    let mut markers = document.markers.iter().peekable();
    for cue in cues(document, SpeakerPlacement::Beside) {
        while let Some(marker) = markers.next_if(|timed| timed.marker.at_ms < cue.start_ms) {
            file += &comment(document, marker);
        }
        let times = [timestamp(cue.start_ms, '.'), timestamp(cue.end_ms, '.')].join(" --> ");
        let voice = cue.speaker.map(|name| ["<v ", &*escape(&name), ">"].concat());
        let text = escape(&cue.lines.join("\n"));
        file += &["\n", &times, "\n", &voice.unwrap_or_default(), &text, "\n"].concat();
    }
    for marker in markers {
        file += &comment(document, marker);
    }
    file
}

/// A comment is text as it is, and `-->` would end it (4.1).
fn comment(document: &Document, timed: &TimedMarker) -> String {
    let name = document.labels.marker(&timed.marker.name).replace("-->", "→");
    ["\nNOTE ", &*timestamp(timed.marker.at_ms, '.'), " ", &*name, "\n"].concat()
}

/// Escapes WebVTT's own characters (4.2.2). `>` is among them because `-->` ends a cue's text (4.1).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
