//! Finds where in the reference a part of the session comes from.

use super::Reference;
use super::compare::{HOP, SLIP, correlation, peak};

/// Sound that is compared sample by sample at each candidate position: the loudest 400 ms, in samples.
const KERNEL: usize = 1_600;
/// Every fourth sample of the kernel is enough for the rough search.
const THIN: usize = 4;
/// Search range around a candidate, in samples: the fingerprint is exact to 5 ms, plus slips.
const NEAR: i64 = 60;
/// Correlation from which sound is the same: noise of 0 dB would leave 0.7; other speech stays below 0.6.
const SAME: f32 = 0.75;
/// A block of 50 ms, in samples.
const BLOCK: usize = 5 * HOP;
/// Fraction of the audible blocks that must agree.
const AGREEING: f32 = 0.6;
/// Candidates within this much correlation of the best are equally good: synthetic speech repeats exactly.
const AS_GOOD: f32 = 0.1;
/// Lead in agreeing earlier blocks with which one of several such candidates is taken: 250 ms.
const LEAD: usize = 5;
/// How far back those blocks are compared, in samples: 6 s.
const CONTEXT: usize = 24_000;

/// A possible position in the reference.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// Index of a sample in the session minus its index in the reference.
    shift: i64,
    /// Correlation, 0 to 1.
    likeness: f32,
}

/// Searches the whole reference for `session[from..]`; returns its shift, or `None` if it is not there or ambiguous.
///
/// With `any`, of several equally good candidates the one nearest to that shift is taken.
pub(super) fn locate(reference: &Reference, session: &[f32], from: usize, any: Option<i64>) -> Option<i64> {
    let probe = &session[from..];
    let kernel = loudest(probe)?;
    let mut candidates: Vec<Candidate> = Vec::new();
    for candidate in reference.fingerprint.candidates(probe) {
        let shift = from as i64 - candidate as i64;
        let Some(found) = fit(reference, session, from + kernel, shift, NEAR) else { continue };
        let known = candidates.iter().any(|other| (other.shift - found.shift).abs() <= SLIP);
        if !known && agrees(reference, probe, found.shift - from as i64) {
            candidates.push(found);
        }
    }
    let best = candidates.iter().map(|candidate| candidate.likeness).fold(0.0, f32::max);
    candidates.retain(|candidate| candidate.likeness >= best - AS_GOOD);
    if let [only] = candidates[..] {
        return Some(only.shift);
    }
    let mut ranked: Vec<(usize, i64)> = candidates
        .iter()
        .map(|candidate| (context(reference, session, candidate.shift), candidate.shift))
        .collect();
    ranked.sort_by_key(|(blocks, _)| std::cmp::Reverse(*blocks));
    match (ranked.first(), ranked.get(1)) {
        (Some(first), Some(second)) if first.0 >= second.0 + LEAD => Some(first.1),
        (Some(first), Some(_)) => {
            let equal = ranked.iter().filter(|candidate| candidate.0 + LEAD > first.0);
            any.and_then(|near| equal.map(|candidate| candidate.1).min_by_key(|shift| (shift - near).abs()))
        }
        _ => None,
    }
}

/// Checks whether `session[from..]` matches the reference near this shift; returns the exact shift.
pub(super) fn confirm(reference: &Reference, session: &[f32], from: usize, shift: i64) -> Option<i64> {
    let probe = &session[from..];
    let found = fit(reference, session, from + loudest(probe)?, shift, SLIP)?;
    agrees(reference, probe, found.shift - from as i64).then_some(found.shift)
}

/// Start of the loudest part of a probe.
fn loudest(probe: &[f32]) -> Option<usize> {
    let kernel = KERNEL.min(probe.len());
    let energy = |at: usize| probe[at..at + kernel].iter().map(|x| x * x).sum::<f32>();
    let starts = (0..=probe.len() - kernel).step_by(HOP);
    starts.max_by(|a, b| energy(*a).total_cmp(&energy(*b))).filter(|at| kernel > 0 && energy(*at) > 0.0)
}

/// The best fit of the kernel at `at` within `near` samples of a shift, if it is good enough.
fn fit(reference: &Reference, session: &[f32], at: usize, shift: i64, near: i64) -> Option<Candidate> {
    let kernel = &session[at..session.len().min(at + KERNEL)];
    let thin: Vec<f32> = kernel.iter().step_by(THIN).copied().collect();
    let piece = |shift: i64| {
        let from = usize::try_from(at as i64 - shift).ok()?;
        reference.samples.get(from..from + kernel.len())
    };
    let rough = (shift - near..=shift + near).filter_map(|shift| {
        let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
        for (x, y) in thin.iter().zip(piece(shift)?.iter().step_by(THIN)) {
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
        Some((shift, if xx * yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }))
    });
    let (shift, _) = rough.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let exact = |shift: i64| piece(shift).map_or(0.0, |piece| correlation(kernel, piece));
    let likeness = peak([exact(shift - 1), exact(shift), exact(shift + 1)]);
    (likeness >= SAME).then_some(Candidate { shift, likeness })
}

/// Whether most blocks of the probe, and not only its kernel, agree; `shift` is relative to the probe's start.
fn agrees(reference: &Reference, probe: &[f32], shift: i64) -> bool {
    let (agreeing, audible) = blocks(reference, probe, shift);
    agreeing as f32 >= audible as f32 * AGREEING
}

/// The number of blocks that agree, and of those that are loud enough to be compared.
fn blocks(reference: &Reference, session: &[f32], shift: i64) -> (usize, usize) {
    let energy = |block: &[f32]| block.iter().map(|x| x * x).sum::<f32>();
    let loudest = session.chunks_exact(BLOCK).map(energy).fold(0.0, f32::max);
    let (mut agreeing, mut audible) = (0, 0);
    for (index, block) in session.chunks_exact(BLOCK).enumerate() {
        // 15 dB below the loudest.
        if energy(block) < 0.03 * loudest || loudest == 0.0 {
            continue;
        }
        audible += 1;
        let from = usize::try_from((index * BLOCK) as i64 - shift);
        let same = from.ok().and_then(|from| reference.samples.get(from..from + BLOCK));
        agreeing += usize::from(same.is_some_and(|same| correlation(same, block) >= SAME));
    }
    (agreeing, audible)
}

/// The number of agreeing blocks in the last seconds of the session.
fn context(reference: &Reference, session: &[f32], shift: i64) -> usize {
    let from = session.len().saturating_sub(CONTEXT);
    blocks(reference, &session[from..], shift - from as i64).0
}
