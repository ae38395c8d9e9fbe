//! The browser: the only files that name `web_sys`. A first reader may skip them.

mod host;

use wasm_bindgen::prelude::*;

pub(crate) use host::Host;

#[expect(unreachable_pub, reason = "JavaScript reaches it, and only what is public")]
/// Called once, by the page, when a tool is used for the first time; `language` is the interface's.
#[wasm_bindgen]
pub fn open(host: Host, language: &str) {
    transcription_common::texts::Language::of(language).choose();
    // It stays for as long as the page does.
    std::mem::forget(host);
}
