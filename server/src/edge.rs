//! What holds for every request, before and after its handler: whose it is, for which host, its name, the log, the
//! count, the headers.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::AppState;
use crate::client_address::{Client, Peer};
use crate::headers::Way;
use crate::health::{ALIVE_PATH, READY_PATH};
use crate::problem::Problem;
use crate::{hosts, request_id};

/// The longest path with query, in bytes: the demo's socket address with its token has about 400.
const ADDRESS_LIMIT_BYTES: usize = 4 * 1024;

/// The outermost layer.
pub(crate) async fn edge(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let peer = request.extensions().get::<Peer>().copied().unwrap_or_default();
    let client = Client::new(peer, request.headers(), &state.trusted_proxies);
    let id = request_id::of(request.headers(), client.by_proxy);
    let host = hosts::host(&request);
    let way = Way { https: client.https, local: host.is_some_and(hosts::is_local) };
    let refusal = refusal(&state, &request, host);
    // Probes come all day, and say nothing that is not in the metrics.
    let is_probe = matches!(request.uri().path(), ALIVE_PATH | READY_PATH);
    // Never the query: in the demo's socket address it holds a token.
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        client = %client.address,
        method = %request.method(),
        path = request.uri().path(),
    );

    request.extensions_mut().insert(client);
    let mut response = match refusal {
        Some(problem) => problem.into_response(),
        None => next.run(request).instrument(span.clone()).await,
    };
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id);
    state.headers.put_into(headers, way);
    let status = response.status().as_u16();
    state.metrics.response(status);
    let duration_ms = (start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    if is_probe && status < 400 {
        tracing::debug!(parent: &span, status, duration_ms, "answered");
    } else {
        tracing::info!(parent: &span, status, duration_ms, "answered");
    }
    response
}

/// Why a request goes no further.
fn refusal(state: &AppState, request: &Request, host: Option<&str>) -> Option<Problem> {
    let address = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if address > ADDRESS_LIMIT_BYTES {
        return Some(Problem::new(StatusCode::URI_TOO_LONG, "This address is too long."));
    }
    // In HTTP/1.1 it must be there (RFC 9112, 3.2); two of them are as good as none.
    if host.is_none() && request.version() >= Version::HTTP_11 && request.headers().contains_key(header::HOST)
    {
        return Some(Problem::new(StatusCode::BAD_REQUEST, "The Host field cannot be read."));
    }
    // Probes call a machine by its address.
    if matches!(request.uri().path(), ALIVE_PATH | READY_PATH) || state.hosts.answers_to(host) {
        return None;
    }
    state.metrics.foreign_host();
    Some(Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "This server does not answer to this name. Whoever runs it can add the name to PUBLIC_HOSTS.",
    ))
}
