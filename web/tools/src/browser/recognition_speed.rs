//! The real-time factor of the server's own recogniser, in the details of the recording.

use std::cell::{OnceCell, RefCell};

use serde_json::Value;
use transcription_common::texts;
use transcription_dom::{
    Interval, Listener, WarnOnError, append, create_element, create_text_element, document, find, set_text,
    window,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, Response};

use super::Host;

/// How often the factor is asked for while the details are open, in ms: the server's value is a mean since its start.
const PERIOD_MS: i32 = 5_000;

/// Updates the row until it is dropped.
pub(super) struct RecognitionSpeed {
    _toggle: Listener,
}

impl RecognitionSpeed {
    /// Adds the row once the details are open, if the server itself recognises.
    pub(super) fn new(host: &Host) -> Option<Self> {
        let (details, list) = (find("#details")?, find("#details dl")?);
        let host = host.clone();
        let (value, asking) = (OnceCell::new(), RefCell::new(None));
        let update = {
            let details = details.clone();
            move || {
                let is_asking = details.has_attribute("open") && host.is_local();
                asking.replace(is_asking.then(|| {
                    let value: Element = value.get_or_init(|| add(&list)).clone();
                    ask(value.clone());
                    Interval::new(PERIOD_MS, move || ask(value.clone()))
                }));
            }
        };
        update();
        Some(Self { _toggle: Listener::new(&details, "toggle", move |_| update()) })
    }
}

/// Adds the row and returns the element of its value.
fn add(list: &HtmlElement) -> Element {
    let row: Element = create_element("div", "");
    let value: Element = create_text_element("dd", "", "–");
    append(&row, &[&create_text_element("dt", "", texts::REAL_TIME_FACTOR.get()), &value]);
    append(list, &[&row]);
    value
}

/// Asks the server and shows the answer. What was shown stays if the server does not answer.
fn ask(value: Element) {
    if document().hidden() {
        return;
    }
    spawn_local(async move {
        if let Some(factor) = real_time_factor().await {
            set_text(&value, &format!("{factor:.2}").replace('.', texts::DECIMAL_POINT.get()));
        }
    });
}

/// The server's real-time factor; `None` before it has recognised anything.
async fn real_time_factor() -> Option<f64> {
    let answer = JsFuture::from(window().fetch_with_str("speed")).await.ok()?;
    let text = JsFuture::from(answer.unchecked_into::<Response>().text().warn_on_error()?).await.ok()?;
    serde_json::from_str::<Value>(&text.as_string()?).ok()?.get("real_time_factor")?.as_f64()
}
