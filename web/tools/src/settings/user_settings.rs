use serde_json::{Map, Value, json};
use transcription_common::STANDBY;

use super::{Field, GROUPS, REGION, ServerConfig, entry, field};

/// The name of the parameter with the terms that the service listens for.
const KEY_TERMS: &str = "keyterms_prompt";

/// The user's settings: only what differs from the server's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserSettings {
    region: Option<String>,
    standby_after_s: Option<u32>,
    parameters: Map<String, Value>,
}

impl UserSettings {
    /// Reads stored settings. Skips what this version does not know, what is out of range, what the server no longer
    /// offers, and what equals the server's own value by now.
    pub fn read(stored: &str, config: &ServerConfig) -> Self {
        let stored: Value = serde_json::from_str(stored).unwrap_or_default();
        let mut settings = Self::default();
        for field in GROUPS.iter().flat_map(|group| group.fields) {
            let place = if field.parameter().is_some() { &stored["parameters"] } else { &stored };
            let value = place.get(field.name).filter(|value| entry::is_valid(field, value, config));
            settings.set(field, value.cloned(), config);
        }
        settings
    }

    /// Sets a valid value; `None` restores the server's own.
    pub fn set(&mut self, field: &Field, value: Option<Value>, config: &ServerConfig) {
        if field.name == REGION {
            let name = value.and_then(|value| Some(value.as_str()?.to_owned()));
            self.region = name.filter(|name| config.default_region() != Some(name));
            return;
        }
        if field.name == STANDBY {
            let seconds = value.and_then(|value| value.as_u64()?.try_into().ok());
            self.standby_after_s = seconds.filter(|seconds| config.default_standby_s() != *seconds);
            return;
        }
        let is_default = |value: &Value| config.default_of(field.name).is_some_and(|own| is_same(own, value));
        match value.filter(|value| !is_default(value)) {
            Some(value) => self.parameters.insert(field.name.to_owned(), value),
            None => self.parameters.remove(field.name),
        };
    }

    /// The value of a field; `None` if it is the server's own.
    pub fn get(&self, field: &Field) -> Option<Value> {
        if field.name == REGION {
            return self.region.clone().map(Value::String);
        }
        if field.name == STANDBY {
            return self.standby_after_s.map(Value::from);
        }
        self.parameters.get(field.name).cloned()
    }

    /// These settings with all that differs between two others, as it is in the second.
    #[must_use]
    pub fn with_changes(&self, from: &Self, to: &Self, config: &ServerConfig) -> Self {
        let mut settings = self.clone();
        for field in GROUPS.iter().flat_map(|group| group.fields) {
            let value = to.get(field);
            if value != from.get(field) {
                settings.set(field, value, config);
            }
        }
        settings
    }

    /// These settings with one more key term; `None` if the server or the model takes none, or not this one, or it is
    /// among them already.
    pub fn with_key_term(&self, term: &str, config: &ServerConfig) -> Option<Self> {
        let field = field(KEY_TERMS).filter(|field| config.offers(field))?;
        let model = config.parameters(self).speech_model;
        if !field.parameter()?.models.include(&model) {
            return None;
        }
        let current = self.get(field).or_else(|| config.default_of(KEY_TERMS).cloned());
        let mut terms: Vec<String> =
            current.and_then(|terms| serde_json::from_value(terms).ok()).unwrap_or_default();
        let is_known = terms.iter().any(|known| known == term);
        terms.push(term.to_owned());
        let value = Value::from(terms);
        let mut settings = self.clone();
        let is_new = !is_known && entry::is_valid(field, &value, config);
        is_new.then(|| {
            settings.set(field, Some(value), config);
            settings
        })
    }

    /// The region; `None` if it is the server's own.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// After how many seconds without speech the page closes its connection, 0: never; `None` if it is the server's own.
    pub fn standby_after_s(&self) -> Option<u32> {
        self.standby_after_s
    }

    /// The parameters that are not the server's own.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// The settings to store; `None` if all are the server's own.
    pub fn to_json(&self) -> Option<String> {
        let mut json = json!({ REGION: self.region, "parameters": self.parameters });
        if let Some(seconds) = self.standby_after_s {
            json[STANDBY] = seconds.into();
        }
        (*self != Self::default()).then(|| json.to_string())
    }
}

/// Whether two values are equal; 1 equals 1.0.
fn is_same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().is_some_and(|a| Some(a) == b.as_f64())
}
