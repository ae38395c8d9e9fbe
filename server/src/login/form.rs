//! `/login`: the page with the form, and what happens when it is submitted.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::SecretString;
use tokio::time::timeout;

use super::language::texts;
use super::page::{Message, PATH, STYLE_PATH, TO_PAGE, page, redirect, style, with_query};
use super::{LoginGate, client, now_s};
use crate::limits::Limits;
use crate::metrics::{LoginResult, Metrics};
use crate::origin::{self, AllowedOrigins};

/// The largest form that is read, in bytes: 1 000 characters of 4 bytes, each byte written as `%xx`.
const FORM_LIMIT_BYTES: usize = 12 * 1024 + 64;
/// How long the body of a form may take to arrive.
const FORM_TIME_LIMIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct LoginState {
    gate: LoginGate,
    limits: Limits,
    metrics: Metrics,
}

/// The routes of the login page. Without a password it redirects to the page.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    gate: Option<LoginGate>,
    limits: Limits,
    metrics: Metrics,
) -> Router<S> {
    let style = Router::new().route(STYLE_PATH, get(style));
    let Some(gate) = gate else {
        let to_page = async || redirect(TO_PAGE);
        return style.route(PATH, get(to_page).post(to_page));
    };
    let state = LoginState { gate, limits, metrics };
    // Another site's form must not log anyone in. The limit is checked before the body is read: an attempt counts,
    // whatever it sends.
    let form = post(submit)
        .route_layer(from_fn_with_state(state.clone(), limit))
        .route_layer(from_fn_with_state(AllowedOrigins::default(), origin::guard))
        .get(show);
    style.route(PATH, form.with_state(state))
}

/// `GET /login`.
async fn show(State(state): State<LoginState>, request: Request) -> Response {
    if state.gate.admits(&request) {
        redirect(&with_query(TO_PAGE, request.uri()))
    } else {
        page(Message::None, texts(request.headers()))
    }
}

/// A layer that counts an attempt against the limit, and refuses it if that is reached.
async fn limit(State(state): State<LoginState>, request: Request, next: Next) -> Response {
    let texts = texts(request.headers());
    let Err(refused) = state.limits.login(client(&request).address).await else {
        return next.run(request).await;
    };
    state.metrics.login(LoginResult::Limited);
    page(Message::TooMany { retry_after_s: refused.retry_after_s() }, texts)
}

/// `POST /login`.
async fn submit(State(state): State<LoginState>, request: Request) -> Response {
    let client = client(&request);
    let texts = texts(request.headers());
    let location = with_query(TO_PAGE, request.uri());
    let Some(guess) = password(request.into_body()).await else { return page(Message::Unreadable, texts) };
    if state.gate.verify(guess).await {
        state.metrics.login(LoginResult::LoggedIn);
        let mut response = redirect(&location);
        if let Some(cookie) = state.gate.cookies.set(now_s(), client.https) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    } else {
        state.metrics.login(LoginResult::Wrong);
        tracing::warn!(client = %client.address, "a login failed: wrong password");
        page(Message::Wrong, texts)
    }
}

/// The form's password; `None` if the form has none, is too large, or did not arrive in time.
async fn password(body: Body) -> Option<SecretString> {
    let bytes = timeout(FORM_TIME_LIMIT, to_bytes(body, FORM_LIMIT_BYTES)).await.ok()?.ok()?;
    let mut fields = form_urlencoded::parse(&bytes);
    fields.find(|(name, _)| name == "password").map(|(_, value)| SecretString::from(value.into_owned()))
}
