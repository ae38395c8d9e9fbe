use transcription_dom::{Listener, focus, long_date_time, require, set_text, show};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::browser::EventQueue;
use crate::recovery::{RecoveryEvent, RecoveryPrompt};

/// The part of the page that offers an unfinished recording.
pub(super) struct RecoverySection {
    section: Element,
    sentence: Element,
    resume: Element,
    _listener: Listener,
}

impl RecoverySection {
    pub(super) fn new(queue: &EventQueue) -> Result<Self, JsError> {
        let section = require("#unfinished")?;
        Ok(Self {
            _listener: listen(queue, &section),
            section,
            sentence: require("#unfinished p")?,
            resume: require("#continue")?,
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

/// Listens for the buttons that resume or discard the recovered recording. The tools handle those that export it, and
/// ask before it is discarded.
fn listen(queue: &EventQueue, section: &Element) -> Listener {
    let queue = queue.clone();
    Listener::new(section, "click", move |event| {
        let Some(target) = event.target() else { return };
        match target.unchecked_into::<Element>().id().as_str() {
            "continue" => queue.put(RecoveryEvent::Resume),
            "discard-it" => queue.put(RecoveryEvent::Discard),
            _ => {}
        }
    })
}
