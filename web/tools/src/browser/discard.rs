use std::cell::Cell;
use std::rc::Rc;

use transcription_common::texts::{self, recordings as list_texts};
use transcription_dom::{
    WarnOnError, append, closest, create_element, create_text_element, find, set_attribute, window,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlDialogElement};

use super::elements::{button, dialog, on};

/// Asks before the unfinished recording is discarded that the page offers: the page does it at once.
pub(crate) struct DiscardQuestion {
    dialog: HtmlDialogElement,
    is_confirmed: Cell<bool>,
}

impl DiscardQuestion {
    pub(crate) fn listen() {
        let (dialog, _) = dialog("discard-recording", texts::DISCARD.get());
        let form: Element = create_element("form", "");
        set_attribute(&form, "method", "dialog");
        append(&form, &[&create_text_element("p", "", list_texts::DISCARD_QUESTION.get())]);
        for (label, value) in [(list_texts::KEEP_IT, "keep"), (list_texts::DISCARD_IT, "discard")] {
            let button = button(label, "submit");
            button.set_value(value);
            append(&form, &[&button]);
        }
        append(&dialog, &[&form]);
        let question = Rc::new(Self { dialog, is_confirmed: Cell::default() });
        let answered = question.clone();
        on(&question.dialog, "close", move |_| answered.close());
        let asked = Closure::<dyn FnMut(Event)>::new(move |event: Event| question.ask(&event));
        // JavaScript owns the callback for as long as the page exists. Before the page's own listener.
        let asked = asked.into_js_value();
        window()
            .add_event_listener_with_callback_and_bool("click", asked.unchecked_ref(), true)
            .warn_on_error();
    }

    fn ask(&self, event: &Event) {
        if closest(event, "#discard").is_some() && !self.is_confirmed.take() {
            event.stop_propagation();
            // Escape keeps the value of the last close.
            self.dialog.set_return_value("");
            self.dialog.show_modal().warn_on_error();
        }
    }

    fn close(&self) {
        if let Some(discard) = find("#discard").filter(|_| self.dialog.return_value() == "discard") {
            self.is_confirmed.set(true);
            discard.click();
        }
    }
}
