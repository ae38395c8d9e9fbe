//! What was found, and whether it is good enough.

use std::fmt;

use super::{STEPS, WINDOW};
use crate::audio::WIRE_RATE_HZ;

/// The part of the windows with speech that must be found: a slip of the browser costs one or two of about 100.
const FOUND_PART: f64 = 0.9;
/// The part of the samples that may be missing or doubled.
const SLIPPED_PART: f64 = 0.005;
/// A browser under load slips once or twice in a recording; a fault in our code slips with every chunk.
const SLIPS: usize = 4;
/// The longest slip that is a browser's: 20 ms.
const SLIP_SAMPLES: u64 = 320;
/// Speech that is lost at an end is a fault from two windows on; one may be too quiet to be found.
const END_MS: u64 = 120;
/// A slip of the browser falls into one window; two in a row that are not found are a hole, or a swap.
const GAP_MS: u64 = 120;
/// Neighbours further apart than this (of 65 536) are no speech below 5 kHz, but a peak that wrapped around.
const WRAP: u16 = 49_152;
/// How far the level may be off: 1 dB.
const GAIN: f64 = 1.122;

/// Where a stream goes out of step with the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Place in the recording, in ms, to within a few windows.
    pub at_ms: u64,
    /// Samples of the wire: more than 0 were repeated (or inserted), less than 0 are missing.
    pub samples: i64,
}

/// How a stream lies beside the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Where the recording starts in the stream, in samples of the wire; below 0 if its start was not captured.
    pub offset: f64,
    /// Windows of 60 ms with speech in the recording.
    pub windows: usize,
    /// Those of them that were found in the stream.
    pub found: usize,
    /// Where the recording's first speech is, and the first that was found, in ms of the recording.
    pub first_ms: (u64, Option<u64>),
    /// Where its last speech ends, and the last that was found, in ms of the recording.
    pub last_ms: (u64, Option<u64>),
    /// Where they go out of step.
    pub slips: Vec<Slip>,
    /// The stream's level over the recording's.
    pub gain: f64,
    /// Jumps that only an overflow makes.
    pub wraps: usize,
    /// Samples in the stream.
    pub received: usize,
    /// The longest part between the first and the last found that was not found, in ms.
    pub gap_ms: u64,
}

/// One way in which a stream is not the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Too few windows were found.
    Unlike,
    /// The first speech is not there.
    StartLost,
    /// The last speech is not there.
    EndLost,
    /// A part of the speech is not there, or not in its place.
    Gap,
    /// Samples are missing or doubled.
    Slipped,
    /// Peaks wrapped around instead of being clipped.
    Wrapped,
    /// It is louder or quieter.
    Level,
}

/// A stream that is not the recording.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not the recording: {}; {alignment}", list(.faults))]
pub struct Misalignment {
    /// What was found nevertheless.
    pub alignment: Box<Alignment>,
    /// All that is wrong with it.
    pub faults: Vec<Fault>,
}

