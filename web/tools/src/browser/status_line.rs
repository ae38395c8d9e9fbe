use transcription_dom::{WarnOnError, create_element, find, set_attribute};
use web_sys::HtmlElement;

/// A line below the tools that shows the result of an action.
#[derive(Clone)]
pub(crate) struct StatusLine(HtmlElement);

impl StatusLine {
    pub(super) fn new() -> Self {
        let line: HtmlElement = create_element("p", "");
        line.set_id("status-line");
        // Created empty: screen readers announce only changes of elements that already exist.
        set_attribute(&line, "role", "status");
        if let Some(tools) = find("#tools") {
            tools.after_with_node_1(&line).warn_on_error();
        }
        Self(line)
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.set_text_content(Some(text));
    }
}
