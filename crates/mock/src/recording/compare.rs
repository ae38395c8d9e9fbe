//! Compares sound: correlation, and the search for a word near its expected position.

use super::downsampler::SAMPLES_PER_MS;

/// A hop of 10 ms, in samples.
pub(super) const HOP: usize = 40;
/// Maximum distance of sound from its expected position, in samples: browsers and drivers slip by 3 to 30 ms.
pub(super) const SLIP: i64 = 35 * SAMPLES_PER_MS;
/// A word that starts or ends this close to a cut counts as complete, in samples.
const EDGE: i64 = 2 * SAMPLES_PER_MS;
/// Correlation from which a word is found at its expected position; noise of −10 dB leaves 0.95.
const FOUND: f32 = 0.9;
/// Fraction of a word's energy that must be explained if the whole word slipped: a correlation of 0.84.
const EXPLAINED: f32 = 0.7;
/// The same if a slip is inside the word: up to 30 ms of it are missing.
const EXPLAINED_IN_TWO: f32 = 0.6;
/// By how much that fraction must exceed the one without a slip inside.
const WORTH_A_SLIP: f32 = 0.05;
/// Hops with less than this fraction of the loudest hop's energy (−15 dB) are ignored.
const AUDIBLE: f32 = 0.03;
/// Correlation of a hop and its neighbours below which the hop is missing.
const MISSING: f32 = 0.5;
/// Consecutive missing hops that a slip of 30 ms can cause, partly affected ones included.
const MISSING_HOPS: usize = 5;

/// Normalised correlation, −1 to 1; 0 if one side is silent.
pub(super) fn correlation(x: &[f32], y: &[f32]) -> f32 {
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    if xx * yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}

/// The height of a peak between samples, from the three samples around it (parabolic interpolation).
pub(super) fn peak([left, middle, right]: [f32; 3]) -> f32 {
    let bend = left - 2.0 * middle + right;
    if bend < 0.0 { (middle - (right - left).powi(2) / (8.0 * bend)).min(1.0) } else { middle }
}

/// The start and the end of a word in the session, each relative to its expected position, in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start_shift: i64,
    pub(super) end_shift: i64,
}

/// Looks for the sound of a word in the session near its expected position `at`.
pub(super) fn find(word: &[f32], session: &[f32], at: i64) -> Option<Found> {
    let piece = |lag: i64| {
        let from = usize::try_from(at + lag).ok()?;
        session.get(from..from + word.len())
    };
    let at_lag = |lag: i64| piece(lag).map(|piece| correlation(piece, word));
    if word.iter().map(|y| y * y).sum::<f32>() < word.len() as f32 {
        // A silent word cannot be compared; it counts as found if its range is in the session.
        return piece(0).map(|_| Found { start_shift: 0, end_shift: 0 });
    }
    let near = (-3..=3).filter_map(|lag| Some((lag, at_lag(lag)?)));
    if let Some((lag, best)) = near.max_by(|a, b| a.1.total_cmp(&b.1)) {
        let around = [at_lag(lag - 1).unwrap_or(best), best, at_lag(lag + 1).unwrap_or(best)];
        let whole = |hop: usize| piece(lag).map(|piece| &piece[hop * HOP..]);
        if peak(around) >= FOUND && is_whole(word, whole) {
            return Some(Found { start_shift: lag, end_shift: lag });
        }
    }
    Slips::measure(word, session, at).find(word, session, at)
}