impl Alignment {
    pub(super) fn new(speech: &[usize], offsets: &[Option<i64>], received: &[i16], gain: f64) -> Self {
        let found: Vec<(usize, i64)> =
            speech.iter().zip(offsets).filter_map(|(&start, offset)| Some((start, (*offset)?))).collect();
        let first = offsets.iter().position(Option::is_some);
        let last = offsets.iter().rposition(Option::is_some);
        let ms = |sample: usize| sample as u64 * 1000 / u64::from(WIRE_RATE_HZ);
        let start_ms = |window: usize| ms(speech[window]);
        let end_ms = |window: usize| ms(speech[window] + WINDOW);
        let slips = found.windows(2).filter_map(|pair| {
            let by = pair[1].1 - pair[0].1;
            let samples = (by + by.signum() * STEPS / 2) / STEPS;
            (by.abs() >= STEPS).then(|| Slip { at_ms: ms(pair[1].0), samples })
        });
        Self {
            offset: found.first().map_or(0.0, |&(_, offset)| offset as f64 / STEPS as f64),
            windows: speech.len(),
            found: found.len(),
            first_ms: (speech.first().map_or(0, |&start| ms(start)), first.map(start_ms)),
            last_ms: (speech.last().map_or(0, |&start| ms(start + WINDOW)), last.map(end_ms)),
            slips: slips.collect(),
            gain,
            wraps: received.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) > WRAP).count(),
            received: received.len(),
            gap_ms: ms(longest_gap(speech, offsets) * WINDOW),
        }
    }

    /// Samples of the wire that arrived twice, or out of nothing.
    pub fn repeated(&self) -> u64 {
        self.slips.iter().map(|slip| slip.samples.max(0).unsigned_abs()).sum()
    }

    /// Samples of the wire that never arrived, between the first and the last found.
    pub fn missing(&self) -> u64 {
        self.slips.iter().map(|slip| slip.samples.min(0).unsigned_abs()).sum()
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        let span_ms = self.last_ms.0 - self.first_ms.0;
        let allowed = (span_ms * u64::from(WIRE_RATE_HZ) / 1000) as f64 * SLIPPED_PART;
        let long = self.slips.iter().any(|slip| slip.samples.unsigned_abs() > SLIP_SAMPLES);
        let many = self.slips.len() > SLIPS || (self.repeated() + self.missing()) as f64 > allowed;
        let rules = [
            (Fault::Unlike, self.windows == 0 || (self.found as f64) < self.windows as f64 * FOUND_PART),
            (Fault::StartLost, self.first_ms.1.is_none_or(|found| found - self.first_ms.0 >= END_MS)),
            (Fault::EndLost, self.last_ms.1.is_none_or(|found| self.last_ms.0 - found >= END_MS)),
            (Fault::Gap, self.gap_ms >= GAP_MS),
            (Fault::Slipped, long || many),
            (Fault::Wrapped, self.wraps > 0),
            (Fault::Level, self.found > 0 && !(1.0 / GAIN..GAIN).contains(&self.gain)),
        ];
        rules.into_iter().filter_map(|(fault, is_so)| is_so.then_some(fault)).collect()
    }
}

impl fmt::Display for Alignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |ms: Option<u64>| ms.map_or("nowhere".to_owned(), |ms| format!("{ms} ms"));
        write!(f, "found {} of {} windows with speech", self.found, self.windows)?;
        write!(f, ", from {} (speech starts at {} ms)", place(self.first_ms.1), self.first_ms.0)?;
        write!(f, " to {} (ends at {} ms)", place(self.last_ms.1), self.last_ms.0)?;
        write!(f, ", longest gap {} ms", self.gap_ms)?;
        write!(f, ", start of the recording at sample {:.3} of {}", self.offset, self.received)?;
        write!(f, ", {} samples repeated, {} missing", self.repeated(), self.missing())?;
        write!(f, ", level {:.3}, {} wrapped peaks", self.gain, self.wraps)?;
        for (number, slip) in self.slips.iter().take(10).enumerate() {
            let before = if number == 0 { "; slips: " } else { ", " };
            write!(f, "{before}{:+} at {} ms", slip.samples, slip.at_ms)?;
        }
        if self.slips.len() > 10 { write!(f, " and {} more", self.slips.len() - 10) } else { Ok(()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unlike => "too little of the speech was found",
            Self::StartLost => "the first speech is lost",
            Self::EndLost => "the last speech is lost",
            Self::Gap => "there is a gap in the speech",
            Self::Slipped => "samples are missing or repeated",
            Self::Wrapped => "peaks wrapped around",
            Self::Level => "the level is more than 1 dB off",
        })
    }
}

/// Windows in a row, of those that touch each other, that were not found between others that were.
fn longest_gap(speech: &[usize], offsets: &[Option<i64>]) -> usize {
    let ends = offsets.iter().position(Option::is_some).zip(offsets.iter().rposition(Option::is_some));
    let Some((first, last)) = ends else { return 0 };
    let (mut length, mut longest) = (0, 0);
    for window in first..=last {
        let touches = window > first && speech[window] == speech[window - 1] + WINDOW;
        length = match offsets[window] {
            Some(_) => 0,
            None if touches => length + 1,
            None => 1,
        };
        longest = longest.max(length);
    }
    longest
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
