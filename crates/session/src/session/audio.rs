use assemblyai_protocol::Termination;

use super::AudioStats;
use crate::journal::{Frame, Journal, SAMPLE_RATE_HZ};

/// Seconds by which the service's count of audio may differ: it reports whole seconds, rounded.
const COUNT_TOLERANCE_S: f64 = 1.0;

/// A recording's audio and the account of it.
#[derive(Debug, Default)]
pub(super) struct Audio {
    journal: Journal,
    stats: AudioStats,
    /// Samples that were left out because nobody spoke.
    skipped: u64,
    /// Samples before this position are off the record as they are captured.
    off_record_until: u64,
}

impl Audio {
    /// The audio of a recording that is resumed.
    pub(super) fn restored(journal: Journal) -> Self {
        Self { journal, ..Self::default() }
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn stats(&self) -> AudioStats {
        // A gap, and what was not sent, count as confirmed for the journal, but not for the user.
        let confirmed = self.journal.confirmed().saturating_sub(self.stats.given_up + self.skipped);
        AudioStats { captured: self.journal.captured(), confirmed, ..self.stats }
    }

    /// Whether the transcript is complete.
    pub(super) fn is_confirmed(&self) -> bool {
        self.journal.confirmed() == self.journal.captured()
    }

    /// Adds captured samples; returns the range that was pushed out of the journal unsent to make room, if any.
    pub(super) fn capture(&mut self, samples: &[i16]) -> Option<(u64, u64)> {
        let from = self.journal.next_position();
        let captured = self.journal.captured();
        self.journal.push(samples);
        self.journal.silence(captured, self.off_record_until);
        let to = self.journal.next_position();
        (to > from).then_some((from, to))
    }

    /// The next frame of at most `budget` samples, with its position.
    pub(super) fn next_frame(&mut self, budget: u64) -> Option<(u64, Frame)> {
        let position = self.journal.next_position();
        let frame = self.journal.next_frame(budget)?;
        self.stats.sent += frame.len() as u64;
        Some((position, frame))
    }

    /// The last frame, with its position; see [`Journal::tail`].
    pub(super) fn tail(&mut self) -> Option<(u64, Frame)> {
        let position = self.journal.next_position();
        let frame = self.journal.tail()?;
        self.stats.sent += frame.len() as u64;
        Some((position, frame))
    }

    /// Goes back to where a new connection has to begin, and returns that position.
    pub(super) fn rewind(&mut self) -> u64 {
        self.journal.rewind()
    }

    /// Replaces the samples from one position to before another with silence, and those too that are still to be captured.
    pub(super) fn silence(&mut self, from: u64, to: u64) {
        self.journal.silence(from, to);
        self.off_record_until = to;
    }

    pub(super) fn confirm_word(&mut self, start: u64, end: u64) {
        self.journal.confirm_word(start, end);
    }

    pub(super) fn confirm_silence(&mut self, until: u64) {
        self.journal.confirm_silence(until);
    }

    /// Leaves out the samples up to this position: nobody has spoken.
    pub(super) fn skip_silence(&mut self, until: u64) {
        let from = self.journal.next_position();
        self.journal.skip(until);
        self.skipped += self.journal.next_position() - from;
    }

    pub(super) fn count_reconnect(&mut self) {
        self.stats.reconnects += 1;
    }

    /// Gives up the audio that the journal no longer holds, and returns its range.
    pub(super) fn give_up_gap(&mut self) -> Option<(u64, u64)> {
        let (from, to) = self.journal.gap()?;
        self.journal.forget_gap();
        self.stats.dropped += to - from;
        self.stats.given_up += to - from;
        Some((from, to))
    }

    /// Counts the audio that will not be transcribed because the recording failed, and returns its range if it is a
    /// second or more.
    pub(super) fn drop_rest(&mut self) -> Option<(u64, u64)> {
        let from = self.journal.gap().map_or(self.journal.next_position(), |(from, _)| from);
        let to = self.journal.captured();
        if to - from < u64::from(SAMPLE_RATE_HZ) {
            return None;
        }
        self.stats.dropped += to - from;
        Some((from, to))
    }

    /// The service has sent all turns of a connection: confirms what was sent, and compares the service's count with
    /// the samples sent. Returns both in seconds, the service's first, if they differ.
    pub(super) fn on_termination(
        &mut self,
        termination: &Termination,
        sent_samples: u64,
    ) -> Option<(u64, u64)> {
        self.journal.confirm_silence(self.journal.next_position());
        let sent_s = sent_samples as f64 / f64::from(SAMPLE_RATE_HZ);
        let received_s = termination.audio_duration_s.filter(|s| (s - sent_s).abs() > COUNT_TOLERANCE_S)?;
        self.stats.miscounted_s = Some((received_s.round() as u64, sent_s.round() as u64));
        self.stats.miscounted_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_that_is_sent_twice_counts_twice() {
        let mut audio = Audio::default();
        audio.capture(&[1; 3_200]);
        assert_eq!(audio.next_frame(3_200).map(|(at, frame)| (at, frame.len())), Some((0, 3_200)));
        assert_eq!(audio.rewind(), 0);
        audio.next_frame(3_200);
        assert_eq!((audio.stats().captured, audio.stats().sent), (3_200, 6_400));
    }

    #[test]
    fn silence_that_is_left_out_is_neither_sent_nor_confirmed() {
        let mut audio = Audio::default();
        audio.capture(&[1; 3_200]);
        audio.next_frame(3_200);
        audio.confirm_silence(3_200);
        audio.capture(&[0; 4_800]);
        audio.skip_silence(8_000);
        let stats = audio.stats();
        assert_eq!((stats.captured, stats.sent, stats.confirmed), (8_000, 3_200, 3_200));
        assert!(audio.is_confirmed());
    }

    #[test]
    fn a_gap_is_given_up_once_and_counts_as_dropped() {
        let mut audio = Audio::restored(Journal::restored(vec![1; 1_600], 32_000, 16_000));
        assert_eq!(audio.give_up_gap(), Some((16_000, 32_000)));
        assert_eq!(audio.give_up_gap(), None);
        assert_eq!((audio.stats().dropped, audio.stats().confirmed), (16_000, 16_000));
    }

    #[test]
    fn the_rest_of_a_failed_recording_counts_as_dropped_from_one_second_on() {
        let mut audio = Audio::default();
        audio.capture(&[1; 8_000]);
        assert_eq!((audio.drop_rest(), audio.stats().dropped), (None, 0));
        audio.capture(&[1; 8_000]);
        assert_eq!((audio.drop_rest(), audio.stats().dropped), (Some((0, 16_000)), 16_000));
    }

    #[test]
    fn a_count_that_differs_by_more_than_a_second_is_reported() {
        let mut audio = Audio::default();
        let termination = |s| Termination { audio_duration_s: s, session_duration_s: None };
        assert_eq!(audio.on_termination(&termination(None), 160_000), None);
        assert_eq!(audio.on_termination(&termination(Some(9.0)), 160_000), None);
        assert_eq!(audio.on_termination(&termination(Some(8.0)), 160_000), Some((8, 10)));
        assert_eq!(audio.stats().miscounted_s, Some((8, 10)));
    }
}
