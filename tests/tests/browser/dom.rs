//! What the tests read of the document and do to it without the user's input, so that they need no JavaScript for it.

use serde_json::{Value, json};

use super::page::Page;
use end_to_end_tests::browser::BrowserError;

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
        self.eval(&format!("document.querySelector({}).{name} = {}", json!(selector), value.into())).await?;
        Ok(())
    }

    /// Calls a method of an element that takes no argument, such as `focus`; with `click`, also where a pointer would
    /// meet another element.
    pub(super) async fn call(&mut self, selector: &str, method: &str) -> Result<(), BrowserError> {
        self.eval(&format!("document.querySelector({}).{method}()", json!(selector))).await?;
        Ok(())
    }

    /// How many elements the selector has.
    pub(super) async fn count(&mut self, selector: &str) -> Result<Value, BrowserError> {
        self.eval(&format!("return document.querySelectorAll({}).length", json!(selector))).await
    }

    /// A number in the details panel.
    pub(super) async fn session_stat(&mut self, name: &str) -> Result<f64, BrowserError> {
        self.read(&format!("return parseFloat(document.querySelector('#stat-{name}').textContent)")).await
    }

    /// Waits for an element.
    pub(super) async fn wait_for_element(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.querySelector({}) !== null", json!(selector))).await
    }

    /// Waits until there is no such element.
    pub(super) async fn wait_for_no_element(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.querySelector({}) === null", json!(selector))).await
    }

    /// Waits until an element has this value in a property, such as `hidden` or `textContent`.
    pub(super) async fn wait_for_property(
        &mut self,
        selector: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        let (selector, value) = (json!(selector), value.into());
        self.wait_until(&format!("return document.querySelector({selector})?.{name} === {value}")).await
    }

    /// Waits until the text of an element contains this one.
    pub(super) async fn wait_for_text_with(
        &mut self,
        selector: &str,
        text: &str,
    ) -> Result<(), BrowserError> {
        let (selector, text) = (json!(selector), json!(text));
        self.wait_until(&format!("return document.querySelector({selector}).textContent.includes({text})"))
            .await
    }

    /// Waits until the focused element is one of the selector's.
    pub(super) async fn wait_for_focus(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.activeElement.matches({})", json!(selector))).await
    }
}
