use assemblyai_session::SortedVecMap;

use super::EventQueue;
use crate::ports::Timers;
use crate::session::{Input, RecordingId, Timer};
use transcription_dom::Timeout;

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
        let ms = Timer::rotation_limit_ms(expires_at_s * 1000.0, js_sys::Date::now());
        self.start(recording, Timer::Rotation, ms);
    }

    fn stop(&mut self, timer: Timer) {
        self.running.remove(timer);
    }

    fn stop_all(&mut self) {
        self.running.clear();
    }
}
