//! `GET /token`: a temporary token for the page, a fresh one each time.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use assemblyai_protocol::{Token, TokenRequest};
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use tokio::time::Instant;

use crate::AppState;
use crate::assemblyai::IssueError;
use crate::client_address::Client;
use crate::limits::Refused;
use crate::metrics::TokenResult;
use crate::problem::Problem;

/// The seconds that a page should wait after 429 where the service does not say: its limit is per minute.
const RETRY_AFTER_S: u32 = 60;

/// The seconds until another try makes sense where this server is busy, or Redis away: moments, in the best case.
const BUSY_RETRY_AFTER_S: u32 = 5;

/// A token on its way.
pub type Issuing<'a> = Pin<Box<dyn Future<Output = Result<Token, IssueError>> + Send + 'a>>;

/// Whoever hands out tokens: AssemblyAI, or the demo's mock.
pub trait TokenIssuer: Send + Sync {
    /// Asks for a token.
    fn issue(&self, request: TokenRequest) -> Issuing<'_>;
}

/// The handler of `GET /token`, with or without `?region=`.
pub(crate) async fn token(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    RawQuery(query): RawQuery,
) -> Response {
    // What is asked for in vain is not counted.
    let issuer = match state.issuer_for(query.as_deref().unwrap_or_default()) {
        Ok(issuer) => issuer,
        Err(problem) => return problem.into_response(),
    };
    if let Err(refused) = state.limits.token(client.address).await {
        state.metrics.token(refused.into());
        tracing::info!(?refused, "no token was issued");
        return Problem::from(refused).into_response();
    }
    let start = Instant::now();
    let answer = issuer.issue(state.token_request).await;
    state.metrics.token(answer.as_ref().map_or_else(TokenResult::from, |_| TokenResult::Issued));
    state.metrics.upstream(start.elapsed());
    match answer {
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

impl AppState {
    /// Who hands out the tokens of the region that a query names; the settings' own where it names none.
    fn issuer_for(&self, query: &str) -> Result<&dyn TokenIssuer, Problem> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let Some((_, name)) = pairs.find(|(key, _)| key == "region") else { return Ok(&*self.issuer) };
        if self.regions.is_empty() {
            return Err(Problem::new(StatusCode::FORBIDDEN, "This server leaves no choice of a region."));
        }
        let region = self.regions.iter().find(|region| region.name == name);
        region
            .map(|region| &*region.issuer)
            .ok_or(Problem::new(StatusCode::BAD_REQUEST, "This server knows no region of that name."))
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
            IssueError::Busy => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "This server has too many calls of AssemblyAI under way; try again in a moment.",
            )
            .retry_after_s(BUSY_RETRY_AFTER_S),
            IssueError::TooSlow => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "AssemblyAI did not answer this server in time; try again later.",
            ),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let too_many = |sentence| Self::new(StatusCode::TOO_MANY_REQUESTS, sentence);
        match refused {
            Refused::Client { retry_after_s } => {
                too_many("Too many recordings were started from your network; try again later.")
                    .retry_after_s(retry_after_s)
            }
            Refused::Hour { retry_after_s } => {
                too_many("This server has started as many recordings as it may in this hour.")
                    .retry_after_s(retry_after_s)
            }
            Refused::Day { retry_after_s } => {
                too_many("This server has started as many recordings as it may today.")
                    .retry_after_s(retry_after_s)
            }
            Refused::Uncounted => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "This server cannot count its tokens for the moment, so it issues none; try again soon.",
            )
            .retry_after_s(BUSY_RETRY_AFTER_S),
        }
    }
}

impl From<Refused> for TokenResult {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Client { .. } => Self::ClientLimit,
            Refused::Hour { .. } => Self::HourLimit,
            Refused::Day { .. } => Self::DayLimit,
            Refused::Uncounted => Self::Uncounted,
        }
    }
}

impl From<&IssueError> for TokenResult {
    fn from(error: &IssueError) -> Self {
        match error {
            IssueError::Refused { .. } => Self::Refused,
            IssueError::PaymentRequired { .. } => Self::PaymentRequired,
            IssueError::TooMany { .. } => Self::TooMany,
            IssueError::BadAnswer { .. } => Self::BadAnswer,
            IssueError::Unreachable(_) => Self::Unreachable,
            IssueError::TooSlow => Self::TooSlow,
            IssueError::Busy => Self::Busy,
        }
    }
}
