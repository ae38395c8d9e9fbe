use wasm_bindgen::prelude::*;

use crate::{WarnOnError, window};

/// Milliseconds since the page was opened. Unlike those of `Date`, they do not jump when the system's clock is set.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// Calls back at an interval until it is dropped.
#[must_use = "an interval that is dropped never calls back"]
pub struct Interval {
    id: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Interval {
    /// Calls back for the first time after one period.
    pub fn new(period_ms: i32, callback: impl FnMut() + 'static) -> Self {
        let callback = Closure::new(callback);
        let function = callback.as_ref().unchecked_ref();
        let id = window().set_interval_with_callback_and_timeout_and_arguments_0(function, period_ms);
        Self { id: id.warn_on_error(), _callback: callback }
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            window().clear_interval_with_handle(id);
        }
    }
}

/// Calls back once after a delay, unless it is dropped before.
#[must_use = "a timeout that is dropped never calls back"]
pub struct Timeout {
    id: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Timeout {
    /// The delay is at most `i32::MAX` ms: browsers would call back at once after a longer one (HTML, 8.7 Timers).
    pub fn new(delay_ms: u32, callback: impl FnMut() + 'static) -> Self {
        let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
        let callback = Closure::new(callback);
        let function = callback.as_ref().unchecked_ref();
        let id = window().set_timeout_with_callback_and_timeout_and_arguments_0(function, delay_ms);
        Self { id: id.warn_on_error(), _callback: callback }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            window().clear_timeout_with_handle(id);
        }
    }
}
