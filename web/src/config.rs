//! What the server tells the page: where to connect, and with what.

use assemblyai_protocol::{Encoding, StreamingParameters, Token};
use serde::Deserialize;

use crate::journal::SAMPLE_RATE_HZ;

/// The answer of `GET /config`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PageConfig {
    /// The socket's address, or for the demo a path on the page's own origin.
    pub websocket_url: String,
    /// The parameters that the server's settings ask for.
    #[serde(default)]
    pub parameters: StreamingParameters,
    /// Whether the words come from a script.
    #[serde(default)]
    pub demo: bool,
}

impl PageConfig {
    /// The socket's address with all parameters and the token; `origin` is the page's, `https://host:port`.
    pub fn socket_url(&self, origin: &str, token: &Token) -> String {
        // Whatever the settings say, this is what the worklet makes.
        let parameters = StreamingParameters {
            sample_rate_hz: SAMPLE_RATE_HZ,
            encoding: Encoding::PcmS16le,
            ..self.parameters.clone()
        };
        let base = if self.websocket_url.starts_with('/') {
            let origin = origin.replacen("http", "ws", 1);
            format!("{origin}{}", self.websocket_url)
        } else {
            self.websocket_url.clone()
        };
        // Heartbeats tell a connection that is dead from one on which nobody speaks.
        format!("{base}?session_heartbeat=true&{}", parameters.to_query(Some(&token.token)))
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
            r#"{"websocket_url":"wss://streaming.eu.assemblyai.com/v3/ws","demo":false,
                "parameters":{"speech_model":"universal-streaming-english","sample_rate":48000,
                "format_turns":true,"inactivity_timeout":30}}"#,
        );
        assert_eq!(
            config.socket_url("http://localhost:8000", &token()),
            "wss://streaming.eu.assemblyai.com/v3/ws?session_heartbeat=true&speech_model=universal-streaming-english\
             &sample_rate=16000&encoding=pcm_s16le&format_turns=true&inactivity_timeout=30&token=A%2FB"
        );
    }

    #[test]
    fn a_path_is_on_the_pages_own_origin() {
        let config = config(r#"{"websocket_url":"/demo/v3/ws","demo":true}"#);
        let url = config.socket_url("http://localhost:8000", &token());
        assert!(
            url.starts_with("ws://localhost:8000/demo/v3/ws?session_heartbeat=true&speech_model=u3-rt-pro&"),
            "{url}"
        );
        let url = config.socket_url("https://example.org", &token());
        assert!(url.starts_with("wss://example.org/demo/v3/ws?session_heartbeat=true&"), "{url}");
    }
}
