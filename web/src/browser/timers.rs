use std::collections::BTreeMap;

use wasm_bindgen::prelude::*;

use super::Inbox;
use crate::ports::Timers;
use crate::session::{Input, Run, Timer};

/// Waits by the browser's clock; one that is stopped, or dropped, is never up.
pub(crate) struct BrowserTimers {
    inbox: Inbox,
    waits: BTreeMap<Timer, Wait>,
}

struct Wait {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl BrowserTimers {
    pub(crate) fn new(inbox: &Inbox) -> Self {
        Self { inbox: inbox.clone(), waits: BTreeMap::new() }
    }
}

impl Timers for BrowserTimers {
    fn start(&mut self, run: Run, timer: Timer) {
        let inbox = self.inbox.clone();
        let callback = Closure::new(move || inbox.put(Input::TimeIsUp(run, timer)));
        let function = callback.as_ref().unchecked_ref();
        let id = web_sys::window().and_then(|w| {
            w.set_timeout_with_callback_and_timeout_and_arguments_0(function, timer.limit_ms()).ok()
        });
        if let Some(id) = id {
            self.waits.insert(timer, Wait { id, _callback: callback });
        }
    }

    fn stop(&mut self, timer: Timer) {
        self.waits.remove(&timer);
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
