//! Limits: tokens per client and for all clients together, login attempts and wrong keys per client; and which tokens
//! were used, if servers share that.

mod arithmetic;
mod memory;
mod redis;
mod settings;

use std::error::Error as _;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret as _;

use self::arithmetic::{Cap, Rate};
use self::memory::Memory;
use self::redis::{Redis, RedisFault};
pub use self::settings::{LimitSettings, RateLimitFail};
use crate::metrics::Metrics;

/// Login attempts of a client address: enough for a person who mistypes, and about 2 880 guesses a day.
const LOGIN_ATTEMPTS: Rate = Rate::per_minute(2, 10);
/// The kind of request that a wrong key is, in the names of Redis.
const KEYS: &str = "keys";
/// Wrong keys of a client address: as many as login attempts.
const WRONG_KEYS: Rate = LOGIN_ATTEMPTS;
/// The bits of an IPv6 address that a client cannot choose: a home or a server has a /64 (RFC 6177).
const IPV6_NETWORK_BITS: u32 = 64;

/// The limits of one kind of request.
#[derive(Debug, Clone, Copy)]
struct Rules {
    client: Rate,
    caps: Option<Caps>,
}

/// The limits of all clients together.
#[derive(Debug, Clone, Copy)]
struct Caps {
    hour: Cap,
    day: Cap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Granted,
    Client { wait_us: u64 },
    Hour { wait_us: u64 },
    Day { wait_us: u64 },
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The client has reached its limit.
    Client { retry_after_s: u32 },
    /// The limit of this hour is reached.
    Hour { retry_after_s: u32 },
    /// The limit of this day is reached.
    Day { retry_after_s: u32 },
    /// Redis is unavailable, so nothing can be counted.
    Uncounted,
}

impl Refused {
    /// When another attempt makes sense, in s.
    pub(crate) fn retry_after_s(self) -> u32 {
        match self {
            Self::Client { retry_after_s } | Self::Hour { retry_after_s } | Self::Day { retry_after_s } => {
                retry_after_s
            }
            Self::Uncounted => 1,
        }
    }
}

/// The limits and their counts; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tokens: Rules,
    redis: Option<Redis>,
    fail: RateLimitFail,
    redis_is_down: AtomicBool,
    token_memory: Memory,
    login_memory: Memory,
    key_memory: Memory,
    metrics: Metrics,
}

