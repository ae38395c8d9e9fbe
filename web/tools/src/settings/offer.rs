use assemblyai_protocol::StreamingParameters;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Choices;

/// What the server lets one choose: the answer of `GET /config`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Offer {
    /// The socket's address with the server's own parameters.
    websocket_url: String,
    /// Those parameters.
    parameters: Map<String, Value>,
    #[serde(default)]
    allow_client_parameters: bool,
    #[serde(default)]
    regions: Vec<Region>,
}

/// A region, and the socket's address in it, without parameters.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Region {
    name: String,
    websocket_url: String,
}

impl Offer {
    /// Reads it; `None` where it is none, or leaves nothing to choose.
    pub fn read(answer: &str) -> Option<Self> {
        serde_json::from_str::<Self>(answer).ok().filter(|offer| offer.allow_client_parameters)
    }

    /// The server's own value of a parameter, if it has one.
    pub fn default_of(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name)
    }

    /// The names of the regions, none where there is no choice.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.iter().map(|region| region.name.as_str())
    }

    /// The server's own region, where it is one of several.
    pub fn default_region(&self) -> Option<&str> {
        let own = self.regions.iter().find(|region| region.websocket_url == self.base());
        own.map(|region| region.name.as_str())
    }

    /// The parameters of a recording with these choices.
    pub fn parameters(&self, choices: &Choices) -> StreamingParameters {
        let mut all = self.parameters.clone();
        all.extend(choices.parameters().clone());
        // The server sends what it has read, and choices were checked one by one.
        serde_json::from_value(Value::Object(all)).unwrap_or_default()
    }

    /// What the page connects with: the region's name and a line break before the socket's address without a token.
    /// `None` where the server's own address will do.
    ///
    /// The page's own module reads it: see `web/src/config.rs`.
    pub fn connection(&self, choices: &Choices) -> Option<String> {
        if *choices == Choices::default() {
            return None;
        }
        let region = self.regions.iter().find(|region| Some(region.name.as_str()) == choices.region());
        let (name, base) =
            region.map_or(("", self.base()), |region| (region.name.as_str(), region.websocket_url.as_str()));
        Some([name, "\n", base, "?", &self.parameters(choices).to_query(None)].concat())
    }

    /// The socket's address without parameters.
    fn base(&self) -> &str {
        self.websocket_url.split('?').next().unwrap_or_default()
    }
}
