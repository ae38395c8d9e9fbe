//! The session cookie: the time at which it expires, signed with a key that is derived from the password's hash.
//!
//! It identifies nobody and no server stores it, so any replica can check it. Another password invalidates all cookies.

use axum::http::{HeaderMap, HeaderValue, header};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::password::Password;

/// How long a cookie is valid, in s: a week.
pub(super) const LIFETIME_S: u64 = 7 * 24 * 3_600;
/// The cookie's name on https. Browsers accept this prefix from this host only (RFC 6265bis, 4.1.3.2), so no page of a
/// sibling domain can set it.
const SECURE_NAME: &str = "__Host-session";
/// The cookie's name on http, where that prefix is not allowed.
const PLAIN_NAME: &str = "session";
/// The purpose of the derived key: another use of the same hash would derive another key.
const LABEL: &[u8] = b"transcription-server cookie, version 1";

/// Issues and checks cookies.
#[derive(Clone)]
pub(super) struct Cookies {
    key: Hmac<Sha256>,
}

impl Cookies {
    /// The cookies of a password.
    pub(super) fn of(password: &Password) -> Self {
        let key = mac(password.digest()).chain_update(LABEL).chain_update(password.salt());
        Self { key: mac(&key.finalize().into_bytes()) }
    }

    /// The header that sets a new cookie.
    pub(super) fn set(&self, now_s: u64, https: bool) -> Option<HeaderValue> {
        let (name, secure) = if https { (SECURE_NAME, "; Secure") } else { (PLAIN_NAME, "") };
        let value = self.sign(now_s + LIFETIME_S);
        let text = format!("{name}={value}; Path=/; Max-Age={LIFETIME_S}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&text).ok()
    }

    /// Whether one of the request's cookies is ours and has not expired.
    pub(super) fn is_valid(&self, headers: &HeaderMap, now_s: u64, https: bool) -> bool {
        let name = if https { SECURE_NAME } else { PLAIN_NAME };
        // As bytes: cookies of other programs on the same host may hold any.
        let pairs =
            headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|it| *it == b';'));
        pairs
            .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
            .any(|(it, value)| it == name && self.verify(value, now_s))
    }

    fn sign(&self, expires_s: u64) -> String {
        let tag = self.key.clone().chain_update(expires_s.to_be_bytes()).finalize().into_bytes();
        format!("{expires_s}.{}", HEXLOWER.encode(&tag))
    }

    fn verify(&self, value: &str, now_s: u64) -> bool {
        let Some((end, digits)) = value.split_once('.') else { return false };
        let Ok(expires_s) = end.parse::<u64>() else { return false };
        let Ok(tag) = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()) else { return false };
        // `verify_slice` takes constant time.
        let is_ours = self.key.clone().chain_update(expires_s.to_be_bytes()).verify_slice(&tag).is_ok();
        is_ours && now_s < expires_s
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::SecretString;
    use std::sync::LazyLock;
    use test_result::TestResult;

    const NOW_S: u64 = 1_700_000_000;

    fn of(password: &str) -> Cookies {
        Cookies::of(&Password::new(&SecretString::from(password)).expect("a password"))
    }

    static COOKIES: LazyLock<Cookies> = LazyLock::new(|| of("correct horse"));

    fn sent(cookie: &str, now_s: u64, https: bool) -> TestResult<bool> {
        let value = HeaderValue::from_bytes(cookie.as_bytes())?;
        let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
        Ok(COOKIES.is_valid(&headers, now_s, https))
    }

    fn set(https: bool) -> TestResult<String> {
        Ok(COOKIES.set(NOW_S, https).ok_or("no header")?.to_str()?.to_owned())
    }

    fn pair(https: bool) -> TestResult<String> {
        Ok(set(https)?.split(';').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn scripts_and_other_sites_cannot_use_it_nor_http_one_of_https() -> TestResult {
        assert!(set(true)?.starts_with("__Host-session="));
        assert!(
            set(true)?.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure"),
            "{}",
            set(true)?
        );
        assert!(set(false)?.starts_with("session="));
        assert!(
            set(false)?.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict"),
            "{}",
            set(false)?
        );
        Ok(())
    }

    #[test]
    fn it_is_valid_for_a_week_and_no_second_longer() -> TestResult {
        assert!(sent(&pair(false)?, NOW_S, false)?);
        assert!(sent(&format!("a=b; {}; c=d", pair(false)?), NOW_S + LIFETIME_S - 1, false)?);
        assert!(!sent(&pair(false)?, NOW_S + LIFETIME_S, false)?);
        assert!(sent(&pair(true)?, NOW_S, true)?);
        // Anybody on the network could have set a cookie of http.
        assert!(!sent(&pair(false)?, NOW_S, true)? && !sent(&pair(true)?, NOW_S, false)?);
        Ok(())
    }

    #[test]
    fn a_cookie_of_another_program_does_not_hide_it() -> TestResult {
        for other in ["name=é", "name", "=", "session=x", "a=\u{1F399}"] {
            assert!(sent(&format!("{other}; {}", pair(false)?), NOW_S, false)?, "{other}");
            assert!(sent(&format!("{};{other}", pair(false)?), NOW_S, false)?, "{other}");
        }
        Ok(())
    }

    #[test]
    fn another_password_invalidates_it_and_another_replica_accepts_it() -> TestResult {
        let headers = HeaderMap::from_iter([(header::COOKIE, pair(false)?.parse()?)]);
        assert!(of("correct horse").is_valid(&headers, NOW_S, false));
        assert!(!of("battery staple").is_valid(&headers, NOW_S, false));
        Ok(())
    }

    #[test]
    fn its_expiry_cannot_be_changed() -> TestResult {
        let (_, tag) =
            pair(false)?.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).ok_or("no parts")?;
        assert!(!sent(&format!("session={}.{tag}", NOW_S + 2 * LIFETIME_S), NOW_S, false)?);
        Ok(())
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_valid_cookie(text in "[ -~]{0,120}", at in 0_usize..80, with in "[0-9a-f]") {
            let other = format!("session={text}");
            let is_sent = |cookie: &str| sent(cookie, NOW_S, false).map_err(|error| TestCaseError::fail(error.to_string()));
            prop_assert!(!is_sent(&other)?);
            let value = pair(false).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let at = value.len() - 1 - at.min(value.len() - "session=".len() - 1);
            let changed = format!("{}{with}{}", &value[..at], &value[at + 1..]);
            prop_assert!(changed == value || !is_sent(&changed)?, "{}", changed);
        }
    }
}
