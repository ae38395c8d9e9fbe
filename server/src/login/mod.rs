//! The password in front of the page: the gate, the layers that ask for it, and the login page.

mod cookie;
mod form;
mod language;
mod page;
mod password;
mod settings;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use self::cookie::Cookies;
pub(crate) use self::form::routes;
use self::language::texts;
use self::page::{FROM_PAGE, redirect, redirect_as_own, with_query};
pub use self::password::{MAX_CHARACTERS, MIN_CHARACTERS, Password, hash};
pub use self::settings::LoginSettings;
use crate::client_address::Client;
use crate::metrics::GuardRefusal;
use crate::problem::Problem;

/// Passwords that are verified at a time: each takes 19 MiB and a core for tens of milliseconds.
const MAX_VERIFICATIONS: usize = 1;

/// Decides who may pass: verifies passwords, issues session cookies and checks them. Clones share it.
#[derive(Clone)]
pub(crate) struct LoginGate {
    password: Arc<Password>,
    cookies: Cookies,
    verifications: Arc<Semaphore>,
}

impl LoginGate {
    /// The gate for a password or its hash.
    ///
    /// # Errors
    /// If the setting is neither; [`LoginSettings`] accepts no such value.
    pub(crate) fn new(setting: &SecretString) -> argon2::password_hash::Result<Self> {
        let password = Password::new(setting)?;
        let cookies = Cookies::of(&password);
        let verifications = Arc::new(Semaphore::new(MAX_VERIFICATIONS));
        Ok(Self { password: Arc::new(password), cookies, verifications })
    }

    /// Whether a request has a valid session cookie.
    fn admits(&self, request: &Request) -> bool {
        self.cookies.is_valid(request.headers(), now_s(), client(request).https)
    }

    async fn verify(&self, guess: SecretString) -> bool {
        // The semaphore is never closed.
        let Ok(_permit) = self.verifications.acquire().await else { return false };
        let password = self.password.clone();
        tokio::task::spawn_blocking(move || password.verify(guess.expose_secret())).await.unwrap_or(false)
    }
}

/// A layer for the page: without a session it redirects to the login page.
pub(crate) async fn redirect_to_login(
    State(gate): State<LoginGate>,
    request: Request,
    next: Next,
) -> Response {
    if gate.admits(&request) {
        return next.run(request).await;
    }
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let to = with_query(FROM_PAGE, request.uri());
    if matches!(site, Some(b"cross-site" | b"same-site")) {
        redirect_as_own(&to, texts(request.headers()))
    } else {
        redirect(&to)
    }
}

/// A layer for what the page requests: without a session it answers with 401.
pub(crate) async fn require_session(State(gate): State<LoginGate>, request: Request, next: Next) -> Response {
    if gate.admits(&request) {
        return next.run(request).await;
    }
    let sentence = "Sign in first: reload the page and enter the password.";
    GuardRefusal::NotLoggedIn.mark(Problem::new(StatusCode::UNAUTHORIZED, sentence).into_response())
}

fn client(request: &Request) -> Client {
    request.extensions().get().copied().unwrap_or_else(Client::default)
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())
}
