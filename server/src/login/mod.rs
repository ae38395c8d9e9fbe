//! The password before the page: who may in, and the page that asks.

mod cookie;
mod page;
mod password;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::cookie::Cookies;
use self::page::{Message, page, to, to_as_own};
pub(crate) use self::page::{PATH, STYLE_PATH, style};
pub(crate) use self::password::is_hash;
pub use self::password::{LEAST_CHARACTERS, MOST_CHARACTERS, Password, hash};
use crate::AppState;
use crate::client_address::Client;
use crate::limits::Refused;
use crate::metrics::{LoginResult, TokenResult};
use crate::problem::Problem;
use crate::{hosts, origin};

/// The largest form that is read, in bytes: 1 000 characters of 4 bytes, each byte written as `%xx`.
const FORM_LIMIT_BYTES: usize = 12 * 1024 + 64;
/// How long a form may take to arrive.
const FORM_TIME_LIMIT: Duration = Duration::from_secs(5);
/// Passwords that are checked at a time: each takes 19 MiB and a core for tens of milliseconds.
const CHECKS: usize = 1;

/// The door, where there is one.
#[derive(Clone)]
pub(crate) struct Door {
    password: Arc<Password>,
    cookies: Cookies,
    checks: Arc<Semaphore>,
}

impl Door {
    /// # Errors
    /// Where the setting is neither a password nor a hash; the settings let no such value through.
    pub(crate) fn new(setting: &SecretString) -> argon2::password_hash::Result<Self> {
        let password = Password::new(setting)?;
        let cookies = Cookies::of(&password);
        Ok(Self { password: Arc::new(password), cookies, checks: Arc::new(Semaphore::new(CHECKS)) })
    }

    fn is_open_to(&self, request: &Request) -> bool {
        self.cookies.is_good(request.headers(), now_s(), client(request).https)
    }
}

/// A layer that sends a person without a cookie to the login page.
pub(crate) async fn page_guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match &state.door {
        Some(door) if !door.is_open_to(&request) => {
            let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
            if matches!(site, Some(b"cross-site" | b"same-site")) { to_as_own(PATH) } else { to(PATH) }
        }
        _ => next.run(request).await,
    }
}

/// A layer that lets nobody without a cookie have what the page has.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match &state.door {
        Some(door) if !door.is_open_to(&request) => {
            if request.uri().path() == "/token" {
                state.metrics.token(TokenResult::NotLoggedIn);
            }
            let sentence = "The password is asked for, or asked for again: reload the page.";
            Problem::new(StatusCode::UNAUTHORIZED, sentence).into_response()
        }
        _ => next.run(request).await,
    }
}

/// `GET /login`.
pub(crate) async fn show(State(state): State<AppState>, request: Request) -> Response {
    match &state.door {
        Some(door) if !door.is_open_to(&request) => page(Message::None),
        _ => to("/"),
    }
}

/// `POST /login`, the form.
pub(crate) async fn try_password(State(state): State<AppState>, request: Request) -> Response {
    let Some(door) = &state.door else { return to("/") };
    let client = client(&request);
    if origin::from(request.headers(), hosts::host(&request), client.https, &[]) == origin::From::Foreign {
        let sentence = "Only this server's own page may ask for this.";
        return Problem::new(StatusCode::FORBIDDEN, sentence).into_response();
    }
    // Before the body is read: a try is a try, whatever it brings.
    if let Err(refused) = state.limits.login(client.address).await {
        state.metrics.login(LoginResult::Limited);
        let retry_after_s = match refused {
            Refused::Client { retry_after_s }
            | Refused::Hour { retry_after_s }
            | Refused::Day { retry_after_s } => retry_after_s,
            Refused::Uncounted => 1,
        };
        return page(Message::TooMany { retry_after_s });
    }
    let Some(guess) = guess(request.into_body()).await else { return page(Message::Unreadable) };
    if door.accepts(guess).await {
        state.metrics.login(LoginResult::LoggedIn);
        let mut response = to("/");
        if let Some(cookie) = door.cookies.set(now_s(), client.https) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    } else {
        state.metrics.login(LoginResult::Wrong);
        tracing::warn!(client = %client.address, "a wrong password was tried");
        page(Message::Wrong)
    }
}

impl Door {
    async fn accepts(&self, guess: SecretString) -> bool {
        // Closed only with the server.
        let Ok(_permit) = self.checks.acquire().await else { return false };
        let password = self.password.clone();
        tokio::task::spawn_blocking(move || password.is(guess.expose_secret())).await.unwrap_or(false)
    }
}

/// The form's password; `None` where it is none, too large or too late.
async fn guess(body: Body) -> Option<SecretString> {
    let bytes = timeout(FORM_TIME_LIMIT, to_bytes(body, FORM_LIMIT_BYTES)).await.ok()?.ok()?;
    let mut fields = form_urlencoded::parse(&bytes);
    fields.find(|(name, _)| name == "password").map(|(_, value)| SecretString::from(value.into_owned()))
}

fn client(request: &Request) -> Client {
    request.extensions().get().copied().unwrap_or_else(Client::default)
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())
}
