use serde_json::{Map, Value, json};

use super::{Field, GROUPS, Offer, REGION, entry};

/// What the user has chosen, as far as it differs from what the server has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choices {
    region: Option<String>,
    parameters: Map<String, Value>,
}

impl Choices {
    /// Reads what was kept. What this version does not know, what is out of its range, what the server no longer
    /// offers, and what the server has by now itself is passed over.
    pub fn read(kept: &str, offer: &Offer) -> Self {
        let kept: Value = serde_json::from_str(kept).unwrap_or_default();
        let mut choices = Self::default();
        for field in GROUPS.iter().flat_map(|group| group.fields) {
            let place = if field.name == REGION { &kept } else { &kept["parameters"] };
            let value = place.get(field.name).filter(|value| entry::is_good(field, value, offer));
            choices.choose(field, value.cloned(), offer);
        }
        choices
    }

    /// Chooses a value that is good, or with `None` the server's own.
    pub fn choose(&mut self, field: &Field, value: Option<Value>, offer: &Offer) {
        if field.name == REGION {
            let name = value.and_then(|value| Some(value.as_str()?.to_owned()));
            self.region = name.filter(|name| offer.default_region() != Some(name));
            return;
        }
        let is_default = |value: &Value| offer.default_of(field.name).is_some_and(|own| is_same(own, value));
        match value.filter(|value| !is_default(value)) {
            Some(value) => self.parameters.insert(field.name.to_owned(), value),
            None => self.parameters.remove(field.name),
        };
    }

    /// The value of a field; `None` where it is the server's own.
    pub fn get(&self, field: &Field) -> Option<Value> {
        if field.name == REGION {
            return self.region.clone().map(Value::String);
        }
        self.parameters.get(field.name).cloned()
    }

    /// The region, where it is not the server's own.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The parameters that are not the server's own.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// What is kept: `None` where there is nothing to keep.
    pub fn to_json(&self) -> Option<String> {
        let json = json!({ REGION: self.region, "parameters": self.parameters });
        (*self != Self::default()).then(|| json.to_string())
    }
}

/// 1 and 1.0 are the same.
fn is_same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().is_some_and(|a| Some(a) == b.as_f64())
}
