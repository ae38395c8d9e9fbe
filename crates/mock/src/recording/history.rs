//! What a session has brought so far, as far back as it can matter.

use super::compare::HOP;

/// Sound that is kept while its place is not known, in samples: 10 minutes.
const KEPT: usize = 2_400_000;
/// It is thrown away by this much at a time, in samples: 30 s.
const THROWN: usize = 120_000;
/// A piece is loud from this share of the loudest of late (−20 dB) …
const LOUD: f32 = 0.1;
/// … which fades by this factor a piece: −20 dB in 10 s.
const FADING: f32 = 0.9977;
/// Below this RMS, in steps of 16 bits, nothing is loud.
const FAINT: f32 = 2.0;

/// The session's sound, and which pieces of it are loud.
#[derive(Debug, Default)]
pub(super) struct AudioHistory {
    samples: Vec<f32>,
    /// The number of the first sample that is kept.
    start: i64,
    /// For each piece since the session began.
    loud: Vec<bool>,
    energy: f32,
    loudest: f32,
}

impl AudioHistory {
    /// Takes a sample; `true` where it completes a piece of 10 ms.
    pub(super) fn push(&mut self, sample: f32) -> bool {
        self.samples.push(sample);
        self.energy += sample * sample;
        if !(self.end() as usize).is_multiple_of(HOP) {
            return false;
        }
        let rms = (std::mem::take(&mut self.energy) / HOP as f32).sqrt();
        self.loudest = rms.max(self.loudest * FADING);
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

    /// What is before this sample is not needed any more.
    pub(super) fn forget(&mut self, before: i64) {
        let oldest = before.max(self.end() - KEPT as i64);
        let count = (oldest - self.start).clamp(0, self.samples.len() as i64) as usize;
        if count >= THROWN {
            self.samples.drain(..count);
            self.start = oldest;
        }
    }

    /// How many pieces from here to there are loud.
    pub(super) fn loud(&self, from: i64, to: i64) -> usize {
        self.pieces(from, to).iter().filter(|loud| **loud).count()
    }

    /// The first sample of the first loud piece from here on.
    pub(super) fn first_loud(&self, from: i64) -> Option<i64> {
        let at = self.pieces(from, self.end()).iter().position(|loud| *loud)?;
        Some((first_piece(from) + at) as i64 * HOP as i64)
    }

    /// The whole pieces from here to there.
    fn pieces(&self, from: i64, to: i64) -> &[bool] {
        let to = (to.max(0) as usize / HOP).min(self.loud.len());
        &self.loud[first_piece(from).min(to)..to]
    }
}

/// The first piece that begins here or later.
fn first_piece(sample: i64) -> usize {
    (sample.max(0) as usize).div_ceil(HOP)
}
