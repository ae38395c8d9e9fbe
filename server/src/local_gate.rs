//! Who opens sessions of the recogniser: the limits on wrong keys, tokens that are used, clients that need no key.

use std::net::IpAddr;
use std::time::Duration;

use assemblyai_service::{Caller, Decision, Gate, TokenUse, TooManyKeys};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

use crate::client_address::Client;
use crate::limits::{Limits, Refused};
use crate::metrics::{KeyResult, Metrics};

/// Headers that proxies and tunnels add, beside `X-Forwarded-…`.
const PROXY_HEADERS: [&str; 12] = [
    "forwarded",
    "forwarded-for",
    "via",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "cf-connecting-ip",
    "true-client-ip",
    "fastly-client-ip",
];

/// Decides by the counts of this server, or by those that all replicas share in Redis.
#[derive(Debug, Clone)]
pub(crate) struct LocalGate {
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
}

impl LocalGate {
    fn outcome(&self, result: Result<(), Refused>) -> Result<(), TooManyKeys> {
        result.map_err(|refused| {
            self.metrics.key(KeyResult::Limited);
            TooManyKeys { retry_after_s: refused.retry_after_s() }
        })
    }
}

impl Gate for LocalGate {
    fn right_key(&self, client: IpAddr) -> Decision<'_, Result<(), TooManyKeys>> {
        Box::pin(async move { self.outcome(self.limits.may_try_key(client).await) })
    }

    fn wrong_key(&self, client: IpAddr) -> Decision<'_, Result<(), TooManyKeys>> {
        Box::pin(async move {
            self.outcome(self.limits.wrong_key(client).await)?;
            self.metrics.key(KeyResult::Wrong);
            tracing::warn!(%client, "a key or token of the recogniser was refused: it is unknown");
            Ok(())
        })
    }

    fn use_token(&self, number: u64, expires_in: Duration) -> Decision<'_, TokenUse> {
        Box::pin(async move {
            match self.limits.use_token(number, expires_in).await {
                Ok(true) => TokenUse::Granted,
                Ok(false) => TokenUse::Used,
                Err(_) => TokenUse::Unknown,
            }
        })
    }
}

/// A layer that adds the [`Caller`] to a request. With `keyless_loopback`, programs on this machine need no key; what a
/// proxy forwards comes from elsewhere, whether or not the proxy is a trusted one.
pub(crate) async fn name_caller(
    State(keyless_loopback): State<bool>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = request.extensions().get().copied().unwrap_or_else(Client::default);
    let is_forwarded = client.by_proxy || is_by_proxy(request.headers());
    let needs_no_key = keyless_loopback && client.address.is_loopback() && !is_forwarded;
    request.extensions_mut().insert(Caller { address: client.address, needs_no_key });
    next.run(request).await
}

/// Whether a proxy has forwarded a request, by the presence of its headers, whatever they say.
fn is_by_proxy(headers: &HeaderMap) -> bool {
    headers
        .keys()
        .any(|name| name.as_str().starts_with("x-forwarded-") || PROXY_HEADERS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn has(name: &'static str) -> bool {
        is_by_proxy(&HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("x"))]))
    }

    #[test]
    fn what_a_proxy_forwards_is_recognized_by_any_of_its_headers() {
        for name in
            PROXY_HEADERS.into_iter().chain(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"])
        {
            assert!(has(name), "{name}");
        }
        for name in ["host", "origin", "user-agent", "authorization", "x-request-id", "viaduct"] {
            assert!(!has(name), "{name}");
        }
    }
}
