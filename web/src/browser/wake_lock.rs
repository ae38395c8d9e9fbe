use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use transcription_dom::{Listener, document, warn_if_rejected, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::spawn;
use crate::ports::WakeLock;

#[wasm_bindgen]
extern "C" {
    // web-sys has these only with `--cfg web_sys_unstable_apis`, which every build would have to pass.
    type ScreenLocks;
    type ScreenLock;
    #[wasm_bindgen(method, catch)]
    fn request(this: &ScreenLocks, kind: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn release(this: &ScreenLock) -> Result<Promise, JsValue>;
}

/// Keeps the screen on while recording: phones stop a page's capture when it goes off (Screen Wake Lock, W3C).
pub(crate) struct BrowserWakeLock {
    held: Rc<RefCell<Held>>,
    _listener: Listener,
}

#[derive(Default)]
struct Held {
    is_wanted: bool,
    lock: Option<ScreenLock>,
}

impl BrowserWakeLock {
    pub(crate) fn new() -> Self {
        let held = Rc::<RefCell<Held>>::default();
        let visible_again = held.clone();
        // The browser releases the lock whenever the page is hidden.
        let listener = Listener::new(&document(), "visibilitychange", move |_| take(&visible_again));
        Self { held, _listener: listener }
    }
}

impl WakeLock for BrowserWakeLock {
    fn hold(&mut self, is_wanted: bool) {
        let was_wanted = std::mem::replace(&mut self.held.borrow_mut().is_wanted, is_wanted);
        if !is_wanted {
            self.held.borrow_mut().release();
        } else if !was_wanted {
            take(&self.held);
        }
    }
}

/// Requests the lock if it is wanted. If the browser refuses or has none, the screen may go off.
fn take(held: &Rc<RefCell<Held>>) {
    if !held.borrow().is_wanted || document().hidden() {
        return;
    }
    let Some(locks) = locks() else { return };
    let held = held.clone();
    spawn(async move {
        let Ok(requested) = locks.request("screen") else { return };
        let Ok(lock) = JsFuture::from(requested).await else { return };
        let mut held = held.borrow_mut();
        held.release();
        held.lock = Some(lock.unchecked_into());
        if !held.is_wanted {
            held.release();
        }
    });
}

fn locks() -> Option<ScreenLocks> {
    let locks = transcription_dom::get(&window().navigator(), "wakeLock");
    locks.is_object().then(|| locks.unchecked_into())
}

impl Held {
    fn release(&mut self) {
        if let Some(lock) = self.lock.take() {
            warn_if_rejected(lock.release());
        }
    }
}
