//! Time limits of tests, and which tests run beside others.

use std::future::Future;
use std::sync::LazyLock;

use end_to_end_tests::{TestResult, limit};
use tokio::sync::{Semaphore, watch};

/// More than the tests that run at once.
const PLACES: u32 = 64;

/// The places of running tests; a test that runs alone takes all of them.
static FREE: Semaphore = Semaphore::const_new(PLACES as usize);

/// How many tests wait to run alone. No other test begins to wait before they have run: two that run alone one after the
/// other wait only once until all others have ended.
static WAITING: LazyLock<watch::Sender<usize>> = LazyLock::new(watch::Sender::default);

/// Runs a test beside others, and fails it after `limit_s` seconds.
pub(super) fn with_time_limit<T>(
    limit_s: u64,
    test: impl Future<Output = TestResult<T>>,
) -> impl Future<Output = TestResult<T>> {
    take(1, limit_s, test)
}

/// Runs a test alone, and fails it after `limit_s` seconds. For tests that judge times, or whose load would falsify those
/// of others.
pub(super) fn alone_with_time_limit<T>(
    limit_s: u64,
    test: impl Future<Output = TestResult<T>>,
) -> impl Future<Output = TestResult<T>> {
    take(PLACES, limit_s, test)
}

fn take<T>(
    places: u32,
    limit_s: u64,
    test: impl Future<Output = TestResult<T>>,
) -> impl Future<Output = TestResult<T>> {
    let test = limit::with_time_limit(limit_s, test);
    async move {
        let _places = if places == PLACES {
            WAITING.send_modify(|waiting| *waiting += 1);
            let places = FREE.acquire_many(places).await;
            WAITING.send_modify(|waiting| *waiting -= 1);
            places?
        } else {
            WAITING.subscribe().wait_for(|waiting| *waiting == 0).await?;
            FREE.acquire_many(places).await?
        };
        // The time limit begins here.
        test.await
    }
}
