//! The demo, which needs neither an account nor a model: a script under the page's own origin.

use std::future::ready;
use std::sync::Arc;

use assemblyai_protocol::{Token, TokenRequest};
use assemblyai_service::{PacedEngine, Service, ServiceSettings};
use axum::Router;

use crate::issuer::{TokenFuture, TokenIssuer};

/// Where the service is mounted.
pub(crate) const PATH: &str = "/demo";
/// The path of its socket.
pub(crate) const WEBSOCKET_PATH: &str = "/demo/v3/ws";
/// Sessions that may be open at a time; each takes a connection.
const MAX_SESSIONS: usize = 100;
/// What the demo says, whatever is said to it.
const TEXT: &str = "This is a demonstration. The words that you see do not come from what you say, \
    but they come as fast as you say it. When you stop speaking, the sentence ends. \
    When you go on, the next one begins. With an API key, these would be your own words.";

/// A service that says a fixed text, paced by the speech that the microphone picks up.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    service: Service,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let settings = ServiceSettings { max_sessions: MAX_SESSIONS, ..ServiceSettings::default() };
        Self { service: Service::new(Arc::new(PacedEngine::new(TEXT)), settings) }
    }

    pub(crate) fn router<S>(&self) -> Router<S> {
        self.service.router()
    }
}

impl TokenIssuer for Demo {
    fn issue(&self, request: TokenRequest) -> TokenFuture<'_> {
        let token = self.service.issue_token(request.expires_in_s, request.max_session_duration_s);
        Box::pin(ready(Ok(Token { token, expires_in_s: Some(request.expires_in_s) })))
    }
}
