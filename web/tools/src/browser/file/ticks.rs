use js_sys::Object;
use transcription_dom::{Interval, Listener, WarnOnError, get, object, window};
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// The time between two ticks, in ms; that of ticker.js is the same.
const TICK_MS: i32 = 100;

#[wasm_bindgen]
extern "C" {
    /// A worker, whose address may be one of Trusted Types.
    #[wasm_bindgen(extends = EventTarget)]
    type Worker;

    #[wasm_bindgen(constructor, catch)]
    fn new(address: &JsValue) -> Result<Worker, JsValue>;

    #[wasm_bindgen(method)]
    fn terminate(this: &Worker);

    /// `window.trustedTypes` (Trusted Types, 4.1).
    type PolicyFactory;

    #[wasm_bindgen(method, catch, js_name = createPolicy)]
    fn create_policy(this: &PolicyFactory, name: &str, rules: &Object) -> Result<Policy, JsValue>;

    type Policy;

    #[wasm_bindgen(method, catch, js_name = createScriptURL)]
    fn create_script_url(this: &Policy, address: &str) -> Result<JsValue, JsValue>;
}

/// The worker that ticks while the page is hidden: its address, as the content security policy asks for it.
pub(super) struct Ticker(JsValue);

impl Ticker {
    pub(super) fn new(address: &str) -> Self {
        Self(trusted(address).warn_on_error().unwrap_or_else(|| address.into()))
    }
}

/// Marks the address as one that may be run. The content security policy allows one policy, with this name.
fn trusted(address: &str) -> Result<JsValue, JsValue> {
    let factory = get(&window(), "trustedTypes");
    if factory.is_undefined() {
        return Ok(address.into());
    }
    let unchanged = Closure::once_into_js(|address: JsValue| address);
    let rules = object(&[("createScriptURL", unchanged)]);
    factory.unchecked_ref::<PolicyFactory>().create_policy("ticker", &rules)?.create_script_url(address)
}

/// Ticks until it is dropped: by a worker, whose timers go on while the page is hidden, and by the page too, in case the
/// worker cannot be loaded.
pub(super) struct Ticks {
    worker: Option<Worker>,
    _listener: Option<Listener>,
    _interval: Interval,
}

impl Ticks {
    pub(super) fn new(ticker: &Ticker, callback: impl Fn() + Clone + 'static) -> Self {
        let worker = Worker::new(&ticker.0).warn_on_error();
        let of_worker = callback.clone();
        let listen = |worker: &Worker| Listener::new(worker, "message", move |_| of_worker());
        let listener = worker.as_ref().map(listen);
        Self { worker, _listener: listener, _interval: Interval::new(TICK_MS, callback) }
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            worker.terminate();
        }
    }
}
