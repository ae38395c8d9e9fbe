//! Where in the reference a piece of the session comes from.

use super::Reference;
use super::compare::{HOP, SLIP, correlation, peak};

/// Sound that is compared sample by sample at each place that the fingerprint suggests: the loudest 400 ms.
const KERNEL: usize = 1_600;
/// Of the kernel every fourth sample is enough to tell a place from another.
const THIN: usize = 4;
/// The fingerprint's frames lie up to 5 ms beside the truth, and slips move it.
const NEAR: i64 = 60;
/// Correlation from which sound is the same: noise of 0 dB would leave 0.7, other speech stays below 0.6.
const SAME: f32 = 0.75;
/// Pieces of 50 ms, of which this share has to agree.
const BLOCK: usize = 5 * HOP;
const AGREEING: f32 = 0.6;
/// A place is as good as another within this much correlation: a voice from a machine says a sentence twice the same.
const AS_GOOD: f32 = 0.1;
/// One of several such places is taken when so many more blocks before it agree: 250 ms.
const LEAD: usize = 5;
/// How far back those blocks are looked for, in samples: 6 s.
const CONTEXT: usize = 24_000;

/// A place in the reference, as the distance of the session's sample from the reference's.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    shift: i64,
    likeness: f32,
}

/// Searches the whole reference for `session[from..]`; `None` where it is not there, or is there more than once.
///
/// With `any`, one of several equal places is as good as the other: the one nearest to `near` is taken.
pub(super) fn locate(reference: &Reference, session: &[f32], from: usize, any: Option<i64>) -> Option<i64> {
    let probe = &session[from..];
    let kernel = loudest(probe)?;
    let mut places: Vec<Candidate> = Vec::new();
    for place in reference.fingerprint.places(probe) {
        let shift = from as i64 - place as i64;
        let Some(found) = fit(reference, session, from + kernel, shift, NEAR) else { continue };
        let known = places.iter().any(|other| (other.shift - found.shift).abs() <= SLIP);
        if !known && agrees(reference, probe, found.shift - from as i64) {
            places.push(found);
        }
    }
    let best = places.iter().map(|place| place.likeness).fold(0.0, f32::max);
    places.retain(|place| place.likeness >= best - AS_GOOD);
    if let [only] = places[..] {
        return Some(only.shift);
    }
    let mut ranked: Vec<(usize, i64)> =
        places.iter().map(|place| (context(reference, session, place.shift), place.shift)).collect();
    ranked.sort_by_key(|(blocks, _)| std::cmp::Reverse(*blocks));
    match (ranked.first(), ranked.get(1)) {
        (Some(first), Some(second)) if first.0 >= second.0 + LEAD => Some(first.1),
        (Some(first), Some(_)) => {
            let equal = ranked.iter().filter(|place| place.0 + LEAD > first.0);
            any.and_then(|near| equal.map(|place| place.1).min_by_key(|shift| (shift - near).abs()))
        }
        _ => None,
    }
}

/// Whether `session[from..]` is the reference at this shift, or near it; returns the exact one.
pub(super) fn confirm(reference: &Reference, session: &[f32], from: usize, shift: i64) -> Option<i64> {
    let probe = &session[from..];
    let found = fit(reference, session, from + loudest(probe)?, shift, SLIP)?;
    agrees(reference, probe, found.shift - from as i64).then_some(found.shift)
}

/// Where the loudest part of a probe begins.
fn loudest(probe: &[f32]) -> Option<usize> {
    let kernel = KERNEL.min(probe.len());
    let energy = |at: usize| probe[at..at + kernel].iter().map(|x| x * x).sum::<f32>();
    let starts = (0..=probe.len() - kernel).step_by(HOP);
    starts.max_by(|a, b| energy(*a).total_cmp(&energy(*b))).filter(|at| kernel > 0 && energy(*at) > 0.0)
}

/// The best fit of the kernel at `at` within `near` samples of a shift, where it is good enough.
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

/// Whether most of the probe agrees with the reference, and not its kernel alone; `shift` is of the probe's start.
fn agrees(reference: &Reference, probe: &[f32], shift: i64) -> bool {
    let (agreeing, audible) = blocks(reference, probe, shift);
    agreeing as f32 >= audible as f32 * AGREEING
}

/// Blocks that agree, and blocks that are loud enough to.
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

/// How many blocks of the last seconds agree.
fn context(reference: &Reference, session: &[f32], shift: i64) -> usize {
    let from = session.len().saturating_sub(CONTEXT);
    blocks(reference, &session[from..], shift - from as i64).0
}
