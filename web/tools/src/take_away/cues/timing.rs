use super::Cue;
use super::lines::{columns, lay_out};
use super::pieces::Piece;

/// The longest that a cue is shown, in ms (Netflix's General Requirements, 1).
pub(super) const LONGEST_MS: u64 = 7_000;

/// The shortest, in ms, where the next one leaves room: 5/6 s (Netflix's General Requirements, 1).
pub(super) const SHORTEST_MS: u64 = 834;

/// How long a cue may stay when nothing is said any more, and how late it may be, in ms (BBC Subtitle Guidelines,
/// “Match subtitle to pace of speaking”).
pub(super) const LINGER_MS: u64 = 1_500;

/// Between two cues where there is room, in ms: 2 frames (Netflix's General Requirements) of 1/24 s.
const GAP_MS: u64 = 84;

/// How fast people read, in columns a second (Netflix's English Template Timed Text Style Guide, 2: adults).
const READ_COLUMNS_PER_S: u64 = 17;

/// A cue that is there as long as it is said; `None` of nothing.
pub(super) fn cue(pieces: &[Piece], speaker: Option<String>) -> Option<Cue> {
    let start_ms = pieces.first()?.start_ms;
    let end_ms = pieces.iter().map(|piece| piece.end_ms).max()?;
    Some(Cue { start_ms, end_ms, speaker, lines: lay_out(pieces) })
}

/// Gives each cue time to be read, as far as its neighbours leave room: none overlaps another.
pub(super) fn settle(cues: &mut [Cue]) {
    let mut before: Option<u64> = None;
    for cue in cues.iter_mut() {
        if let Some(before) = before {
            // Where people speak at once, or faster than can be shown, it may be late, but not by much.
            let earliest = (before + SHORTEST_MS).min(cue.start_ms + LINGER_MS).max(before + 1);
            cue.start_ms = cue.start_ms.max(earliest);
        }
        before = Some(cue.start_ms);
    }
    let nexts: Vec<u64> = cues.iter().skip(1).map(|cue| cue.start_ms).chain([u64::MAX]).collect();
    for (cue, room) in cues.iter_mut().zip(nexts) {
        let said_ms = cue.end_ms.max(cue.start_ms);
        let columns: usize = cue.lines.iter().flat_map(|line| line.chars()).map(columns).sum();
        let read_ms = cue.start_ms + columns as u64 * 1000 / READ_COLUMNS_PER_S;
        let shortest = cue.start_ms + SHORTEST_MS;
        let wanted =
            read_ms.min(said_ms + LINGER_MS).max(said_ms).max(shortest).min(cue.start_ms + LONGEST_MS);
        cue.end_ms = wanted.min(room.saturating_sub(GAP_MS).max(shortest.min(room)));
    }
}
