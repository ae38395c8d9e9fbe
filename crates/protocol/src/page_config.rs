use crate::small::JsonValue;
use crate::token::Token;

/// What this project's token server answers to `GET /config`: where a client connects, and with which parameters.
///
/// `ConfigResponse` in `server/src/page_config` writes it. Here is what the page needs until Record and a client to connect;
/// what only the page's tools need, they read from the answer themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct PageConfig {
    /// The WebSocket's address with all parameters but the token; a path on the server's own origin if it answers itself.
    pub websocket_url: String,
    /// Whether the user may choose other parameters.
    pub allow_client_parameters: bool,
    /// The regions that the user may choose from.
    pub regions: Vec<PageRegion>,
    /// Whether a script answers in place of a speech recogniser.
    pub demo: bool,
    /// The model with which the server itself recognises speech, `base` or `tiny`; `None` if the service does.
    pub local_model: Option<String>,
    /// After how many seconds without speech the page closes its connection, which is billed while it is open; `None`:
    /// never.
    pub standby_after_s: Option<u32>,
    /// For how many days a browser may keep finished recordings, 0: not at all; `None`: for as long as the user likes.
    pub retention_days: Option<u32>,
}

/// A region of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRegion {
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
            Some(PageRegion {
                name: text_field(&json, "name")?,
                websocket_url: text_field(&json, "websocket_url")?,
            })
        };
        Some(Self {
            websocket_url: text_field(json, "websocket_url")?,
            allow_client_parameters: is_on("allow_client_parameters"),
            regions: regions.into_iter().filter_map(region).collect(),
            demo: is_on("demo"),
            local_model: text_field(json, "local_model"),
            standby_after_s: whole_field(json, "standby_after_s"),
            retention_days: whole_field(json, "retention_days"),
        })
    }
}

fn text_field(json: &impl JsonValue, name: &str) -> Option<String> {
    json.field(name)?.text()
}

fn whole_field(json: &impl JsonValue, name: &str) -> Option<u32> {
    json.field(name)?.number().map(|number| number as u32)
}

impl Token {
    /// The WebSocket's address with this token; a path is below `base`, the token server's address with a slash at its end:
    /// `https://host:port/`, or `https://host:port/prefix/` if a proxy passes on what is below a path.
    pub fn socket_url(&self, websocket_url: &str, base: &str) -> String {
        let url = self.added_to(websocket_url);
        match (base.strip_prefix("http"), url.strip_prefix('/')) {
            (Some(base), Some(path)) => ["ws", base, path].concat(),
            _ => url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_json;

    fn read(json: &str) -> Option<PageConfig> {
        PageConfig::read(&parse_json(json)?)
    }

    fn token() -> Token {
        Token { token: "A/B".to_owned(), expires_in_s: None }
    }

    #[test]
    fn an_answer_needs_an_address_and_nothing_else() {
        assert_eq!(read(r#"{"demo":true}"#), None);
        let config = read(r#"{"websocket_url":"/demo/v3/ws?x=1","demo":true,"regions":7}"#);
        let expected = PageConfig {
            websocket_url: "/demo/v3/ws?x=1".to_owned(),
            allow_client_parameters: false,
            regions: vec![],
            demo: true,
            local_model: None,
            standby_after_s: None,
            retention_days: None,
        };
        assert_eq!(config, Some(expected));
    }

    #[test]
    fn a_path_is_below_the_servers_own_address() {
        let url = token().socket_url("/demo/v3/ws?speech_model=u3-rt-pro", "http://localhost:8000/");
        assert_eq!(url, "ws://localhost:8000/demo/v3/ws?speech_model=u3-rt-pro&token=A%2FB");
        let url = token().socket_url("/demo/v3/ws?x=1", "https://example.org/");
        assert_eq!(url, "wss://example.org/demo/v3/ws?x=1&token=A%2FB");
        let url = token().socket_url("/v3/ws?x=1", "https://example.org/stt/");
        assert_eq!(url, "wss://example.org/stt/v3/ws?x=1&token=A%2FB");
        let url = token().socket_url("wss://other.example/v3/ws?x=1", "https://example.org/");
        assert_eq!(url, "wss://other.example/v3/ws?x=1&token=A%2FB");
    }
}
