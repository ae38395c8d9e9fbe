use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::state::MockState;

/// A wait for a session exceeded its limit.
///
/// `Debug` prints the same as `Display`, so that a test that uses `expect` or returns the error shows it in full.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not come within {limit:?}; received:\n{received}")]
pub struct TimedOut {
    /// What was waited for.
    pub what: String,
    /// The limit.
    pub limit: Duration,
    /// What the mock had received by then.
    pub received: String,
}

impl fmt::Debug for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Calls `found` now and after each change of the records, until it returns a value or the limit has passed.
pub(crate) async fn wait<T>(
    state: &MockState,
    limit: Duration,
    mut found: impl FnMut() -> Option<T>,
) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let changed = state.changed.notified();
        tokio::pin!(changed);
        // Registers before the check, so that no change between the check and the wait is missed.
        changed.as_mut().enable();
        if let Some(answer) = found() {
            return Some(answer);
        }
        if timeout_at(end, changed).await.is_err() {
            return found();
        }
    }
}
