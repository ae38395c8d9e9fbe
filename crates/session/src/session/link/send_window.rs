use assemblyai_protocol::{Heartbeat, Turn};

use crate::journal::{self, SAMPLE_RATE_HZ};
use crate::sorted_vec_map::SortedVecMap;

/// What is sent as fast as it goes once a connection is open, in samples: 5 s.
const FREE: u64 = 5 * SAMPLE_RATE_HZ as u64;
/// How far a connection's audio may run ahead of time, in samples: 240 s. The service ends a session whose audio
/// is about 300 s ahead (3007, captured with 314.9 s).
const LONGEST_LEAD: u64 = 240 * SAMPLE_RATE_HZ as u64;
/// Bytes that a socket may hold back before no more is pushed into it: 3 s.
const HIGH_WATER_BYTES: u32 = 3 * 2 * SAMPLE_RATE_HZ;
/// How long a socket may hold back bytes and pass on none before it counts as dead, in samples: 4 s.
const STALL: u64 = 4 * SAMPLE_RATE_HZ as u64;
/// What the service may have heard and not yet told, in samples: 3 s. The first partial came up to 1.5 s after
/// the onset of a word (public test report, 2026-09).
const UNTOLD: u64 = 3 * SAMPLE_RATE_HZ as u64;

/// How many turns back a partial may come late.
const REMEMBERED: u64 = 100;
/// What counts as speech, as a probability: the lowest of the models' own thresholds.
const SPEECH: f64 = 0.2;

/// What has gone over one connection, and what has come of it.
///
/// Its clock is the captured audio, which keeps real time without a timer.
#[derive(Debug, Default)]
pub(super) struct SendWindow {
    /// From which sample of the connection on its audio is from which position of the recording; ascending.
    pieces: Vec<(u64, u64)>,
    sent: u64,
    passed: u64,
    budget: u64,
    unsent_bytes: u32,
    /// How many bytes the socket had passed on, and when that was last seen to grow.
    moved: (u64, u64),
    /// Turns that have begun and not ended.
    unfinished: SortedVecMap<u64, ()>,
    /// The last turns that have ended.
    ended: SortedVecMap<u64, ()>,
}

impl SendWindow {
    /// A connection that has just opened.
    pub(super) fn open() -> Self {
        Self { budget: FREE, ..Self::default() }
    }

    /// Time passes, as many samples of it: what may be sent grows twice as fast, and no faster than time where the
    /// audio is far ahead already.
    pub(super) fn advance(&mut self, samples: u64) {
        self.passed += samples;
        let is_far_ahead = self.sent.saturating_sub(self.passed) >= LONGEST_LEAD;
        let more = if is_far_ahead { samples } else { 2 * samples };
        self.budget = (self.budget + more).min(FREE);
    }

    /// How many samples may be sent now.
    pub(super) fn budget(&self) -> u64 {
        if self.unsent_bytes >= HIGH_WATER_BYTES { 0 } else { self.budget }
    }

    /// So many samples were sent, from this position of the recording on.
    pub(super) fn sent(&mut self, position: u64, samples: u64) {
        let expected = self.pieces.last().map(|&(sent, from)| from + (self.sent - sent));
        if expected != Some(position) {
            self.pieces.push((self.sent, position));
        }
        self.sent += samples;
        self.budget = self.budget.saturating_sub(samples);
        self.unsent_bytes = self.unsent_bytes.saturating_add(u32::try_from(2 * samples).unwrap_or(u32::MAX));
    }

    /// The socket holds back so many bytes. Tells whether it has passed on none for too long.
    pub(super) fn on_buffered_amount(&mut self, bytes: u32) -> bool {
        self.unsent_bytes = bytes;
        let moved = (2 * self.sent).saturating_sub(u64::from(bytes));
        if bytes == 0 || moved > self.moved.0 {
            self.moved = (moved, self.passed);
        }
        let is_stalled = self.passed - self.moved.1 >= STALL;
        if is_stalled {
            self.moved.1 = self.passed; // Told once in a while, not with each chunk.
        }
        is_stalled
    }

    /// Bytes that the socket has passed on, as far as is known.
    pub(super) fn transmitted_bytes(&self) -> u64 {
        self.moved.0
    }

    /// Whether the socket has not passed on all it was given.
    pub(super) fn has_buffered(&self) -> bool {
        self.unsent_bytes > 0
    }

    /// Samples sent over this connection.
    pub(super) fn sent_samples(&self) -> u64 {
        self.sent
    }

