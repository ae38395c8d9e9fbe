use wasm_bindgen::prelude::*;

/// Calls at an interval until it is dropped.
#[must_use = "an interval that is dropped never calls"]
pub(crate) struct Interval {
    id: Option<i32>,
    _callback: Closure<dyn FnMut()>,
}

impl Interval {
    pub(crate) fn new(every_ms: i32, callback: impl FnMut() + 'static) -> Self {
        let callback = Closure::new(callback);
        let function = callback.as_ref().unchecked_ref();
        let id = web_sys::window().and_then(|window| {
            window.set_interval_with_callback_and_timeout_and_arguments_0(function, every_ms).ok()
        });
        Self { id, _callback: callback }
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        if let (Some(window), Some(id)) = (web_sys::window(), self.id) {
            window.clear_interval_with_handle(id);
        }
    }
}
