use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Document;

use crate::ports::WakeLock;
use transcription_dom::Listener;

#[wasm_bindgen]
extern "C" {
    // web-sys has these only with `--cfg web_sys_unstable_apis`, which every build would have to set.
    type ScreenLocks;
    type ScreenLock;
    #[wasm_bindgen(method, catch)]
    fn request(this: &ScreenLocks, kind: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn release(this: &ScreenLock) -> Result<Promise, JsValue>;
}

/// Keeps the screen on while recording: phones end a page's capture with it (Screen Wake Lock, W3C).
pub(crate) struct BrowserWakeLock {
    held: Rc<RefCell<Held>>,
    _listener: Option<Listener>,
}

#[derive(Default)]
struct Held {
    is_wanted: bool,
    lock: Option<ScreenLock>,
}

impl BrowserWakeLock {
    pub(crate) fn new() -> Self {
        let held = Rc::<RefCell<Held>>::default();
        let again = held.clone();
        let document = web_sys::window().and_then(|window| window.document());
        // The browser takes the lock away with each look elsewhere.
        let listener = document.map(|document| {
            let seen = document.clone();
            Listener::new(&document, "visibilitychange", move |_| take(&again, &seen))
        });
        Self { held, _listener: listener }
    }
}

impl WakeLock for BrowserWakeLock {
    fn hold(&mut self, is_wanted: bool) {
        let was_wanted = std::mem::replace(&mut self.held.borrow_mut().is_wanted, is_wanted);
        if !is_wanted {
            self.held.borrow_mut().let_go();
        } else if !was_wanted && let Some(document) = web_sys::window().and_then(|w| w.document()) {
            take(&self.held, &document);
        }
    }
}

/// Asks for the lock where it is wanted; a browser that refuses, or has none, lets the screen go off.
fn take(held: &Rc<RefCell<Held>>, document: &Document) {
    if !held.borrow().is_wanted || document.hidden() {
        return;
    }
    let Some(locks) = locks() else { return };
    let held = held.clone();
    spawn_local(async move {
        let Ok(asked) = locks.request("screen") else { return };
        let Ok(lock) = JsFuture::from(asked).await else { return };
        let mut held = held.borrow_mut();
        held.let_go();
        held.lock = Some(lock.unchecked_into());
        if !held.is_wanted {
            held.let_go();
        }
    });
}

fn locks() -> Option<ScreenLocks> {
    let locks = Reflect::get(&web_sys::window()?.navigator(), &"wakeLock".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

impl Held {
    fn let_go(&mut self) {
        if let Some(Ok(released)) = self.lock.take().map(|lock| lock.release()) {
            spawn_local(async move {
                let _ = JsFuture::from(released).await;
            });
        }
    }
}
