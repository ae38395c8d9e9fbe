//! The token server, with the page inside.
//!
//! ```text
//! GET  /          the page and its files, embedded, compressed ahead of time
//! GET  /config    where the socket is, and with which parameters
//! GET  /token     a temporary token, of a region if one is named; the API key stays here
//! GET  /login     asks for the password, where there is one; POST takes it
//! GET  /healthz   204 while the server runs
//! GET  /readyz    204 while it can issue tokens
//! GET  /metrics   for Prometheus, on an address of its own
//! ```
//!
//! Reading order: this page (all routes and layers), [`config`]; what a request passes on its way in: [`serve`],
//! `edge`, `hosts`, `client_address`, `origin`, [`login`], `limits`; what answers it: [`token`], [`assemblyai`],
//! [`problem`], `assets`, `health`; and what it leaves behind: `headers`, `request_id`, `metrics`.
#![deny(clippy::unwrap_used)]

pub mod assemblyai;
mod assets;
pub mod client_address;
pub mod config;
mod demo;
mod edge;
mod headers;
mod health;
pub mod healthcheck;
mod hosts;
mod limits;
pub mod login;
mod metrics;
mod origin;
pub mod problem;
mod request_id;
pub mod serve;
pub mod token;

use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::{StreamingParameters, TokenRequest};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ipnet::IpNet;
use serde::Serialize;

use crate::assemblyai::AssemblyAi;
use crate::config::{Access, Config, Service};
use crate::demo::Demo;
use crate::headers::SecurityHeaders;
use crate::health::Health;
use crate::hosts::Hosts;
use crate::limits::{Limits, LimitsError};
use crate::login::Door;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::serve::{Serving, Tls, TlsError};
use crate::token::TokenIssuer;

/// What the handlers share; clones are the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What is behind [`AppState`]: for this crate alone.
pub struct Shared {
    issuer: Arc<dyn TokenIssuer>,
    regions: Vec<RegionIssuer>,
    token_request: TokenRequest,
    page: PageConfig,
    demo: Option<Demo>,
    access: Access,
    door: Option<Door>,
    hosts: Hosts,
    trusted_proxies: Arc<[IpNet]>,
    limits: Limits,
    headers: SecurityHeaders,
    health: Health,
    metrics: Metrics,
}

/// Who hands out the tokens of a region.
struct RegionIssuer {
    name: &'static str,
    issuer: Arc<dyn TokenIssuer>,
}

