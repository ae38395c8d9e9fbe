//! Saving what there is: of this page (`menu`, `dialog`), and of a recording that was not finished (`offered`).

mod audio;
mod dialog;
mod file;
mod menu;
mod offered;
mod recordings;

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::Element;

use super::Host;
use super::listener::Listener;
use file::Files;
use menu::Menu;
use offered::Offered;

/// Hears the buttons that save something.
pub(crate) struct TakeAway {
    _listener: Listener,
}

impl TakeAway {
    pub(crate) fn new(host: &Host) -> Result<Self, JsValue> {
        let document = web_sys::window().and_then(|window| window.document());
        let document = document.ok_or(JsValue::UNDEFINED)?;
        let files = Rc::new(Files::new(&document));
        let offered = Offered::new(host, &files);
        let menu = Menu::new(host, &files, &document)?;
        let listener = Listener::new(&document, "click", move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let tool = target.and_then(|target| target.closest("[data-tool]").ok()?);
            match tool.map(|tool| tool.id()).as_deref() {
                Some("take-away") => menu.open(),
                Some("export") => offered.save(false),
                Some("export-audio") => offered.save(true),
                _ => {}
            }
        });
        Ok(Self { _listener: listener })
    }
}
