//! The recent audio of a session.

use super::compare::HOP;

/// Maximum audio that is kept while its position in the recording is unknown, in samples: 10 minutes.
const MAX_SAMPLES: usize = 2_400_000;
/// Old audio is discarded in blocks of this many samples: 30 s.
const DISCARD_SAMPLES: usize = 120_000;
/// A hop is loud from this fraction of the recent maximum (−20 dB) …
const LOUD: f32 = 0.1;
/// … which decays by this factor per hop: −20 dB in 10 s.
const DECAY: f32 = 0.9977;
/// Below this RMS, in units of 16-bit samples, nothing is loud.
const FAINT: f32 = 2.0;

/// The session's audio, and which hops of it are loud.
#[derive(Debug, Default)]
pub(super) struct AudioHistory {
    samples: Vec<f32>,
    /// Index of the first sample that is kept.
    start: i64,
    /// For each hop since the start of the session.
    loud: Vec<bool>,
    energy: f32,
    loudest: f32,
}

impl AudioHistory {
    /// Appends a sample; returns `true` if it completes a hop of 10 ms.
    pub(super) fn push(&mut self, sample: f32) -> bool {
        self.samples.push(sample);
        self.energy += sample * sample;
        if !(self.end() as usize).is_multiple_of(HOP) {
            return false;
        }
        let rms = (std::mem::take(&mut self.energy) / HOP as f32).sqrt();
        self.loudest = rms.max(self.loudest * DECAY);
        self.loud.push(rms >= FAINT && rms >= self.loudest * LOUD);
        true
    }

    pub(super) fn samples(&self) -> &[f32] {
        &self.samples
    }

    pub(super) fn start(&self) -> i64 {
        self.start
    }

    pub(super) fn end(&self) -> i64 {
        self.start + self.samples.len() as i64
    }

    /// Discards samples before this one.
    pub(super) fn forget(&mut self, before: i64) {
        let oldest = before.max(self.end() - MAX_SAMPLES as i64);
        let count = (oldest - self.start).clamp(0, self.samples.len() as i64) as usize;
        if count >= DISCARD_SAMPLES {
            self.samples.drain(..count);
            self.start = oldest;
        }
    }

    /// The number of loud hops from one sample to another.
    pub(super) fn loud(&self, from: i64, to: i64) -> usize {
        self.hops(from, to).iter().filter(|loud| **loud).count()
    }

    /// The first sample of the first loud hop from a sample on.
    pub(super) fn first_loud(&self, from: i64) -> Option<i64> {
        let at = self.hops(from, self.end()).iter().position(|loud| *loud)?;
        Some((first_hop(from) + at) as i64 * HOP as i64)
    }

    /// The complete hops from one sample to another.
    fn hops(&self, from: i64, to: i64) -> &[bool] {
        let to = (to.max(0) as usize / HOP).min(self.loud.len());
        &self.loud[first_hop(from).min(to)..to]
    }
}

/// Index of the first hop that starts at or after a sample.
fn first_hop(sample: i64) -> usize {
    (sample.max(0) as usize).div_ceil(HOP)
}
