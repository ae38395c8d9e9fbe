//! Elements that only the tools use, on top of `transcription_dom`.

use transcription_common::texts::Text;
use transcription_dom::{
    WarnOnError, append, create_element, create_text_element, document, set_attribute, window,
};
use wasm_bindgen::prelude::*;
use web_sys::{
    Element, Event, EventTarget, HtmlButtonElement, HtmlDialogElement, KeyboardEvent, ScrollIntoViewOptions,
    ScrollLogicalPosition,
};

use crate::reader::keys::Press;

/// A button of a type: `submit` or `button`.
pub(crate) fn button(label: Text, kind: &str) -> HtmlButtonElement {
    let button: HtmlButtonElement = create_text_element("button", "", label.get());
    button.set_type(kind);
    button
}

/// The last row of a dialog: its buttons, the one for what the dialog is for at the end.
pub(crate) fn ends(buttons: &[&Element]) -> Element {
    let ends: Element = create_element("div", "ends");
    append(&ends, buttons);
    ends
}

/// Calls back for each event for as long as the target exists: JavaScript owns the callback. For elements that live as
/// long as the page, or for one edit; other targets take a [`Listener`](transcription_dom::Listener).
pub(crate) fn on(target: &EventTarget, name: &str, callback: impl FnMut(Event) + 'static) {
    let callback = Closure::<dyn FnMut(Event)>::new(callback).into_js_value();
    target.add_event_listener_with_callback(name, callback.unchecked_ref()).warn_on_error();
}

/// The number in an attribute; 0 if there is none.
pub(crate) fn number(element: &Element, name: &str) -> u64 {
    element.get_attribute(name).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The parts of a key event that shortcuts depend on.
pub(crate) fn press<'a>(event: &KeyboardEvent, key: &'a str) -> Press<'a> {
    Press { key, has_control: event.ctrl_key() || event.meta_key(), has_alt: event.alt_key() }
}

/// A dialog with a heading, added to the page. Escape closes it.
pub(crate) fn dialog(id: &str, heading: &str) -> (HtmlDialogElement, Element) {
    let dialog: HtmlDialogElement = create_element("dialog", "reader");
    dialog.set_id(id);
    let title: Element = create_text_element("h2", "", heading);
    let title_id = [id, "-title"].concat();
    title.set_id(&title_id);
    set_attribute(&dialog, "aria-labelledby", &title_id);
    append(&dialog, &[&title]);
    if let Some(body) = document().body() {
        append(&body, &[&dialog]);
    }
    (dialog, title)
}

/// Scrolls an element into view, at a position.
pub(crate) fn scroll_to(element: &Element, position: ScrollLogicalPosition) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(position);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Calls back after so many ms.
pub(crate) fn after(ms: i32, callback: impl FnOnce() + 'static) {
    let callback = Closure::once_into_js(callback);
    window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), ms)
        .warn_on_error();
}
