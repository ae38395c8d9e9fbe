//! Which audio belongs to a word, and to a place of the whole playback.

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
        Self::of_connection(recordings, connection)
            .filter(|recording| sample_at(start_ms) < recording.samples)
    }

    /// The recording of a connection, whether it has audio or not.
    pub fn of_connection(recordings: &[Self], connection: u32) -> Option<Self> {
        recordings.iter().rfind(|recording| recording.first_connection <= connection).copied()
    }

    /// The recording up to a time in ms, or whole.
    #[must_use]
    pub fn up_to(self, until_ms: Option<u64>) -> Self {
        let end = until_ms.map_or(u64::MAX, sample_at);
        Self { samples: self.samples.min(end), ..self }
    }

    /// The length in ms.
    pub fn length_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(SAMPLE_RATE_HZ)
    }

    /// The range that starts at a sample, as first and end; `None` at the end of the recording.
    pub fn range(&self, from: u64) -> Option<(u64, u64)> {
        (from < self.samples).then(|| (from, self.samples.min(from + MAX_RANGE_SAMPLES)))
    }
}

/// The recordings of the page one after the other, as they are played. Its times are in ms from the start of the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline(Vec<Recording>);

impl Timeline {
    /// The recordings that have audio, in the order of the page.
    pub fn new(recordings: impl IntoIterator<Item = Recording>) -> Self {
        Self(recordings.into_iter().filter(|recording| recording.samples > 0).collect())
    }

    /// The length of all recordings together, in ms.
    pub fn length_ms(&self) -> u64 {
        self.0.iter().map(Recording::length_ms).sum()
    }

    /// The recording that is played at a time, and the time in it; `None` at the end.
    pub fn place(&self, at_ms: u64) -> Option<(Recording, u64)> {
        let mut rest_ms = at_ms;
        for recording in &self.0 {
            if rest_ms < recording.length_ms() {
                return Some((*recording, rest_ms));
            }
            rest_ms -= recording.length_ms();
        }
        None
    }

    /// The time at which a time of a recording is played. `began_ms` identifies the recording.
    pub fn time_of(&self, began_ms: f64, at_ms: u64) -> Option<u64> {
        let index = self.index(began_ms)?;
        Some(self.0[..index].iter().map(Recording::length_ms).sum::<u64>() + at_ms)
    }

    /// The recording after one.
    pub fn after(&self, began_ms: f64) -> Option<Recording> {
        self.0.get(self.index(began_ms)? + 1).copied()
    }

    fn index(&self, began_ms: f64) -> Option<usize> {
        self.0.iter().position(|recording| (recording.began_ms - began_ms).abs() < 0.5)
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
    fn a_timeline_runs_through_all_recordings_that_have_audio() {
        let mut all = recordings();
        all.insert(1, Recording { began_ms: 3_000.0, first_connection: 2, samples: 0 });
        let timeline = Timeline::new(all);
        assert_eq!(timeline.length_ms(), 35_000);
        let place = |at_ms| timeline.place(at_ms).map(|(recording, ms)| (recording.began_ms as u64, ms));
        let ends = [0, 9_999, 10_000, 34_999, 35_000].map(place);
        assert_eq!(
            ends,
            [Some((1_000, 0)), Some((1_000, 9_999)), Some((5_000, 0)), Some((5_000, 24_999)), None]
        );
        assert_eq!(timeline.time_of(5_000.0, 2_500), Some(12_500));
        assert_eq!(timeline.time_of(3_000.0, 0), None);
        assert_eq!(timeline.after(1_000.0).map(|next| next.began_ms), Some(5_000.0));
        assert_eq!(timeline.after(5_000.0), None);
        assert_eq!(Timeline::new([]).place(0), None);
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
