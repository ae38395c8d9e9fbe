//! The fingerprint of a sound: how loud it is, and how bright, every 10 ms. Coarse, and so quick to search.

use super::compare::HOP;

/// Pieces in a frame: 20 ms.
const FRAME: usize = 2 * HOP;
/// The probe's frames follow each other; the reference has one for each 10 ms, so that one of them fits within 5 ms.
const STRIDE: usize = FRAME / HOP;
/// A place below this correlation of outlines is not looked at.
const PLAUSIBLE: f32 = 0.4;
/// How many places are looked at. The right one is nearly always among the first three; a long recording has many
/// that resemble it.
const PLACES: usize = 48;

/// The fingerprint of a reference.
pub(super) struct Fingerprint {
    bands: [Band; 2],
}

struct Band {
    values: Vec<f32>,
    /// Sums of every second value up to here, and of their squares.
    sums: Vec<(f64, f64)>,
}

/// Loudness and brightness of a frame: the square root makes loud and soft sounds count more alike.
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

    /// The places, in samples, whose fingerprint resembles the probe's most, the likeliest first.
    pub(super) fn places(&self, probe: &[f32]) -> Vec<usize> {
        let frames: Vec<[f32; 2]> = probe.chunks_exact(FRAME).map(frame).collect();
        let last = (self.bands[0].values.len() + STRIDE).saturating_sub(frames.len() * STRIDE);
        let probes = [0, 1].map(|band| unit(frames.iter().map(|frame| frame[band]).collect()));
        let scores: Vec<f32> = (0..last)
            .map(|at| {
                self.bands.iter().zip(&probes).map(|(band, probe)| band.resemblance(at, probe)).sum::<f32>()
                    / 2.0
            })
            .collect();
        let is_peak = |at: usize| {
            let around = &scores[at.saturating_sub(2)..scores.len().min(at + 3)];
            scores[at] >= PLAUSIBLE && around.iter().all(|score| *score <= scores[at])
        };
        let mut places: Vec<usize> = (0..scores.len()).filter(|at| is_peak(*at)).collect();
        places.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        places.truncate(PLACES);
        places.into_iter().map(|at| at * HOP).collect()
    }
}

impl Band {
    /// Normalised correlation with a probe of mean 0 and length 1.
    fn resemblance(&self, at: usize, probe: &[f32]) -> f32 {
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

/// The values less their mean, scaled to length 1.
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
