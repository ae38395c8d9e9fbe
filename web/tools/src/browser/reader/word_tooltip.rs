use transcription_common::texts;
use transcription_dom::{WarnOnError, create_element, document, find, remove_attribute, set_attribute};
use web_sys::{Element, HtmlElement};

use crate::browser::elements::number;
use crate::browser::words::{Key, turn_of};
use crate::reader::word_tooltip::WordInfo;

/// The tooltip of the word under the pointer or with the focus.
pub(super) struct WordTooltip {
    element: HtmlElement,
}

impl WordTooltip {
    pub(super) fn new() -> Self {
        let element: HtmlElement = create_element("div", "");
        element.set_id("word-tooltip");
        set_attribute(&element, "role", "tooltip");
        set_attribute(&element, "hidden", "");
        if let Some(body) = document().body() {
            body.append_child(&element).warn_on_error();
        }
        Self { element }
    }

    /// Shows the tooltip at a word. It touches the word, so the pointer can move onto it.
    pub(super) fn show(&self, word: &Element) {
        let confidence = word.get_attribute("data-confidence").and_then(|percent| percent.parse().ok());
        let speaker = word.get_attribute("data-speaker").map(|label| speaker(word, &label));
        let figure =
            WordInfo { start_ms: number(word, "data-start"), confidence_percent: confidence, speaker };
        self.element.set_text_content(Some(&figure.line()));
        remove_attribute(&self.element, "hidden");
        set_attribute(word, "aria-describedby", &self.element.id());
        let at = word.get_bounding_client_rect();
        let size = self.element.get_bounding_client_rect();
        let width = document().document_element().map_or(0, |root| root.client_width());
        let left = at.left().min(f64::from(width) - size.width()).max(0.0);
        // Above the word, unless there is no room.
        let above = at.top() - size.height();
        let covers_button = find("#edit-turn:not([hidden])").is_some_and(|button| {
            let button = button.get_bounding_client_rect();
            left < button.right()
                && button.left() < left + size.width()
                && above < button.bottom()
                && button.top() < at.top()
        });
        let top = if above < 0.0 || covers_button { at.bottom() } else { above };
        let style = self.element.style();
        for (name, px) in [("left", left), ("top", top)] {
            style.set_property(name, &format!("{}px", px.round() as i32)).warn_on_error();
        }
    }

    pub(super) fn hide(&self) {
        set_attribute(&self.element, "hidden", "");
    }
}

/// The name of a speaker on the word's connection, as the page shows it.
fn speaker(word: &Element, label: &str) -> String {
    let connection = turn_of(word).map_or(0, |turn| Key::of(&turn).connection);
    // The service may put any character into a label; in a selector these two are escaped.
    let quoted: String =
        label.chars().flat_map(|c| if "\"\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
    let known =
        find(&format!("#transcript p[data-connection=\"{connection}\"] .speaker[data-speaker=\"{quoted}\"]"));
    let name = known.and_then(|element| element.text_content());
    name.unwrap_or_else(|| texts::SPEAKER.with(&[label]))
}
