use std::cell::RefCell;
use std::rc::Rc;

use assemblyai_session::liveness::{SleepDetector, TICK_MS};
use transcription_dom::{Interval, Listener, window};

use super::EventQueue;
use crate::session::Input;

/// Reports when the network goes or comes back, and when the machine has slept: an open connection may be dead then
/// without a close event.
pub(crate) struct Network {
    pub(crate) monitor: SleepMonitor,
    _listeners: [Listener; 2],
    _ticks: Interval,
}

/// Notices when the page's code did not run for a while. Audio triggers it too: timers of a hidden page are throttled.
#[derive(Clone)]
pub(crate) struct SleepMonitor {
    queue: EventQueue,
    detector: Rc<RefCell<SleepDetector>>,
}

impl SleepMonitor {
    pub(crate) fn new(queue: &EventQueue) -> Self {
        Self { queue: queue.clone(), detector: Rc::default() }
    }

    /// Call it often: it measures the time since the last call.
    pub(crate) fn beat(&self) {
        let has_slept = self.detector.borrow_mut().tick(js_sys::Date::now());
        if has_slept {
            self.queue.put(Input::Online);
        }
    }
}

impl Network {
    pub(crate) fn new(queue: &EventQueue, monitor: SleepMonitor) -> Self {
        let (online, offline, of_ticks) = (queue.clone(), queue.clone(), monitor.clone());
        Self {
            monitor,
            _listeners: [
                Listener::new(&window(), "online", move |_| online.put(Input::Online)),
                Listener::new(&window(), "offline", move |_| offline.put(Input::Offline)),
            ],
            _ticks: Interval::new(TICK_MS, move || of_ticks.beat()),
        }
    }
}
