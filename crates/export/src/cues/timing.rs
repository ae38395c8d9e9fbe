use super::lines::lay_out;
use super::segments::Segment;
use super::width::columns;
use super::{Cue, LONGEST_MS};

/// The shortest, in ms, if the next cue leaves room: 5/6 s (Netflix's General Requirements, 1).
const SHORTEST_MS: u64 = 834;

/// How long a cue may stay after its speech has ended, and how late it may start, in ms (BBC Subtitle Guidelines,
/// “Match subtitle to pace of speaking”).
pub(super) const LINGER_MS: u64 = 1_500;

/// The gap between two cues, if there is room, in ms: 2 frames (Netflix's General Requirements) of 1/24 s.
const GAP_MS: u64 = 84;

/// The reading speed in columns a second (Netflix's English Template Timed Text Style Guide, 2: adults).
const READ_COLUMNS_PER_S: u64 = 17;

/// A cue for the time of its speech; `None` without segments.
pub(super) fn cue(segments: &[Segment], speaker: Option<String>) -> Option<Cue> {
    let start_ms = segments.first()?.start_ms;
    let end_ms = segments.iter().map(|segment| segment.end_ms).max()?;
    Some(Cue { start_ms, end_ms, speaker, lines: lay_out(segments) })
}

/// Extends each cue to a readable duration, as far as its neighbours leave room, and removes overlaps.
pub(super) fn settle(cues: &mut [Cue]) {
    let mut previous_start_ms: Option<u64> = None;
    for cue in cues.iter_mut() {
        if let Some(previous_ms) = previous_start_ms {
            // Where people speak at once, or faster than can be shown, a cue may start late, but not by much.
            let earliest = (previous_ms + SHORTEST_MS).min(cue.start_ms + LINGER_MS).max(previous_ms + 1);
            cue.start_ms = cue.start_ms.max(earliest);
        }
        previous_start_ms = Some(cue.start_ms);
    }
    let next_starts: Vec<u64> = cues.iter().skip(1).map(|cue| cue.start_ms).chain([u64::MAX]).collect();
    for (cue, next_ms) in cues.iter_mut().zip(next_starts) {
        let spoken_ms = cue.end_ms.max(cue.start_ms);
        let columns: usize = cue.lines.iter().flat_map(|line| line.chars()).map(columns).sum();
        let read_ms = cue.start_ms + columns as u64 * 1000 / READ_COLUMNS_PER_S;
        let shortest = cue.start_ms + SHORTEST_MS;
        let wanted =
            read_ms.min(spoken_ms + LINGER_MS).max(spoken_ms).max(shortest).min(cue.start_ms + LONGEST_MS);
        cue.end_ms = wanted.min(next_ms.saturating_sub(GAP_MS).max(shortest.min(next_ms)));
    }
}
