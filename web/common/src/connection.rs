use assemblyai_protocol::JsonValue;
use serde::Serialize;

/// The key of the user's settings in the browser's storage: JSON, of which the page reads [`STANDBY`] and the tools the rest.
pub const SETTINGS_KEY: &str = "settings";

/// The name of the setting after how many seconds without speech the page closes its connection; 0: never.
pub const STANDBY: &str = "standby_after_s";

/// The key of the [`SavedConnection`] in the browser's storage.
pub const CONNECTION_KEY: &str = "connection";

/// Where the page connects instead of the server's own address: the user's settings as the tools worked them out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionChoice {
    /// The name of the region; `None` for the server's own.
    pub region: Option<String>,
    /// The WebSocket's address with all parameters but the token.
    pub url: String,
}

/// A [`ConnectionChoice`] with the configuration that it was worked out for. Written by the tools, read by the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedConnection {
    /// The answer of `GET /config`. For any other answer the choice is out of date.
    pub config: String,
    /// The choice; `None` for the server's own address.
    pub choice: Option<ConnectionChoice>,
}

impl ConnectionChoice {
    fn read(json: &impl JsonValue) -> Option<Self> {
        let region = json.field("region").and_then(|region| region.text());
        Some(Self { region, url: json.field("url")?.text()? })
    }

    /// The address without parameters.
    pub fn base_url(&self) -> &str {
        base_url(&self.url)
    }
}

impl SavedConnection {
    /// Reads what was saved; `None` if it is something else.
    pub fn read(json: &impl JsonValue) -> Option<Self> {
        let choice = json.field("choice").map(|choice| ConnectionChoice::read(&choice));
        Some(Self { config: json.field("config")?.text()?, choice: choice.flatten() })
    }
}

/// An address without its parameters.
pub fn base_url(url: &str) -> &str {
    url.split(['?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use assemblyai_protocol::parse_json;

    use super::*;
    use test_result::TestResult;

    #[test]
    fn a_saved_connection_is_read_back() -> Result<(), serde_json::Error> {
        let url = "wss://streaming.eu.assemblyai.com/v3/ws?prompt=%22%5C".to_owned();
        for choice in [
            None,
            Some(ConnectionChoice { region: None, url: url.clone() }),
            Some(ConnectionChoice { region: Some("eu".to_owned()), url }),
        ] {
            let saved = SavedConnection { config: "{\"demo\":\"\\n\"}".to_owned(), choice };
            let json = serde_json::to_string(&saved)?;
            let read = parse_json(&json).and_then(|json| SavedConnection::read(&json));
            assert_eq!(read, Some(saved));
        }
        Ok(())
    }

    #[test]
    fn other_json_is_not_a_saved_connection() -> TestResult {
        for json in ["{}", "[]", r#"{"config":7,"choice":null}"#, r#""eu\nwss://x""#] {
            assert_eq!(SavedConnection::read(&parse_json(json).ok_or("no JSON")?), None, "{json}");
        }
        let without_url = r#"{"config":"","choice":{"region":"eu"}}"#;
        let saved = SavedConnection::read(&parse_json(without_url).ok_or("no JSON")?);
        assert_eq!(saved, Some(SavedConnection { config: String::new(), choice: None }));
        Ok(())
    }

    #[test]
    fn the_base_ends_before_the_parameters() {
        assert_eq!(
            [base_url("wss://x/v3/ws?a=b?c"), base_url("/demo/v3/ws")],
            ["wss://x/v3/ws", "/demo/v3/ws"]
        );
    }
}
