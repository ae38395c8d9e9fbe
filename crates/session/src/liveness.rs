//! Notices what gives no sign: a microphone that has stalled, a machine that has slept.

/// Ticks in a row without a sign after which a capture has stalled: 3 s. A page that was blocked for longer finds
/// one tick when it goes on, however long that was, and then the chunks that came meanwhile.
const STALLED_TICKS: u32 = 3;
/// How often the page's pulse beats at least, in ms: browsers let the timers of hidden pages run once a second
/// (HTML, 8.6, as Chromium, Firefox and WebKit carry it out).
pub const TICK_MS: i32 = 1_000;
/// How much later than it is due a beat shows that the machine has slept, in ms: more than a page is ever blocked
/// for, and less than the 6 s after which a dead connection must be noticed.
const SLEPT_MS: f64 = 5_000.0;

/// Counts the ticks since the last sign of a capture.
#[derive(Debug, Default)]
pub struct Watchdog {
    silent_ticks: u32,
}

impl Watchdog {
    /// There was a sign.
    pub fn heard(&mut self) {
        self.silent_ticks = 0;
    }

    /// A tick has passed, in which there should have been signs or not; whether the capture has stalled.
    pub fn tick(&mut self, should_be_heard: bool) -> bool {
        self.silent_ticks = if should_be_heard { self.silent_ticks + 1 } else { 0 };
        if self.silent_ticks < STALLED_TICKS {
            return false;
        }
        self.silent_ticks = 0;
        true
    }
}

/// Beats with each tick and each chunk of audio; that alone is no proof of sleep where a browser holds back the
/// timers of hidden pages for a minute, since their audio comes in all the while.
#[derive(Debug, Default)]
pub struct SleepDetector {
    last_ms: Option<f64>,
}

impl SleepDetector {
    /// Beats at this time of the wall clock; whether the machine has slept since the last beat.
    pub fn beat(&mut self, now_ms: f64) -> bool {
        let last_ms = self.last_ms.replace(now_ms);
        last_ms.is_some_and(|last_ms| now_ms - last_ms > f64::from(TICK_MS) + SLEPT_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_without_a_sign_in_three_ticks_has_stalled() {
        let mut watchdog = Watchdog::default();
        assert_eq!([true; 4].map(|should| watchdog.tick(should)), [false, false, true, false]);
    }

    #[test]
    fn a_page_that_was_blocked_between_two_ticks_has_not_stalled() {
        let mut watchdog = Watchdog::default();
        for _ in 0..100 {
            // However long it was blocked, the timer fires once; then come the chunks.
            assert!(!watchdog.tick(true));
            assert!(!watchdog.tick(true));
            watchdog.heard();
        }
    }

    #[test]
    fn a_pause_is_no_stall_and_counts_for_none_after_it() {
        let mut watchdog = Watchdog::default();
        assert!((0..100).all(|_| !watchdog.tick(false)));
        assert_eq!([true, true, false, true, true].map(|should| watchdog.tick(should)), [false; 5]);
    }

    #[test]
    fn a_machine_that_slept_is_told_from_a_page_that_was_blocked() {
        let mut pulse = SleepDetector::default();
        let beats = [0.0, 100.0, 1_100.0, 5_100.0, 65_100.0, 65_200.0].map(|ms| pulse.beat(1.7e12 + ms));
        assert_eq!(beats, [false, false, false, false, true, false]);
    }

    #[test]
    fn a_clock_that_is_set_back_is_no_sleep() {
        let mut pulse = SleepDetector::default();
        assert_eq!([9e9, 1e9, 1.000_001e9].map(|ms| pulse.beat(ms)), [false; 3]);
    }
}
