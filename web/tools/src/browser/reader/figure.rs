use transcription_common::texts;
use web_sys::{Element, HtmlElement};

use super::page::{document, find, make, number, set, unset};
use super::words::{Key, turn_of};
use crate::reader::figure::Figure;

/// The figure of the word that is pointed at, or has the focus.
pub(super) struct Popover {
    element: HtmlElement,
}

impl Popover {
    pub(super) fn new() -> Self {
        let element: HtmlElement = make("div", "");
        element.set_id("word-figure");
        set(&element, "role", "tooltip");
        set(&element, "hidden", "");
        if let Some(body) = document().body() {
            let _ = body.append_child(&element);
        }
        Self { element }
    }

    /// Shows what is known of a word, right at it: one can go there with the pointer, and it stays.
    pub(super) fn show(&self, word: &Element) {
        let confidence = word.get_attribute("data-confidence").and_then(|percent| percent.parse().ok());
        let speaker = word.get_attribute("data-speaker").map(|label| speaker(word, &label));
        let figure = Figure { start_ms: number(word, "data-start"), confidence_percent: confidence, speaker };
        self.element.set_text_content(Some(&figure.line()));
        unset(&self.element, "hidden");
        set(word, "aria-describedby", &self.element.id());
        let at = word.get_bounding_client_rect();
        let size = self.element.get_bounding_client_rect();
        let width = document().document_element().map_or(0, |root| root.client_width());
        let left = at.left().min(f64::from(width) - size.width()).max(0.0);
        // Above, unless there is no room.
        let top = if at.top() < size.height() { at.bottom() } else { at.top() - size.height() };
        let style = self.element.style();
        for (name, px) in [("left", left), ("top", top)] {
            let _ = style.set_property(name, &format!("{}px", px.round() as i32));
        }
    }

    pub(super) fn hide(&self) {
        set(&self.element, "hidden", "");
    }
}

/// What the page calls a speaker of the word's connection.
fn speaker(word: &Element, label: &str) -> String {
    let connection = turn_of(word).map_or(0, |turn| Key::of(&turn).connection);
    // A label is a service's text, which a selector cannot take as it is.
    let quoted: String =
        label.chars().flat_map(|c| if "\"\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
    let known =
        find(&format!("#transcript p[data-connection=\"{connection}\"] .speaker[data-speaker=\"{quoted}\"]"));
    let name = known.and_then(|element| element.text_content());
    name.unwrap_or_else(|| texts::SPEAKER.with(&[label]))
}
