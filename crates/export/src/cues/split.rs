use super::lines::{fits, width};
use super::segments::{Ending, Segment};
use super::timing::LINGER_MS;
use super::width::LINE_COLUMNS;
use super::{LINES, LONGEST_MS};

/// A pause that is a good place for a new cue, in ms; the words of a phrase follow each other faster.
const PAUSE_MS: u64 = 300;

/// Splits the text of one speaker into cues.
pub(super) fn split(segments: &[Segment]) -> Vec<&[Segment]> {
    let mut cues = Vec::new();
    let mut rest = segments;
    while !rest.is_empty() {
        let (cue, after) = rest.split_at(best_length(rest));
        cues.push(cue);
        rest = after;
    }
    cues
}

/// The number of segments in the next cue: the maximum, or fewer if that is a better place to break.
fn best_length(rest: &[Segment]) -> usize {
    let most = max_length(rest);
    if most == rest.len() {
        return most;
    }
    // Aim at cues of about the same length, so that no single word is left for the last.
    let all = width(rest);
    let target = all / all.div_ceil(LINE_COLUMNS * LINES).max(1);
    let can_break = |at: &usize| !rest[at - 1].is_name;
    (1..=most).filter(can_break).min_by_key(|&at| break_cost(rest, at, target)).unwrap_or(most)
}

/// The most segments that a cue has room and time for.
fn max_length(rest: &[Segment]) -> usize {
    let start_ms = rest[0].start_ms;
    let mut most = 1;
    for at in 1..rest.len() {
        let (before, next) = (&rest[at - 1], &rest[at]);
        // Text leaves the screen when nobody speaks.
        let is_silent = next.start_ms.saturating_sub(before.end_ms) > LINGER_MS && !before.is_name;
        let is_late = next.end_ms.saturating_sub(start_ms) > LONGEST_MS && !before.is_name;
        if is_silent || is_late || !fits(&rest[..=at]) {
            break;
        }
        most = at + 1;
    }
    most
}

/// The cost of starting a new cue at a segment. Sentences and clauses stay whole if they can (BBC Subtitle Guidelines,
/// 3.2 and 3.4), and a pause is a good place to break.
fn break_cost(rest: &[Segment], at: usize, target: usize) -> usize {
    let (before, next) = (&rest[at - 1], &rest[at]);
    let unevenness = width(&rest[..at]).abs_diff(target);
    let ending = match before.ending() {
        Ending::Sentence => 0,
        Ending::Clause => 20,
        Ending::Word => 45,
    };
    let no_pause = if next.start_ms.saturating_sub(before.end_ms) >= PAUSE_MS { 0 } else { 15 };
    let inside_word = if next.is_glued { 30 } else { 0 };
    unevenness + ending + no_pause + inside_word
}
