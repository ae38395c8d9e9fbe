use transcription_common::texts;
use transcription_dom::{require, set_text, show, window};
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::config::PageConfig;

/// What the page shows of its server's configuration: a note on who recognises, and the button of the settings.
#[derive(Clone)]
pub(crate) struct ServerInfo {
    demo: Element,
    local: Element,
    billed: Element,
    settings: Element,
    recordings: Element,
}

impl ServerInfo {
    pub(super) fn new() -> Result<Self, JsError> {
        Ok(Self {
            demo: require("#demo")?,
            local: require("#local")?,
            billed: require("#billed")?,
            settings: require("#settings")?,
            recordings: require("#recordings")?,
        })
    }

    pub(crate) fn show(&self, config: &PageConfig) {
        show(&self.demo, config.demo);
        show(&self.billed, !config.demo && config.local_model.is_none());
        show(&self.local, config.local_model.is_some());
        if let Some(model) = &config.local_model {
            let host = window().location().hostname().unwrap_or_default();
            let is_here = matches!(&*host, "localhost" | "127.0.0.1" | "[::1]");
            let text = if is_here { texts::LOCAL_HERE } else { texts::LOCAL_ON_SERVER };
            set_text(&self.local, &text.with(&[model]));
        }
        show(&self.settings, config.allow_client_parameters);
        show(&self.recordings, config.retention_days != Some(0));
    }
}
