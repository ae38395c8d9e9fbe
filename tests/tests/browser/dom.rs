//! What the tests read of the document and do to it without the user's input, so that they need no JavaScript for it.
//!
//! What a single test looks for is a function in the `.js` file beside it, which [`Page::run`] and [`Page::wait_for`]
//! call by name.

use std::fmt::Display;
use std::time::Duration;

use end_to_end_tests::browser::BrowserError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::page::Page;

/// The time limit of a promise that takes long: filling a page with 5 000 turns.
const PROMISE_LIMIT: Duration = Duration::from_secs(400);

/// A call of a JavaScript function; `arguments` is `()`, a tuple or an array.
fn call(function: &str, arguments: impl Serialize) -> String {
    let arguments = json!(arguments);
    let arguments = if arguments.is_null() { json!([]) } else { arguments };
    format!("{function}(...{arguments})")
}

/// Calls of JavaScript functions, and the variables that they keep in `window`.
impl Page {
    /// Calls a function of a helper file, such as `__captions.lines`, and returns its result, or that of its promise.
    pub(super) async fn run(
        &mut self,
        function: &str,
        arguments: impl Serialize,
    ) -> Result<Value, BrowserError> {
        self.eval(&format!("return {}", call(function, arguments))).await
    }

    /// As [`Self::run`], as a type of the test's.
    pub(super) async fn ask<T: DeserializeOwned>(
        &mut self,
        function: &str,
        arguments: impl Serialize,
    ) -> Result<T, BrowserError> {
        self.read(&format!("return {}", call(function, arguments))).await
    }

    /// As [`Self::run`], for a promise that takes longer than a driver lets a script run.
    pub(super) async fn await_promise(
        &mut self,
        function: &str,
        arguments: impl Serialize,
    ) -> Result<Value, BrowserError> {
        let promise = call(function, arguments);
        self.eval(&format!(
            "window.__resolved = undefined; {promise}.then((value) => window.__resolved = value ?? null)"
        ))
        .await?;
        self.browser.wait_until("return window.__resolved !== undefined", PROMISE_LIMIT).await?;
        self.global("__resolved").await
    }

    /// Waits until a function of a helper file returns true.
    pub(super) async fn wait_for(
        &mut self,
        function: &str,
        arguments: impl Serialize,
    ) -> Result<(), BrowserError> {
        self.wait_until(&format!("return {}", call(function, arguments))).await
    }

    /// As [`Self::wait_for`], with a time limit of its own.
    pub(super) async fn wait_for_within(
        &mut self,
        limit: Duration,
        function: &str,
        arguments: impl Serialize,
    ) -> Result<(), BrowserError> {
        self.browser.wait_until(&format!("return {}", call(function, arguments)), limit).await
    }

    /// A value that a helper file has noted, such as `__played.length`; `null` if there is none.
    pub(super) async fn global(&mut self, path: &str) -> Result<Value, BrowserError> {
        self.eval(&format!("return window.{path} ?? null")).await
    }

    /// As [`Self::global`], as a type of the test's.
    pub(super) async fn global_as<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, BrowserError> {
        self.read(&format!("return window.{path} ?? null")).await
    }

    /// Sets a value that a helper file reads.
    pub(super) async fn set_global(
        &mut self,
        path: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.eval(&format!("window.{path} = {}", value.into())).await.map(drop)
    }

    /// Waits until a helper file has noted this value.
    pub(super) async fn wait_for_global(
        &mut self,
        path: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.wait_until(&format!("return window.{path} === {}", value.into())).await
    }

    /// Waits until a helper file has noted a number of at least `least`.
    pub(super) async fn wait_for_global_of_at_least(
        &mut self,
        path: &str,
        least: impl Display,
    ) -> Result<(), BrowserError> {
        self.wait_until(&format!("return window.{path} >= {least}")).await
    }
}

