//! Temporary tokens. They are signed: a replica with the same secret verifies them without a list.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Length of the signed part of a token, in characters: a prefix, a number, an expiry and a duration.
const HEAD_CHARS: usize = 44;
/// Length of a token without padding, in characters.
const SHORTEST: usize = HEAD_CHARS + 64;
/// Includes characters that must be percent-encoded in a URL, so that a client that does not encode them fails.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The rights that a valid token confers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Maximum duration of a session, in s.
    pub max_session_duration_s: u32,
    /// The token's random number.
    pub number: u64,
    /// When the token expires.
    pub expires: Duration,
}

/// Why a token is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// It was not issued with this secret.
    Unknown,
    /// Its time is over.
    Expired,
    /// It has opened its one session.
    Used,
}

/// Issues and verifies tokens. Times are durations since an epoch that all who share the secret agree on.
pub struct Tokens {
    key: Hmac<Sha256>,
    length: usize,
    single_use: bool,
    /// Numbers of redeemed single-use tokens, with their expiry.
    used: Mutex<HashMap<u64, Duration>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("single_use", &self.single_use).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens that are signed with this secret.
    pub fn new(secret: &[u8]) -> Self {
        let Ok(key) = Hmac::new_from_slice(secret) else { unreachable!("HMAC takes keys of any length") };
        Self { key, length: SHORTEST, single_use: false, used: Mutex::default() }
    }

    /// Whether a token opens only one session, here.
    #[must_use]
    pub fn single_use(mut self, single_use: bool) -> Self {
        self.single_use = single_use;
        self
    }

    /// Pads tokens to this length, in characters.
    #[must_use]
    pub fn padded_to(mut self, length: usize) -> Self {
        self.length = length.max(SHORTEST);
        self
    }

    /// Issues a token that opens sessions until `expires_in_s` after `now`.
    pub fn issue(&self, now: Duration, expires_in_s: u32, max_session_duration_s: u32) -> String {
        let expires_ms = (now + Duration::from_secs(expires_in_s.into())).as_millis() as u64;
        let head = format!("AQIC{:016x}{expires_ms:016x}{max_session_duration_s:08x}", random_bits() as u64);
        let tag = self.key.clone().chain_update(head.as_bytes()).finalize().into_bytes();
        self.assemble(&head, &tag)
    }

    /// Verifies a token and, if tokens are single-use, marks it as used.
    ///
    /// # Errors
    /// Why the token opens no session.
    pub fn redeem(&self, now: Duration, token: &str) -> Result<Grant, TokenError> {
        let head = token.get(..HEAD_CHARS).ok_or(TokenError::Unknown)?;
        let tag = token.as_bytes().get(HEAD_CHARS..SHORTEST).ok_or(TokenError::Unknown)?;
        let tag = HEXLOWER_PERMISSIVE.decode(tag).map_err(|_| TokenError::Unknown)?;
        // `verify_slice` takes constant time; the rest of the token follows from what it verifies.
        let mac = self.key.clone().chain_update(head.as_bytes());
        if mac.verify_slice(&tag).is_err() || self.assemble(head, &tag) != token {
            return Err(TokenError::Unknown);
        }
        let field = |range: std::ops::Range<usize>| {
            head.get(range).and_then(|hex| u64::from_str_radix(hex, 16).ok()).ok_or(TokenError::Unknown)
        };
        let (number, expires_ms, max_s) = (field(4..20)?, field(20..36)?, field(36..44)?);
        let expires = Duration::from_millis(expires_ms);
        if now > expires {
            return Err(TokenError::Expired);
        }
        if self.single_use {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.retain(|_, expires| *expires >= now);
            if used.insert(number, expires).is_some() {
                return Err(TokenError::Used);
            }
        }
        Ok(Grant { max_session_duration_s: u32::try_from(max_s).unwrap_or(u32::MAX), number, expires })
    }

