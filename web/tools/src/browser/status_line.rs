use transcription_dom::{WarnOnError, append, create_element, create_text_element, set_attribute};
use web_sys::{Element, HtmlElement};

/// A line below the tools that shows the result of an action.
#[derive(Clone)]
pub(crate) struct StatusLine(HtmlElement);

impl StatusLine {
    pub(super) fn new(tools: &Element) -> Self {
        let line: HtmlElement = create_element("p", "");
        line.set_id("status-line");
        // Created empty: screen readers announce only changes of elements that already exist.
        set_attribute(&line, "role", "status");
        tools.after_with_node_1(&line).warn_on_error();
        Self(line)
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.set_text_content(Some(text));
    }

    /// Shows a text, and behind it one about a key where the device has keys.
    pub(crate) fn set_with_key(&self, text: &str, about_key: &str) {
        self.set(&[text, " "].concat());
        append(&self.0, &[&create_text_element("span", "keys", about_key)]);
    }
}
