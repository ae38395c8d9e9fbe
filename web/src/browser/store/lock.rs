use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

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

/// That this page, and no other tab, has to do with a recording. It ends with the value, or with the page, however
/// that ends.
pub(super) struct Lock {
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Takes the lock of a recording; `None` where another tab has it.
pub(super) async fn take(recording: f64) -> Option<Lock> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).unwrap_or_default();
    if locks.is_undefined() {
        // Browsers before 2022: there, tabs do not know of each other.
        return Some(Lock { release: None });
    }
    let options = Object::new();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
    let mut release = None;
    // The lock is held for as long as this promise waits.
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve: Function, reject: Function| {
        let held = held.clone();
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let _ = resolve.call1(&JsValue::UNDEFINED, &lock);
            if lock.is_null() { lock } else { held.into() }
        });
        let name = format!("recording {}", recording as u64);
        if let Err(error) = locks.unchecked_ref::<LockManager>().request(&name, &options, &callback) {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    });
    let granted = JsFuture::from(granted).await.ok()?;
    (!granted.is_null()).then_some(Lock { release })
}
