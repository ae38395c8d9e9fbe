use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// For calls whose failure changes nothing for the user, but should be visible to a developer.
pub trait WarnOnError {
    /// The value of a success.
    type Value;

    /// Logs an exception to the browser's console as a warning; returns the value otherwise.
    fn warn_on_error(self) -> Option<Self::Value>;
}

impl<T> WarnOnError for Result<T, JsValue> {
    type Value = T;

    fn warn_on_error(self) -> Option<T> {
        self.inspect_err(web_sys::console::warn_1).ok()
    }
}

/// Logs a warning if the call threw, or if its promise is rejected later.
pub fn warn_if_rejected(promise: Result<Promise, JsValue>) {
    if let Some(promise) = promise.warn_on_error() {
        spawn_local(async move {
            JsFuture::from(promise).await.warn_on_error();
        });
    }
}
