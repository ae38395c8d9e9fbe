//! The server's configuration of the page: where to connect, and with which parameters.

use assemblyai_protocol::{JsonValue, Token};

/// The answer of `GET /config`.
#[derive(Debug, Clone, PartialEq)]
pub struct PageConfig {
    /// The socket's address with all parameters but the token, or for the demo a path on the page's own origin.
    pub websocket_url: String,
    /// Whether the user may choose other parameters.
    pub allow_client_parameters: bool,
    /// Whether a script answers in place of a speech recogniser.
    pub demo: bool,
}

impl PageConfig {
    /// Reads the answer; `None` if a required field is missing.
    pub fn read(json: &impl JsonValue) -> Option<Self> {
        let is_on = |name| json.field(name).and_then(|it| it.switch()).unwrap_or_default();
        let (allow_client_parameters, demo) = (is_on("allow_client_parameters"), is_on("demo"));
        Some(Self { websocket_url: json.field("websocket_url")?.text()?, allow_client_parameters, demo })
    }

    /// The path of the token request and the socket's address without a token: those that the user has chosen, or else the
    /// server's own. `kept` is the stored choice, a region's name and an address with a line break between; it counts only
    /// if `answer`, from which this was read, lists the address.
    pub fn chosen<'a>(&'a self, answer: &'a str, kept: Option<&'a str>) -> (String, &'a str) {
        let kept = kept.and_then(|kept| kept.split_once('\n')).filter(|(_, url)| {
            // Split by characters, because a search for strings takes 2 kB of wasm.
            let base = |url: &'a str| url.split('?').next();
            self.allow_client_parameters && answer.split('"').any(|text| base(text) == base(url))
        });
        match kept {
            Some((region, url)) if !region.is_empty() => (["token?region=", region].concat(), url),
            kept => ("token".to_owned(), kept.map_or(&self.websocket_url, |(_, url)| url)),
        }
    }
}

/// Adds the token to a socket's address; `origin` is that of the page, `https://host:port`.
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

    #[test]
    fn the_server_chooses_the_address() {
        let config = config(ANSWER);
        let (path, url) = config.chosen(ANSWER, None);
        assert_eq!(path, "token");
        assert_eq!(
            socket_url(url, "http://localhost:8000", &token()),
            "wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro&token=A%2FB"
        );
    }

    #[test]
    fn the_user_may_choose_an_address_that_the_server_lists() {
        let config = config(ANSWER);
        let own = ("token".to_owned(), &*config.websocket_url);
        let us = "us\nwss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt";
        let there =
            ("token?region=us".to_owned(), "wss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt");
        assert_eq!(config.chosen(ANSWER, Some(us)), there);
        let other = "\nwss://streaming.eu.assemblyai.com/v3/ws?speech_model=whisper-rt";
        assert_eq!(config.chosen(ANSWER, Some(other)), ("token".to_owned(), &other[1..]));
        for foreign in [
            "\nwss://evil.example/v3/ws?speech_model=whisper-rt",
            "\nwss://streaming.us.assemblyai.com.evil.example/v3/ws?x=1",
            "us\nwss://streaming.us?x=1",
            "us\n?x=1",
            "us\n",
            "wss://streaming.us.assemblyai.com/v3/ws",
            "",
        ] {
            assert_eq!(config.chosen(ANSWER, Some(foreign)), own, "{foreign}");
        }
    }

    #[test]
    fn the_user_may_not_choose_unless_the_server_allows_it() {
        for forbidden in [ANSWER.replace("true", "false"), ANSWER.replace("allow_client_parameters", "other")]
        {
            let config = config(&forbidden);
            let kept = "us\nwss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt";
            assert_eq!(config.chosen(&forbidden, Some(kept)), ("token".to_owned(), &*config.websocket_url));
        }
    }

    #[test]
    fn a_path_is_on_the_origin_of_the_page() {
        let config = config(r#"{"websocket_url":"/demo/v3/ws?speech_model=u3-rt-pro","demo":true}"#);
        assert!(config.demo);
        let url = socket_url(&config.websocket_url, "http://localhost:8000", &token());
        assert_eq!(url, "ws://localhost:8000/demo/v3/ws?speech_model=u3-rt-pro&token=A%2FB");
        let url = socket_url(&config.websocket_url, "https://example.org", &token());
        assert!(url.starts_with("wss://example.org/demo/v3/ws?"), "{url}");
    }
}
