use transcription_dom::{require, show};
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::config::PageConfig;

/// What the page shows of its server's configuration: a note in the demo, and the button of the settings.
#[derive(Clone)]
pub(crate) struct ServerInfo {
    demo: Element,
    settings: Element,
}

impl ServerInfo {
    pub(super) fn new() -> Result<Self, JsError> {
        Ok(Self { demo: require("#demo")?, settings: require("#settings")? })
    }

    pub(crate) fn show(&self, config: &PageConfig) {
        show(&self.demo, config.demo);
        show(&self.settings, config.allow_client_parameters);
    }
}
