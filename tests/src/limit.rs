//! No test waits for ever.

use std::future::Future;
use std::time::Duration;

/// Runs a test, and ends it after `limit_s` seconds; what it owns (browsers, servers) is dropped with it.
///
/// # Panics
/// When the time is over.
pub fn with_time_limit<T>(limit_s: u64, test: impl Future<Output = T>) -> impl Future<Output = T> {
    // Boxed: what a test holds (a browser, a mock, a server) is too large for a stack.
    let test = Box::pin(test);
    async move {
        let Ok(done) = tokio::time::timeout(Duration::from_secs(limit_s), test).await else {
            panic!("the test was not done after {limit_s} s");
        };
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_test_that_is_done_in_time_gives_its_result() {
        assert_eq!(with_time_limit(5, async { 7 }).await, 7);
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "not done after 5 s")]
    async fn a_test_that_hangs_is_ended() {
        with_time_limit(5, std::future::pending::<()>()).await;
    }
}
