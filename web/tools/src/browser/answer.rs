use js_sys::{Array, Promise};
use transcription_dom::window;
use wasm_bindgen::prelude::*;

/// How long the browser may take to answer, in ms. Reading a minute of audio takes less than 100 ms; some browsers never
/// answer while their storage is damaged or busy in another process.
const LIMIT_MS: i32 = 10_000;

/// The reason with which a promise is rejected that the browser has not settled in time.
const TOO_LATE: &str = "the browser has not answered";

/// A promise like this one that is rejected if the browser does not settle it in time.
pub(super) fn in_time(promise: &Promise) -> Promise {
    let late = Promise::new(&mut |_, reject| {
        let started = window().set_timeout_with_callback_and_timeout_and_arguments_1(
            &reject,
            LIMIT_MS,
            &TOO_LATE.into(),
        );
        // Without timers there is no limit.
        drop(started);
    });
    Promise::race(&Array::of2(promise, &late))
}

/// Whether a promise of [`in_time`] was rejected because it was too late.
pub(super) fn is_too_late(error: &JsValue) -> bool {
    error.as_string().as_deref() == Some(TOO_LATE)
}
