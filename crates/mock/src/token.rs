//! Temporary tokens: opaque, long, and verified without a list of issued tokens.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Length of a token, in characters; 2583 to 2642 were observed at the service.
const TOKEN_CHARS: usize = 2600;
/// Includes characters that must be percent-encoded in a URL, so that a client that does not encode them fails.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The rights that a valid token confers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Maximum duration of a session, in s.
    pub(crate) max_session_duration_s: u32,
}

/// Why a token is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    Unknown,
    Expired,
    Used,
}

/// Issues and verifies tokens. Time is passed in, as the time since the service started.
#[derive(Debug)]
pub(crate) struct Tokens {
    secret: RandomState,
    state: Mutex<TokenState>,
    single_use: bool,
}

#[derive(Debug, Default)]
struct TokenState {
    serial: u64,
    /// Serial numbers of redeemed single-use tokens, with their expiry.
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
        self.signed(&head)
    }

    /// Verifies a token and, if tokens are single-use, marks it as used.
    pub(crate) fn redeem(&self, now: Duration, token: &str) -> Result<Grant, TokenError> {
        let head = token.get(..44).ok_or(TokenError::Unknown)?;
        if self.signed(head) != token {
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

    /// Appends characters to the head that are derived from it and a secret; they serve as its signature.
    fn signed(&self, head: &str) -> String {
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

    fn lock(&self) -> std::sync::MutexGuard<'_, TokenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A random session id, in the form of a UUID.
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
    fn a_token_is_long_and_needs_encoding_in_a_url() {
        let token = Tokens::new(false).issue(START, 60, 3600);
        assert_eq!(token.len(), TOKEN_CHARS);
        assert!(
            token.starts_with("AQ") && token.contains('+') && token.contains('/') && token.ends_with('=')
        );
    }

    #[test]
    fn a_token_opens_sessions_only_before_it_expires() {
        let tokens = Tokens::new(false);
        let token = tokens.issue(START, 60, 3600);
        let grant = Ok(Grant { max_session_duration_s: 3600 });
        assert_eq!(tokens.redeem(Duration::from_mins(1), &token), grant);
        assert_eq!(tokens.redeem(Duration::from_mins(1), &token), grant, "reusable, as observed");
        assert_eq!(tokens.redeem(Duration::from_secs(61), &token), Err(TokenError::Expired));
    }

    #[test]
    fn a_single_use_token_opens_one_session() {
        let tokens = Tokens::new(true);
        let token = tokens.issue(START, 60, 3600);
        assert!(tokens.redeem(START, &token).is_ok());
        assert_eq!(tokens.redeem(START, &token), Err(TokenError::Used));
        assert!(tokens.redeem(START, &tokens.issue(START, 60, 3600)).is_ok());
    }

    #[test]
    fn tokens_from_elsewhere_are_unknown() {
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
