//! The page's elements, made and heard.

use transcription_common::texts::Text;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, Event, EventTarget, HtmlButtonElement, HtmlDialogElement, HtmlElement, KeyboardEvent,
    ScrollIntoViewOptions, ScrollLogicalPosition, Window,
};

use crate::reader::keys::Press;

/// A page without a window or a document runs no code.
pub(crate) fn window() -> Window {
    js_sys::global().unchecked_into()
}

pub(crate) fn document() -> Document {
    JsCast::unchecked_into(js_sys::Reflect::get(&window(), &"document".into()).unwrap_or_default())
}

pub(crate) fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()?.map(JsCast::unchecked_into)
}

/// Makes an element; it fails only for names that are none.
pub(crate) fn make<T: JsCast>(name: &str, class: &str) -> T {
    let element = document().create_element(name).unwrap_or_else(|_| JsCast::unchecked_into(JsValue::NULL));
    if !class.is_empty() {
        element.set_class_name(class);
    }
    element.unchecked_into()
}

pub(crate) fn text<T: JsCast>(name: &str, class: &str, text: &str) -> T {
    let element: Element = make(name, class);
    element.set_text_content(Some(text));
    element.unchecked_into()
}

pub(crate) fn button(label: Text, kind: &str) -> HtmlButtonElement {
    let button: HtmlButtonElement = text("button", "", label.get());
    button.set_type(kind);
    button
}

pub(crate) fn add(parent: &Element, children: &[&Element]) {
    for child in children {
        // Fails only where a child holds its parent.
        let _ = parent.append_child(child);
    }
}

pub(crate) fn set(element: &Element, name: &str, value: &str) {
    // Fails only for names that are none.
    let _ = element.set_attribute(name, value);
}

pub(crate) fn unset(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}

/// The number in an attribute; 0 where there is none.
pub(crate) fn number(element: &Element, name: &str) -> u64 {
    element.get_attribute(name).and_then(|number| number.parse().ok()).unwrap_or_default()
}

pub(crate) fn closest(event: &Event, selector: &str) -> Option<HtmlElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selector).ok()?.map(JsCast::unchecked_into)
}

/// Hears events for as long as the target is there: JavaScript owns the callback.
pub(crate) fn on(target: &EventTarget, name: &str, callback: impl FnMut(Event) + 'static) {
    let callback = Closure::<dyn FnMut(Event)>::new(callback).into_js_value();
    // Fails only where the callback is no function.
    let _ = target.add_event_listener_with_callback(name, callback.unchecked_ref());
}

/// What of a key event matters.
pub(crate) fn press<'a>(event: &KeyboardEvent, key: &'a str) -> Press<'a> {
    Press { key, has_control: event.ctrl_key() || event.meta_key(), has_alt: event.alt_key() }
}

/// A dialog with a heading, which Escape closes; it is there until the page goes.
pub(crate) fn dialog(id: &str, heading: &str) -> (HtmlDialogElement, Element) {
    let dialog: HtmlDialogElement = make("dialog", "reader");
    dialog.set_id(id);
    let title: Element = text("h2", "", heading);
    let title_id = [id, "-title"].concat();
    title.set_id(&title_id);
    set(&dialog, "aria-labelledby", &title_id);
    add(&dialog, &[&title]);
    if let Some(body) = document().body() {
        add(&body, &[&dialog]);
    }
    (dialog, title)
}

/// Scrolls as little as needed, or to the middle.
pub(crate) fn scroll_to(element: &Element, to: ScrollLogicalPosition) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(to);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}
