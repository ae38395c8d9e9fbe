use assemblyai_protocol::{Heartbeat, Turn};

use crate::journal::{self, SAMPLE_RATE_HZ};
use crate::sorted_vec_map::SortedVecMap;

/// The largest budget, in samples: 5 s, which a new connection may send at once.
const MAX_BUDGET: u64 = 5 * SAMPLE_RATE_HZ as u64;
/// How far a connection's audio may be ahead of time, in samples: 240 s. The service ends a session whose audio is
/// about 300 s ahead (error 3007, captured with 314.9 s).
const MAX_LEAD: u64 = 240 * SAMPLE_RATE_HZ as u64;
/// Bytes queued in the socket above which no more is sent: 3 s.
const HIGH_WATER_BYTES: u32 = 3 * 2 * SAMPLE_RATE_HZ;
/// How long a socket may have bytes queued and send none before it counts as stalled, in ms.
pub(super) const STALL_MS: u64 = 4_000;
/// The same for a service that reads only as fast as it recognises: far less than a journal holds.
pub(super) const SLOW_STALL_MS: u64 = 180_000;
/// The longest time that counts between two reports of queued bytes, in ms. A program that was blocked has not seen what
/// its socket sent meanwhile.
const LONGEST_REPORT_MS: u64 = 1_000;
/// The latest audio that the service may have received without having sent its words, in samples: 3 s. The first
/// partial came up to 1.5 s after the onset of a word (public test report, 2026-09).
const RECOGNITION_DELAY: u64 = 3 * SAMPLE_RATE_HZ as u64;

/// How much later than the audio that was sent a word may be, in ms: ten minutes. Further off no clock is that counts
/// audio, however it rounds or looks ahead.
const TIME_TOLERANCE_MS: f64 = 600_000.0;
/// How many turns a partial may be late.
const REMEMBERED_TURNS: u64 = 100;
/// The probability from which on audio counts as speech: the lowest of the models' own thresholds.
const SPEECH_PROBABILITY: f64 = 0.2;

/// The audio that was sent over one connection, how much more may be sent, and which of it the service has confirmed.
///
/// Its clock is the captured audio, which advances in real time without a timer.
#[derive(Debug, Default)]
pub(super) struct SendWindow {
    /// Ranges of the connection's audio that are contiguous in the recording: the first sample of each as the
    /// connection counts and its recording position; ascending.
    ranges: Vec<(u64, u64)>,
    sent: u64,
    elapsed: u64,
    budget: u64,
    buffered_bytes: u32,
    /// How many bytes the socket has sent.
    transmitted: u64,
    /// When its queued bytes were last reported, in ms.
    reported_ms: Option<u64>,
    /// For how long it has had bytes queued and sent none, in ms.
    stalled_ms: u64,
    /// Turns that have begun and not ended.
    open_turns: SortedVecMap<u64, ()>,
    /// The last turns that have ended.
    ended_turns: SortedVecMap<u64, ()>,
    /// The end of the last word of the turns that have ended, in ms of the recording.
    last_end_ms: f64,
}

impl SendWindow {
    /// The window of a connection that has just opened.
    pub(super) fn open() -> Self {
        Self { budget: MAX_BUDGET, ..Self::default() }
    }

    /// Advances time by this many samples. The budget grows twice as fast as time, but only as fast while the audio is
    /// far ahead.
    pub(super) fn advance(&mut self, samples: u64) {
        self.elapsed += samples;
        let is_far_ahead = self.sent.saturating_sub(self.elapsed) >= MAX_LEAD;
        let more = if is_far_ahead { samples } else { 2 * samples };
        self.budget = (self.budget + more).min(MAX_BUDGET);
    }

    /// How many samples may be sent now.
    pub(super) fn budget(&self) -> u64 {
        if self.buffered_bytes >= HIGH_WATER_BYTES { 0 } else { self.budget }
    }

    /// Counts samples that were sent, from this recording position on.
    pub(super) fn sent(&mut self, position: u64, samples: u64) {
        let expected = self.ranges.last().map(|&(sent, from)| from + (self.sent - sent));
        if expected != Some(position) {
            self.ranges.push((self.sent, position));
        }
        self.sent += samples;
        self.budget = self.budget.saturating_sub(samples);
        let bytes = u32::try_from(2 * samples).unwrap_or(u32::MAX);
        self.buffered_bytes = self.buffered_bytes.saturating_add(bytes);
    }

