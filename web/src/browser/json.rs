use assemblyai_protocol::JsonValue;
use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

/// JSON, parsed by the browser: its parser adds no code to the page.
pub(crate) struct Json(JsValue);

impl Json {
    /// Parses text; `None` if it is not JSON.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }
}

impl JsonValue for Json {
    fn field(&self, name: &str) -> Option<Self> {
        let value = Reflect::get(self.0.dyn_ref::<Object>()?, &name.into()).ok()?;
        (!value.is_null() && !value.is_undefined()).then_some(Self(value))
    }
    fn is_object(&self) -> bool {
        self.0.is_object() && !Array::is_array(&self.0)
    }
    fn text(&self) -> Option<String> {
        self.0.as_string()
    }
    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }
    fn switch(&self) -> Option<bool> {
        self.0.as_bool()
    }
    fn items(&self) -> Option<Vec<Self>> {
        Some(self.0.dyn_ref::<Array>()?.iter().map(Self).collect())
    }
    fn json(&self) -> String {
        JSON::stringify(&self.0).map(String::from).unwrap_or_default()
    }
}
