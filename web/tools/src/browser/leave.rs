use std::rc::Rc;

use transcription_dom::{Listener, find, window};
use wasm_bindgen::prelude::*;
use web_sys::BeforeUnloadEvent;

use super::Host;
use super::reader::Reader;
use super::recordings::keeps_finished;

/// Has the browser ask before the page is left if something would be lost: an open correction, or a transcript that the
/// browser does not store and that was not exported.
pub(crate) struct LeaveQuestion {
    _listener: Listener,
}

impl LeaveQuestion {
    pub(crate) fn new(host: &Host, reader: Option<Rc<Reader>>) -> Self {
        let host = host.clone();
        let listener = Listener::new(&window(), "beforeunload", move |event| {
            let is_correcting = reader.as_ref().is_some_and(|reader| reader.has_open_correction());
            let has_turns = find("#transcript p").is_some();
            if is_correcting || has_turns && !host.is_kept(!keeps_finished(&host)) {
                event.prevent_default();
                // Browsers before 2024 want this too.
                event.unchecked_ref::<BeforeUnloadEvent>().set_return_value("ask");
            }
        });
        Self { _listener: listener }
    }
}
