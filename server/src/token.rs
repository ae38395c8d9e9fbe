//! `GET /token`: a temporary token for the page, a fresh one each time.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use assemblyai_protocol::{Token, TokenRequest};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::AppState;
use crate::assemblyai::IssueError;
use crate::problem::Problem;

/// The seconds that a page should wait after 429 where the service does not say: its limit is per minute.
const RETRY_AFTER_S: u32 = 60;

/// A token on its way.
pub type Issuing<'a> = Pin<Box<dyn Future<Output = Result<Token, IssueError>> + Send + 'a>>;

/// Whoever hands out tokens: AssemblyAI, or the demo's mock.
pub trait TokenIssuer: Send + Sync {
    /// Asks for a token.
    fn issue(&self, request: TokenRequest) -> Issuing<'_>;
}

/// The handler of `GET /token`.
pub(crate) async fn token(State(state): State<AppState>) -> Response {
    match state.issuer.issue(state.token_request).await {
        Ok(token) => {
            let expires_in_s = Some(token.expires_in_s.unwrap_or(state.token_request.expires_in_s));
            ([(header::CACHE_CONTROL, "no-store")], Json(Token { expires_in_s, ..token })).into_response()
        }
        Err(error) => {
            let cause = error.source().map(|cause| format!(" ({})", root(cause))).unwrap_or_default();
            tracing::error!("no token was issued: {error}{cause}");
            Problem::from(&error).into_response()
        }
    }
}

/// The cause at the bottom: "connection refused" rather than "error sending request".
fn root<'a>(mut cause: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause
}

impl From<&IssueError> for Problem {
    fn from(error: &IssueError) -> Self {
        match error {
            IssueError::Refused { .. } => Self::new(
                StatusCode::BAD_GATEWAY,
                "AssemblyAI refused this server's request for a token; the server's log says why.",
            ),
            IssueError::PaymentRequired { .. } => Self::new(
                StatusCode::PAYMENT_REQUIRED,
                "The AssemblyAI account behind this server needs a payment card or credit.",
            ),
            IssueError::TooMany { retry_after_s } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "AssemblyAI grants this server no more tokens for the moment; try again later.",
            )
            .retry_after_s(retry_after_s.unwrap_or(RETRY_AFTER_S)),
            IssueError::BadAnswer { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "AssemblyAI did not answer with a token; try again later.")
            }
            IssueError::Unreachable(_) => Self::new(
                StatusCode::BAD_GATEWAY,
                "AssemblyAI cannot be reached from this server; try again later.",
            ),
            IssueError::TooSlow => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "AssemblyAI did not answer this server in time; try again later.",
            ),
        }
    }
}
