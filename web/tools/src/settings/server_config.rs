use assemblyai_protocol::{PARAMETERS, StreamingParameters, split_message};
use serde::Deserialize;
use serde_json::{Map, Value};
use transcription_common::{ConnectionChoice, STANDBY, base_url};

use super::fields::REGION;
use super::{Control, Field, UserSettings};

/// The server's configuration: the answer of `GET /config`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ServerConfig {
    /// The WebSocket's address with the server's own parameters.
    websocket_url: String,
    /// Those parameters.
    parameters: Map<String, Value>,
    #[serde(default)]
    allow_client_parameters: bool,
    #[serde(default)]
    regions: Vec<Region>,
    /// The model with which the server itself recognises; absent if the service does.
    #[serde(default)]
    local_model: Option<String>,
    /// Whether a script answers in place of a speech recogniser.
    #[serde(default)]
    demo: bool,
    /// After how many seconds without speech the page closes its connection; absent if it never does.
    #[serde(default)]
    standby_after_s: Option<u32>,
}

/// The parameters that the server's own recogniser follows.
const LOCAL_PARAMETERS: [&str; 7] = [
    "mode",
    "min_turn_silence",
    "max_turn_silence",
    "include_partial_turns",
    "encoding",
    "sample_rate",
    "inactivity_timeout",
];

/// A region, and the WebSocket's address in it, without parameters.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Region {
    name: String,
    websocket_url: String,
}

impl ServerConfig {
    /// Reads the answer; `None` if it is something else, or leaves the user no choice.
    pub fn read(answer: &str) -> Option<Self> {
        serde_json::from_str::<Self>(answer).ok().filter(|config| config.allow_client_parameters)
    }

    /// Whether a field has an effect at this server.
    pub fn offers(&self, field: &Field) -> bool {
        match field.name {
            REGION => !self.regions.is_empty(),
            // Otherwise an open connection costs nothing.
            STANDBY => !self.demo && self.local_model.is_none(),
            name => self.local_model.is_none() || LOCAL_PARAMETERS.contains(&name),
        }
    }

    /// The server's own value of a parameter, if it has one.
    pub fn default_of(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name)
    }

    /// The server's own value of a field, if it has one.
    pub fn default_value(&self, field: &Field) -> Option<Value> {
        match field.control {
            Control::Region => self.default_region().map(Value::from),
            Control::Standby => Some(self.default_standby_s().into()),
            _ => self.default_of(field.name).cloned(),
        }
    }

    /// After how many seconds without speech the page closes its connection unless the user chooses; 0: never.
    pub fn default_standby_s(&self) -> u32 {
        self.standby_after_s.unwrap_or_default()
    }

    /// The names of the regions that the user may choose from.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.iter().map(|region| region.name.as_str())
    }

    /// The server's own region, if it is one of several.
    pub fn default_region(&self) -> Option<&str> {
        let own = self.regions.iter().find(|region| region.websocket_url == base_url(&self.websocket_url));
        own.map(|region| region.name.as_str())
    }

    /// The parameters of a recording with these settings.
    pub fn parameters(&self, settings: &UserSettings) -> StreamingParameters {
        let mut all = self.parameters.clone();
        all.extend(settings.parameters().clone());
        // This cannot fail: the server's parameters are valid, and each setting was checked.
        serde_json::from_value(Value::Object(all)).unwrap_or_default()
    }

    /// The parameters that are too long for the address: they are sent once the session is open.
    pub fn sent_late(&self, settings: &UserSettings) -> Vec<&'static str> {
        let query = self.parameters(settings).to_short_query();
        let message: Map<String, Value> = split_message(&query)
            .1
            .and_then(|message| serde_json::from_str(message).ok())
            .unwrap_or_default();
        PARAMETERS.iter().map(|parameter| parameter.name).filter(|name| message.contains_key(*name)).collect()
    }

    /// Where these settings lead; `None` for the server's own address.
    pub fn connection(&self, settings: &UserSettings) -> Option<ConnectionChoice> {
        if settings.region().is_none() && settings.parameters().is_empty() {
            return None;
        }
        let region = self.regions.iter().find(|region| Some(region.name.as_str()) == settings.region());
        let base = region.map_or(base_url(&self.websocket_url), |region| &region.websocket_url);
        let url = [base, "?", &self.parameters(settings).to_short_query()].concat();
        Some(ConnectionChoice { region: region.map(|region| region.name.clone()), url })
    }
}
