//! The client of AssemblyAI's token endpoint.

mod service;
mod settings;

use std::ops::RangeInclusive;
use std::time::Duration;

use assemblyai_protocol::{Token, TokenAnswer, TokenRequest, parse_token_answer};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

pub use self::service::{Region, Service};
pub use self::settings::AssemblyAiSettings;
use crate::hosts;
use crate::issuer::{IssueError, TokenFuture, TokenIssuer};

/// How long AssemblyAI may take to answer; a token takes about 1 s (public captures).
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Requests that may be in progress at a time. If all of them take the full time limit, that is 6 tokens a second.
const MAX_REQUESTS: usize = 64;
/// How long a request may wait for its turn.
const QUEUE_LIMIT: Duration = Duration::from_secs(1);
/// The pause before a failed request is repeated.
const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// The values of `Retry-After` that are passed on, in s. The service's limits are per minute, so none exceeds an hour.
const RETRY_AFTER_S: RangeInclusive<u32> = 1..=3_600;
/// How much of a response is read, in bytes; a token has about 2.6 kB.
const RESPONSE_LIMIT_BYTES: usize = 64 * 1024;
/// How much of a refusal is logged, in characters.
const MAX_LOGGED_CHARACTERS: usize = 200;

/// What the request for a narrowed token contains beside its durations.
pub type TokenBody = serde_json::Map<String, serde_json::Value>;

/// AssemblyAI's token endpoint.
#[derive(Debug)]
pub struct AssemblyAi {
    client: Client,
    token_url: Url,
    /// Where set, tokens are narrowed by it.
    body: Option<TokenBody>,
    api_key: SecretString,
    time_limit: Duration,
    /// One permit for each request in progress.
    permits: Semaphore,
}

impl AssemblyAi {
    /// A client of the service's token endpoint, which has `time_limit` to answer. With a `body`, of the one that
    /// narrows tokens.
    ///
    /// # Errors
    /// If the system's certificates cannot be used.
    pub fn new(
        service: &Service,
        body: Option<TokenBody>,
        api_key: SecretString,
        time_limit: Duration,
    ) -> reqwest::Result<Self> {
        let token_url = if body.is_some() { &service.narrowed_token_url } else { &service.token_url };
        let mut client = Client::builder()
            .connect_timeout(time_limit / 2)
            // The service offers HTTP/2: one connection for all requests. While a request waits, pings find out whether
            // the connection is dead, in time to repeat the request on another.
            .http2_keep_alive_interval(time_limit / 5)
            .http2_keep_alive_timeout(time_limit / 5)
            .tcp_nodelay(true)
            // The key must not reach another address than the one in the settings.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("transcription-server/", env!("CARGO_PKG_VERSION")));
        if is_loopback(token_url) {
            // A proxy from the environment could not reach a mock on this machine.
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build()?,
            token_url: token_url.clone(),
            body,
            api_key,
            time_limit,
            permits: Semaphore::new(MAX_REQUESTS),
        })
    }

    /// Requests a token within the time limit, and once more if the connection failed before there was a response: a
    /// token that is never used costs nothing.
    async fn request_within_limit(&self, request: TokenRequest) -> Result<Token, IssueError> {
        let permit = timeout(QUEUE_LIMIT.min(self.time_limit), self.permits.acquire());
        let Ok(Ok(_permit)) = permit.await else { return Err(IssueError::Busy) };
        let token = timeout(self.time_limit, async {
            match self.request(request).await {
                Err(IssueError::Unreachable(error)) if is_retryable(&error) => {
                    tracing::debug!("a request to AssemblyAI failed and is repeated");
                    sleep(RETRY_PAUSE).await;
                    self.request(request).await
                }
                result => result,
            }
        });
        token.await.unwrap_or(Err(IssueError::TooSlow))
    }

    async fn request(&self, request: TokenRequest) -> Result<Token, IssueError> {
        // The key without a scheme: with one before it, the socket would reject the token.
        let call = self.call(request).header(AUTHORIZATION, self.api_key.expose_secret());
        let response = call.send().await.map_err(IssueError::from)?;
        let status = response.status();
        let retry_after_s = response.headers().get(RETRY_AFTER).and_then(retry_after_s);
        let body = read(response).await?;
        let answer = parse_token_answer(&body);
        match (status.as_u16(), answer) {
            (200..=299, TokenAnswer::Granted(token)) => Ok(token),
            (402, answer) => Err(IssueError::PaymentRequired { text: self.message(&answer) }),
            (429, _) => Err(IssueError::TooMany { retry_after_s }),
            (400..=499, answer) => Err(IssueError::Refused { status, text: self.message(&answer) }),
            (_, answer) => Err(IssueError::BadAnswer { status, text: self.message(&answer) }),
        }
    }

    fn call(&self, request: TokenRequest) -> RequestBuilder {
        let Some(body) = &self.body else {
            let mut url = self.token_url.clone();
            url.set_query(Some(&request.to_query()));
            return self.client.get(url);
        };
        let mut body = body.clone();
        // What the operator wrote takes precedence.
        body.entry("expires_in_seconds").or_insert(request.expires_in_s.into());
        if let Some(seconds) = request.max_session_duration_s {
            body.entry("max_session_duration_seconds").or_insert(seconds.into());
        }
        let body = serde_json::Value::from(body).to_string();
        self.client.post(self.token_url.clone()).header(CONTENT_TYPE, "application/json").body(body)
    }

    /// The message of a refusal as one short line for the log, without the key, which the service may echo.
    fn message(&self, answer: &TokenAnswer) -> String {
        let TokenAnswer::Refused(text) = answer else { return "no readable message".to_owned() };
        let text = text.replace(self.api_key.expose_secret(), "…");
        text.chars().filter(|c| !c.is_control()).take(MAX_LOGGED_CHARACTERS).collect()
    }
}

impl TokenIssuer for AssemblyAi {
    fn issue(&self, request: TokenRequest) -> TokenFuture<'_> {
        Box::pin(self.request_within_limit(request))
    }
}

/// The body, up to the limit.
async fn read(mut response: Response) -> Result<String, IssueError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > RESPONSE_LIMIT_BYTES {
            break; // Too long for a token; the truncated rest will not parse.
        }
    }
    // A body that is not UTF-8 holds no token, but its message may help in the log.
    Ok(String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The seconds that the service asks to wait; `None` if that is a date or out of range.
fn retry_after_s(value: &HeaderValue) -> Option<u32> {
    value.to_str().ok()?.parse().ok().filter(|seconds| RETRY_AFTER_S.contains(seconds))
}

/// Whether a request failed before its response began.
fn is_retryable(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_request()
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(hosts::is_local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn only_a_retry_after_within_the_range_is_passed_on() {
        let read = |value| retry_after_s(&HeaderValue::from_static(value));
        assert_eq!(read("12"), Some(12));
        assert_eq!(read("3600"), Some(3600));
        for value in ["0", "3601", "99999999999", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", ""] {
            assert_eq!(read(value), None, "{value}");
        }
    }

    #[test]
    fn only_loopback_addresses_bypass_the_proxy() -> TestResult {
        let local = |url| -> TestResult<_> { Ok(is_loopback(&Url::parse(url)?)) };
        assert!(local("http://127.0.0.1:1/v3/token")?);
        assert!(local("http://[::1]:1/v3/token")?);
        assert!(local("http://localhost/v3/token")?);
        assert!(local("http://localhost.:1/v3/token")? && local("http://mock.localhost/v3/token")?);
        assert!(!local("https://streaming.assemblyai.com/v3/token")?);
        assert!(!local("https://10.0.0.1/v3/token")?);
        Ok(())
    }
}
