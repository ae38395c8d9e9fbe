//! The one that calls AssemblyAI.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use assemblyai_protocol::{Token, TokenAnswer, TokenRequest, parse_token_answer};
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::token::{Issuing, TokenIssuer};

/// How long AssemblyAI may take: a token takes about 1 s (public captures).
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Calls that may be under way at a time: all of them slow, they are 6 tokens a second, and 64 small tasks.
const CALLS: usize = 64;
/// How long a request may wait for a place among them.
const PLACE_LIMIT: Duration = Duration::from_secs(1);
/// The pause before a call is made again.
const RETRY_PAUSE: Duration = Duration::from_millis(50);
/// The waits, in s, that are passed on: the service's limits are per minute, so an hour is beyond all need.
const SANE_RETRY_AFTER_S: RangeInclusive<u32> = 1..=3_600;
/// The most that is read of an answer, in bytes: a token has about 2.6 kB.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024;
/// The most that is logged of a refusal, in characters.
const LOGGED_CHARACTERS: usize = 200;

/// Why there is no token. The texts are for the log.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The service did not take our key, or our request: whoever runs the server must act.
    #[error("AssemblyAI refused ASSEMBLYAI_API_KEY or the request with status {status}: {text}")]
    Refused {
        /// 401, 403 or 422; or another status below 500 that has no meaning of its own here.
        status: StatusCode,
        /// The service's words.
        text: String,
    },
    /// The account has no card or no credit.
    #[error("AssemblyAI asks for a payment card or credit (status 402): {text}")]
    PaymentRequired {
        /// The service's words.
        text: String,
    },
    /// More tokens or sessions than the account may have.
    #[error("AssemblyAI asks to wait (status 429)")]
    TooMany {
        /// The service's own `Retry-After`, in seconds.
        retry_after_s: Option<u32>,
    },
    /// The service has a fault, or what answered is not the service.
    #[error("AssemblyAI answered with status {status} and no token: {text}")]
    BadAnswer {
        /// The status.
        status: StatusCode,
        /// The service's words, if there were any.
        text: String,
    },
    /// No connection, or it broke.
    #[error("AssemblyAI cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer within the limit.
    #[error("AssemblyAI did not answer in time")]
    TooSlow,
    /// So many calls are under way that another one would only wait.
    #[error("too many calls of AssemblyAI are under way")]
    Busy,
}

/// AssemblyAI's token endpoint.
#[derive(Debug)]
pub struct AssemblyAi {
    client: Client,
    token_url: Url,
    api_key: SecretString,
    time_limit: Duration,
    /// A place for each call.
    places: Semaphore,
}

