//! What issues tokens, and why it may fail.

use std::future::{Future, ready};
use std::pin::Pin;

use assemblyai_protocol::{Token, TokenRequest};
use assemblyai_service::Service;
use axum::http::StatusCode;

/// A token that is being requested.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<Token, IssueError>> + Send + 'a>>;

/// A source of tokens: AssemblyAI, or a service in this server.
pub trait TokenIssuer: Send + Sync {
    /// Requests a token.
    fn issue(&self, request: TokenRequest) -> TokenFuture<'_>;
}

impl TokenIssuer for Service {
    fn issue(&self, request: TokenRequest) -> TokenFuture<'_> {
        let token = self.issue_token(request.expires_in_s, request.max_session_duration_s);
        Box::pin(ready(Ok(Token { token, expires_in_s: Some(request.expires_in_s) })))
    }
}

/// Why no token was issued. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The service rejected the key or the request: the operator of this server must act.
    #[error("AssemblyAI refused ASSEMBLYAI_API_KEY or the request with status {status}: {text}")]
    Refused {
        /// 401, 403 or 422, or another status below 500 that has no variant here.
        status: StatusCode,
        /// The service's message.
        text: String,
    },
    /// The account has no payment card or no credit.
    #[error("AssemblyAI asks for a payment card or credit (status 402): {text}")]
    PaymentRequired {
        /// The service's message.
        text: String,
    },
    /// The account has reached its limit of tokens or sessions.
    #[error("AssemblyAI asks to wait (status 429)")]
    TooMany {
        /// The service's `Retry-After`, in seconds.
        retry_after_s: Option<u32>,
    },
    /// The service failed, or something else than the service answered.
    #[error("AssemblyAI answered with status {status} and no token: {text}")]
    BadAnswer {
        /// The status.
        status: StatusCode,
        /// The service's message, if there was one.
        text: String,
    },
    /// The connection failed.
    #[error("AssemblyAI cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No response within the time limit.
    #[error("AssemblyAI did not answer in time")]
    TooSlow,
    /// Too many requests to the service are in progress already.
    #[error("too many requests to AssemblyAI are in progress")]
    Busy,
}

impl From<reqwest::Error> for IssueError {
    fn from(error: reqwest::Error) -> Self {
        // Later than while connecting, it is a connection that has answered no ping.
        let is_slow = error.is_timeout() && error.is_connect();
        // The address is not secret, but it is in the settings already.
        if is_slow { Self::TooSlow } else { Self::Unreachable(error.without_url()) }
    }
}