    /// The turn with its times on the recording's clock instead of the connection's.
    pub(super) fn to_recording_time(&self, mut turn: Turn) -> Turn {
        for word in &mut turn.words {
            word.start_ms = self.clock_ms(word.start_ms);
            word.end_ms = self.clock_ms(word.end_ms);
        }
        turn
    }

    fn clock_ms(&self, ms: f64) -> f64 {
        let at = journal::position(ms);
        let piece = self.pieces.iter().rfind(|(sent, _)| *sent <= at).or(self.pieces.first());
        let (sent, from) = piece.copied().unwrap_or_default();
        // Pro models tell the first word of a turn up to 1 s early: perhaps before the connection's audio.
        let samples_ms = f64::from(SAMPLE_RATE_HZ / 1000);
        (ms + (from as f64 - sent as f64) / samples_ms).max(0.0)
    }

    /// Takes in a turn that is on the clock. Tells where the word is up to which it completes the transcript: start and
    /// end.
    pub(super) fn confirm(&mut self, turn: &Turn) -> Option<(u64, u64)> {
        if !turn.end_of_turn {
            // A partial may come late.
            let is_new = self.ended.get(turn.turn_order).is_none();
            if is_new && (!turn.transcript.is_empty() || !turn.words.is_empty()) {
                self.unfinished.insert(turn.turn_order, ());
            }
            return None;
        }
        self.unfinished.remove(turn.turn_order);
        self.ended.insert(turn.turn_order, ());
        self.ended.forget_before(turn.turn_order.saturating_sub(REMEMBERED));
        // One that two others have followed will not end any more.
        self.unfinished.forget_before(turn.turn_order.saturating_sub(1));
        // What an earlier turn has said is still open.
        let is_first = self.unfinished.before(turn.turn_order).is_empty();
        let last = turn.words.last().filter(|_| is_first)?;
        Some((journal::position(last.start_ms), journal::position(last.end_ms)))
    }

    /// The service says what it has received. Tells up to which position nothing was said that it has not told.
    ///
    /// What it has received is no proof of what it has understood: some models tell nothing of a turn before its
    /// first pause, and audio that comes faster than time waits. So only where nobody spoke since the last heartbeat
    /// and no turn is open, not beyond the time that has passed, and not for the last seconds.
    pub(super) fn heartbeat(&mut self, heartbeat: &Heartbeat) -> Option<u64> {
        // It is also a clock where nothing is captured and the browser holds back timers.
        let passed = journal::position(heartbeat.total_duration_ms);
        self.advance(passed.saturating_sub(self.passed).min(2 * FREE));
        let received = journal::position(heartbeat.total_audio_received_ms);
        let heard = received.min(self.sent).min(self.passed).saturating_sub(UNTOLD);
        let is_quiet = heartbeat.max_speech_probability.is_some_and(|most| most < SPEECH);
        if heard == 0 || !is_quiet || !self.unfinished.is_empty() {
            return None;
        }
        let &(sent, from) = self.pieces.iter().rfind(|(sent, _)| *sent <= heard)?;
        Some(from + (heard - sent))
    }