    /// At this time, in ms, the socket has queued this many bytes; returns whether it has sent none for `stall_ms`.
    ///
    /// The time is that of a clock: captured audio may come faster than a socket can send.
    pub(super) fn on_buffered_amount(&mut self, bytes: u32, now_ms: u64, stall_ms: u64) -> bool {
        self.buffered_bytes = bytes;
        let transmitted = (2 * self.sent).saturating_sub(u64::from(bytes));
        let passed_ms = now_ms.saturating_sub(self.reported_ms.replace(now_ms).unwrap_or(now_ms));
        self.stalled_ms += passed_ms.min(LONGEST_REPORT_MS);
        if bytes == 0 || transmitted > self.transmitted {
            (self.transmitted, self.stalled_ms) = (transmitted, 0);
        }
        let is_stalled = self.stalled_ms >= stall_ms;
        if is_stalled {
            self.stalled_ms = 0; // Not reported again with each chunk.
        }
        is_stalled
    }

    /// Bytes that the socket has sent, as far as is known.
    pub(super) fn transmitted_bytes(&self) -> u64 {
        self.transmitted
    }

    /// Whether the socket has not sent all that it was given.
    pub(super) fn has_buffered(&self) -> bool {
        self.buffered_bytes > 0
    }

    /// Samples sent over this connection.
    pub(super) fn sent_samples(&self) -> u64 {
        self.sent
    }

    /// Converts the times of a turn from the connection's audio to the recording's.
    ///
    /// A time far beyond the audio that was sent is impossible; such a word lies between its neighbours, or after the turn
    /// before, so that it confirms no audio.
    pub(super) fn to_recording_time(&self, mut turn: Turn) -> Turn {
        let latest_ms = (self.sent / u64::from(SAMPLE_RATE_HZ / 1000)) as f64 + TIME_TOLERANCE_MS;
        let is_possible = |ms: f64| ms <= latest_ms;
        let first_ms = turn.words.iter().map(|word| word.start_ms).find(|ms| is_possible(*ms));
        let mut before_ms = first_ms.map_or(self.last_end_ms, |ms| self.recording_ms(ms));
        for word in &mut turn.words {
            let start_ms =
                if is_possible(word.start_ms) { self.recording_ms(word.start_ms) } else { before_ms };
            let end_ms = if is_possible(word.end_ms) { self.recording_ms(word.end_ms) } else { start_ms };
            (word.start_ms, word.end_ms) = (start_ms, end_ms.max(start_ms));
            before_ms = word.end_ms;
        }
        turn
    }

    fn recording_ms(&self, ms: f64) -> f64 {
        let at = journal::position(ms);
        let range = self.ranges.iter().rfind(|(sent, _)| *sent <= at).or(self.ranges.first());
        let (sent, from) = range.copied().unwrap_or_default();
        // Pro models report the first word of a turn up to 1 s early, perhaps before the connection's audio.
        let samples_per_ms = f64::from(SAMPLE_RATE_HZ / 1000);
        (ms + (from as f64 - sent as f64) / samples_per_ms).max(0.0)
    }

    /// Registers a turn in recording time; returns the start and end position of the word up to which it completes the
    /// transcript.
    pub(super) fn confirm(&mut self, turn: &Turn) -> Option<(u64, u64)> {
        if !turn.end_of_turn {
            // A partial may arrive after the end of its turn.
            let is_new = self.ended_turns.get(turn.turn_order).is_none();
            if is_new && (!turn.transcript.is_empty() || !turn.words.is_empty()) {
                self.open_turns.insert(turn.turn_order, ());
            }
            return None;
        }
        self.open_turns.remove(turn.turn_order);
        self.ended_turns.insert(turn.turn_order, ());
        self.ended_turns.forget_before(turn.turn_order.saturating_sub(REMEMBERED_TURNS));
        // A turn that two others have followed never ends.
        self.open_turns.forget_before(turn.turn_order.saturating_sub(1));
        // The words of an earlier turn may still change.
        let is_first = self.open_turns.before(turn.turn_order).is_empty();
        let last = turn.words.last()?;
        self.last_end_ms = last.end_ms;
        if !is_first {
            return None;
        }
        Some((journal::position(last.start_ms), journal::position(last.end_ms)))
    }

