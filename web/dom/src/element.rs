use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, Window};

use crate::{WarnOnError, get};

/// The global object. This code runs in pages only, never in a worker, so it is a window.
pub fn window() -> Window {
    js_sys::global().unchecked_into()
}

/// The window's document.
pub fn document() -> Document {
    // `None` only in a window without a document, and such a window loads no modules.
    window().document().expect_throw("the window has no document")
}

/// The first element that matches a selector.
pub fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()?.map(JsCast::unchecked_into)
}

/// Whether the first element that matches a selector is a checkbox that is on.
pub fn is_checked(selector: &str) -> bool {
    find(selector).is_some_and(|checkbox| get(&checkbox, "checked").is_truthy())
}

/// The first element that matches a selector, as an element of the type that index.html declares.
///
/// # Errors
///
/// If there is none: then index.html and the code do not fit.
pub fn require<T: JsCast>(selector: &str) -> Result<T, JsError> {
    let missing = || JsError::new(&["the page has no ", selector].concat());
    find(selector).map(JsCast::unchecked_into).ok_or_else(missing)
}

/// Creates an element with a class, which may be empty.
pub fn create_element<T: JsCast>(name: &str, class: &str) -> T {
    // Throws only for invalid element names, and all names here are literals.
    let element = document().create_element(name).unwrap_throw();
    if !class.is_empty() {
        element.set_class_name(class);
    }
    element.unchecked_into()
}

/// Creates an element with a class, which may be empty, and a text.
pub fn create_text_element<T: JsCast>(name: &str, class: &str, text: &str) -> T {
    let element: Element = create_element(name, class);
    element.set_text_content(Some(text));
    element.unchecked_into()
}

/// Appends elements to another, in order.
pub fn append(parent: &Element, children: &[&Element]) {
    for child in children {
        parent.append_child(child).warn_on_error();
    }
}

/// Sets an attribute if it differs: setting the same value again costs the browser as much as a new one.
pub fn set_attribute(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        element.set_attribute(name, value).warn_on_error();
    }
}

/// Removes an attribute.
pub fn remove_attribute(element: &Element, name: &str) {
    element.remove_attribute(name).warn_on_error();
}

/// Sets or removes an attribute that has no value.
pub fn toggle_attribute(element: &Element, name: &str, is_set: bool) {
    element.toggle_attribute_with_force(name, is_set).warn_on_error();
}

/// Sets a property of an element's own style.
pub fn set_style(element: &HtmlElement, property: &str, value: &str) {
    element.style().set_property(property, value).warn_on_error();
}

/// Replaces an element's text if it differs: screen readers would read an unchanged text out again.
pub fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Shows or hides an element.
pub fn show(element: &Element, is_shown: bool) {
    toggle_attribute(element, "hidden", !is_shown);
}

/// Moves the focus to an element.
pub fn focus(element: &Element) {
    element.unchecked_ref::<HtmlElement>().focus().warn_on_error();
}

/// The event's target or its nearest ancestor that matches a selector.
pub fn closest(event: &Event, selector: &str) -> Option<HtmlElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selector).ok()?.map(JsCast::unchecked_into)
}
