use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise};
use transcription_dom::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

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

/// What a task returns, unless the browser does not let it end in time: then an error as of [`in_time`].
pub(super) async fn returned_in_time<T: 'static>(
    task: impl Future<Output = Result<T, JsValue>> + 'static,
) -> Result<T, JsValue> {
    let returned = Rc::new(RefCell::new(None));
    let of_task = returned.clone();
    let running = future_to_promise(async move {
        of_task.replace(Some(task.await?));
        Ok(JsValue::UNDEFINED)
    });
    JsFuture::from(in_time(&running)).await?;
    returned.take().ok_or(JsValue::UNDEFINED)
}

/// Whether a promise of [`in_time`] was rejected because it was too late.
pub(super) fn is_too_late(error: &JsValue) -> bool {
    error.as_string().as_deref() == Some(TOO_LATE)
}
