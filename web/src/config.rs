//! The server's configuration of the page: where to connect, and with which parameters.

use assemblyai_protocol::{JsonValue, Token};
use transcription_common::{ConnectionChoice, base_url};

/// The answer of `GET /config`.
#[derive(Debug, Clone, PartialEq)]
pub struct PageConfig {
    /// The WebSocket's address with all parameters but the token; for the demo a path on the page's own origin.
    pub websocket_url: String,
    /// Whether the user may choose other parameters.
    pub allow_client_parameters: bool,
    /// The regions that the user may choose from.
    pub regions: Vec<Region>,
    /// Whether a script answers in place of a speech recogniser.
    pub demo: bool,
}

/// A region of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Its name, such as `eu`.
    pub name: String,
    /// The WebSocket's address in it, without parameters.
    pub websocket_url: String,
}

impl PageConfig {
    /// Reads the answer; `None` if it is something else.
    pub fn read(json: &impl JsonValue) -> Option<Self> {
        let is_on = |name| json.field(name).and_then(|it| it.switch()).unwrap_or_default();
        let regions = json.field("regions").and_then(|regions| regions.items()).unwrap_or_default();
        let region = |json| {
            Some(Region {
                name: text_field(&json, "name")?,
                websocket_url: text_field(&json, "websocket_url")?,
            })
        };
        Some(Self {
            websocket_url: text_field(json, "websocket_url")?,
            allow_client_parameters: is_on("allow_client_parameters"),
            regions: regions.into_iter().filter_map(region).collect(),
            demo: is_on("demo"),
        })
    }

    /// The path that tokens are requested from, and the WebSocket's address without a token.
    ///
    /// The user's choice counts only if the server allows it and lists its address: storage is open to every script of
    /// this origin, and the token must not go elsewhere.
    pub fn endpoint<'a>(&'a self, choice: Option<&'a ConnectionChoice>) -> (String, &'a str) {
        let choice = choice.filter(|choice| self.allow_client_parameters && self.lists(choice));
        match choice {
            Some(ConnectionChoice { region: Some(region), url }) => (["token?region=", region].concat(), url),
            Some(ConnectionChoice { region: None, url }) => ("token".to_owned(), url),
            None => ("token".to_owned(), &self.websocket_url),
        }
    }

    /// Whether the server offers the address of a choice, in the region of the choice.
    fn lists(&self, choice: &ConnectionChoice) -> bool {
        match &choice.region {
            None => base_url(&self.websocket_url) == choice.base_url(),
            Some(name) => {
                self.regions.iter().any(|it| it.name == *name && it.websocket_url == choice.base_url())
            }
        }
    }
}

fn text_field(json: &impl JsonValue, name: &str) -> Option<String> {
    json.field(name)?.text()
}

/// The WebSocket's address with the token; `origin` is the page's, `https://host:port`.
pub fn socket_url(websocket_url: &str, origin: &str, token: &Token) -> String {
    let url = token.added_to(websocket_url);
    match origin.strip_prefix("http") {
        Some(rest) if url.starts_with('/') => ["ws", rest, &*url].concat(),
        _ => url,
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

    const ANSWER: &str = r#"{"websocket_url":"wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro",
        "parameters":{"speech_model":"u3-rt-pro"},"allow_client_parameters":true,
        "regions":[{"name":"us","websocket_url":"wss://streaming.us.assemblyai.com/v3/ws"}],"demo":false}"#;

    fn choice(region: &str, url: &str) -> ConnectionChoice {
        let region = (!region.is_empty()).then(|| region.to_owned());
        ConnectionChoice { region, url: url.to_owned() }
    }

    #[test]
    fn without_a_choice_the_address_is_the_servers_own() {
        let config = config(ANSWER);
        let (path, url) = config.endpoint(None);
        assert_eq!(path, "token");
        assert_eq!(
            socket_url(url, "http://localhost:8000", &token()),
            "wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro&token=A%2FB"
        );
    }

    #[test]
    fn the_users_choice_counts_if_the_server_lists_its_address() {
        let config = config(ANSWER);
        let own = ("token".to_owned(), &*config.websocket_url);
        let us = choice("us", "wss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt");
        assert_eq!(config.endpoint(Some(&us)), ("token?region=us".to_owned(), &*us.url));
        let other_model = choice("", "wss://streaming.eu.assemblyai.com/v3/ws?speech_model=whisper-rt");
        assert_eq!(config.endpoint(Some(&other_model)), ("token".to_owned(), &*other_model.url));
        for (region, url) in [
            ("", "wss://evil.example/v3/ws?speech_model=whisper-rt"),
            ("us", "wss://evil.example/v3/ws?speech_model=whisper-rt"),
            ("", "wss://streaming.us.assemblyai.com.evil.example/v3/ws?x=1"),
            ("us", "wss://streaming.us?x=1"),
            ("mars", "wss://streaming.us.assemblyai.com/v3/ws?x=1"),
            ("us", "?x=1"),
            ("us", ""),
            ("", ""),
        ] {
            assert_eq!(config.endpoint(Some(&choice(region, url))), own, "{region} {url}");
        }
    }

    #[test]
    fn the_users_choice_does_not_count_unless_the_server_allows_it() {
        for forbidden in [ANSWER.replace("true", "false"), ANSWER.replace("allow_client_parameters", "other")]
        {
            let config = config(&forbidden);
            let us = choice("us", "wss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt");
            assert_eq!(config.endpoint(Some(&us)), ("token".to_owned(), &*config.websocket_url));
        }
    }

    #[test]
    fn a_path_is_on_the_pages_own_origin() {
        let config = config(r#"{"websocket_url":"/demo/v3/ws?speech_model=u3-rt-pro","demo":true}"#);
        assert!(config.demo);
        let url = socket_url(&config.websocket_url, "http://localhost:8000", &token());
        assert_eq!(url, "ws://localhost:8000/demo/v3/ws?speech_model=u3-rt-pro&token=A%2FB");
        let url = socket_url(&config.websocket_url, "https://example.org", &token());
        assert!(url.starts_with("wss://example.org/demo/v3/ws?"), "{url}");
    }
}
