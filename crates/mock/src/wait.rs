use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::state::MockState;

/// What was waited for did not come in time.
///
/// `Debug` shows the same lines as `Display`, so that `expect` in a test shows them too.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not come within {limit:?}; received:\n{received}")]
pub struct TimedOut {
    /// What was waited for.
    pub what: String,
    /// How long.
    pub limit: Duration,
    /// What was received instead.
    pub received: String,
}

impl fmt::Debug for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Asks again whenever something was received, until there is an answer or the time is over.
pub(crate) async fn wait<T>(
    state: &MockState,
    limit: Duration,
    mut found: impl FnMut() -> Option<T>,
) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let changed = state.changed.notified();
        tokio::pin!(changed);
        // From here on no change is missed, even one between the question and the wait.
        changed.as_mut().enable();
        if let Some(answer) = found() {
            return Some(answer);
        }
        if timeout_at(end, changed).await.is_err() {
            return found();
        }
    }
}