    /// The token with this head and signature, padded.
    fn assemble(&self, head: &str, tag: &[u8]) -> String {
        let mut token = head.to_owned();
        HEXLOWER.encode_append(tag, &mut token);
        let mut block = Sha256::digest(tag);
        while token.len() < self.length {
            token.extend(block.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])));
            block = Sha256::digest(block);
        }
        if self.length > SHORTEST {
            token.truncate(self.length - 1);
            token.push('=');
        }
        token
    }
}

/// A random secret for [`Tokens::new`].
pub fn random_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(&random_bits().to_le_bytes());
    secret[16..].copy_from_slice(&random_bits().to_le_bytes());
    secret
}

/// A random session id, in the form of a UUID.
pub fn session_id() -> String {
    // Version 4, variant 1 (RFC 9562, section 5.4).
    let bits = random_bits() & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// # Panics
/// If the system has no random numbers: neither tokens nor ids can be made without.
fn random_bits() -> u128 {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    u128::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::ZERO;
    const LENGTH: usize = 2600;

    fn tokens() -> Tokens {
        Tokens::new(b"a secret").padded_to(LENGTH)
    }

    #[test]
    fn a_padded_token_is_long_and_needs_encoding_in_a_url() {
        let token = tokens().issue(START, 60, 3600);
        assert_eq!(token.len(), LENGTH);
        assert!(
            token.starts_with("AQ") && token.contains('+') && token.contains('/') && token.ends_with('=')
        );
        assert_eq!(Tokens::new(b"a secret").issue(START, 60, 3600).len(), SHORTEST);
    }

    #[test]
    fn a_token_opens_sessions_only_before_it_expires() {
        let tokens = tokens();
        let token = tokens.issue(START, 60, 3600);
        let grant = tokens.redeem(Duration::from_secs(60), &token);
        let expected = (3600, Duration::from_secs(60));
        assert_eq!(grant.map(|grant| (grant.max_session_duration_s, grant.expires)), Ok(expected));
        assert_eq!(tokens.redeem(Duration::from_secs(60), &token), grant, "reusable, as observed");
        assert_eq!(tokens.redeem(Duration::from_secs(61), &token), Err(TokenError::Expired));
    }

    #[test]
    fn a_single_use_token_opens_one_session() {
        let tokens = tokens().single_use(true);
        let token = tokens.issue(START, 60, 3600);
        assert!(tokens.redeem(START, &token).is_ok());
        assert_eq!(tokens.redeem(START, &token), Err(TokenError::Used));
        assert!(tokens.redeem(START, &tokens.issue(START, 60, 3600)).is_ok());
    }

    #[test]
    fn tokens_of_another_secret_and_changed_ones_are_unknown() {
        let tokens = tokens();
        let token = tokens.issue(START, 60, 3600);
        let spaces = token.replace('+', " ");
        let longer = format!("{}ffffffff{}", &token[..36], &token[44..]);
        for other in ["", "AQ", "ü", &token[1..], &token[..2599], &spaces, &longer, &"ü".repeat(1300)] {
            assert_eq!(tokens.redeem(START, other), Err(TokenError::Unknown), "{other}");
        }
        assert_eq!(Tokens::new(b"another").padded_to(LENGTH).redeem(START, &token), Err(TokenError::Unknown));
    }

    #[test]
    fn a_replica_with_the_same_secret_accepts_the_tokens_of_another() {
        let (one, two) = (Tokens::new(b"shared"), Tokens::new(b"shared"));
        assert!(two.redeem(START, &one.issue(START, 60, 3600)).is_ok());
    }

    #[test]
    fn session_ids_are_random_uuids() {
        let (one, two) = (session_id(), session_id());
        assert_ne!(one, two);
        assert_eq!((one.len(), &one[14..15]), (36, "4"), "{one}");
        assert!("89ab".contains(&one[19..20]), "{one}");
    }
}
