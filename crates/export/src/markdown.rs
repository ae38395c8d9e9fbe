use crate::document::TranscriptItem;
use crate::whitespace::normalize_whitespace;
use crate::{Document, Options, clock};

/// Writes Markdown (CommonMark 0.31): a heading for each recording and marker, a paragraph for each turn.
pub(crate) fn write(document: &Document, options: Options) -> String {
    let mut file = ["# ", &*document.labels.title, "\n"].concat();
    let mut recording = None;
    for item in document.items() {
        let of = match item {
            TranscriptItem::Turn(timed) => timed.recording,
            TranscriptItem::Marker(timed) => timed.recording,
        };
        if recording.replace(of) != Some(of)
            && let Some(recording) = document.recordings.get(of)
        {
            let began = normalize_whitespace(&recording.recording.began);
            file += &["\n## ", &*escape(&began), "\n"].concat();
        }
        let timed = match item {
            TranscriptItem::Turn(timed) => timed,
            TranscriptItem::Marker(timed) => {
                let name = escape(&document.labels.marker(&timed.marker.name));
                let time = [" (", &*clock(timed.marker.at_ms / 1000), ")"].concat();
                let time = if options.times { time } else { String::new() };
                file += &["\n### ", &*name, &*time, "\n"].concat();
                continue;
            }
        };
        let speaker = document.labels.speaker_name(&timed.turn.speaker).filter(|_| options.speakers);
        let speaker = speaker.map(|name| ["**", &*escape(&normalize_whitespace(&name)), "** "].concat());
        let time = timed.turn.from_ms.filter(|_| options.times);
        let time = time.map(|from_ms| ["(", &*clock(from_ms / 1000), ") "].concat());
        let text = escape(&normalize_whitespace(&timed.turn.display_text()));
        let before = [speaker.unwrap_or_default(), time.unwrap_or_default()].concat();
        let text = if before.is_empty() { escape_block(&text) } else { text };
        // A gap is in italics because nobody said it.
        let text = if timed.turn.is_gap() && !text.is_empty() { ["*", &*text, "*"].concat() } else { text };
        file += &["\n", &*before, &*text, "\n"].concat();
    }
    file
}

/// Escapes Markdown's own characters: any ASCII punctuation may follow a backslash (2.4).
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Escapes the start of a paragraph that would be a heading, list, rule or underline of a heading (4.1 to 4.3, 5.2).
fn escape_block(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let at = match text.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => digits,
        Some(b'#' | b'+' | b'-' | b'=') if digits == 0 => 0,
        _ => return text.to_owned(),
    };
    let (before, after) = text.split_at(at);
    [before, "\\", after].concat()
}
