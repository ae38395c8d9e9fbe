//! Which audio belongs to a word.

use transcription_common::SAMPLE_RATE_HZ;

/// How much audio is asked for at once, in samples: 10 s are there at once, and take 320 kB.
pub const PIECE_SAMPLES: u64 = 10 * SAMPLE_RATE_HZ as u64;

/// A recording of this page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recording {
    /// When it began, in ms since 1970: its name.
    pub began_ms: f64,
    /// Its first connection.
    pub first_connection: u32,
    /// How much was captured, in samples.
    pub samples: u64,
}

impl Recording {
    /// Reads numbers that come in threes, as the page tells them.
    pub fn read(numbers: &[f64]) -> Vec<Self> {
        let read = |three: &[f64]| {
            let &[began_ms, first, samples] = three else { return None };
            Some(Self { began_ms, first_connection: first as u32, samples: samples as u64 })
        };
        numbers.chunks(3).filter_map(read).collect()
    }

    /// The one that a connection's turns were heard in: the last that began before it. `None` where it has no audio
    /// at that time.
    pub fn of(recordings: &[Self], connection: u32, start_ms: u64) -> Option<Self> {
        let of_connection = recordings.iter().rfind(|recording| recording.first_connection <= connection)?;
        (sample_at(start_ms) < of_connection.samples).then_some(*of_connection)
    }

    /// The piece of it that begins at a sample, from and to; `None` at the end.
    pub fn piece(&self, from: u64) -> Option<(u64, u64)> {
        (from < self.samples).then(|| (from, self.samples.min(from + PIECE_SAMPLES)))
    }
}

/// The sample at a time of the recording.
pub fn sample_at(ms: u64) -> u64 {
    ms * u64::from(SAMPLE_RATE_HZ) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recordings() -> Vec<Recording> {
        Recording::read(&[1_000.0, 1.0, 160_000.0, 5_000.0, 3.0, 400_000.0])
    }

    #[test]
    fn a_turn_is_heard_in_the_last_recording_that_began_before_its_connection() {
        let began_ms = |connection| Recording::of(&recordings(), connection, 0).map(|found| found.began_ms);
        assert_eq!(
            [0, 1, 2, 3, 9].map(began_ms),
            [None, Some(1_000.0), Some(1_000.0), Some(5_000.0), Some(5_000.0)]
        );
    }

    #[test]
    fn what_was_never_captured_cannot_be_heard() {
        assert!(Recording::of(&recordings(), 1, 9_999).is_some());
        assert_eq!(Recording::of(&recordings(), 1, 10_000), None);
    }

    #[test]
    fn pieces_follow_each_other_without_a_gap_up_to_the_end() {
        let recording = recordings()[1];
        let (mut at, mut count) = (sample_at(1_500), 0);
        while let Some((from, to)) = recording.piece(at) {
            assert_eq!(from, at);
            assert!(to > from && to - from <= PIECE_SAMPLES);
            (at, count) = (to, count + 1);
        }
        assert_eq!((at, count), (recording.samples, 3));
    }
}
