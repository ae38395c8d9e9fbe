//! A coarse fingerprint of sound for a fast search: its loudness and brightness every 10 ms.

use super::compare::HOP;

/// A frame of 20 ms, in samples.
const FRAME: usize = 2 * HOP;
/// The reference has a frame every 10 ms and the probe every 20 ms, so that one alignment is exact to 5 ms.
const STRIDE: usize = FRAME / HOP;
/// Minimum correlation of fingerprints of a candidate.
const PLAUSIBLE: f32 = 0.4;
/// Maximum number of candidates. The right one is nearly always among the first three, but a long recording has many
/// similar ones.
const MAX_CANDIDATES: usize = 48;

/// The fingerprint of a reference.
pub(super) struct Fingerprint {
    bands: [Band; 2],
}

struct Band {
    values: Vec<f32>,
    /// Prefix sums of every second value and of its square.
    sums: Vec<(f64, f64)>,
}

/// Loudness and brightness of a frame. The second square root reduces the weight of loud sounds.
fn frame(samples: &[f32]) -> [f32; 2] {
    let loud: f32 = samples.iter().map(|x| x * x).sum();
    let bright: f32 = samples.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    [loud, bright].map(|energy| energy.sqrt().sqrt())
}

impl Fingerprint {
    pub(super) fn of(samples: &[f32]) -> Self {
        let frames: Vec<[f32; 2]> = (0..(samples.len() + HOP).saturating_sub(FRAME) / HOP)
            .map(|hop| frame(&samples[hop * HOP..hop * HOP + FRAME]))
            .collect();
        let band = |index: usize| {
            let values: Vec<f32> = frames.iter().map(|frame| frame[index]).collect();
            let mut sums = vec![(0.0, 0.0); STRIDE];
            for (at, value) in values.iter().enumerate() {
                let (sum, squares): (f64, f64) = sums[at];
                sums.push((sum + f64::from(*value), squares + f64::from(*value).powi(2)));
            }
            Band { values, sums }
        };
        Self { bands: [band(0), band(1)] }
    }

    /// The candidates, as sample indices, whose fingerprints are most similar to the probe's, best first.
    pub(super) fn candidates(&self, probe: &[f32]) -> Vec<usize> {
        let frames: Vec<[f32; 2]> = probe.chunks_exact(FRAME).map(frame).collect();
        let last = (self.bands[0].values.len() + STRIDE).saturating_sub(frames.len() * STRIDE);
        let probes = [0, 1].map(|band| unit(frames.iter().map(|frame| frame[band]).collect()));
        let scores: Vec<f32> = (0..last)
            .map(|at| {
                self.bands.iter().zip(&probes).map(|(band, probe)| band.correlation(at, probe)).sum::<f32>()
                    / 2.0
            })
            .collect();
        let is_peak = |at: usize| {
            let around = &scores[at.saturating_sub(2)..scores.len().min(at + 3)];
            scores[at] >= PLAUSIBLE && around.iter().all(|score| *score <= scores[at])
        };
        let mut candidates: Vec<usize> = (0..scores.len()).filter(|at| is_peak(*at)).collect();
        candidates.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        candidates.truncate(MAX_CANDIDATES);
        candidates.into_iter().map(|at| at * HOP).collect()
    }
}

impl Band {
    /// Normalised correlation with a probe of mean 0 and norm 1.
    fn correlation(&self, at: usize, probe: &[f32]) -> f32 {
        let count = probe.len();
        let (before, after) = (self.sums[at], self.sums[at + count * STRIDE]);
        let (sum, squares) = (after.0 - before.0, after.1 - before.1);
        let spread = squares - sum * sum / count.max(1) as f64;
        if spread < 1.0 {
            return 0.0;
        }
        let values = self.values[at..].iter().step_by(STRIDE);
        probe.iter().zip(values).map(|(p, v)| p * v).sum::<f32>() / spread.sqrt() as f32
    }
}

/// The values minus their mean, scaled to norm 1.
fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
    for value in &mut values {
        *value -= mean;
    }
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in &mut values {
            *value /= length;
        }
    }
    values
}
