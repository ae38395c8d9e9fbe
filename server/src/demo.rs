//! The page without an account: a mock of the service under the page's own origin.

use std::future::ready;

use assemblyai_mock::{Mock, MockAssemblyAi, Script};
use assemblyai_protocol::{Token, TokenRequest};
use axum::Router;

use crate::token::{Issuing, TokenIssuer};

/// Where the mock is mounted.
pub(crate) const PATH: &str = "/demo";
/// Where its socket is.
pub(crate) const WEBSOCKET_PATH: &str = "/demo/v3/ws";
/// Sessions that may be open at a time: it is for trying the page, and each takes a connection.
const SESSIONS: usize = 100;

/// Words from a script, paced by the voice that the microphone hears. Nothing of what it hears is kept.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    mock: Mock,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let mock =
            MockAssemblyAi::builder().script(Script::demo()).keep_records(false).max_sessions(SESSIONS);
        Self { mock: mock.build() }
    }

    pub(crate) fn router<S>(&self) -> Router<S> {
        self.mock.router().with_state(())
    }
}

impl TokenIssuer for Demo {
    fn issue(&self, request: TokenRequest) -> Issuing<'_> {
        let token = self.mock.issue_token(request.expires_in_s, request.max_session_duration_s);
        Box::pin(ready(Ok(Token { token, expires_in_s: Some(request.expires_in_s) })))
    }
}
