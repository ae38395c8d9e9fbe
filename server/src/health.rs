//! Whether the server is alive, and whether it can do its work: what load balancers and orchestrators ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::AppState;
use crate::problem::Problem;

/// Whether the server is alive.
pub(crate) const ALIVE_PATH: &str = "/healthz";
/// Whether it can issue tokens.
pub(crate) const READY_PATH: &str = "/readyz";
/// How long an answer of the service stands. Its limits on tokens are per minute, and each probe takes one.
const STANDS_FOR: Duration = Duration::from_secs(30);

/// What is known of the service, and whether this server is about to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopping: AtomicBool,
    checked: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    /// From now on it is not ready: load balancers send nothing new.
    pub(crate) fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
    }
}

/// `GET /readyz`: 204 where a token could be issued, as of at most 30 s ago. Callers that come meanwhile wait for the
/// one check.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let not_ready = |why| Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    let health = &state.health.0;
    if health.stopping.load(Ordering::Relaxed) {
        return not_ready("This server is about to stop.");
    }
    if !state.limits.can_count() {
        return not_ready("Redis is away, so no tokens are issued.");
    }
    let mut checked = health.checked.lock().await;
    let known = checked.filter(|(at, _)| at.elapsed() < STANDS_FOR).map(|(_, can)| can);
    let can_issue = match known {
        Some(can_issue) => can_issue,
        None => {
            let answer = state.issuer.issue(state.token_request).await;
            if let Err(error) = &answer {
                tracing::warn!("not ready: {error}");
            }
            *checked = Some((Instant::now(), answer.is_ok()));
            answer.is_ok()
        }
    };
    if can_issue {
        StatusCode::NO_CONTENT.into_response()
    } else {
        not_ready("AssemblyAI issues no tokens to this server; its log says why.")
    }
}
