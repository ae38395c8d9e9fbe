//! Tracks the offset between reference and stream from window to window.

use super::{Reference, STEPS, WINDOW, rms};

/// The correlation from which on a window counts as found.
const MIN_CORRELATION: f64 = 0.97;
/// The correlation from which on no better offset is searched for.
const CERTAIN_CORRELATION: f64 = 0.995;
/// The correlation of another offset must be higher by this much; otherwise noise makes the offset drift.
const MIN_IMPROVEMENT: f64 = 0.01;
/// The radius of the search around the offset of the window before: 20 ms.
const NEAR_RADIUS: i64 = 320 * STEPS;
/// The radius of the search after several windows were not found: 300 ms.
const FAR_RADIUS: i64 = 15 * NEAR_RADIUS;
/// The far search runs once after this many consecutive windows that were not found.
const LOST_WINDOWS: usize = 2;
/// The far search is repeated after this many more windows.
const RETRY_WINDOWS: usize = 12;
/// Samples per value of the envelopes that give the first estimate: 5 ms.
const FRAME: usize = 80;

/// Offsets are in steps: the position of the recording's start in the stream, in samples, times [`STEPS`].
impl Reference {
    /// The offset of each window with speech; `None` if it was not found.
    pub(super) fn track(&self, signal: &[f32]) -> Vec<Option<i64>> {
        let mut offsets = vec![None; self.speech.len()];
        let estimate = self.estimate(signal);
        let start = (0..self.speech.len()).find_map(|window| {
            let offset = self.search(signal, window, 2, false, estimate, NEAR_RADIUS)?;
            Some((window, offset))
        });
        if let Some((first, offset)) = start {
            self.track_windows(signal, first..self.speech.len(), false, offset, &mut offsets);
            self.track_windows(signal, (0..first).rev(), true, offset, &mut offsets);
        }
        offsets
    }

    fn track_windows(
        &self,
        signal: &[f32],
        windows: impl Iterator<Item = usize>,
        backward: bool,
        mut offset: i64,
        offsets: &mut [Option<i64>],
    ) {
        let mut lost = 0;
        for window in windows {
            let correlation_at = |offset| self.correlation(signal, self.speech[window], WINDOW, offset);
            let current = correlation_at(offset);
            if current < CERTAIN_CORRELATION {
                // A single window may also match one pitch period early or late; two in a row do not.
                let near = self.search(signal, window, 2, backward, offset, NEAR_RADIUS);
                let far = || {
                    let due = lost >= LOST_WINDOWS && (lost - LOST_WINDOWS).is_multiple_of(RETRY_WINDOWS);
                    if due { self.search(signal, window, 3, backward, offset, FAR_RADIUS) } else { None }
                };
                let better =
                    near.or_else(far).filter(|&found| correlation_at(found) > current + MIN_IMPROVEMENT);
                offset = better.unwrap_or(offset);
            }
            let found = correlation_at(offset) >= MIN_CORRELATION;
            offsets[window] = found.then_some(offset);
            lost = if found { 0 } else { lost + 1 };
        }
    }

    /// The best offset around `offset` for `count` consecutive windows, if they are found there.
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
            let rated = offsets.map(|offset| (self.correlation(signal, start, length, offset), offset));
            rated.max_by(|a, b| a.0.total_cmp(&b.0))
        };
        let (_, coarse) = best(&mut (-radius..=radius).step_by(STEPS as usize).map(|by| offset + by))?;
        let (correlation, fine) = best(&mut (-STEPS..=STEPS).map(|by| coarse + by))?;
        (correlation >= MIN_CORRELATION).then_some(fine)
    }

    /// The normalised correlation of `length` samples: 1 is the same waveform, 0 is uncorrelated or out of range.
    fn correlation(&self, signal: &[f32], start: usize, length: usize, offset: i64) -> f64 {
        self.products(signal, start, length, offset).map_or(0.0, |products| products.correlation())
    }

    pub(super) fn products(
        &self,
        signal: &[f32],
        start: usize,
        length: usize,
        offset: i64,
    ) -> Option<Products> {
        let (signal_start, phase) = {
            let position = start as i64 * STEPS + offset;
            (position.div_euclid(STEPS), position.rem_euclid(STEPS))
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

    /// The offset at which the envelopes correlate best: correct to some ms, even at a wrong rate.
    fn estimate(&self, signal: &[f32]) -> i64 {
        let reference = envelope(&mut self.fine.iter().copied().step_by(STEPS as usize));
        let received = envelope(&mut signal.iter().copied());
        let correlation = |lag: i64| {
            let pairs = reference.iter().enumerate().filter_map(|(frame, value)| {
                Some(value * received.get(usize::try_from(frame as i64 + lag).ok()?)?)
            });
            pairs.sum::<f64>()
        };
        let lags = -(reference.len() as i64)..received.len() as i64;
        let best = lags.map(|lag| (correlation(lag), lag)).max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(0, |(_, lag)| lag * FRAME as i64 * STEPS)
    }
}

/// The level of each [`FRAME`] minus the mean level.
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
    fn correlation(&self) -> f64 {
        let energy = f64::from(self.signal) * f64::from(self.reference);
        if energy > 0.0 { f64::from(self.both) / energy.sqrt() } else { 0.0 }
    }

    /// The gain from reference to stream.
    pub(super) fn gain(&self) -> f64 {
        f64::from(self.both) / f64::from(self.reference)
    }
}
