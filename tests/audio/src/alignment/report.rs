//! The result of a comparison, and the rules that it must meet.

use std::fmt;

use super::{STEPS, WINDOW};
use crate::WIRE_RATE_HZ;

/// The share of the windows with speech that must be found: a slip of the browser loses one or two of about 100.
const FOUND_PART: f64 = 0.9;
/// The share of the samples that may be missing or repeated.
const SLIPPED_PART: f64 = 0.005;
/// The most slips allowed: a browser under load slips once or twice in a recording, a bug in the page at every chunk.
const SLIPS: usize = 4;
/// The longest slip that a browser causes: 20 ms.
const SLIP_SAMPLES: u64 = 320;
/// Lost speech at the start or end is a fault from two windows on; a single one may be too quiet to be found.
const END_MS: u64 = 120;
/// A slip of the browser affects one window; two in a row that are not found mean missing or reordered audio.
const GAP_MS: u64 = 120;
/// The largest step between two samples (of 65 536) of speech below 5 kHz; a larger one is an integer overflow.
const WRAP: u16 = 49_152;
/// The largest gain allowed, and the inverse of the smallest: 1 dB.
const GAIN: f64 = 1.122;

/// A point at which the offset between stream and recording changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Position in the recording in ms, exact to a few windows.
    pub at_ms: u64,
    /// Samples of the stream: positive if repeated or inserted, negative if missing.
    pub samples: i64,
}

/// The comparison of a stream with the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// The position of the recording's start in the stream, in samples; negative if the start was not captured.
    pub offset: f64,
    /// Number of windows (60 ms) with speech in the recording.
    pub windows: usize,
    /// Number of those windows that were found in the stream.
    pub found: usize,
    /// The start of the recording's first speech, and of the first that was found, in ms of the recording.
    pub first_ms: (u64, Option<u64>),
    /// The end of the recording's last speech, and of the last that was found, in ms of the recording.
    pub last_ms: (u64, Option<u64>),
    /// All slips, in order.
    pub slips: Vec<Slip>,
    /// The stream's level divided by the recording's.
    pub gain: f64,
    /// Number of steps so large that only an integer overflow causes them.
    pub wraps: usize,
    /// Number of samples in the stream.
    pub received: usize,
    /// The longest run of windows not found between the first and the last that were, in ms.
    pub gap_ms: u64,
}

/// A rule that a stream breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Too few windows were found.
    Unlike,
    /// The first speech is missing.
    StartLost,
    /// The last speech is missing.
    EndLost,
    /// A part of the speech is missing or out of order.
    Gap,
    /// Samples are missing or repeated.
    Slipped,
    /// Peaks overflowed instead of being clipped.
    Wrapped,
    /// The level differs.
    Level,
}

/// A stream that does not match the recording.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not the recording: {}; {alignment}", list(.faults))]
pub struct Misalignment {
    /// The comparison.
    pub alignment: Box<Alignment>,
    /// All rules that the stream breaks.
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

    /// Samples of the stream that are repeated or inserted.
    pub fn repeated(&self) -> u64 {
        self.slips.iter().map(|slip| slip.samples.max(0).unsigned_abs()).sum()
    }

    /// Samples missing in the stream between the first and the last window found.
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
        rules.into_iter().filter_map(|(fault, is_broken)| is_broken.then_some(fault)).collect()
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

/// The longest run of adjacent windows that were not found, between the first and the last that were.
fn longest_gap(speech: &[usize], offsets: &[Option<i64>]) -> usize {
    let ends = offsets.iter().position(Option::is_some).zip(offsets.iter().rposition(Option::is_some));
    let Some((first, last)) = ends else { return 0 };
    let (mut length, mut longest) = (0, 0);
    for window in first..=last {
        let is_adjacent = window > first && speech[window] == speech[window - 1] + WINDOW;
        length = match offsets[window] {
            Some(_) => 0,
            None if is_adjacent => length + 1,
            None => 1,
        };
        longest = longest.max(length);
    }
    longest
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