/// Elements.
impl Page {
    /// A property of an element, such as `textContent` or `dataset.start`; `null` if it has none of this name.
    pub(super) async fn property(&mut self, selector: &str, name: &str) -> Result<Value, BrowserError> {
        self.eval(&format!("return document.querySelector({}).{name} ?? null", json!(selector))).await
    }

    /// Sets a property of an element; the page gets no event.
    pub(super) async fn set_property(
        &mut self,
        selector: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.eval(&format!("document.querySelector({}).{name} = {}", json!(selector), value.into()))
            .await
            .map(drop)
    }

    /// Sets the value of a control, as a user's choice: the page gets `change`.
    pub(super) async fn choose_value(
        &mut self,
        selector: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.run("__dom.choose", (selector, "value", value.into())).await.map(drop)
    }

    /// Replaces the text of a field as if it were typed.
    pub(super) async fn type_into(&mut self, selector: &str, text: &str) -> Result<(), BrowserError> {
        self.run("__dom.type", (selector, text)).await.map(drop)
    }

    /// Calls a method of an element that takes no argument, such as `focus`; with `click`, also where a pointer would
    /// meet another element.
    pub(super) async fn call(&mut self, selector: &str, method: &str) -> Result<(), BrowserError> {
        self.eval(&format!("document.querySelector({}).{method}()", json!(selector))).await.map(drop)
    }

    /// Dispatches an event on the window.
    pub(super) async fn dispatch(&mut self, event: &str) -> Result<(), BrowserError> {
        self.eval(&format!("window.dispatchEvent(new Event({}))", json!(event))).await.map(drop)
    }

    /// How many elements the selector has.
    pub(super) async fn count(&mut self, selector: &str) -> Result<u64, BrowserError> {
        self.read(&format!("return document.querySelectorAll({}).length", json!(selector))).await
    }

    /// The texts of the selector's elements.
    pub(super) async fn texts(&mut self, selector: &str) -> Result<Vec<String>, BrowserError> {
        self.ask("__dom.texts", [selector]).await
    }

    /// An attribute of an element.
    pub(super) async fn attribute(&mut self, selector: &str, name: &str) -> Result<Value, BrowserError> {
        self.run("__dom.attribute", [selector, name]).await
    }

    /// A property of an element's style, as computed.
    pub(super) async fn style(&mut self, selector: &str, name: &str) -> Result<Value, BrowserError> {
        self.run("__dom.style", [selector, name]).await
    }

    /// Whether an element is visible.
    pub(super) async fn is_visible(&mut self, selector: &str) -> Result<bool, BrowserError> {
        self.ask("__dom.isVisible", [selector]).await
    }

    /// Those of these elements that are visible.
    pub(super) async fn visible_of(&mut self, selectors: &[&str]) -> Result<Vec<String>, BrowserError> {
        self.ask("__dom.visibleOf", [selectors]).await
    }

    /// The id of the focused element.
    pub(super) async fn focused_id(&mut self) -> Result<String, BrowserError> {
        self.read("return document.activeElement.id").await
    }

    /// A property of the focused element.
    pub(super) async fn focused_property(&mut self, name: &str) -> Result<Value, BrowserError> {
        self.eval(&format!("return document.activeElement.{name} ?? null")).await
    }

    /// Whether the focused element is one of the selector's.
    pub(super) async fn is_focused(&mut self, selector: &str) -> Result<bool, BrowserError> {
        self.read(&format!("return document.activeElement.matches({})", json!(selector))).await
    }

    /// Replaces the text of the focused field; the page gets no event.
    pub(super) async fn write_into_focused(&mut self, text: &str) -> Result<(), BrowserError> {
        self.eval(&format!("document.activeElement.value = {}", json!(text))).await.map(drop)
    }

    /// Takes the focus from the focused element.
    pub(super) async fn blur(&mut self) -> Result<(), BrowserError> {
        self.eval("document.activeElement.blur()").await.map(drop)
    }

    /// A number in the details panel.
    pub(super) async fn session_stat(&mut self, name: &str) -> Result<f64, BrowserError> {
        self.ask("__dom.number", [format!("#stat-{name}")]).await
    }