/// Why the server cannot start with settings that are good in themselves.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system's certificates.
    #[error("cannot use the system's certificates: {0}")]
    Certificates(#[from] reqwest::Error),
    /// The password, or its hash.
    #[error("ACCESS_PASSWORD cannot be used: {0}")]
    Password(#[from] argon2::password_hash::Error),
    /// Redis's address; it is not shown, since it may hold a password.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// Certificate or key of this server.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The answer of `GET /config`.
#[derive(Debug, Serialize)]
struct PageConfig {
    /// The socket's address, or for the demo a path on the page's own origin, with all parameters but the token.
    websocket_url: String,
    parameters: StreamingParameters,
    allow_client_parameters: bool,
    /// Those that `GET /token?region=` knows.
    regions: Vec<PageRegion>,
    demo: bool,
}

/// Where the socket is in a region.
#[derive(Debug, Serialize)]
struct PageRegion {
    name: &'static str,
    /// Without parameters.
    websocket_url: String,
}

impl PageConfig {
    fn new(websocket_url: &str, config: &Config) -> Self {
        // Heartbeats tell a connection that is dead from one on which nobody speaks.
        let parameters = StreamingParameters { session_heartbeat: Some(true), ..config.parameters.clone() };
        let websocket_url = format!("{websocket_url}?{}", parameters.to_query(None));
        let regions = config.regions.iter().map(|region| PageRegion {
            name: region.name,
            websocket_url: region.service.websocket_url.to_string(),
        });
        Self {
            websocket_url,
            parameters,
            allow_client_parameters: config.allow_client_parameters,
            regions: regions.collect(),
            demo: config.demo,
        }
    }
}

impl AppState {
    /// What the settings ask for; AssemblyAI has `time_limit` to answer.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(config: &Config, time_limit: Duration) -> Result<Self, StartError> {
        // The source of cryptography for reqwest, once in a process: an error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let demo = config.demo.then(Demo::new);
        // Each has its own places for calls: a region that hangs does not hold up the others.
        let assemblyai = |service: &Service| -> reqwest::Result<Arc<dyn TokenIssuer>> {
            let key = config.api_key.clone().unwrap_or_default();
            Ok(Arc::new(AssemblyAi::new(service.token_url.clone(), key, time_limit)?))
        };
        let (issuer, websocket_url): (Arc<dyn TokenIssuer>, String) = match &demo {
            Some(demo) => (Arc::new(demo.clone()), demo::WEBSOCKET_PATH.to_owned()),
            None => (assemblyai(&config.service)?, config.service.websocket_url.to_string()),
        };
        let regions = config.regions.iter().map(|region| {
            let is_default = region.service == config.service;
            let issuer = if is_default { issuer.clone() } else { assemblyai(&region.service)? };
            Ok(RegionIssuer { name: region.name, issuer })
        });
        let regions = regions.collect::<Result<_, StartError>>()?;
        let sockets = config.regions.iter().map(|region| region.service.websocket_url.as_str());
        let headers = SecurityHeaders::new([websocket_url.as_str()].into_iter().chain(sockets));
        let page = PageConfig::new(&websocket_url, config);
        let metrics = Metrics::new();
        Ok(Self(Arc::new(Shared {
            issuer,
            regions,
            token_request: config.token_request,
            page,
            demo,
            access: config.access.clone(),
            door: config.access.password.as_ref().map(Door::new).transpose()?,
            hosts: Hosts::new(config),
            trusted_proxies: config.trusted_proxies.as_slice().into(),
            limits: Limits::new(&config.limits, metrics.clone())?,
            headers,
            health: Health::default(),
            metrics,
        })))
    }

    /// What [`app`] is served with.
    ///
    /// # Errors
    /// [`StartError`] where certificate or key cannot be used.
    pub fn serving(&self, config: &Config) -> Result<Serving, StartError> {
        Ok(Serving {
            max_connections: config.max_connections,
            shutdown_timeout: config.shutdown_timeout,
            tls: config.tls.clone().map(Tls::new).transpose()?,
            trusted_proxies: self.trusted_proxies.clone(),
            metrics: Some(self.metrics.clone()),
            health: self.health.clone(),
        })
    }

    /// `GET /metrics`, for an address of its own, and what it is served with.
    pub fn metrics_app(&self) -> (Router, Serving) {
        let serving = Serving {
            max_connections: METRICS_CONNECTIONS,
            shutdown_timeout: Duration::ZERO,
            tls: None,
            trusted_proxies: Arc::default(),
            metrics: None,
            health: Health::default(),
        };
        (self.metrics.router(), serving)
    }
}

/// Connections of those that read the metrics.
const METRICS_CONNECTIONS: usize = 16;

/// Every route and every layer.
pub fn app(state: AppState) -> Router {
    // What costs money or leads there: for this server's own page and who knows the password.
    let mut guarded = Router::new()
        .route("/config", get(page_config).options(origin::preflight))
        .route("/token", get(token::token).options(origin::preflight));
    if let Some(demo) = &state.demo {
        guarded = guarded.nest(demo::PATH, demo.router());
    }
    let guarded = guarded
        .route_layer(from_fn_with_state(state.clone(), login::guard))
        .route_layer(from_fn_with_state(state.clone(), origin::guard));
    let login = Router::new()
        .route(login::PATH, get(login::show).post(login::try_password))
        .route(login::STYLE_PATH, get(login::style));
    let page = Router::new()
        .route("/", get(assets::asset))
        .route_layer(from_fn_with_state(state.clone(), login::page_guard));
    let open = Router::new()
        .route("/assets/{file}", get(assets::asset))
        .route(health::ALIVE_PATH, get(StatusCode::NO_CONTENT))
        .route(health::READY_PATH, get(health::ready));

    page.merge(open)
        .merge(guarded)
        .merge(login)
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not answer to this method.")
        })
        .layer(from_fn_with_state(state.clone(), edge::edge))
        .with_state(state)
}

/// The handler of `GET /config`.
async fn page_config(State(state): State<AppState>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(&state.page)).into_response()
}
