use transcription_common::{clock, speaker_name, texts};

use super::{Document, Options, plain};

/// The transcript as Markdown (CommonMark 0.31): a heading for each recording, a paragraph for each turn.
pub(super) fn markdown(document: &Document, options: Options) -> String {
    let mut file = ["# ", texts::TRANSCRIPT.get(), "\n"].concat();
    let mut stretch = None;
    for entry in &document.entries {
        if stretch.replace(entry.stretch) != Some(entry.stretch)
            && let Some(stretch) = document.stretches.get(entry.stretch)
        {
            file += &["\n## ", &*escaped(&plain(&stretch.recording.began)), "\n"].concat();
        }
        let speaker = speaker_name(&entry.turn.speaker).filter(|_| options.speakers);
        let speaker = speaker.map(|name| ["**", &*escaped(&plain(&name)), "** "].concat());
        let time = entry.turn.from_ms.filter(|_| options.times);
        let time = time.map(|from_ms| ["(", &*clock(from_ms / 1000), ") "].concat());
        let text = escaped(&plain(&entry.turn.display_text()));
        let before = [speaker.unwrap_or_default(), time.unwrap_or_default()].concat();
        let text = if before.is_empty() { no_block(&text) } else { text };
        // A gap is not what somebody has said.
        let text = if entry.turn.is_gap && !text.is_empty() { ["*", &*text, "*"].concat() } else { text };
        file += &["\n", &*before, &*text, "\n"].concat();
    }
    file
}

/// Text without what Markdown takes for marks of its own: any ASCII punctuation may stand behind a backslash (2.4).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Text that begins no heading, list, rule or underline of a heading (4.1 to 4.3, 5.2).
fn no_block(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let at = match text.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => digits,
        Some(b'#' | b'+' | b'-' | b'=') if digits == 0 => 0,
        _ => return text.to_owned(),
    };
    let (before, behind) = text.split_at(at);
    [before, "\\", behind].concat()
}