impl AssemblyAi {
    /// Tokens from `token_url`, paid by the key's account.
    ///
    /// # Errors
    /// Where the system's certificates cannot be used.
    pub fn new(token_url: Url, api_key: SecretString, time_limit: Duration) -> reqwest::Result<Self> {
        let mut client = Client::builder()
            .connect_timeout(time_limit / 2)
            // HTTP/2 where the service offers it, which it does: one connection for all calls. One that has died
            // unseen is found out before the next token needs it.
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_timeout(Duration::from_secs(5))
            .tcp_nodelay(true)
            // The key goes to the address in the settings and to no other.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("transcription-server/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&token_url) {
            // A proxy of the machine's settings is for what is elsewhere: it could not reach a mock here.
            client = client.no_proxy();
        }
        Ok(Self { client: client.build()?, token_url, api_key, time_limit, places: Semaphore::new(CALLS) })
    }

    /// Asks within the limit, and once more where the connection failed before there was an answer: a token that
    /// was made for nobody costs nothing.
    async fn ask_within_limit(&self, request: TokenRequest) -> Result<Token, IssueError> {
        let place = timeout(PLACE_LIMIT.min(self.time_limit), self.places.acquire());
        let Ok(Ok(_place)) = place.await else { return Err(IssueError::Busy) };
        let answer = timeout(self.time_limit, async {
            match self.ask(request).await {
                Err(IssueError::Unreachable(error)) if is_worth_another_try(&error) => {
                    tracing::debug!("a call of AssemblyAI failed on its way and is made again");
                    sleep(RETRY_PAUSE).await;
                    self.ask(request).await
                }
                answer => answer,
            }
        });
        answer.await.unwrap_or(Err(IssueError::TooSlow))
    }

    async fn ask(&self, request: TokenRequest) -> Result<Token, IssueError> {
        let mut url = self.token_url.clone();
        url.set_query(Some(&request.to_query()));
        // The key is sent bare: with a scheme before it, the socket would not take it.
        let call = self.client.get(url).header(AUTHORIZATION, self.api_key.expose_secret());
        let response = call.send().await.map_err(IssueError::from)?;
        let status = response.status();
        let retry_after_s = response.headers().get(RETRY_AFTER).and_then(retry_after_s);
        let body = read(response).await?;
        let answer = parse_token_answer(&body);
        match (status.as_u16(), answer) {
            (200, TokenAnswer::Granted(token)) => Ok(token),
            (402, answer) => Err(IssueError::PaymentRequired { text: self.words(&answer) }),
            (429, _) => Err(IssueError::TooMany { retry_after_s }),
            (400..=499, answer) => Err(IssueError::Refused { status, text: self.words(&answer) }),
            (_, answer) => Err(IssueError::BadAnswer { status, text: self.words(&answer) }),
        }
    }

    /// A refusal's words, fit for a log: one short line, without the key, whatever they echo.
    fn words(&self, answer: &TokenAnswer) -> String {
        let TokenAnswer::Refused(text) = answer else { return "no words that are understood".to_owned() };
        let text = text.replace(self.api_key.expose_secret(), "…");
        text.chars().filter(|c| !c.is_control()).take(LOGGED_CHARACTERS).collect()
    }
}

impl TokenIssuer for AssemblyAi {
    fn issue(&self, request: TokenRequest) -> Issuing<'_> {
        Box::pin(self.ask_within_limit(request))
    }
}

/// The body, as far as it can be an answer.
async fn read(mut response: Response) -> Result<String, IssueError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LIMIT_BYTES {
            break; // No token is as long as that, and half of it will not parse.
        }
    }
    // What is not text is no token either, but its words may be worth a line in the log.
    Ok(String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The seconds that the service asks to wait, `None` where that is a date or beyond all sense.
fn retry_after_s(value: &HeaderValue) -> Option<u32> {
    value.to_str().ok()?.parse().ok().filter(|seconds| SANE_RETRY_AFTER_S.contains(seconds))
}

/// Whether a call failed on its way to the service, or on the way back before the answer began.
fn is_worth_another_try(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_request()
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

impl From<reqwest::Error> for IssueError {
    fn from(error: reqwest::Error) -> Self {
        // The address holds no secret, but it has been said where the server started.
        if error.is_timeout() { Self::TooSlow } else { Self::Unreachable(error.without_url()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sane_wait_is_passed_on() {
        let read = |value| retry_after_s(&HeaderValue::from_static(value));
        assert_eq!(read("12"), Some(12));
        assert_eq!(read("3600"), Some(3600));
        for value in ["0", "3601", "99999999999", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", ""] {
            assert_eq!(read(value), None, "{value}");
        }
    }

    #[test]
    fn only_this_machine_is_reached_without_a_proxy() {
        let local = |url| is_loopback(&Url::parse(url).expect("an address"));
        assert!(local("http://127.0.0.1:1/v3/token"));
        assert!(local("http://[::1]:1/v3/token"));
        assert!(local("http://localhost/v3/token"));
        assert!(!local("https://streaming.assemblyai.com/v3/token"));
        assert!(!local("https://10.0.0.1/v3/token"));
    }
}
