//! The probes of load balancers and orchestrators: whether the server runs, and whether it can issue tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::limits::Limits;
use crate::local::Local;
use crate::problem::Problem;
use crate::token::Tokens;

/// 204 while the server runs.
pub(crate) const ALIVE_PATH: &str = "/healthz";
/// 204 while it can issue tokens.
pub(crate) const READY_PATH: &str = "/readyz";
/// How long a check is valid: each check takes a token, and the service limits tokens per minute.
const CHECK_VALIDITY: Duration = Duration::from_secs(30);

/// The last check of the service, and whether this server is stopping; clones share both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopping: AtomicBool,
    /// When the service was checked last, and whether it issued a token.
    checked: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    /// Reports "not ready" from now on, so that load balancers send no new requests.
    pub(crate) fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }
}

/// `GET /readyz`: 204 if a token could be issued at most 30 s ago. Concurrent callers share one check.
pub(crate) async fn ready(
    State(health): State<Health>,
    State(limits): State<Limits>,
    State(tokens): State<Tokens>,
    State(local): State<Option<Local>>,
) -> Response {
    let not_ready = |why| Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    let health = &health.0;
    if health.stopping.load(Ordering::Relaxed) {
        return not_ready("This server is stopping.");
    }
    if local.is_some_and(|local| !local.has_room()) {
        return not_ready("All sessions of the recogniser are in use.");
    }
    if !limits.can_count() {
        return not_ready("Redis is unavailable, so no tokens are issued.");
    }
    let mut checked = health.checked.lock().await;
    let recent = checked.filter(|(at, _)| at.elapsed() < CHECK_VALIDITY).map(|(_, can_issue)| can_issue);
    let can_issue = match recent {
        Some(can_issue) => can_issue,
        None => {
            let token = tokens.default.issue(tokens.request).await;
            if let Err(error) = &token {
                tracing::warn!("not ready: {error}");
            }
            *checked = Some((Instant::now(), token.is_ok()));
            token.is_ok()
        }
    };
    if can_issue {
        StatusCode::NO_CONTENT.into_response()
    } else {
        not_ready("AssemblyAI issues no tokens to this server; its log says why.")
    }
}
