//! The browser: the only files that name `web_sys`. A first reader may skip them.

mod host;
mod listener;
mod reader;
mod settings;
mod take_away;

use wasm_bindgen::prelude::*;

pub(crate) use host::Host;

#[expect(unreachable_pub, reason = "JavaScript reaches it, and only what is public")]
/// Called once, by the page, when a tool is used for the first time.
///
/// # Errors
/// Where there is no document.
#[wasm_bindgen]
pub fn open(host: &Host) -> Result<(), JsValue> {
    // boot.js has put it there where the interface is German.
    let texts = js_sys::Reflect::get(&js_sys::global(), &"interfaceTexts".into());
    if let Some(texts) = texts.ok().and_then(|texts| texts.as_string()) {
        transcription_common::texts::load_german(texts);
    }
    let settings = settings::Settings::start(host);
    let take_away = take_away::TakeAway::new(host)?;
    reader::open(host);
    // They stay for as long as the page does.
    std::mem::forget((settings, take_away));
    Ok(())
}
