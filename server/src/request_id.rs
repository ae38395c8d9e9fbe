//! `X-Request-Id`: identifies a request in the response, the log, and the logs of proxies.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header in requests and responses.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is adopted, in bytes.
const MAX_BYTES: usize = 64;

/// Differs for each start of the server.
static START: LazyLock<u32> = LazyLock::new(|| RandomState::new().hash_one(()) as u32);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The id that a trusted proxy has set, if it is safe to log; else a new one.
pub(crate) fn of(headers: &HeaderMap, by_proxy: bool) -> HeaderValue {
    let given = headers.get(HEADER).filter(|id| by_proxy && is_safe(id.as_bytes()));
    given.cloned().unwrap_or_else(fresh)
}

/// Start and number, in 16 digits: an id must be unique, not secret.
fn fresh() -> HeaderValue {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut digits = [0; 16];
    let value = u64::from(*START) << 32 | u64::from(number);
    for (n, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(value >> (60 - 4 * n) & 15) as usize];
    }
    // Hexadecimal digits are valid in a header, so this does not fail.
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("-"))
}

fn is_safe(id: &[u8]) -> bool {
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn only_a_safe_id_of_a_trusted_proxy_is_adopted() -> TestResult {
        let of = |id: &str, by_proxy| -> TestResult<_> {
            let headers = HeaderMap::from_iter([(HEADER, id.parse()?)]);
            Ok(of(&headers, by_proxy).to_str()?.to_owned())
        };
        let given = "3e8a1c60-0000-4000-8000-00000000000f";
        assert_eq!(of(given, true)?, given);
        assert_ne!(of(given, false)?, given);
        let long = "a".repeat(65);
        for id in ["", "a b", "a=b", "\u{e9}", &long] {
            assert_eq!(of(id, true)?.len(), 16, "{id}");
        }
        Ok(())
    }

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::HashSet<_> = (0..1_000).map(|_| fresh()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.as_bytes().iter().all(u8::is_ascii_hexdigit)));
    }
}
