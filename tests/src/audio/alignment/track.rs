//! Follows the offset between reference and stream from window to window.

use super::{Reference, STEPS, WINDOW, rms};

/// How alike a window must be to count as found.
const FOUND: f64 = 0.97;
/// So alike that looking for a better place is needless.
const SURE: f64 = 0.995;
/// A better place must be better by this much, or noise would make windows wander.
const BETTER: f64 = 0.01;
/// How far a window is looked for around the place of the one before: 20 ms.
const NEAR: i64 = 320 * STEPS;
/// How far after some were lost: 300 ms.
const FAR: i64 = 15 * NEAR;
/// After this many windows in a row without success, the far search is tried once.
const LOST: usize = 2;
/// It is tried again after this many more.
const STILL_LOST: usize = 12;
/// The envelopes that give the first guess have one value per 5 ms.
const FRAME: usize = 80;

/// Offsets are in steps: the place of the recording's start in the stream, times [`STEPS`].
impl Reference {
    /// The offset of each window with speech, where it was found.
    pub(super) fn track(&self, signal: &[f32]) -> Vec<Option<i64>> {
        let mut offsets = vec![None; self.speech.len()];
        let guess = self.guess(signal);
        let start = (0..self.speech.len()).find_map(|window| {
            let offset = self.search(signal, window, 2, false, guess, NEAR)?;
            Some((window, offset))
        });
        if let Some((first, offset)) = start {
            self.follow(signal, first..self.speech.len(), false, offset, &mut offsets);
            self.follow(signal, (0..first).rev(), true, offset, &mut offsets);
        }
        offsets
    }

    fn follow(
        &self,
        signal: &[f32],
        windows: impl Iterator<Item = usize>,
        backward: bool,
        mut offset: i64,
        offsets: &mut [Option<i64>],
    ) {
        let mut lost = 0;
        for window in windows {
            let here = |offset| self.likeness(signal, self.speech[window], WINDOW, offset);
            let kept = here(offset);
            if kept < SURE {
                // One window alone may fit a pitch period too early or too late; two in a row do not.
                let near = self.search(signal, window, 2, backward, offset, NEAR);
                let far = || {
                    let due = lost >= LOST && (lost - LOST).is_multiple_of(STILL_LOST);
                    if due { self.search(signal, window, 3, backward, offset, FAR) } else { None }
                };
                let better = near.or_else(far).filter(|&found| here(found) > kept + BETTER);
                offset = better.unwrap_or(offset);
            }
            let found = here(offset) >= FOUND;
            offsets[window] = found.then_some(offset);
            lost = if found { 0 } else { lost + 1 };
        }
    }

    /// The best offset around `offset` for `count` windows in a row, if they are found there.
    fn search(
        &self,
        signal: &[f32],
        window: usize,
        count: usize,
        backward: bool,
        offset: i64,
        radius: i64,
    ) -> Option<i64> {
        let length = count * WINDOW;
        let before = if backward { length - WINDOW } else { 0 };
        let start = self.speech[window].checked_sub(before)?;
        let best = |offsets: &mut dyn Iterator<Item = i64>| {
            let rated = offsets.map(|offset| (self.likeness(signal, start, length, offset), offset));
            rated.max_by(|a, b| a.0.total_cmp(&b.0))
        };
        let (_, coarse) = best(&mut (-radius..=radius).step_by(STEPS as usize).map(|by| offset + by))?;
        let (likeness, fine) = best(&mut (-STEPS..=STEPS).map(|by| coarse + by))?;
        (likeness >= FOUND).then_some(fine)
    }

    /// The normalised correlation of `length` samples: 1 is the same shape, 0 is unlike or not there.
    fn likeness(&self, signal: &[f32], start: usize, length: usize, offset: i64) -> f64 {
        self.products(signal, start, length, offset).map_or(0.0, |products| products.likeness())
    }

    pub(super) fn products(
        &self,
        signal: &[f32],
        start: usize,
        length: usize,
        offset: i64,
    ) -> Option<Products> {
        let (signal_start, phase) = {
            let place = start as i64 * STEPS + offset;
            (place.div_euclid(STEPS), place.rem_euclid(STEPS))
        };
        let signal_start = usize::try_from(signal_start).ok()?;
        let signal = signal.get(signal_start..signal_start + length)?;
        let fine_start = (start * STEPS as usize).checked_sub(phase as usize)?;
        let fine = self.fine.get(fine_start..fine_start + (length - 1) * STEPS as usize + 1)?;
        let mut products = Products::default();
        for (&sample, &reference) in signal.iter().zip(fine.iter().step_by(STEPS as usize)) {
            products.both += sample * reference;
            products.signal += sample * sample;
            products.reference += reference * reference;
        }
        Some(products)
    }

    /// Where the loud and the quiet parts fit best: within some ms of the truth, even at a wrong rate.
    fn guess(&self, signal: &[f32]) -> i64 {
        let ours = envelope(&mut self.fine.iter().copied().step_by(STEPS as usize));
        let theirs = envelope(&mut signal.iter().copied());
        let rate = |lag: i64| {
            let pairs = ours.iter().enumerate().filter_map(|(frame, value)| {
                Some(value * theirs.get(usize::try_from(frame as i64 + lag).ok()?)?)
            });
            pairs.sum::<f64>()
        };
        let lags = -(ours.len() as i64)..theirs.len() as i64;
        let best = lags.map(|lag| (rate(lag), lag)).max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(0, |(_, lag)| lag * FRAME as i64 * STEPS)
    }
}

/// The level of each [`FRAME`], less the mean.
fn envelope(samples: &mut dyn Iterator<Item = f32>) -> Vec<f64> {
    let samples: Vec<f32> = samples.collect();
    let mut levels: Vec<f64> = samples.chunks_exact(FRAME).map(rms).collect();
    let mean = levels.iter().sum::<f64>() / levels.len().max(1) as f64;
    for level in &mut levels {
        *level -= mean;
    }
    levels
}

/// Sums of products over a window.
#[derive(Default)]
pub(super) struct Products {
    both: f32,
    signal: f32,
    reference: f32,
}

impl Products {
    fn likeness(&self) -> f64 {
        let energy = f64::from(self.signal) * f64::from(self.reference);
        if energy > 0.0 { f64::from(self.both) / energy.sqrt() } else { 0.0 }
    }

    /// The factor between reference and stream.
    pub(super) fn gain(&self) -> f64 {
        f64::from(self.both) / f64::from(self.reference)
    }
}
