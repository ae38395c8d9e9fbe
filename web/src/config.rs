//! What the server tells the page: where to connect, and with what.

use assemblyai_protocol::Token;
use serde::Deserialize;

/// The answer of `GET /config`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PageConfig {
    /// The socket's address with all parameters but the token, or for the demo a path on the page's own origin.
    pub websocket_url: String,
    /// Whether the words come from a script.
    #[serde(default)]
    pub demo: bool,
}

impl PageConfig {
    /// The socket's address with the token; `origin` is the page's, `https://host:port`.
    pub fn socket_url(&self, origin: &str, token: &Token) -> String {
        let url = token.added_to(&self.websocket_url);
        if url.starts_with('/') { [&origin.replacen("http", "ws", 1), &*url].concat() } else { url }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> PageConfig {
        serde_json::from_str(json).expect("it parses")
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
