use transcription_dom::{Listener, focus, long_date_time, require, set_text, show};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::recovery::RecoveryPrompt;

/// The part of the page that offers an unfinished recording.
#[derive(Clone)]
pub(crate) struct RecoverySection {
    section: Element,
    sentence: Element,
    resume: Element,
}

impl RecoverySection {
    pub(super) fn new() -> Result<Self, JsError> {
        Ok(Self {
            section: require("#unfinished")?,
            sentence: require("#unfinished p")?,
            resume: require("#continue")?,
        })
    }

    /// Calls back with the id of each button of the section that is clicked.
    pub(crate) fn on_click(&self, mut clicked: impl FnMut(&str) + 'static) -> Listener {
        Listener::new(&self.section, "click", move |event| {
            if let Some(target) = event.target() {
                clicked(&target.unchecked_into::<Element>().id());
            }
        })
    }

    /// Shows a prompt or hides the section, and moves the focus to `next` when it hides.
    pub(super) fn show(&self, prompt: Option<&RecoveryPrompt>, next: &HtmlElement) {
        if let Some(prompt) = prompt {
            set_text(&self.sentence, &prompt.sentence(&long_date_time(prompt.began_ms)));
            set_text(&self.resume, prompt.button());
        } else if !self.section.has_attribute("hidden") {
            // The button with the focus is about to be hidden.
            focus(next);
        }
        show(&self.section, prompt.is_some());
    }
}