/// Why the limits cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("RATE_LIMIT_REDIS_URL cannot be used")]
pub struct LimitsError(#[from] ::redis::RedisError);

impl Limits {
    /// The limits of the settings, with all counts at zero.
    ///
    /// # Errors
    /// [`LimitsError`] if the address of Redis cannot be used.
    pub(crate) fn new(settings: &LimitSettings, metrics: Metrics) -> Result<Self, LimitsError> {
        let cap = |length_s, count: u32| Cap { length_s, count: u64::from(count) };
        let caps =
            Caps { hour: cap(3_600, settings.tokens_per_hour), day: cap(86_400, settings.tokens_per_day) };
        let client = Rate::per_minute(settings.tokens_per_minute, settings.tokens_burst);
        let redis =
            settings.rate_limit_redis_url.as_ref().map(|url| Redis::new(url.expose_secret())).transpose()?;
        metrics.redis_is_up(true);
        Ok(Self(Arc::new(Inner {
            tokens: Rules { client, caps: Some(caps) },
            redis,
            fail: settings.rate_limit_fail,
            redis_is_down: AtomicBool::new(false),
            token_memory: Memory::default(),
            login_memory: Memory::default(),
            key_memory: Memory::default(),
            metrics,
        })))
    }

    /// Counts a token.
    ///
    /// # Errors
    /// [`Refused`] if a limit is reached.
    pub(crate) async fn token(&self, client: IpAddr) -> Result<(), Refused> {
        let client = network(client);
        let count_alone = || self.0.token_memory.count(&self.0.tokens, client, now_us());
        let verdict = match self.0.count_in_redis("tokens", &self.0.tokens, client).await {
            None => count_alone(),
            Some(Ok(verdict)) => verdict,
            Some(Err(_)) if self.0.fail == RateLimitFail::Open => count_alone(),
            Some(Err(_)) => return Err(Refused::Uncounted),
        };
        outcome(verdict)
    }

    /// Counts a login attempt. While Redis is unavailable each server counts alone, so that nobody is locked out.
    ///
    /// # Errors
    /// [`Refused`] if the limit is reached.
    pub(crate) async fn login(&self, client: IpAddr) -> Result<(), Refused> {
        let client = network(client);
        let rules = Rules { client: LOGIN_ATTEMPTS, caps: None };
        let verdict = match self.0.count_in_redis("logins", &rules, client).await {
            Some(Ok(verdict)) => verdict,
            None | Some(Err(_)) => self.0.login_memory.count(&rules, client, now_us()),
        };
        outcome(verdict)
    }

    /// Counts a wrong key. While Redis is unavailable each server counts alone.
    ///
    /// # Errors
    /// [`Refused`] if the limit is reached.
    pub(crate) async fn wrong_key(&self, client: IpAddr) -> Result<(), Refused> {
        let client = network(client);
        let rules = Rules { client: WRONG_KEYS, caps: None };
        let verdict = match self.0.count_in_redis(KEYS, &rules, client).await {
            Some(Ok(verdict)) => verdict,
            None | Some(Err(_)) => self.0.key_memory.count(&rules, client, now_us()),
        };
        outcome(verdict)
    }

    /// Whether a client that has presented wrong keys may present another; counts nothing.
    ///
    /// # Errors
    /// [`Refused`] if the limit is reached.
    pub(crate) async fn may_try_key(&self, client: IpAddr) -> Result<(), Refused> {
        let client = network(client);
        let shared = match &self.0.redis {
            Some(redis) => self.0.watch_redis(redis.arrival_us(KEYS, client).await).ok(),
            None => None,
        };
        let tat_us = shared.unwrap_or_else(|| self.0.key_memory.arrival_us(client));
        let wait = WRONG_KEYS.take(tat_us, now_us());
        wait.map(drop).or_else(|wait_us| outcome(Verdict::Client { wait_us }))
    }

    /// Marks a token as used until it expires, on all servers; returns whether this is its first use. Without Redis a
    /// token can be used until it expires.
    ///
    /// # Errors
    /// [`Refused::Uncounted`] if Redis is unavailable, and each server must not decide alone.
    pub(crate) async fn use_token(&self, number: u64, expires_in: Duration) -> Result<bool, Refused> {
        let Some(redis) = &self.0.redis else { return Ok(true) };
        match self.0.watch_redis(redis.first_use(number, expires_in).await) {
            Ok(is_first) => Ok(is_first),
            Err(_) if self.0.fail == RateLimitFail::Open => Ok(true),
            Err(_) => Err(Refused::Uncounted),
        }
    }

    /// Whether tokens can be counted, by the last attempt.
    pub(crate) fn can_count(&self) -> bool {
        self.0.fail == RateLimitFail::Open || !self.0.redis_is_down.load(Ordering::Relaxed)
    }
}

impl Inner {
    /// Counts in Redis; `None` if none is configured.
    async fn count_in_redis(
        &self,
        kind: &str,
        rules: &Rules,
        client: IpAddr,
    ) -> Option<Result<Verdict, RedisFault>> {
        Some(self.watch_redis(self.redis.as_ref()?.count(kind, rules, client, None).await))
    }

    /// Notes whether Redis has answered.
    fn watch_redis<T>(&self, answer: Result<T, RedisFault>) -> Result<T, RedisFault> {
        let is_down = answer.is_err();
        // Logged once per change, not per request.
        if self.redis_is_down.swap(is_down, Ordering::Relaxed) != is_down {
            self.metrics.redis_is_up(!is_down);
            match &answer {
                Err(error) => {
                    let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
                    let effect = match self.fail {
                        RateLimitFail::Closed => "no tokens are issued until it is available again",
                        RateLimitFail::Open => "each server counts alone until it is available again",
                    };
                    tracing::error!("{error}{cause}: {effect}");
                }
                Ok(_) => tracing::info!("Redis is available again and counts for all servers"),
            }
        }
        answer
    }
}

/// The part of an address that a client cannot change.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - IPV6_NETWORK_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

fn outcome(verdict: Verdict) -> Result<(), Refused> {
    // Rounded up, so that a request after that second is admitted.
    let seconds = |wait_us: u64| u32::try_from(wait_us.div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1);
    match verdict {
        Verdict::Granted => Ok(()),
        Verdict::Client { wait_us } => Err(Refused::Client { retry_after_s: seconds(wait_us) }),
        Verdict::Hour { wait_us } => Err(Refused::Hour { retry_after_s: seconds(wait_us) }),
        Verdict::Day { wait_us } => Err(Refused::Day { retry_after_s: seconds(wait_us) }),
    }
}

fn now_us() -> u64 {
    // A clock before 1970 counts as 1970.
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(age.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
