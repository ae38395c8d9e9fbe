//! `X-Request-Id`: one name for a request in the answer, the log, and the logs of proxies.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Where it stands in requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest that is taken over, in bytes.
const LONGEST: usize = 64;

/// Different for each start of the server.
static START: LazyLock<u32> = LazyLock::new(|| RandomState::new().hash_one(()) as u32);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The id that a trusted proxy gave, where it is one that can stand in a log; else a new one.
pub(crate) fn of(headers: &HeaderMap, by_proxy: bool) -> HeaderValue {
    let given = headers.get(HEADER).filter(|id| by_proxy && is_plain(id.as_bytes()));
    given.cloned().unwrap_or_else(fresh)
}

/// Start and number, in 16 digits: need not be secret, only told apart.
fn fresh() -> HeaderValue {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut digits = [0; 16];
    let value = u64::from(*START) << 32 | u64::from(number);
    for (n, digit) in digits.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(value >> (60 - 4 * n) & 15) as usize];
    }
    // Hexadecimal digits are what a header may hold.
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("-"))
}

fn is_plain(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_id_of_a_trusted_proxy_is_taken_over() {
        let of = |id: &str, by_proxy| {
            let headers = HeaderMap::from_iter([(HEADER, id.parse().expect("a header's value"))]);
            of(&headers, by_proxy).to_str().expect("text").to_owned()
        };
        let given = "3e8a1c60-0000-4000-8000-00000000000f";
        assert_eq!(of(given, true), given);
        assert_ne!(of(given, false), given);
        let long = "a".repeat(65);
        for id in ["", "a b", "a=b", "\u{e9}", &long] {
            assert_eq!(of(id, true).len(), 16, "{id}");
        }
    }

    #[test]
    fn no_two_are_the_same() {
        let ids: std::collections::HashSet<_> = (0..1_000).map(|_| fresh()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.as_bytes().iter().all(u8::is_ascii_hexdigit)));
    }
}
