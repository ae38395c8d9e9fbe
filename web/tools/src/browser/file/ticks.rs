use transcription_dom::{Interval, Listener, WarnOnError};

use crate::browser::worker::{Worker, WorkerScript};

/// The time between two ticks, in ms; that of worker.js is the same.
const TICK_MS: i32 = 100;

/// Ticks until it is dropped: by a worker, whose timers go on while the page is hidden, and by the page too, in case the
/// worker cannot be loaded.
pub(super) struct Ticks {
    worker: Option<Worker>,
    _listener: Option<Listener>,
    _interval: Interval,
}

impl Ticks {
    pub(super) fn new(script: &WorkerScript, callback: impl Fn() + Clone + 'static) -> Self {
        let worker = script.start("ticks").warn_on_error();
        let of_worker = callback.clone();
        let listen = |worker: &Worker| Listener::new(worker, "message", move |_| of_worker());
        let listener = worker.as_ref().map(listen);
        Self { worker, _listener: listener, _interval: Interval::new(TICK_MS, callback) }
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}
