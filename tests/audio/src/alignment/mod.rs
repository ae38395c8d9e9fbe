//! Checks that a 16 kHz stream contains the whole recording in order, with nothing repeated and nothing missing.
//!
//! A browser delays audio by a fraction of a sample, starts some ms late, and under load sometimes slips by 10 ms, so a
//! comparison byte by byte is impossible. The reference is resampled to eight times the stream's rate, which allows
//! delays of 1/8 sample, and each 60 ms window of speech must correlate with the stream.

mod report;
mod track;

pub use report::{Alignment, Fault, Misalignment, Slip};

use crate::{Recording, WIRE_RATE_HZ};

/// Steps per sample of the stream; at 5 kHz the error of half a step is 0.12 rad: correlation 0.993.
const STEPS: i64 = 8;
/// Length of a window in samples of the stream: 60 ms.
const WINDOW: usize = 60 * WIRE_RATE_HZ as usize / 1000;
/// A window counts as speech if its level is above this factor of the loudest window's: -35 dB.
const SPEECH_RMS: f64 = 0.0178;
/// Scales a 16-bit sample to the range -1 to 1.
const PER_STEP: f32 = 1.0 / 32767.0;

/// A recording prepared for the search in the audio that a service received.
pub struct Reference {
    /// The recording at [`STEPS`] times the stream's rate.
    fine: Vec<f32>,
    /// The starts of the windows with speech, in samples of the stream.
    speech: Vec<usize>,
}

impl Reference {
    /// Prepares `recording`; only its windows with speech are compared.
    pub fn new(recording: &Recording) -> Self {
        let fine = recording.at_rate(WIRE_RATE_HZ * STEPS as u32);
        let levels: Vec<f64> = fine.chunks_exact(WINDOW * STEPS as usize).map(rms).collect();
        let loudest = levels.iter().copied().fold(0.0, f64::max);
        let speech = (0..levels.len()).filter(|&window| levels[window] > loudest * SPEECH_RMS);
        Self { speech: speech.map(|window| window * WINDOW).collect(), fine }
    }

    /// Finds the recording in `received` (16 kHz, mono) and checks that it is complete.
    ///
    /// # Errors
    /// If a part of the speech is missing, repeated, distorted or out of order; the error's text says where.
    pub fn check(&self, received: &[i16]) -> Result<Alignment, Misalignment> {
        let signal: Vec<f32> = received.iter().map(|&sample| f32::from(sample) * PER_STEP).collect();
        let offsets = self.track(&signal);
        let alignment = Alignment::new(&self.speech, &offsets, received, self.gain(&signal, &offsets));
        let faults = alignment.faults();
        if faults.is_empty() {
            Ok(alignment)
        } else {
            Err(Misalignment { alignment: alignment.into(), faults })
        }
    }

    /// The median gain of the windows; 1 is unchanged.
    fn gain(&self, signal: &[f32], offsets: &[Option<i64>]) -> f64 {
        let found = self.speech.iter().zip(offsets).filter_map(|(&start, offset)| Some((start, (*offset)?)));
        let mut gains: Vec<f64> = found
            .filter_map(|(start, offset)| Some(self.products(signal, start, WINDOW, offset)?.gain()))
            .collect();
        gains.sort_by(f64::total_cmp);
        gains.get(gains.len() / 2).copied().unwrap_or(0.0)
    }
}

fn rms(samples: &[f32]) -> f64 {
    (samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[cfg(test)]
mod tests;
