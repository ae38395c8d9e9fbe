//! What stands in place of the words while a recording has none. The style sheet shows it.

use transcription_common::{RecordingPhase, texts};
use transcription_dom::{WarnOnError, create_element, document, find, set_text, toggle_attribute};
use web_sys::Element;

pub(super) struct EmptyText(Element);

impl EmptyText {
    pub(super) fn new(phase: RecordingPhase) -> Self {
        let element: Element = create_element("p", "");
        element.set_id("empty-text");
        if let Some(hint) = find("#hint") {
            hint.before_with_node_1(&element).warn_on_error();
        }
        let empty_text = Self(element);
        empty_text.phase_changed(phase);
        empty_text
    }

    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        let text = if phase == RecordingPhase::Idle { texts::NOTHING_HEARD } else { texts::LISTENING };
        set_text(&self.0, text.get());
        note_words(phase);
    }
}

/// Notes on the body whether a finished recording has no words: the style sheet then hides the tools for words. A
/// selector with `:has` would look through the whole transcript at each change.
pub(super) fn note_words(phase: RecordingPhase) {
    let is_empty = find("#transcript").is_some_and(|transcript| transcript.first_element_child().is_none());
    if let Some(body) = document().body() {
        toggle_attribute(&body, "data-wordless", phase == RecordingPhase::Idle && is_empty);
    }
}