    /// Evaluates the service's count of received audio; returns the recording position up to which it has no words to
    /// send.
    ///
    /// Received audio is not recognised audio: some models send nothing of a turn before its first pause, and audio
    /// that is ahead of time is queued. So it counts only if there was no speech since the last heartbeat and no turn
    /// is open, not beyond the time that has passed, and not for the last seconds.
    pub(super) fn heartbeat(&mut self, heartbeat: &Heartbeat) -> Option<u64> {
        // It also advances time while nothing is captured and the browser throttles timers.
        let elapsed = journal::position(heartbeat.total_duration_ms);
        self.advance(elapsed.saturating_sub(self.elapsed).min(2 * MAX_BUDGET));
        let received = journal::position(heartbeat.total_audio_received_ms);
        let recognised = received.min(self.sent).min(self.elapsed).saturating_sub(RECOGNITION_DELAY);
        let is_quiet = heartbeat.max_speech_probability.is_some_and(|most| most < SPEECH_PROBABILITY);
        if recognised == 0 || !is_quiet || !self.open_turns.is_empty() {
            return None;
        }
        let &(sent, from) = self.ranges.iter().rfind(|(sent, _)| *sent <= recognised)?;
        Some(from + (recognised - sent))
    }

    /// Whether a turn has begun and not ended.
    pub(super) fn is_in_a_turn(&self) -> bool {
        !self.open_turns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_protocol::Word;

    use super::*;

    const SECOND: u64 = 16_000;

    fn turn(turn_order: u64, end_of_turn: bool, words: &[(f64, f64)]) -> Turn {
        let words = words.iter().map(|&(start_ms, end_ms)| Word { start_ms, end_ms, ..Word::default() });
        Turn { turn_order, end_of_turn, words: words.collect(), ..Turn::default() }
    }

    #[test]
    fn five_seconds_may_be_sent_at_once_and_then_twice_as_much_as_time_passes() {
        let mut window = SendWindow::open();
        assert_eq!(window.budget(), 5 * SECOND);
        window.sent(0, 5 * SECOND);
        window.on_buffered_amount(0, 0, STALL_MS);
        assert_eq!(window.budget(), 0);
        window.advance(1_600);
        assert_eq!(window.budget(), 3_200);
        window.advance(60 * SECOND);
        assert_eq!(window.budget(), 5 * SECOND);
    }

    #[test]
    fn late_audio_is_sent_at_most_240_s_ahead_of_time() {
        let mut window = SendWindow::open();
        let mut lead = 0;
        for _ in 0..10 * 60 * 10 {
            window.advance(1_600);
            window.sent(window.sent, window.budget());
            window.on_buffered_amount(0, 0, STALL_MS);
            lead = lead.max(window.sent - window.elapsed);
        }
        assert!((MAX_LEAD..MAX_LEAD + 10 * SECOND).contains(&lead), "{} s", lead / SECOND);
    }

    #[test]
    fn nothing_is_sent_to_a_socket_that_has_3_s_queued() {
        let mut window = SendWindow::open();
        window.sent(0, 3 * SECOND);
        assert_eq!(window.budget(), 0);
        window.on_buffered_amount(95_999, 0, STALL_MS);
        assert_eq!(window.budget(), 2 * SECOND);
    }

    #[test]
    fn a_socket_that_sends_nothing_for_4_s_is_stalled_and_a_slow_one_is_not() {
        let stalls = |sent_per_tenth: u64| {
            let mut window = SendWindow::open();
            (1..=300_u64).any(|tenth| {
                window.advance(1_600);
                window.sent(tenth * 1_600, 1_600);
                window.on_buffered_amount(
                    u32::try_from(2 * window.sent - tenth * sent_per_tenth).unwrap_or(u32::MAX),
                    tenth * 100,
                    STALL_MS,
                )
            })
        };
        assert!(stalls(0));
        assert!(!stalls(10));
        assert!(!stalls(3_200));
    }

    #[test]
    fn audio_that_comes_at_once_and_a_program_that_was_blocked_are_no_stalled_socket() {
        let mut window = SendWindow::open();
        window.sent(0, SECOND);
        assert!(!window.on_buffered_amount(32_000, 0, STALL_MS));
        // A minute of audio is captured within a tenth of a second, after the program was blocked for another.
        for report in 0..600 {
            window.advance(1_600);
            assert!(!window.on_buffered_amount(32_000, 60_000 + report / 6, STALL_MS));
        }
        let stalled_ms = (60_100..70_000).step_by(100).find(|now_ms| {
            window.advance(1_600);
            window.on_buffered_amount(32_000, *now_ms, STALL_MS)
        });
        assert_eq!(stalled_ms, Some(63_000));
    }

    #[test]
    fn times_of_words_are_converted_to_recording_time() {
        let mut window = SendWindow::open();
        window.sent(60 * SECOND, SECOND);
        window.sent(61 * SECOND, SECOND);
        window.sent(100 * SECOND, SECOND); // The audio between was dropped.
        let turn = window.to_recording_time(turn(0, true, &[(500.0, 1500.0), (2000.0, 2250.0)]));
        let times: Vec<_> = turn.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(times, [(60_500.0, 61_500.0), (100_000.0, 100_250.0)]);
        assert_eq!(window.confirm(&turn), Some((100_000 * 16, 100_250 * 16)));
    }

    #[test]
    fn an_impossible_time_moves_no_other_word_and_confirms_no_audio() {
        let mut window = SendWindow::open();
        window.sent(60 * SECOND, 3 * SECOND);
        let far = 1e18;
        let words = [(500.0, 900.0), (far, far), (1_500.0, far), (2_000.0, 1_900.0), (-1e18, 2_100.0)];
        let converted = window.to_recording_time(turn(0, true, &words));
        let times: Vec<_> = converted.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        let expected = [
            (60_500.0, 60_900.0),
            (60_900.0, 60_900.0),
            (61_500.0, 61_500.0),
            (62_000.0, 62_000.0),
            (0.0, 62_100.0),
        ];
        assert_eq!(times, expected);
        assert_eq!(window.confirm(&converted), Some((0, 62_100 * 16)));
        let lost = window.to_recording_time(turn(1, true, &[(far, far), (f64::INFINITY, f64::NAN)]));
        assert_eq!(window.confirm(&lost), Some((62_100 * 16, 62_100 * 16)));
    }

    #[test]
    fn a_final_turn_does_not_confirm_an_earlier_turn_that_is_open() {
        let mut window = SendWindow::open();
        assert_eq!(window.confirm(&turn(0, false, &[(0.0, 500.0)])), None);
        assert_eq!(window.confirm(&turn(1, true, &[(600.0, 900.0)])), None);
        assert_eq!(window.confirm(&turn(0, true, &[(0.0, 500.0)])), Some((0, 500 * 16)));
    }

    #[test]
    fn received_silence_is_confirmed_except_the_last_3_s() {
        let mut window = SendWindow::open();
        window.sent(10 * SECOND, 20 * SECOND);
        let heartbeat = |ms, most| Heartbeat {
            total_audio_received_ms: ms,
            max_speech_probability: most,
            ..Heartbeat::default()
        };
        window.advance(20 * SECOND);
        assert_eq!(window.heartbeat(&heartbeat(2_000.0, Some(0.0))), None);
        assert_eq!(window.heartbeat(&heartbeat(5_000.0, Some(0.01))), Some(12 * SECOND));
        assert_eq!(window.heartbeat(&heartbeat(8_000.0, Some(0.9))), None);
        assert_eq!(window.heartbeat(&heartbeat(8_000.0, None)), None);
        assert_eq!(window.heartbeat(&heartbeat(1e300, Some(0.0))), Some(27 * SECOND));
        window.confirm(&turn(0, false, &[(19_000.0, 19_500.0)]));
        assert_eq!(window.heartbeat(&heartbeat(15_000.0, Some(0.0))), None);
    }

    #[test]
    fn audio_that_was_sent_ahead_of_time_is_not_confirmed_before_that_time() {
        let mut window = SendWindow::open();
        window.sent(0, 20 * SECOND);
        window.advance(4 * SECOND);
        let heartbeat = Heartbeat {
            total_audio_received_ms: 20_000.0,
            total_duration_ms: 5_000.0,
            max_speech_probability: Some(0.0),
            ..Heartbeat::default()
        };
        assert_eq!(window.heartbeat(&heartbeat), Some(2 * SECOND));
    }

    #[test]
    fn a_late_partial_and_a_turn_that_never_ends_do_not_stop_confirmation() {
        let mut window = SendWindow::open();
        assert_eq!(window.confirm(&turn(0, true, &[(0.0, 500.0)])), Some((0, 500 * 16)));
        assert_eq!(window.confirm(&turn(0, false, &[(0.0, 500.0)])), None);
        assert_eq!(window.confirm(&turn(1, false, &[(600.0, 700.0)])), None);
        assert_eq!(window.confirm(&turn(2, true, &[(800.0, 900.0)])), None);
        assert_eq!(window.confirm(&turn(3, true, &[(1000.0, 1100.0)])), Some((1000 * 16, 1100 * 16)));
    }
}
