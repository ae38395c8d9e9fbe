use wasm_bindgen::prelude::*;

use super::Inbox;
use crate::ports::Timers;
use crate::session::{Input, RecordingId, Timer};
use assemblyai_session::SortedVecMap;

/// The longest wait that browsers know, in ms: a longer one is over at once (HTML, timers: 32 bits with a sign).
const LONGEST_MS: u32 = i32::MAX as u32;
/// How long before a session's time is up another takes over, in ms: the server's own limit for a token and that for
/// a socket are 25 s together.
const LEAD_MS: f64 = 60_000.0;
/// No session is followed by another earlier than this, in ms.
const SHORTEST_MS: f64 = 30_000.0;

/// Waits by the browser's clock; one that is stopped, or dropped, is never up.
pub(crate) struct BrowserTimers {
    inbox: Inbox,
    waits: SortedVecMap<Timer, Wait>,
}

struct Wait {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl BrowserTimers {
    pub(crate) fn new(inbox: &Inbox) -> Self {
        Self { inbox: inbox.clone(), waits: SortedVecMap::default() }
    }
}

impl Timers for BrowserTimers {
    fn start(&mut self, run: RecordingId, timer: Timer, ms: u32) {
        let inbox = self.inbox.clone();
        let callback = Closure::new(move || inbox.put(Input::TimerFired(run, timer)));
        let function = callback.as_ref().unchecked_ref();
        let id = web_sys::window().and_then(|w| {
            let ms = ms.min(LONGEST_MS) as i32;
            w.set_timeout_with_callback_and_timeout_and_arguments_0(function, ms).ok()
        });
        if let Some(id) = id {
            self.waits.insert(timer, Wait { id, _callback: callback });
        }
    }

    fn rotate_before(&mut self, run: RecordingId, expires_at_s: f64) {
        let left_ms = expires_at_s * 1000.0 - js_sys::Date::now();
        // Not at once again, should this machine's clock be wrong; as an integer it saturates.
        let ms = (left_ms - LEAD_MS).max(SHORTEST_MS) as u32;
        self.start(run, Timer::Rotation, ms);
    }

    fn stop(&mut self, timer: Timer) {
        self.waits.remove(timer);
    }

    fn stop_all(&mut self) {
        self.waits.clear();
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}
