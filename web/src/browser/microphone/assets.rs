use std::cell::RefCell;
use std::rc::Rc;

use js_sys::ArrayBuffer;
use transcription_dom::{require, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Response};

use crate::browser::spawn;
use crate::failure::MicrophoneFailure;

/// The files of the worklet. Their names carry hashes, which index.html has.
#[derive(Clone)]
pub(super) struct Assets {
    pub(super) processor_url: String,
    wasm_url: String,
    /// Kept here, because the browser's cache may be disabled or evict it.
    wasm: Rc<RefCell<Option<ArrayBuffer>>>,
}

impl Assets {
    pub(super) fn find() -> Result<Self, JsError> {
        let (processor_url, wasm_url) = (meta("worklet-processor")?, meta("worklet-wasm")?);
        let assets = Self { processor_url, wasm_url, wasm: Rc::default() };
        // Loads both into the browser's cache now, so that capture does not wait for the network after the user's grant.
        let early = assets.clone();
        spawn(async move {
            // A failure is not reported here: the files are loaded again when they are needed.
            drop((early.wasm().await, fetch_bytes(&early.processor_url).await));
        });
        Ok(assets)
    }

    pub(super) async fn wasm(&self) -> Result<ArrayBuffer, MicrophoneFailure> {
        let loaded = self.wasm.borrow().clone();
        if let Some(wasm) = loaded {
            return Ok(wasm);
        }
        let wasm = fetch_bytes(&self.wasm_url).await?;
        self.wasm.replace(Some(wasm.clone()));
        Ok(wasm)
    }
}

async fn fetch_bytes(url: &str) -> Result<ArrayBuffer, MicrophoneFailure> {
    let missing = |_| MicrophoneFailure::NoWorklet;
    let response: Response =
        JsFuture::from(window().fetch_with_str(url)).await.map_err(missing)?.unchecked_into();
    if !response.ok() {
        return Err(MicrophoneFailure::NoWorklet);
    }
    let bytes = JsFuture::from(response.array_buffer()?).await.map_err(missing)?;
    Ok(bytes.unchecked_into())
}

fn meta(name: &str) -> Result<String, JsError> {
    let element: Element = require(&["meta[name=", name, "]"].concat())?;
    element.get_attribute("content").ok_or_else(|| JsError::new(&[name, " has no content"].concat()))
}
