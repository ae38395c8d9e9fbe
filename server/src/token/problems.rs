//! How the failures of `GET /token` appear to the caller and in the metrics.

use axum::http::StatusCode;

use crate::issuer::IssueError;
use crate::limits::Refused;
use crate::metrics::{GuardRefusal, TokenResult};
use crate::problem::Problem;

/// The `Retry-After` of a 429 for which the service names no wait, in s: its limits are per minute.
const RETRY_AFTER_S: u32 = 60;

/// The `Retry-After` while this server is busy or Redis is unavailable, in s: both may pass in moments.
const BUSY_RETRY_AFTER_S: u32 = 5;

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
                "AssemblyAI issues no more tokens to this server at the moment; try again later.",
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
                "Too many requests to AssemblyAI are in progress on this server; try again in a moment.",
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
            Refused::Hour { retry_after_s } => too_many(
                "This server has reached its limit of recordings for this hour. Try again in the next one.",
            )
            .retry_after_s(retry_after_s),
            Refused::Day { retry_after_s } => {
                too_many("This server has reached its limit of recordings for today. Try again tomorrow.")
                    .retry_after_s(retry_after_s)
            }
            Refused::Uncounted => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "This server cannot count its tokens at the moment, so it issues none; try again soon.",
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

impl From<GuardRefusal> for TokenResult {
    fn from(refusal: GuardRefusal) -> Self {
        match refusal {
            GuardRefusal::ForeignPage => Self::Foreign,
            GuardRefusal::NotLoggedIn => Self::NotLoggedIn,
        }
    }
}
