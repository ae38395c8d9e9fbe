//! Which audio belongs to a word, and to a place of the whole playback.

use std::ops::Range;

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

    /// The numbers of its connections: up to the next recording, whether that has audio or not.
    pub fn connections(&self, recordings: &[Self]) -> Range<u32> {
        let later = recordings.iter().map(|recording| recording.first_connection);
        let next = later.filter(|first| *first > self.first_connection).min();
        self.first_connection..next.unwrap_or(u32::MAX)
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

    /// The end of the last recording: the recording, and its length in ms. `None` if there is none.
    pub fn end(&self) -> Option<(Recording, u64)> {
        self.0.last().map(|last| (*last, last.length_ms()))
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

/// Which sound of a recording is heard when. Times are of the clock that plays it, in s, and of the recording, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Where in the recording the sound starts that was scheduled without a gap.
    from_ms: u64,
    /// When that sounds; `None` until something is scheduled.
    starts_at_s: Option<f64>,
    /// When what is scheduled ends.
    ends_at_s: f64,
}

impl Schedule {
    /// Nothing is scheduled yet of what is to be played from a time of the recording on.
    pub fn new(from_ms: u64) -> Self {
        Self { from_ms, starts_at_s: None, ends_at_s: 0.0 }
    }

    /// Adds samples from a place of the recording on, and returns when they are to start: with the end of those before
    /// them, or, if they are late, as early as they can.
    pub fn push(&mut self, at_sample: u64, samples: usize, earliest_s: f64) -> f64 {
        if self.starts_at_s.is_none() || earliest_s > self.ends_at_s {
            self.from_ms = at_sample * 1000 / u64::from(SAMPLE_RATE_HZ);
            self.starts_at_s = Some(earliest_s);
            self.ends_at_s = earliest_s;
        }
        let starts_at_s = self.ends_at_s;
        self.ends_at_s += samples as f64 / f64::from(SAMPLE_RATE_HZ);
        starts_at_s
    }

    /// Whether something has been heard at a time.
    pub fn has_begun(&self, now_s: f64) -> bool {
        self.starts_at_s.is_some_and(|starts_at_s| starts_at_s <= now_s)
    }

    /// What is heard at a time, in ms: it stands still while what comes next is late.
    pub fn position_ms(&self, now_s: f64) -> u64 {
        let past_s = self.starts_at_s.map_or(0.0, |starts_at_s| now_s.min(self.ends_at_s) - starts_at_s);
        self.from_ms + (past_s.max(0.0) * 1000.0) as u64
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
    fn the_connections_of_a_recording_end_where_the_next_one_starts_even_without_audio() {
        let mut all = recordings();
        assert_eq!(all[0].connections(&all), 1..3);
        assert_eq!(all[1].connections(&all), 3..u32::MAX);
        all.push(Recording { began_ms: 3_000.0, first_connection: 2, samples: 0 });
        assert_eq!(all[0].connections(&all), 1..2);
    }

    #[test]
    fn the_end_is_that_of_the_last_recording_that_has_audio() {
        let mut all = recordings();
        all.push(Recording { began_ms: 9_000.0, first_connection: 5, samples: 0 });
        let end = Timeline::new(all).end().map(|(recording, ms)| (recording.began_ms as u64, ms));
        assert_eq!(end, Some((5_000, 25_000)));
        assert_eq!(Timeline::new([]).end(), None);
    }

    #[test]
    fn the_position_stands_still_while_sound_is_late_and_goes_on_with_it() {
        let mut schedule = Schedule::new(2_000);
        assert_eq!((schedule.position_ms(5.0), schedule.has_begun(5.0)), (2_000, false));
        // Two chunks of a second follow each other, though the second one was read early.
        assert!((schedule.push(32_000, 16_000, 10.0) - 10.0).abs() < 1e-9);
        assert!((schedule.push(48_000, 16_000, 10.3) - 11.0).abs() < 1e-9);
        assert_eq!(
            [9.9, 10.0, 10.5, 11.5].map(|now_s| schedule.position_ms(now_s)),
            [2_000, 2_000, 2_500, 3_500]
        );
        assert_eq!([9.9, 10.0].map(|now_s| schedule.has_begun(now_s)), [false, true]);
        // The third one is three seconds late: nothing is heard meanwhile.
        assert_eq!([12.0, 13.0, 14.9].map(|now_s| schedule.position_ms(now_s)), [4_000; 3]);
        assert!((schedule.push(64_000, 16_000, 15.0) - 15.0).abs() < 1e-9);
        assert_eq!(
            [14.9, 15.0, 15.5, 99.0].map(|now_s| schedule.position_ms(now_s)),
            [4_000, 4_000, 4_500, 5_000]
        );
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