    /// Whether a turn has begun and not ended.
    pub(super) fn is_in_a_turn(&self) -> bool {
        !self.unfinished.is_empty()
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
    fn five_seconds_go_at_once_and_then_twice_as_much_as_time_passes() {
        let mut send_window = SendWindow::open();
        assert_eq!(send_window.budget(), 5 * SECOND);
        send_window.sent(0, 5 * SECOND);
        send_window.on_buffered_amount(0);
        assert_eq!(send_window.budget(), 0);
        send_window.advance(1_600);
        assert_eq!(send_window.budget(), 3_200);
        send_window.advance(60 * SECOND);
        assert_eq!(send_window.budget(), 5 * SECOND);
    }

    #[test]
    fn what_is_caught_up_with_stays_240_s_ahead_of_time_at_most() {
        let mut send_window = SendWindow::open();
        let mut lead = 0;
        for _ in 0..10 * 60 * 10 {
            send_window.advance(1_600);
            send_window.sent(send_window.sent, send_window.budget());
            send_window.on_buffered_amount(0);
            lead = lead.max(send_window.sent - send_window.passed);
        }
        assert!((LONGEST_LEAD..LONGEST_LEAD + 10 * SECOND).contains(&lead), "{} s", lead / SECOND);
    }

    #[test]
    fn a_socket_that_holds_back_3_s_gets_no_more() {
        let mut send_window = SendWindow::open();
        send_window.sent(0, 3 * SECOND);
        assert_eq!(send_window.budget(), 0);
        send_window.on_buffered_amount(95_999);
        assert_eq!(send_window.budget(), 2 * SECOND);
    }

    #[test]
    fn a_socket_that_passes_nothing_on_for_4_s_is_stalled_and_a_slow_one_is_not() {
        let stalls = |passes_on: u64| {
            let mut send_window = SendWindow::open();
            (1..=300_u64).any(|tenth| {
                send_window.advance(1_600);
                send_window.sent(tenth * 1_600, 1_600);
                send_window.on_buffered_amount(
                    u32::try_from(2 * send_window.sent - tenth * passes_on).expect("it fits"),
                )
            })
        };
        assert!(stalls(0));
        assert!(!stalls(10));
        assert!(!stalls(3_200));
    }

    #[test]
    fn times_are_told_on_the_clock_of_the_recording() {
        let mut send_window = SendWindow::open();
        send_window.sent(60 * SECOND, SECOND);
        send_window.sent(61 * SECOND, SECOND);
        send_window.sent(100 * SECOND, SECOND); // What lay between was dropped.
        let turn = send_window.to_recording_time(turn(0, true, &[(500.0, 1500.0), (2000.0, 2250.0)]));
        let times: Vec<_> = turn.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(times, [(60_500.0, 61_500.0), (100_000.0, 100_250.0)]);
        assert_eq!(send_window.confirm(&turn), Some((100_000 * 16, 100_250 * 16)));
    }

    #[test]
    fn a_final_does_not_complete_what_an_earlier_turn_has_begun() {
        let mut send_window = SendWindow::open();
        assert_eq!(send_window.confirm(&turn(0, false, &[(0.0, 500.0)])), None);
        assert_eq!(send_window.confirm(&turn(1, true, &[(600.0, 900.0)])), None);
        assert_eq!(send_window.confirm(&turn(0, true, &[(0.0, 500.0)])), Some((0, 500 * 16)));
    }

    #[test]
    fn received_audio_is_confirmed_where_nobody_speaks_and_not_for_the_last_3_s() {
        let mut send_window = SendWindow::open();
        send_window.sent(10 * SECOND, 20 * SECOND);
        let heartbeat = |ms, most| Heartbeat {
            total_audio_received_ms: ms,
            max_speech_probability: most,
            ..Heartbeat::default()
        };
        send_window.advance(20 * SECOND);
        assert_eq!(send_window.heartbeat(&heartbeat(2_000.0, Some(0.0))), None);
        assert_eq!(send_window.heartbeat(&heartbeat(5_000.0, Some(0.01))), Some(12 * SECOND));
        assert_eq!(send_window.heartbeat(&heartbeat(8_000.0, Some(0.9))), None);
        assert_eq!(send_window.heartbeat(&heartbeat(8_000.0, None)), None);
        assert_eq!(send_window.heartbeat(&heartbeat(1e300, Some(0.0))), Some(27 * SECOND));
        send_window.confirm(&turn(0, false, &[(19_000.0, 19_500.0)]));
        assert_eq!(send_window.heartbeat(&heartbeat(15_000.0, Some(0.0))), None);
    }

    #[test]
    fn audio_that_was_sent_faster_than_time_is_not_confirmed_before_its_time() {
        let mut send_window = SendWindow::open();
        send_window.sent(0, 20 * SECOND);
        send_window.advance(4 * SECOND);
        let heartbeat = Heartbeat {
            total_audio_received_ms: 20_000.0,
            total_duration_ms: 5_000.0,
            max_speech_probability: Some(0.0),
            ..Heartbeat::default()
        };
        assert_eq!(send_window.heartbeat(&heartbeat), Some(2 * SECOND));
    }

    #[test]
    fn a_partial_that_comes_late_and_a_turn_that_never_ends_stop_no_confirmation() {
        let mut send_window = SendWindow::open();
        assert_eq!(send_window.confirm(&turn(0, true, &[(0.0, 500.0)])), Some((0, 500 * 16)));
        assert_eq!(send_window.confirm(&turn(0, false, &[(0.0, 500.0)])), None);
        assert_eq!(send_window.confirm(&turn(1, false, &[(600.0, 700.0)])), None);
        assert_eq!(send_window.confirm(&turn(2, true, &[(800.0, 900.0)])), None);
        assert_eq!(send_window.confirm(&turn(3, true, &[(1000.0, 1100.0)])), Some((1000 * 16, 1100 * 16)));
    }
}
