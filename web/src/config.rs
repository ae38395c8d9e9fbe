//! What the server tells the page: where to connect, and with what.

use assemblyai_protocol::{JsonValue, Token};

/// The answer of `GET /config`.
#[derive(Debug, Clone, PartialEq)]
pub struct PageConfig {
    /// The socket's address with all parameters but the token, or for the demo a path on the page's own origin.
    pub websocket_url: String,
    /// Whether the words come from a script.
    pub demo: bool,
}

impl PageConfig {
    /// Reads it; `None` where it is not one.
    pub fn read(json: &impl JsonValue) -> Option<Self> {
        let demo = json.field("demo").and_then(|demo| demo.switch()).unwrap_or_default();
        Some(Self { websocket_url: json.field("websocket_url")?.text()?, demo })
    }

    /// The socket's address with the token; `origin` is the page's, `https://host:port`.
    pub fn socket_url(&self, origin: &str, token: &Token) -> String {
        let url = token.added_to(&self.websocket_url);
        match origin.strip_prefix("http") {
            Some(rest) if url.starts_with('/') => ["ws", rest, &*url].concat(),
            _ => url,
        }
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_protocol::parse_json;

    use super::*;

    fn config(json: &str) -> PageConfig {
        PageConfig::read(&parse_json(json).expect("it is JSON")).expect("it is a configuration")
    }

    fn token() -> Token {
        Token { token: "A/B".to_owned(), expires_in_s: None }
    }

    #[test]
    fn the_address_is_the_servers_choice() {
        let config = config(
            r#"{"websocket_url":"wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro&sample_rate=16000",
                "parameters":{"speech_model":"u3-rt-pro","sample_rate":16000},"demo":false}"#,
        );
        assert_eq!(
            config.socket_url("http://localhost:8000", &token()),
            "wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro&sample_rate=16000&token=A%2FB"
        );
    }

    #[test]
    fn a_path_is_on_the_pages_own_origin() {
        let config = config(r#"{"websocket_url":"/demo/v3/ws?speech_model=u3-rt-pro","demo":true}"#);
        let url = config.socket_url("http://localhost:8000", &token());
        assert_eq!(url, "ws://localhost:8000/demo/v3/ws?speech_model=u3-rt-pro&token=A%2FB");
        let url = config.socket_url("https://example.org", &token());
        assert!(url.starts_with("wss://example.org/demo/v3/ws?"), "{url}");
    }
}
