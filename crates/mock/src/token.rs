//! Temporary tokens: opaque, long, and checked without a list of those that were issued.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Length of a token; 2583 to 2642 characters were seen.
const TOKEN_CHARS: usize = 2600;
/// The characters that a client has to encode in an URL are among them, so that one that does not is found out.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    /// How long a session may last, in s.
    pub(crate) max_session_duration_s: u32,
}

/// Why a token opens no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    Unknown,
    Expired,
    Used,
}

/// Issues tokens and knows its own again; time is passed in, as the age of the mock.
#[derive(Debug)]
pub(crate) struct Tokens {
    secret: RandomState,
    state: Mutex<State>,
    single_use: bool,
}

#[derive(Debug, Default)]
struct State {
    serial: u64,
    /// Serial and expiry of tokens that were used, where they are good for one session.
    used: HashMap<u64, Duration>,
}

impl Tokens {
    pub(crate) fn new(single_use: bool) -> Self {
        Self { secret: RandomState::new(), state: Mutex::default(), single_use }
    }

    pub(crate) fn issue(&self, now: Duration, expires_in_s: u32, max_session_duration_s: u32) -> String {
        let serial = {
            let mut state = self.lock();
            state.serial += 1;
            state.serial
        };
        let expires_ms = (now + Duration::from_secs(expires_in_s.into())).as_millis() as u64;
        let head = format!("AQIC{serial:016x}{expires_ms:016x}{max_session_duration_s:08x}");
        self.sealed(&head)
    }

    /// Checks a token and, where tokens are good for one session, uses it up.
    pub(crate) fn redeem(&self, now: Duration, token: &str) -> Result<Grant, TokenError> {
        let head = token.get(..44).ok_or(TokenError::Unknown)?;
        if self.sealed(head) != token {
            return Err(TokenError::Unknown);
        }
        let field = |range: std::ops::Range<usize>| {
            head.get(range).and_then(|hex| u64::from_str_radix(hex, 16).ok()).ok_or(TokenError::Unknown)
        };
        let (serial, expires_ms, max_s) = (field(4..20)?, field(20..36)?, field(36..44)?);
        let expires = Duration::from_millis(expires_ms);
        if now > expires {
            return Err(TokenError::Expired);
        }
        if self.single_use {
            let mut state = self.lock();
            state.used.retain(|_, expires| *expires >= now);
            if state.used.insert(serial, expires).is_some() {
                return Err(TokenError::Used);
            }
        }
        Ok(Grant { max_session_duration_s: u32::try_from(max_s).unwrap_or(u32::MAX) })
    }

    /// The head and, after it, characters that follow from it and from a secret of this mock.
    fn sealed(&self, head: &str) -> String {
        let mut token = head.to_owned();
        let mut block = 0_u32;
        while token.len() < TOKEN_CHARS {
            let mut bits = self.secret.hash_one((head, block));
            for _ in 0..10 {
                token.push(char::from(ALPHABET[(bits & 63) as usize]));
                bits >>= 6;
            }
            block += 1;
        }
        token.truncate(TOKEN_CHARS - 1);
        token.push('=');
        token
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id in the form of a random UUID.
pub(crate) fn session_id() -> String {
    let half = |salt: u8| RandomState::new().hash_one(salt);
    let bits = (u128::from(half(0)) << 64) | u128::from(half(1));
    // Version 4, variant 1 (RFC 9562, section 5.4).
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::ZERO;

    #[test]
    fn a_token_is_long_and_must_be_encoded_in_an_url() {
        let token = Tokens::new(false).issue(START, 60, 3600);
        assert_eq!(token.len(), TOKEN_CHARS);
        assert!(
            token.starts_with("AQ") && token.contains('+') && token.contains('/') && token.ends_with('=')
        );
    }

    #[test]
    fn a_token_opens_sessions_within_its_window_only() {
        let tokens = Tokens::new(false);
        let token = tokens.issue(START, 60, 3600);
        let grant = Ok(Grant { max_session_duration_s: 3600 });
        assert_eq!(tokens.redeem(Duration::from_mins(1), &token), grant);
        assert_eq!(tokens.redeem(Duration::from_mins(1), &token), grant, "reusable, as seen on the wire");
        assert_eq!(tokens.redeem(Duration::from_secs(61), &token), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_for_one_session_opens_one() {
        let tokens = Tokens::new(true);
        let token = tokens.issue(START, 60, 3600);
        assert!(tokens.redeem(START, &token).is_ok());
        assert_eq!(tokens.redeem(START, &token), Err(TokenError::Used));
        assert!(tokens.redeem(START, &tokens.issue(START, 60, 3600)).is_ok());
    }

    #[test]
    fn what_the_mock_did_not_issue_is_unknown() {
        let tokens = Tokens::new(false);
        let token = tokens.issue(START, 60, 3600);
        let spaces = token.replace('+', " ");
        for other in ["", "AQ", "ü", &token[1..], &token[..2599], &spaces, &"ü".repeat(1300)] {
            assert_eq!(tokens.redeem(START, other), Err(TokenError::Unknown), "{other}");
        }
        assert_eq!(Tokens::new(false).redeem(START, &token), Err(TokenError::Unknown), "another mock's");
    }

    #[test]
    fn session_ids_are_random_uuids() {
        let (one, two) = (session_id(), session_id());
        assert_ne!(one, two);
        assert_eq!((one.len(), &one[14..15]), (36, "4"), "{one}");
        assert!("89ab".contains(&one[19..20]), "{one}");
    }
}
