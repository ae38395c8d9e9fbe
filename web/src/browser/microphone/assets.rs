use std::cell::RefCell;
use std::rc::Rc;

use js_sys::ArrayBuffer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

use crate::failure::MicrophoneFailure;

/// The files that the worklet is made of; they have hashed names, which stand in index.html.
#[derive(Clone)]
pub(super) struct Assets {
    pub(super) processor_url: String,
    wasm_url: String,
    /// ResumeState: a browser may have no cache, or not for long.
    wasm: Rc<RefCell<Option<ArrayBuffer>>>,
}

impl Assets {
    pub(super) fn find() -> Result<Self, JsError> {
        let (processor_url, wasm_url) = (meta("worklet-processor")?, meta("worklet-wasm")?);
        let assets = Self { processor_url, wasm_url, wasm: Rc::default() };
        // Into the browser's cache, where they may stay for ever: between the user's grant and capture there
        // should be no network.
        let early = assets.clone();
        spawn_local(async move {
            // What fails here is asked for again, and reported, when it is needed.
            let _ = (early.wasm().await, fetch_bytes(&early.processor_url).await);
        });
        Ok(assets)
    }

    pub(super) async fn wasm(&self) -> Result<ArrayBuffer, MicrophoneFailure> {
        let kept = self.wasm.borrow().clone();
        if let Some(wasm) = kept {
            return Ok(wasm);
        }
        let wasm = fetch_bytes(&self.wasm_url).await?;
        self.wasm.replace(Some(wasm.clone()));
        Ok(wasm)
    }
}

async fn fetch_bytes(url: &str) -> Result<ArrayBuffer, MicrophoneFailure> {
    let missing = |_| MicrophoneFailure::NoWorklet;
    let window = web_sys::window().ok_or(MicrophoneFailure::Unsupported)?;
    let response: Response =
        JsFuture::from(window.fetch_with_str(url)).await.map_err(missing)?.unchecked_into();
    if !response.ok() {
        return Err(MicrophoneFailure::NoWorklet);
    }
    let bytes = JsFuture::from(response.array_buffer()?).await.map_err(missing)?;
    Ok(bytes.unchecked_into())
}

fn meta(name: &str) -> Result<String, JsError> {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector(&format!("meta[name={name}]")).ok().flatten())
        .and_then(|element| element.get_attribute("content"))
        .ok_or_else(|| JsError::new(&format!("the page has no meta element {name}")))
}
