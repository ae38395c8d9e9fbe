use assemblyai_session::SortedVecMap;

use super::EventQueue;
use super::clock::Timeout;
use crate::ports::Timers;
use crate::session::{Input, RecordingId, Timer};

/// How long before a session expires its replacement is started, in ms: the server's time limits for a token and for a
/// socket are 25 s together.
const LEAD_MS: f64 = 60_000.0;
/// The shortest time between two replacements, in ms, in case this machine's clock is wrong.
const SHORTEST_MS: f64 = 30_000.0;

/// The session's timers.
pub(crate) struct BrowserTimers {
    queue: EventQueue,
    running: SortedVecMap<Timer, Timeout>,
}

impl BrowserTimers {
    pub(crate) fn new(queue: &EventQueue) -> Self {
        Self { queue: queue.clone(), running: SortedVecMap::default() }
    }
}

impl Timers for BrowserTimers {
    fn start(&mut self, recording: RecordingId, timer: Timer, ms: u32) {
        let queue = self.queue.clone();
        let fire = move || queue.put(Input::TimerFired(recording, timer));
        self.running.insert(timer, Timeout::new(ms, fire));
    }

    fn rotate_before(&mut self, recording: RecordingId, expires_at_s: f64) {
        let left_ms = expires_at_s * 1000.0 - js_sys::Date::now();
        let ms = (left_ms - LEAD_MS).max(SHORTEST_MS) as u32;
        self.start(recording, Timer::Rotation, ms);
    }

    fn stop(&mut self, timer: Timer) {
        self.running.remove(timer);
    }

    fn stop_all(&mut self) {
        self.running.clear();
    }
}
