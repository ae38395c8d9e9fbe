//! `GET /token`: a new temporary token for each request of the page.

mod problems;
mod settings;

use std::error::Error;
use std::sync::Arc;

use assemblyai_protocol::{Token, TokenRequest};
use axum::extract::{RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Json};
use tokio::time::Instant;

pub use self::settings::TokenSettings;
use crate::client_address::Client;
use crate::issuer::TokenIssuer;
use crate::limits::Limits;
use crate::metrics::{GuardRefusal, Metrics, TokenResult};
use crate::problem::Problem;

/// The issuers of all regions, and what they are asked for.
#[derive(Clone)]
pub(crate) struct Tokens {
    /// Of the region in the settings.
    pub(crate) default: Arc<dyn TokenIssuer>,
    /// The regions that a request may name.
    pub(crate) regions: Arc<[RegionIssuer]>,
    pub(crate) request: TokenRequest,
}

/// The issuer of a region.
pub(crate) struct RegionIssuer {
    pub(crate) name: &'static str,
    pub(crate) issuer: Arc<dyn TokenIssuer>,
}

/// The issuer that a request has chosen.
#[derive(Clone)]
struct ChosenIssuer(Arc<dyn TokenIssuer>);

/// The route: its region is checked first, so that a request that names a wrong one is not counted by the limits.
pub(crate) fn route(tokens: Tokens, limits: Limits, metrics: Metrics) -> MethodRouter<crate::AppState> {
    get(issue)
        .route_layer(from_fn_with_state((limits, metrics), limit))
        .route_layer(from_fn_with_state(tokens, choose_issuer))
}

/// A layer that finds the issuer of the region in the query, `?region=`.
async fn choose_issuer(
    State(tokens): State<Tokens>,
    RawQuery(query): RawQuery,
    mut request: Request,
    next: Next,
) -> Response {
    match tokens.issuer_for(query.as_deref().unwrap_or_default()) {
        Ok(issuer) => {
            request.extensions_mut().insert(ChosenIssuer(issuer));
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// A layer that counts a request against the limits, and refuses it if one is reached.
async fn limit(
    State((limits, metrics)): State<(Limits, Metrics)>,
    Extension(client): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    match limits.token(client.address).await {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            metrics.token(refused.into());
            tracing::info!(?refused, "no token was issued");
            Problem::from(refused).into_response()
        }
    }
}

/// A layer that counts the requests which the guards outside this route refuse.
pub(crate) async fn count_refusals(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if let Some(refusal) = response.extensions().get::<GuardRefusal>() {
        metrics.token((*refusal).into());
    }
    response
}

/// The handler of `GET /token`.
async fn issue(
    State(tokens): State<Tokens>,
    State(metrics): State<Metrics>,
    Extension(ChosenIssuer(issuer)): Extension<ChosenIssuer>,
) -> Response {
    let start = Instant::now();
    let result = issuer.issue(tokens.request).await;
    metrics.token(result.as_ref().map_or_else(TokenResult::from, |_| TokenResult::Issued));
    metrics.upstream(start.elapsed());
    match result {
        Ok(token) => {
            let expires_in_s = Some(token.expires_in_s.unwrap_or(tokens.request.expires_in_s));
            ([(header::CACHE_CONTROL, "no-store")], Json(Token { expires_in_s, ..token })).into_response()
        }
        Err(error) => {
            let cause = error.source().map(|cause| format!(" ({})", root(cause))).unwrap_or_default();
            tracing::error!("no token was issued: {error}{cause}");
            Problem::from(&error).into_response()
        }
    }
}

impl Tokens {
    /// The issuer of the region that a query names, or the default one if it names none.
    fn issuer_for(&self, query: &str) -> Result<Arc<dyn TokenIssuer>, Problem> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let Some((_, name)) = pairs.find(|(key, _)| key == "region") else {
            return Ok(self.default.clone());
        };
        if self.regions.is_empty() {
            return Err(Problem::new(StatusCode::FORBIDDEN, "This server offers no choice of regions."));
        }
        let region = self.regions.iter().find(|region| region.name == name);
        region
            .map(|region| region.issuer.clone())
            .ok_or(Problem::new(StatusCode::BAD_REQUEST, "This server has no region of that name."))
    }
}

/// The innermost cause: "connection refused" rather than "error sending request".
fn root<'a>(mut cause: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}
