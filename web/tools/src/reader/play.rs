//! Which audio belongs to a word.

use transcription_common::SAMPLE_RATE_HZ;

/// The samples read at once: 10 s are read without a noticeable delay and take 320 kB.
pub const MAX_RANGE_SAMPLES: u64 = 10 * SAMPLE_RATE_HZ as u64;

/// A recording of this page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recording {
    /// The start in ms since 1970, which identifies it.
    pub began_ms: f64,
    /// The number of its first connection.
    pub first_connection: u32,
    /// The number of samples captured.
    pub samples: u64,
}

impl Recording {
    /// The recording of a connection: the last one that began before it. `None` if it has no audio at that time.
    pub fn of(recordings: &[Self], connection: u32, start_ms: u64) -> Option<Self> {
        let of_connection = recordings.iter().rfind(|recording| recording.first_connection <= connection)?;
        (sample_at(start_ms) < of_connection.samples).then_some(*of_connection)
    }

    /// The recording up to a time in ms, or whole.
    #[must_use]
    pub fn up_to(self, until_ms: Option<u64>) -> Self {
        let end = until_ms.map_or(u64::MAX, sample_at);
        Self { samples: self.samples.min(end), ..self }
    }

    /// The range that starts at a sample, as first and end; `None` at the end of the recording.
    pub fn range(&self, from: u64) -> Option<(u64, u64)> {
        (from < self.samples).then(|| (from, self.samples.min(from + MAX_RANGE_SAMPLES)))
    }
}

/// The sample at a time in ms of the recording.
pub fn sample_at(ms: u64) -> u64 {
    ms.saturating_mul(u64::from(SAMPLE_RATE_HZ)) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recordings() -> Vec<Recording> {
        let recording =
            |began_ms, first_connection, samples| Recording { began_ms, first_connection, samples };
        vec![recording(1_000.0, 1, 160_000), recording(5_000.0, 3, 400_000)]
    }

    #[test]
    fn a_turn_belongs_to_the_last_recording_that_began_before_its_connection() {
        let began_ms = |connection| Recording::of(&recordings(), connection, 0).map(|found| found.began_ms);
        assert_eq!(
            [0, 1, 2, 3, 9].map(began_ms),
            [None, Some(1_000.0), Some(1_000.0), Some(5_000.0), Some(5_000.0)]
        );
    }

    #[test]
    fn audio_that_was_not_captured_is_none() {
        assert!(Recording::of(&recordings(), 1, 9_999).is_some());
        assert_eq!(Recording::of(&recordings(), 1, 10_000), None);
    }

    #[test]
    fn ranges_end_where_playing_is_to_end() {
        let recording = recordings()[1];
        let ranges = |until_ms| {
            let of = recording.up_to(until_ms);
            std::iter::successors(of.range(16_000), |(_, to)| of.range(*to)).collect::<Vec<_>>()
        };
        assert_eq!(ranges(Some(1_500)), [(16_000, 24_000)]);
        assert_eq!(ranges(Some(500)), []);
        assert_eq!(ranges(Some(u64::MAX)), ranges(None));
        assert_eq!(ranges(None).last(), Some(&(336_000, 400_000)));
    }

    #[test]
    fn ranges_follow_each_other_without_a_gap_to_the_end() {
        let recording = recordings()[1];
        let (mut at, mut count) = (sample_at(1_500), 0);
        while let Some((from, to)) = recording.range(at) {
            assert_eq!(from, at);
            assert!(to > from && to - from <= MAX_RANGE_SAMPLES);
            (at, count) = (to, count + 1);
        }
        assert_eq!((at, count), (recording.samples, 3));
    }
}
