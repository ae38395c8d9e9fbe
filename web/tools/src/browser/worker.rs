//! Workers, which run worker.js.

use js_sys::{Array, Object};
use transcription_dom::{WarnOnError, get, object, window};
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

#[wasm_bindgen]
extern "C" {
    /// A worker, whose address may be one of Trusted Types.
    #[wasm_bindgen(extends = EventTarget)]
    pub(super) type Worker;

    #[wasm_bindgen(constructor, catch)]
    fn new(address: &JsValue, options: &Object) -> Result<Worker, JsValue>;

    #[wasm_bindgen(method, catch, js_name = postMessage)]
    pub(super) fn post_message(this: &Worker, message: &JsValue, transferred: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method)]
    pub(super) fn terminate(this: &Worker);

    /// `window.trustedTypes` (Trusted Types, 4.1).
    type PolicyFactory;

    #[wasm_bindgen(method, catch, js_name = createPolicy)]
    fn create_policy(this: &PolicyFactory, name: &str, rules: &Object) -> Result<Policy, JsValue>;

    type Policy;

    #[wasm_bindgen(method, catch, js_name = createScriptURL)]
    fn create_script_url(this: &Policy, address: &str) -> Result<JsValue, JsValue>;
}

/// The address of worker.js, as the content security policy asks for it.
#[derive(Clone)]
pub(super) struct WorkerScript(JsValue);

impl WorkerScript {
    /// Call it once: the content security policy allows one policy of a name.
    pub(super) fn new(address: &str) -> Self {
        Self(trusted(address).warn_on_error().unwrap_or_else(|| address.into()))
    }

    /// Starts a worker. Its name says what it does: `ticks` or `level`.
    pub(super) fn start(&self, name: &str) -> Result<Worker, JsValue> {
        Worker::new(&self.0, &object(&[("name", name.into())]))
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
    factory.unchecked_ref::<PolicyFactory>().create_policy("worker", &rules)?.create_script_url(address)
}
