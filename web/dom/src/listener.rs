use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

use crate::WarnOnError;

/// An event listener that is removed when it is dropped.
#[must_use = "a listener that is dropped receives no events"]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls back for each event of this name.
    pub fn new(target: &EventTarget, event: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        Self::boxed(target, event, Box::new(callback))
    }

    /// Not generic, so that the code is in the wasm once and not once for each callback.
    fn boxed(target: &EventTarget, event: &'static str, callback: Box<dyn FnMut(Event)>) -> Self {
        let callback = Closure::wrap(callback);
        let function = callback.as_ref().unchecked_ref();
        target.add_event_listener_with_callback(event, function).warn_on_error();
        Self { target: target.clone(), event, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        self.target.remove_event_listener_with_callback(self.event, function).warn_on_error();
    }
}
