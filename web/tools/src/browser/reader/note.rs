use web_sys::{Element, HtmlElement};

use super::page::{find, make, set};

/// A line that says what became of what the reader wanted.
#[derive(Clone)]
pub(super) struct Note(HtmlElement);

impl Note {
    /// It lies below the tools.
    pub(super) fn new(tools: &Element) -> Self {
        let note: HtmlElement = make("p", "");
        note.set_id("reader-note");
        // There from the beginning: what a screen reader does not know it does not read out.
        set(&note, "role", "status");
        let _ = tools.after_with_node_1(&note);
        Self(note)
    }

    pub(super) fn say(&self, text: &str) {
        self.0.set_text_content(Some(text));
    }
}

/// Where the recording stands, as the page tells.
pub(super) fn state() -> String {
    find("body").and_then(|body| body.get_attribute("data-state")).unwrap_or_default()
}

/// Whether nothing is captured now.
pub(super) fn is_deaf() -> bool {
    ["idle", "paused"].contains(&state().as_str())
}
