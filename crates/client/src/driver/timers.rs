use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assemblyai_session::{SortedVecMap, Timer};
use tokio::time::Instant;

/// The timers of a session.
#[derive(Debug, Default)]
pub(super) struct Timers {
    running: SortedVecMap<Timer, Instant>,
}

impl Timers {
    /// Starts, or restarts, a timer.
    pub(super) fn start(&mut self, timer: Timer, ms: u32) {
        self.running.insert(timer, Instant::now() + Duration::from_millis(u64::from(ms)));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.running.remove(timer);
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    /// When the next timer fires.
    pub(super) fn next(&self) -> Option<Instant> {
        self.running.all().iter().map(|(_, at)| *at).min()
    }

    /// The timers whose time has come, which are stopped.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Timer> {
        let due = self.running.all().iter().filter(|(_, at)| *at <= now);
        let due: Vec<Timer> = due.map(|(timer, _)| *timer).collect();
        for timer in &due {
            self.stop(*timer);
        }
        due
    }
}

/// The wall clock, in ms since 1970.
pub(super) fn unix_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}
