//! Detects a microphone that has stalled and a machine that has slept.

/// Ticks in a row without samples after which capture has stalled: 3 s. A page that was blocked gets one tick when it
/// continues, however long that was, and then the chunks that were captured meanwhile.
const STALLED_TICKS: u32 = 3;
/// The time between two ticks, in ms: browsers let the timers of hidden pages run once a second (HTML, 8.6, as
/// implemented in Chromium, Firefox and WebKit).
pub const TICK_MS: i32 = 1_000;
/// The delay of a tick that shows that the machine has slept, in ms: more than a page is ever blocked for, and less than
/// the 6 s after which a dead connection must be detected.
const SLEPT_MS: f64 = 5_000.0;

/// Counts the ticks since samples were last captured.
#[derive(Debug, Default)]
pub struct Watchdog {
    silent_ticks: u32,
}

impl Watchdog {
    /// Samples were captured.
    pub fn on_samples(&mut self) {
        self.silent_ticks = 0;
    }

    /// A tick has passed, in which samples were expected or not; returns whether capture has stalled.
    pub fn tick(&mut self, is_capturing: bool) -> bool {
        self.silent_ticks = if is_capturing { self.silent_ticks + 1 } else { 0 };
        if self.silent_ticks < STALLED_TICKS {
            return false;
        }
        self.silent_ticks = 0;
        true
    }
}

/// Detects that the machine has slept, by the time between two ticks or chunks of audio. Chunks count because browsers
/// may delay the timers of hidden pages for a minute, while audio is captured all the time.
#[derive(Debug, Default)]
pub struct SleepDetector {
    last_ms: Option<f64>,
}

impl SleepDetector {
    /// A tick or a chunk at this time of the wall clock, in ms; returns whether the machine has slept since the last one.
    pub fn tick(&mut self, now_ms: f64) -> bool {
        let last_ms = self.last_ms.replace(now_ms);
        last_ms.is_some_and(|last_ms| now_ms - last_ms > f64::from(TICK_MS) + SLEPT_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capture_without_samples_in_three_ticks_has_stalled() {
        let mut watchdog = Watchdog::default();
        assert_eq!([true; 4].map(|is_capturing| watchdog.tick(is_capturing)), [false, false, true, false]);
    }

    #[test]
    fn a_page_that_was_blocked_between_two_ticks_has_not_stalled() {
        let mut watchdog = Watchdog::default();
        for _ in 0..100 {
            // However long it was blocked, the timer fires once; then the chunks are delivered.
            assert!(!watchdog.tick(true));
            assert!(!watchdog.tick(true));
            watchdog.on_samples();
        }
    }

    #[test]
    fn a_pause_is_not_a_stall_and_does_not_count_after_it() {
        let mut watchdog = Watchdog::default();
        assert!((0..100).all(|_| !watchdog.tick(false)));
        assert_eq!(
            [true, true, false, true, true].map(|is_capturing| watchdog.tick(is_capturing)),
            [false; 5]
        );
    }

    #[test]
    fn a_machine_that_slept_is_distinguished_from_a_page_that_was_blocked() {
        let mut detector = SleepDetector::default();
        let slept = [0.0, 100.0, 1_100.0, 5_100.0, 65_100.0, 65_200.0].map(|ms| detector.tick(1.7e12 + ms));
        assert_eq!(slept, [false, false, false, false, true, false]);
    }

    #[test]
    fn a_clock_that_is_set_back_is_not_sleep() {
        let mut detector = SleepDetector::default();
        assert_eq!([9e9, 1e9, 1.000_001e9].map(|ms| detector.tick(ms)), [false; 3]);
    }
}
