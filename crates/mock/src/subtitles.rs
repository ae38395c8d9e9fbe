//! SRT and WebVTT subtitles as turns.

use crate::problem::Problem;
use crate::turn::Turn;

/// Parses subtitles in either format; they differ in the decimal mark, and only VTT has blocks other than cues.
pub(crate) fn read(text: &str) -> Result<Vec<Turn>, Problem> {
    let mut cues = Vec::new();
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    while let Some((number, line)) = lines.next() {
        let Some((from, rest)) = line.split_once("-->") else {
            if ["NOTE", "STYLE", "REGION"].iter().any(|block| line.starts_with(block)) {
                lines.by_ref().find(|(_, line)| line.trim().is_empty());
            }
            // The number or name of a cue, a header, or an empty line.
            continue;
        };
        // VTT allows settings of the cue after the end time.
        let to = rest.split_whitespace().next().unwrap_or_default();
        let from_ms = time(from.trim(), number, line)?;
        let to_ms = time(to, number, line)?;
        if to_ms < from_ms {
            return Err(problem(number, line, to, "the cue ends before it starts"));
        }
        let words: Vec<&str> =
            lines.by_ref().map(|(_, line)| line.trim()).take_while(|line| !line.is_empty()).collect();
        let (speaker, words) = remove_tags(&words.join(" "));
        if words.trim().is_empty() {
            continue;
        }
        let speech = Turn::said(words).from_ms(from_ms).to_ms(to_ms);
        cues.push(match speaker {
            Some(speaker) => speech.speaker(speaker),
            None => speech,
        });
    }
    Ok(cues)
}

/// `hh:mm:ss,mmm`, `hh:mm:ss.mmm` or `mm:ss.mmm`, in ms.
fn time(text: &str, number: usize, line: &str) -> Result<u64, Problem> {
    let read = || {
        let (clock, ms) = text.split_once([',', '.'])?;
        let parts: Vec<u64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let (hours, minutes, seconds) = match parts[..] {
            [hours, minutes, seconds] => (hours, minutes, seconds),
            [minutes, seconds] => (0, minutes, seconds),
            _ => return None,
        };
        let fits = ms.len() == 3 && hours < 1000 && minutes < 60 && seconds < 60;
        Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms.parse::<u64>().ok()?).filter(|_| fits)
    };
    read().ok_or_else(|| problem(number, line, text, "a time is written hh:mm:ss,mmm or mm:ss.mmm"))
}

fn problem(number: usize, line: &str, place: &str, text: &str) -> Problem {
    let before = line.find(place).unwrap_or_default();
    Problem { line: number, column: line[..before].chars().count() + 1, text: text.to_owned() }
}

/// Removes tags; returns the speaker in `<v Name>` and the text.
fn remove_tags(text: &str) -> (Option<String>, String) {
    let (mut speaker, mut plain, mut rest) = (None, String::new(), text);
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let Some((tag, behind)) = after.split_once('>') else {
            plain.push('<');
            rest = after;
            continue;
        };
        if let Some(name) = tag.strip_prefix("v ") {
            speaker = Some(name.trim().to_owned());
        }
        rest = behind;
    }
    plain.push_str(rest);
    (speaker, plain)
}
