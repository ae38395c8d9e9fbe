use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use assemblyai_protocol::{PageConfig, Token, WEBSOCKET_PATH, parse_json};
use assemblyai_session::TokenFailure;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::net::Connector;
use crate::{Configuration, Error, StreamingParameters};

/// Where sessions are opened, and with which credential.
pub(crate) enum Endpoint {
    /// A server of the protocol, with its API key if it needs one.
    Direct { websocket_url: String, api_key: Option<SecretString> },
    /// A token server, which names the server of the protocol. The address has a trailing slash.
    TokenServer(Url),
}

impl Endpoint {
    pub(crate) fn direct(base_url: &str, api_key: Option<SecretString>) -> Result<Self, Error> {
        let url = parse(base_url)?;
        if let Some(key) = &api_key
            && HeaderValue::from_str(key.expose_secret()).is_err()
        {
            return Err(Error::InvalidKey);
        }
        let websocket_url = format!("{}{WEBSOCKET_PATH}", url.as_str().trim_end_matches('/'));
        Ok(Self::Direct { websocket_url: websocket_url.replacen("http", "ws", 1), api_key })
    }

    pub(crate) fn token_server(url: &str) -> Result<Self, Error> {
        let mut url = parse(url)?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self::TokenServer(url))
    }

    /// The API key for the header of the WebSocket's request.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let Self::Direct { api_key: Some(key), .. } = self else { return None };
        let mut value = HeaderValue::from_str(key.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// An `http` or `https` address; `ws` and `wss` are taken for them.
fn parse(address: &str) -> Result<Url, Error> {
    let invalid = || Error::InvalidAddress { address: address.to_owned() };
    let http = match address.strip_prefix("ws") {
        Some(rest) => format!("http{rest}"),
        None => address.to_owned(),
    };
    let url = Url::parse(&http).map_err(|_| invalid())?;
    let can_be_used = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if can_be_used { Ok(url) } else { Err(invalid()) }
}

/// Checks parameters, and that the audio can be encoded for them.
pub(crate) fn check(parameters: &StreamingParameters) -> Result<(), Error> {
    parameters.validate()?;
    match parameters.sample_rate_hz {
        8_000 | 16_000 => Ok(()),
        other => Err(Error::UnsupportedRate(other)),
    }
}

/// Without the key.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { websocket_url, .. } => f.debug_tuple("Direct").field(websocket_url).finish(),
            Self::TokenServer(url) => f.debug_tuple("TokenServer").field(&url.as_str()).finish(),
        }
    }
}

/// What one session needs to open its connections.
#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) connector: Connector,
    parameters: Arc<Mutex<Parameters>>,
    is_slow_reader: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Parameters {
    current: StreamingParameters,
    /// Whether the program chose them; a token server has its own otherwise.
    are_chosen: bool,
}

impl Opening {
    pub(crate) fn new(
        endpoint: Arc<Endpoint>,
        connector: Connector,
        parameters: Option<StreamingParameters>,
    ) -> Self {
        let are_chosen = parameters.is_some();
        let mut current = parameters.unwrap_or_default();
        current.session_heartbeat.get_or_insert(true);
        let parameters = Arc::new(Mutex::new(Parameters { current, are_chosen }));
        Self { endpoint, connector, parameters, is_slow_reader: Arc::default() }
    }

    /// Whether the token server has said that it recognises speech itself: it reads audio only as fast as it can.
    pub(crate) fn is_slow_reader(&self) -> bool {
        self.is_slow_reader.load(Ordering::Relaxed)
    }

    /// Sets the parameters of later connections; returns the message that applies them to an open one.
    pub(crate) fn update(&self, new: StreamingParameters) -> Result<Configuration, Error> {
        check(&new)?;
        let mut parameters = self.parameters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = new;
        new.session_heartbeat = new.session_heartbeat.or(parameters.current.session_heartbeat);
        if let Some(fixed) = parameters.current.changes_to(&new).find(|parameter| !parameter.changes_live) {
            return Err(Error::NeedsNewSession(fixed.name));
        }
        let update = parameters.current.update_to(&new);
        *parameters = Parameters { current: new, are_chosen: true };
        Ok(update)
    }

    /// The address of the next connection's socket, with a token where one is needed.
    pub(crate) async fn socket_url(&self) -> Result<String, TokenFailure> {
        let parameters = self.parameters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let server = match &*self.endpoint {
            Endpoint::Direct { websocket_url, .. } => {
                return Ok(format!("{websocket_url}?{}", parameters.current.to_short_query()));
            }
            Endpoint::TokenServer(server) => server,
        };
        let body = self.get(server, "config").await?;
        let config =
            parse_json(&body).and_then(|json| PageConfig::read(&json)).ok_or(TokenFailure::Unreadable)?;
        self.is_slow_reader.store(config.local_model.is_some(), Ordering::Relaxed);
        let mut websocket_url = config.websocket_url;
        if parameters.are_chosen && config.allow_client_parameters {
            let base = websocket_url.split('?').next().unwrap_or_default();
            websocket_url = format!("{base}?{}", parameters.current.to_short_query());
        }
        let body = self.get(server, "token").await?;
        let token = parse_json(&body).and_then(|json| Token::read(&json)).ok_or(TokenFailure::Unreadable)?;
        Ok(token.socket_url(&websocket_url, server.as_str()))
    }

    /// The body of a token server's answer.
    async fn get(&self, server: &Url, path: &str) -> Result<String, TokenFailure> {
        let url = server.join(path).map_err(|_| TokenFailure::Unreachable)?;
        let answer = self.connector.http()?.get(url).send().await.map_err(|_| TokenFailure::Unreachable)?;
        if !answer.status().is_success() {
            let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let seconds = retry_after.and_then(|seconds| seconds.parse().ok());
            return Err(TokenFailure::Status(answer.status().as_u16(), seconds));
        }
        answer.text().await.map_err(|_| TokenFailure::Unreachable)
    }
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    #[test]
    fn a_base_url_may_have_a_path_and_any_of_four_schemes() -> TestResult {
        for (base, expected) in [
            ("https://streaming.assemblyai.com", "wss://streaming.assemblyai.com/v3/ws"),
            ("http://127.0.0.1:8765/", "ws://127.0.0.1:8765/v3/ws"),
            ("wss://example.org/http/relay", "wss://example.org/http/relay/v3/ws"),
            ("ws://[::1]:9", "ws://[::1]:9/v3/ws"),
        ] {
            let endpoint = Endpoint::direct(base, None)?;
            let Endpoint::Direct { websocket_url, .. } = endpoint else {
                return Err("a token server".into());
            };
            assert_eq!(websocket_url, expected);
        }
        Ok(())
    }
}
