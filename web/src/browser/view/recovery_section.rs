use js_sys::{Date, Object, Reflect};
use transcription_common::texts::Language;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlElement};

use super::dom::{set_text, show};
use crate::recovery::RecoveryPrompt;
use transcription_dom::Listener;

/// The part of the page that offers a recording that was not finished.
#[derive(Clone)]
pub(crate) struct OfferSection {
    section: Element,
    sentence: Element,
}

impl OfferSection {
    pub(crate) fn new(document: &Document) -> Result<Self, JsError> {
        let find = |selector| {
            let element = document.query_selector(selector).ok().flatten();
            element.ok_or_else(|| JsError::new("the page has no #unfinished"))
        };
        Ok(Self { section: find("#unfinished")?, sentence: find("#unfinished p")? })
    }

    /// Hears the section's buttons, by their ids.
    pub(crate) fn on_click(&self, mut pressed: impl FnMut(&str) + 'static) -> Listener {
        Listener::new(&self.section, "click", move |event| {
            if let Some(target) = event.target() {
                pressed(&target.unchecked_into::<Element>().id());
            }
        })
    }

    /// Shows an offer, or none; `next` has the focus when it is gone.
    pub(crate) fn show(&self, offer: Option<&RecoveryPrompt>, next: &HtmlElement) {
        if let Some(offer) = offer {
            self.say(&offer.sentence(&told(offer.began_ms)));
        } else if !self.section.has_attribute("hidden") {
            // The button that had it is gone.
            let _ = next.focus();
        }
        show(&self.section, offer.is_some());
    }

    /// Says something else than what there is.
    pub(crate) fn say(&self, sentence: &str) {
        set_text(&self.sentence, sentence);
    }
}

/// A time in ms since 1970, as people write it in the language of the interface and read it off their clocks.
fn told(ms: f64) -> String {
    let style = Object::new();
    for (name, value) in [("dateStyle", "long"), ("timeStyle", "short")] {
        // Fails only for what is no object.
        let _ = Reflect::set(&style, &name.into(), &value.into());
    }
    Date::new(&ms.into()).to_locale_string(Language::now().tag(), &style).into()
}