/// Whether no part of the word is missing; `part` returns the session's sound from a hop on.
fn is_whole<'a>(word: &[f32], part: impl Fn(usize) -> Option<&'a [f32]>) -> bool {
    let pieces: Vec<&[f32]> = word.chunks(HOP).collect();
    let energies: Vec<f32> = pieces.iter().map(|piece| piece.iter().map(|y| y * y).sum()).collect();
    let loudest = energies.iter().copied().fold(0.0, f32::max);
    let mut missing = 0;
    for (hop, energy) in energies.iter().enumerate() {
        if *energy < loudest * AUDIBLE {
            continue;
        }
        // Compared with its neighbours: 10 ms alone are too short.
        let first = hop.saturating_sub(1);
        let length = word.len().min((hop + 2) * HOP) - first * HOP;
        let there = part(first).is_some_and(|session| {
            let length = length.min(session.len());
            correlation(&session[..length], &word[first * HOP..]) >= MISSING
        });
        missing = if there { 0 } else { missing + 1 };
        if missing > MISSING_HOPS {
            return false;
        }
    }
    true
}

/// How well the hops of a word fit at each lag.
struct Slips {
    /// Prefix sums over the hops, for each lag: the product and the session's energy.
    sums: Vec<Vec<(f32, f32)>>,
    energy: f32,
}

impl Slips {
    /// Treats samples outside of the session as silence: a word that was cut off fits best there.
    fn measure(word: &[f32], session: &[f32], at: i64) -> Self {
        let outside = [0.0_f32; HOP];
        let sums = (-SLIP..=SLIP).map(|lag| {
            let mut sums = vec![(0.0, 0.0)];
            let (mut product, mut energy) = (0.0, 0.0);
            for (hop, word) in word.chunks(HOP).enumerate() {
                let from = at + lag + (hop * HOP) as i64;
                let inside = usize::try_from(from).ok().and_then(|from| session.get(from..from + HOP));
                for (y, x) in word.iter().zip(inside.unwrap_or(&outside)) {
                    product += x * y;
                    energy += x * x;
                }
                sums.push((product, energy));
            }
            sums
        });
        Self { sums: sums.collect(), energy: word.iter().map(|y| y * y).sum() }
    }

    /// The fraction of the word's energy that the session's hops explain at a lag.
    fn explained(&self, lag: usize, from: usize, to: usize) -> f32 {
        let (before, after) = (self.sums[lag][from], self.sums[lag][to]);
        let (product, energy) = (after.0 - before.0, after.1 - before.1);
        if product > 0.0 && energy > 0.0 { product * product / energy / self.energy } else { 0.0 }
    }

    fn best(&self, from: usize, to: usize, near: i64) -> Option<(i64, f32)> {
        let share = |lag: i64| self.explained((lag + SLIP) as usize, from, to);
        (-near..=near).map(|lag| (lag, share(lag))).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Finds the word shifted as a whole, or split by one slip with one side at its expected position.
    fn find(&self, word: &[f32], session: &[f32], at: i64) -> Option<Found> {
        let hops = word.len().div_ceil(HOP);
        let (lag, share) = self.best(0, hops, SLIP)?;
        let sides = (1..hops).flat_map(|split| [(split, EDGE, SLIP), (split, SLIP, EDGE)]);
        let two = sides.filter_map(|(split, near_before, near_after)| {
            let (before, share_before) = self.best(0, split, near_before)?;
            let (after, share_after) = self.best(split, hops, near_after)?;
            Some((split, before, after, share_before + share_after))
        });
        let two = two.max_by(|a, b| a.3.total_cmp(&b.3)).filter(|(.., both)| both - share >= WORTH_A_SLIP);
        let (split, before, after) = match two {
            Some((split, before, after, share)) if share >= EXPLAINED_IN_TWO => (split, before, after),
            None if share >= EXPLAINED => (0, lag, lag),
            _ => return None,
        };
        // A start before the session's means that the word was cut off, not shifted; likewise an end after its end.
        let inside = at + before.min(after) >= -EDGE
            && at + before.max(after) + word.len() as i64 <= session.len() as i64 + EDGE;
        let part = |hop: usize| {
            let from = at + if hop < split { before } else { after } + (hop * HOP) as i64;
            session.get(from.max(0) as usize..)
        };
        (inside && is_whole(word, part)).then_some(Found { start_shift: before, end_shift: after })
    }
}
