use js_sys::Date;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlElement};

use super::dom::{set_text, show};
use super::listener::Listener;
use crate::recovery::{LocalTime, Offer};

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
    pub(crate) fn show(&self, offer: Option<&Offer>, next: &HtmlElement) {
        if let Some(offer) = offer {
            self.say(&offer.sentence(local_time(Date::now())));
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

/// A time in ms since 1970, as the user's clock shows it.
pub(crate) fn local_time(ms: f64) -> LocalTime {
    let behind_utc_min = Date::new(&ms.into()).get_timezone_offset();
    LocalTime((ms - behind_utc_min * 60_000.0) as i64)
}
