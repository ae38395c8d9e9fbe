//! Export: of the transcript and audio of this page (`menu`, `dialog`), and of a recording that is offered for recovery
//! (`recovered`). The formats are in `crates/export`.

mod audio;
mod convert;
mod dialog;
mod file;
mod menu;
mod recovered;

use std::rc::Rc;

use transcription_dom::{Listener, closest, document};
use wasm_bindgen::prelude::*;

use super::Host;
use super::markers::PageMarkers;
use file::Files;
use menu::Menu;
use recovered::RecoveredExport;

/// Handles the buttons that export something.
pub(crate) struct Export {
    _listener: Listener,
}

impl Export {
    pub(crate) fn new(host: &Host, markers: Option<Rc<PageMarkers>>) -> Result<Self, JsValue> {
        let files = Rc::new(Files::default());
        let recovered = RecoveredExport::new(host, &files);
        let menu = Menu::new(host, &files, markers)?;
        let listener = Listener::new(&document(), "click", move |event| {
            match closest(&event, "[data-tool]").map(|tool| tool.id()).as_deref() {
                Some("export") => menu.open(),
                Some("export-recovered-text") => recovered.save(false),
                Some("export-recovered-audio") => recovered.save(true),
                _ => {}
            }
        });
        Ok(Self { _listener: listener })
    }
}
