//! JSON that `serde_json` parses.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::small::JsonValue;

/// A value of which `serde_json` has parsed the outermost level.
pub(super) struct Raw<'a> {
    text: &'a str,
    fields: Option<BTreeMap<String, &'a RawValue>>,
}

impl<'a> Raw<'a> {
    pub(super) fn new(raw: &'a RawValue) -> Self {
        let text = raw.get();
        Self { text, fields: serde_json::from_str(text).ok() }
    }

    fn parse<T: Deserialize<'a>>(&self) -> Option<T> {
        serde_json::from_str(self.text).ok()
    }
}

impl JsonValue for Raw<'_> {
    fn field(&self, name: &str) -> Option<Self> {
        let raw = self.fields.as_ref()?.get(name)?;
        (raw.get() != "null").then(|| Self::new(raw))
    }
    fn is_object(&self) -> bool {
        self.fields.is_some()
    }
    fn text(&self) -> Option<String> {
        self.parse()
    }
    fn number(&self) -> Option<f64> {
        self.parse()
    }
    fn switch(&self) -> Option<bool> {
        self.parse()
    }
    fn items(&self) -> Option<Vec<Self>> {
        let items: Vec<&RawValue> = self.parse()?;
        Some(items.into_iter().map(Self::new).collect())
    }
    fn json(&self) -> String {
        self.text.to_owned()
    }
}
