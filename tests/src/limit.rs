//! A time limit for a whole test.

use std::future::Future;
use std::time::Duration;

/// Runs a test and fails it after `limit_s` seconds, which drops its browsers and servers.
///
/// # Panics
/// When the test takes longer than `limit_s`.
pub fn with_time_limit<T>(limit_s: u64, test: impl Future<Output = T>) -> impl Future<Output = T> {
    // Boxed: the future of a test (with a browser, a mock, a server) is too large for the stack.
    let test = Box::pin(test);
    async move {
        let Ok(result) = tokio::time::timeout(Duration::from_secs(limit_s), test).await else {
            panic!("the test has not finished after {limit_s} s");
        };
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_test_that_finishes_in_time_returns_its_result() {
        assert_eq!(with_time_limit(5, async { 7 }).await, 7);
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "not finished after 5 s")]
    async fn a_test_that_hangs_fails() {
        with_time_limit(5, std::future::pending::<()>()).await;
    }
}
