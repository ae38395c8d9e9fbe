use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the page does for the tools: `web/src/browser/tools.rs` exports it.
    #[derive(Clone)]
    pub type Host;

    /// All turns in the order in which they are shown, a line each: connection, turn order, and what
    /// [`to_text`](transcription_common::to_text) writes, with [`FIELD`](transcription_common::FIELD) between them.
    #[wasm_bindgen(method)]
    pub fn turns(this: &Host) -> String;

    /// The recordings since the page was loaded, in order, an array of three numbers each: when it began, in ms since
    /// 1970, its first connection, and how many samples were captured.
    #[wasm_bindgen(method)]
    pub fn recordings(this: &Host) -> Array;

    /// The recording that is offered because it was not finished, two numbers: when it began, in ms since 1970, and
    /// how many samples there are of it; `undefined` where none is.
    #[wasm_bindgen(method)]
    pub fn offered(this: &Host) -> JsValue;

    /// The turns that are kept of a recording, named by when it began: a promise of what [`Host::turns`] gives.
    #[wasm_bindgen(method)]
    pub fn kept_turns(this: &Host, began_ms: f64) -> Promise;

    /// Samples of a recording, named by when it began: an `Int16Array` of those from one position to before another
    /// that are kept, or an error where the browser keeps none.
    #[wasm_bindgen(method)]
    pub fn audio(this: &Host, began_ms: f64, from: f64, to: f64) -> Promise;

    /// Gives a turn another text, or with none its own again.
    #[wasm_bindgen(method)]
    pub fn edit(this: &Host, connection: u32, turn_order: f64, text: Option<String>);

    /// Gives a speaker of a connection another name, or with an empty one the service's label again.
    #[wasm_bindgen(method)]
    pub fn rename(this: &Host, connection: u32, label: &str, name: &str);

    /// The answer of `GET /config`, or an empty text where there is none yet.
    #[wasm_bindgen(method)]
    pub fn config(this: &Host) -> String;

    /// Sends a text message, such as `UpdateConfiguration`, over the open connection; tells whether there is one.
    #[wasm_bindgen(method)]
    pub fn say(this: &Host, message: &str) -> bool;

    /// Takes away all turns, and what is kept of their audio; not while recording.
    #[wasm_bindgen(method)]
    pub fn clear(this: &Host) -> bool;
}
