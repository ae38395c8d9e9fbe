//! The token server, with the page inside.
//!
//! ```text
//! GET  /          the page and its files, embedded and compressed at build time
//! GET  /config    where the page opens its socket, and with which parameters
//! GET  /token     a temporary token, of a region if one is named; the API key stays here
//! GET  /v3/ws     a session of the recogniser on this machine, if there is a model; /v3/token for other clients
//! GET  /speed     how fast that recogniser is, for the details of the page
//! GET  /login     asks for the password, if there is one; POST checks it
//! GET  /healthz   204 while the server runs
//! GET  /readyz    204 while it can issue tokens
//! GET  /metrics   for Prometheus, on an address of its own
//! ```
//!
//! Reading order: [`app`] (all routes, and the layers that guard them), [`settings`]; the layers from the outside in:
//! [`serve`], `middleware`, `client_address`, `hosts`, `origin`, [`login`], `limits`; the handlers: [`token`] with
//! [`issuer`], [`assemblyai`] and [`local`], `page_config`, `assets`, `health`; and what every response has: [`problem`],
//! `headers`, `request_id`, `metrics`.
//!
//! How to add a setting stands in `docs/settings.md`, “Add a setting”.
#![deny(clippy::unwrap_used)]

pub mod assemblyai;
mod assets;
pub mod client_address;
mod demo;
mod headers;
mod health;
pub mod healthcheck;
pub mod hosts;
pub mod issuer;
pub mod limits;
pub mod local;
mod local_gate;
pub mod log;
pub mod login;
pub mod metrics;
mod middleware;
pub mod origin;
pub mod page_config;
pub mod problem;
mod request_id;
pub mod serve;
pub mod settings;
mod state;
pub mod token;
mod values;

use std::sync::Arc;

use assemblyai_protocol::TOKEN_PATH;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, options};

use crate::local_gate::LocalGate;
use crate::middleware::Middleware;
use crate::problem::Problem;
pub use crate::state::{AppState, StartError};

/// Every route and every layer. A layer is outside those that were added before it.
pub fn app(state: AppState) -> Router {
    let parts = state.parts();
    let login_gate = parts.login_gate.as_ref();
    // What costs money or leads to it: for this server's own page and allowed ones, and only after the login.
    let guarded = |routes: Router<AppState>| {
        let routes = match login_gate {
            Some(gate) => routes.route_layer(from_fn_with_state(gate.clone(), login::require_session)),
            None => routes,
        };
        routes.route_layer(from_fn_with_state(parts.allowed_origins.clone(), origin::guard))
    };

    let token = token::route(parts.tokens.clone(), parts.limits.clone(), parts.metrics.clone());
    let token = guarded(Router::new().route("/token", token.options(origin::preflight)))
        .route_layer(from_fn_with_state(parts.metrics.clone(), token::count_refusals));
    let config = get(page_config::page_config).options(origin::preflight);
    let config = Router::new().route("/config", config);
    let config = guarded(match &parts.local {
        Some(_) => config.route("/speed", get(local::speed)),
        None => config,
    });
    let demo = match &parts.demo {
        Some(demo) => guarded(Router::new().nest(demo::PATH, demo.router())),
        None => Router::new(),
    };
    // A token or a key opens a session here, so that other clients need no cookie.
    let local = match &parts.local {
        Some(local) => {
            let gate = LocalGate { limits: parts.limits.clone(), metrics: parts.metrics.clone() };
            // Browsers ask before they send a key in a header.
            let preflight = Router::new().route(TOKEN_PATH, options(origin::preflight));
            let routes: Router<AppState> = local.service().router_with(Arc::new(gate)).merge(preflight);
            let named = from_fn_with_state(local.keyless_loopback(), local_gate::name_caller);
            routes
                .route_layer(named)
                .route_layer(from_fn_with_state(parts.allowed_origins.clone(), origin::guard))
        }
        None => Router::new(),
    };
    let page = Router::new().route("/", get(assets::asset));
    let page = match login_gate {
        Some(gate) => page.route_layer(from_fn_with_state(gate.clone(), login::redirect_to_login)),
        None => page,
    };
    let assets = Router::new().route("/assets/{file}", get(assets::asset));

    let named = token
        .merge(config)
        .merge(demo)
        .merge(local)
        .merge(page)
        .merge(assets)
        .merge(login::routes(parts.login_gate.clone(), parts.limits.clone(), parts.metrics.clone()))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state((parts.hosts.clone(), parts.metrics.clone()), hosts::guard));
    // Probes address a machine by its IP address, whatever its name.
    let probes = Router::new()
        .route(health::ALIVE_PATH, get(StatusCode::NO_CONTENT))
        .route(health::READY_PATH, get(health::ready))
        .method_not_allowed_fallback(method_not_allowed);
    let middleware = Middleware::new(parts);
    probes.merge(named).layer(from_fn_with_state(middleware, middleware::run)).with_state(state)
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not support this method.")
}