    /// What the page has stored under a key.
    pub(super) async fn stored_item(&mut self, key: &str) -> Result<Value, BrowserError> {
        self.eval(&format!("return localStorage.getItem({})", json!(key))).await
    }

    /// Stores a value under a key.
    pub(super) async fn store_item(&mut self, key: &str, value: &str) -> Result<(), BrowserError> {
        self.eval(&format!("localStorage.setItem({}, {})", json!(key), json!(value))).await.map(drop)
    }

    /// Removes what is stored under a key.
    pub(super) async fn forget_item(&mut self, key: &str) -> Result<(), BrowserError> {
        self.eval(&format!("localStorage.removeItem({})", json!(key))).await.map(drop)
    }
}

/// Waits for elements.
impl Page {
    /// Waits until an element meets a condition, written as what follows the element: ` !== null`.
    async fn wait_until_element(&mut self, selector: &str, condition: &str) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.querySelector({}){condition}", json!(selector))).await
    }

    /// Waits for an element.
    pub(super) async fn wait_for_element(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.wait_until_element(selector, " !== null").await
    }

    /// Waits until there is no such element.
    pub(super) async fn wait_for_no_element(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.wait_until_element(selector, " === null").await
    }

    /// Waits until the selector has this many elements.
    pub(super) async fn wait_for_count(&mut self, selector: &str, count: usize) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.querySelectorAll({}).length === {count}", json!(selector)))
            .await
    }

    /// Waits until the selector has at least this many elements.
    pub(super) async fn wait_for_at_least(
        &mut self,
        selector: &str,
        count: usize,
    ) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.querySelectorAll({}).length >= {count}", json!(selector)))
            .await
    }

    /// Waits until an element is visible, or until it is there and is not.
    pub(super) async fn wait_for_visible(
        &mut self,
        selector: &str,
        is_visible: bool,
    ) -> Result<(), BrowserError> {
        self.wait_until_element(selector, &format!(".checkVisibility() === {is_visible}")).await
    }

    /// Waits until an element has this value in a property, such as `hidden` or `textContent`.
    pub(super) async fn wait_for_property(
        &mut self,
        selector: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.wait_until_element(selector, &format!("?.{name} === {}", value.into())).await
    }

    /// Waits until an element has another value than this one in a property.
    pub(super) async fn wait_for_other_property(
        &mut self,
        selector: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.wait_until_element(selector, &format!(".{name} !== {}", value.into())).await
    }

    /// Waits until the text of an element contains this one.
    pub(super) async fn wait_for_text_with(
        &mut self,
        selector: &str,
        text: &str,
    ) -> Result<(), BrowserError> {
        self.wait_until_element(selector, &format!(".textContent.includes({})", json!(text))).await
    }

    /// Waits until the text of an element starts with this one.
    pub(super) async fn wait_for_text_from(
        &mut self,
        selector: &str,
        start: &str,
    ) -> Result<(), BrowserError> {
        self.wait_until_element(selector, &format!(".textContent.startsWith({})", json!(start))).await
    }

    /// Waits until the text of an element matches this regular expression.
    pub(super) async fn wait_for_match(&mut self, selector: &str, pattern: &str) -> Result<(), BrowserError> {
        self.wait_for("__dom.matches", [selector, pattern]).await
    }

    /// Waits until a number in the details panel is at least `least`.
    pub(super) async fn wait_for_stat(
        &mut self,
        name: &str,
        least: impl Display,
        limit: Duration,
    ) -> Result<(), BrowserError> {
        let condition = format!("return __dom.number('#stat-{name}') >= {least}");
        self.browser.wait_until(&condition, limit).await
    }

    /// Waits until the focused element has this text.
    pub(super) async fn wait_for_focused_text(&mut self, text: &str) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.activeElement.textContent === {}", json!(text))).await
    }

    /// Waits until the focused element is one of the selector's.
    pub(super) async fn wait_for_focus(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.activeElement.matches({})", json!(selector))).await
    }
}
