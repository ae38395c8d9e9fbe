use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::{WarnOnError, get, object, window};

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks` (Web Locks API), which web-sys counts as unstable.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        callback: &JsValue,
    ) -> Result<JsValue, JsValue>;
}

/// The lock of a recording: no other tab holds it. It is released when the value is dropped or the page ends, even by a
/// crash.
pub struct Lock {
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            release.call0(&JsValue::UNDEFINED).warn_on_error();
        }
    }
}

/// Takes the lock of a recording; `None` if another tab holds it.
pub async fn take_lock(recording: f64) -> Option<Lock> {
    let locks = get(&window().navigator(), "locks");
    if locks.is_undefined() {
        // Browsers before 2022, in which tabs cannot coordinate.
        return Some(Lock { release: None });
    }
    let options = object(&[("ifAvailable", JsValue::TRUE)]);
    let mut release = None;
    // The lock is held until this promise resolves.
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve: Function, reject: Function| {
        let held = held.clone();
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            resolve.call1(&JsValue::UNDEFINED, &lock).warn_on_error();
            if lock.is_null() { lock } else { held.into() }
        });
        let name = ["recording ", &(recording as u64).to_string()].concat();
        if let Err(error) = locks.unchecked_ref::<LockManager>().request(&name, &options, &callback) {
            reject.call1(&JsValue::UNDEFINED, &error).warn_on_error();
        }
    });
    let granted = JsFuture::from(granted).await.ok()?;
    (!granted.is_null()).then_some(Lock { release })
}
