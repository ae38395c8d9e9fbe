//! What applies to every request: the client's address, limits on the address, the request id, security headers, the
//! log and the metrics.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use crate::client_address::{Client, Peer};
use crate::headers::{Connection, SecurityHeaders};
use crate::health::{ALIVE_PATH, READY_PATH};
use crate::hosts::Hosts;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::serve::NoSocket;
use crate::state::Parts;
use crate::{hosts, request_id};

/// The longest path with query, in bytes. A client of the recogniser on this machine may name 100 key terms of 50
/// characters in it, which take up to 8 kB; together with the headers a request may have 16 kB.
const PATH_LIMIT_BYTES: usize = 12 * 1024;

/// The `Retry-After` while too many sockets are open, in s: refused ones close within moments.
const SOCKETS_RETRY_AFTER_S: u32 = 5;

/// The parts of the state that [`run`] needs.
#[derive(Clone)]
pub(crate) struct Middleware {
    trusted_proxies: Arc<[IpNet]>,
    hosts: Hosts,
    headers: SecurityHeaders,
    metrics: Metrics,
}

impl Middleware {
    pub(crate) fn new(parts: &Parts) -> Self {
        let (trusted_proxies, headers) = (parts.trusted_proxies.clone(), parts.headers.clone());
        Self { trusted_proxies, hosts: parts.hosts.clone(), headers, metrics: parts.metrics.clone() }
    }
}

/// The outermost layer.
pub(crate) async fn run(State(state): State<Middleware>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    let client = Client::new(peer, request.headers(), &state.trusted_proxies);
    let id = request_id::of(request.headers(), client.by_proxy);
    let host = hosts::host(&request);
    let connection = Connection { https: client.https, local: host.is_some_and(hosts::is_local) };
    let refusal = malformed(&request, host).map(Problem::into_response);
    // A proxy that has taken https away would lead the browser back here for ever.
    let own_host = host.filter(|_| !client.by_proxy);
    let refusal = refusal.or_else(|| peer.misses_tls.then(|| to_https(&request, own_host, &state.hosts)));
    // Orchestrators probe every few seconds, and their probes are in the metrics.
    let is_probe = matches!(request.uri().path(), ALIVE_PATH | READY_PATH);
    // Without the query: the demo's socket address has a token in it.
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        client = %client.address,
        method = %request.method(),
        path = request.uri().path(),
    );

    request.extensions_mut().insert(client);
    let mut unanswered = Unanswered { span: &span, start, metrics: &state.metrics, is_answered: false };
    let mut response = match refusal {
        Some(refusal) => refusal,
        None => next.run(request).instrument(span.clone()).await,
    };
    unanswered.is_answered = true;
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id);
    state.headers.add_to(headers, connection);
    let status = response.status().as_u16();
    state.metrics.response(status);
    let duration_ms = ms_since(start);
    if is_probe && status < 400 {
        tracing::debug!(parent: &span, status, duration_ms, "answered");
    } else {
        tracing::info!(parent: &span, status, duration_ms, "answered");
    }
    response
}

/// The milliseconds since a moment, to a tenth.
fn ms_since(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
}

/// Logs and counts a request whose client leaves before there is a response: it is dropped then.
struct Unanswered<'a> {
    span: &'a Span,
    start: Instant,
    metrics: &'a Metrics,
    is_answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            let duration_ms = ms_since(self.start);
            self.metrics.abandoned();
            tracing::info!(parent: self.span, duration_ms, "the client left without a response");
        }
    }
}

/// Why a request is refused before it is routed.
fn malformed(request: &Request, host: Option<&str>) -> Option<Problem> {
    let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if request.extensions().get::<NoSocket>().is_some() {
        let sentence = "Too many sockets are open on this server; try again later.";
        return Some(
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence).retry_after_s(SOCKETS_RETRY_AFTER_S),
        );
    }
    if path > PATH_LIMIT_BYTES {
        return Some(Problem::new(StatusCode::URI_TOO_LONG, "This address is too long."));
    }
    // HTTP/1.1 requires exactly one (RFC 9112, 3.2).
    if host.is_none() && request.version() >= Version::HTTP_11 && request.headers().contains_key(header::HOST)
    {
        return Some(Problem::new(StatusCode::BAD_REQUEST, "The Host header is invalid."));
    }
    None
}

/// Answers http on the port of https, which browsers try if somebody types an address without its scheme.
fn to_https(request: &Request, host: Option<&str>, hosts: &Hosts) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let address =
        host.filter(|host| hosts.answers_to(Some(host))).map(|host| format!("https://{host}{path}"));
    let location = address.and_then(|address| HeaderValue::from_str(&address).ok());
    match location {
        Some(location) if matches!(*request.method(), Method::GET | Method::HEAD) => {
            let no_store = HeaderValue::from_static("no-store");
            let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, no_store)];
            (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
        }
        _ => {
            Problem::new(StatusCode::BAD_REQUEST, "This address is only available by https.").into_response()
        }
    }
}
