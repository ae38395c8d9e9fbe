use super::lines::{fits, width};
use super::pieces::Piece;
use super::timing::{LINGER_MS, LONGEST_MS};
use super::{LINE_COLUMNS, LINES};

/// A pause that is a good place for a new cue, in ms; words of a phrase follow each other faster.
const PAUSE_MS: u64 = 300;

/// What one speaker says, in the parts that become cues.
pub(super) fn split(said: &[Piece]) -> Vec<&[Piece]> {
    let mut cues = Vec::new();
    let mut rest = said;
    while !rest.is_empty() {
        let (cue, behind) = rest.split_at(best(rest));
        cues.push(cue);
        rest = behind;
    }
    cues
}

/// How many pieces the next cue has: as many as can be, or less where that is a better place to break.
fn best(rest: &[Piece]) -> usize {
    let most = most(rest);
    if most == rest.len() {
        return most;
    }
    // Cues of about the same length, rather than one word left for the last.
    let all = width(rest);
    let target = all / all.div_ceil(LINE_COLUMNS * LINES).max(1);
    let is_open = |at: &usize| !rest[at - 1].is_name;
    (1..=most).filter(is_open).min_by_key(|&at| how_bad(rest, at, target)).unwrap_or(most)
}

/// How many of the pieces are room for, and time.
fn most(rest: &[Piece]) -> usize {
    let start_ms = rest[0].start_ms;
    let mut most = 1;
    for at in 1..rest.len() {
        let (before, next) = (&rest[at - 1], &rest[at]);
        // Text goes off the screen when nobody speaks.
        let is_silent = next.start_ms.saturating_sub(before.end_ms) > LINGER_MS && !before.is_name;
        let is_late = next.end_ms.saturating_sub(start_ms) > LONGEST_MS && !before.is_name;
        if is_silent || is_late || !fits(&rest[..=at]) {
            break;
        }
        most = at + 1;
    }
    most
}

/// How bad it is to begin a new cue there. Sentences and parts of them stay whole where they can (BBC Subtitle
/// Guidelines, 3.2 and 3.4), and a pause is a place to breathe.
fn how_bad(rest: &[Piece], at: usize, target: usize) -> usize {
    let (before, next) = (&rest[at - 1], &rest[at]);
    let uneven = width(&rest[..at]).abs_diff(target);
    let end = match before.ends() {
        2 => 0,
        1 => 20,
        _ => 45,
    };
    let pause = if next.start_ms.saturating_sub(before.end_ms) >= PAUSE_MS { 0 } else { 15 };
    let inside = if next.is_glued { 30 } else { 0 };
    uneven + end + pause + inside
}
