//! The demo, which needs no account: a mock of the service under the page's own origin.

use std::future::ready;

use assemblyai_mock::{Mock, MockAssemblyAi, Script};
use assemblyai_protocol::{Token, TokenRequest};
use axum::Router;

use crate::issuer::{TokenFuture, TokenIssuer};

/// Where the mock is mounted.
pub(crate) const PATH: &str = "/demo";
/// The path of its socket.
pub(crate) const WEBSOCKET_PATH: &str = "/demo/v3/ws";
/// Sessions that may be open at a time; each takes a connection.
const MAX_SESSIONS: usize = 100;

/// A mock that plays a script, paced by the speech that the microphone picks up. It records nothing.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    mock: Mock,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let mock =
            MockAssemblyAi::builder().script(Script::demo()).keep_records(false).max_sessions(MAX_SESSIONS);
        Self { mock: mock.build() }
    }

    pub(crate) fn router<S>(&self) -> Router<S> {
        self.mock.router().with_state(())
    }
}

impl TokenIssuer for Demo {
    fn issue(&self, request: TokenRequest) -> TokenFuture<'_> {
        let token = self.mock.issue_token(request.expires_in_s, request.max_session_duration_s);
        Box::pin(ready(Ok(Token { token, expires_in_s: Some(request.expires_in_s) })))
    }
}
