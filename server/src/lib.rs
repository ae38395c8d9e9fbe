//! The token server, with the page inside.
//!
//! ```text
//! GET /          the page and its files, embedded, compressed ahead of time
//! GET /config    where the socket is, and with which parameters
//! GET /token     a temporary token; the API key stays here
//! GET /healthz   204 while the server runs
//! ```
//!
//! Reading order: this page (all routes and layers), [`config`], [`assemblyai`], [`token`], [`problem`],
//! `assets`.
#![deny(clippy::unwrap_used)]

pub mod assemblyai;
mod assets;
pub mod config;
mod demo;
pub mod healthcheck;
pub mod login;
pub mod problem;
pub mod token;

use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::{StreamingParameters, TokenRequest};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::assemblyai::AssemblyAi;
use crate::config::Config;
use crate::demo::Demo;
use crate::problem::Problem;
use crate::token::TokenIssuer;

/// What the handlers share.
#[derive(Clone)]
pub struct AppState {
    issuer: Arc<dyn TokenIssuer>,
    token_request: TokenRequest,
    page: Arc<PageConfig>,
    demo: Option<Demo>,
}

/// The answer of `GET /config`.
#[derive(Debug, Serialize)]
struct PageConfig {
    /// The socket's address, or for the demo a path on the page's own origin.
    websocket_url: String,
    parameters: StreamingParameters,
    demo: bool,
}

impl AppState {
    /// What the settings ask for; AssemblyAI has `time_limit` to answer.
    ///
    /// # Errors
    /// Where the system's certificates cannot be used.
    pub fn new(config: &Config, time_limit: Duration) -> reqwest::Result<Self> {
        // The source of cryptography for reqwest, once in a process: an error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let demo = config.demo.then(Demo::new);
        let (issuer, websocket_url): (Arc<dyn TokenIssuer>, String) = match &demo {
            Some(demo) => (Arc::new(demo.clone()), demo::WEBSOCKET_PATH.to_owned()),
            None => {
                let (service, key) = (&config.service, config.api_key.clone().unwrap_or_default());
                let assemblyai = AssemblyAi::new(service.token_url.clone(), key, time_limit)?;
                (Arc::new(assemblyai), service.websocket_url.to_string())
            }
        };
        let page = PageConfig { websocket_url, parameters: config.parameters.clone(), demo: config.demo };
        Ok(Self { issuer, token_request: config.token_request, page: Arc::new(page), demo })
    }
}

/// Every route and every layer.
pub fn app(state: AppState) -> Router {
    let policy = content_security_policy(&state.page.websocket_url);
    let mut app = Router::new()
        .route("/", get(assets::asset))
        .route("/assets/{file}", get(assets::asset))
        .route("/config", get(page_config))
        .route("/token", get(token::token))
        .route("/healthz", get(StatusCode::NO_CONTENT))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address answers to GET only.")
        });
    if let Some(demo) = &state.demo {
        app = app.nest(demo::PATH, demo.router());
    }
    app.layer(header_layer(header::CONTENT_SECURITY_POLICY, policy))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(HeaderName::from_static("permissions-policy"), "microphone=(self)"))
        .layer(
            TraceLayer::new_for_http()
                // Never the query: in the demo's socket address it holds a token.
                .make_span_with(|request: &Request| {
                    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
                })
                .on_request(())
                .on_response(|response: &Response, latency: Duration, _: &Span| {
                    let duration_ms = (latency.as_secs_f64() * 10_000.0).round() / 10.0;
                    tracing::info!(status = response.status().as_u16(), duration_ms, "answered");
                })
                .on_failure(()),
        )
        .with_state(state)
}

/// The handler of `GET /config`.
async fn page_config(State(state): State<AppState>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(&*state.page)).into_response()
}

/// What the page may do: run its own files, compile wasm, and talk to its own server and to the service.
fn content_security_policy(websocket_url: &str) -> HeaderValue {
    let service = reqwest::Url::parse(websocket_url).map(|url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'{}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        service.map(|origin| format!(" {origin}")).unwrap_or_default()
    );
    // Origins are ASCII; should one not be, the page is better off with the strictest policy.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    header_layer(name, HeaderValue::from_static(value))
}

fn header_layer(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, value)
}
