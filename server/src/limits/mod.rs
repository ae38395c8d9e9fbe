//! How many tokens there are: for a client, and for all together; and how many tries at the password.

mod arithmetic;
mod memory;
mod redis;

use std::error::Error as _;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret as _;

use self::arithmetic::{Cap, Rate};
use self::memory::Memory;
use self::redis::{Redis, RedisFault};
use crate::config::{self, RateLimitFail};
use crate::metrics::Metrics;

/// Tries at the password for a client address: a person who mistypes has enough, and who guesses gets through
/// 2 880 a day.
const LOGIN_TRIES: Rate = Rate::per_minute(2, 10);
/// The bits of an IPv6 address that a client cannot choose: a household or a machine has a /64 of its own
/// (RFC 6177).
const IPV6_NETWORK_BITS: u32 = 64;

/// What is counted, and against what.
#[derive(Debug, Clone, Copy)]
struct Rules {
    client: Rate,
    caps: Option<Caps>,
}

/// For all clients together.
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

/// Why a request gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The client had what it may have.
    Client { retry_after_s: u32 },
    /// All together had what they may have in this hour.
    Hour { retry_after_s: u32 },
    /// All together had what they may have today.
    Day { retry_after_s: u32 },
    /// Nobody can say: Redis is away.
    Uncounted,
}

/// The counts, and where they are kept.
#[derive(Debug)]
pub(crate) struct Limits {
    tokens: Rules,
    redis: Option<Redis>,
    fail: RateLimitFail,
    redis_is_away: AtomicBool,
    token_memory: Memory,
    login_memory: Memory,
    metrics: Metrics,
}

/// Why there are no limits, and so no server.
#[derive(Debug, thiserror::Error)]
#[error("RATE_LIMIT_REDIS_URL cannot be used")]
pub struct LimitsError(#[from] ::redis::RedisError);

impl Limits {
    pub(crate) fn new(config: &config::Limits, metrics: Metrics) -> Result<Self, LimitsError> {
        let cap = |length_s, count: u32| Cap { length_s, count: u64::from(count) };
        let caps = Caps { hour: cap(3_600, config.tokens_per_hour), day: cap(86_400, config.tokens_per_day) };
        let client = Rate::per_minute(config.tokens_per_minute, config.tokens_burst);
        let redis = config.redis_url.as_ref().map(|url| Redis::new(url.expose_secret())).transpose()?;
        metrics.redis_is_up(true);
        Ok(Self {
            tokens: Rules { client, caps: Some(caps) },
            redis,
            fail: config.fail,
            redis_is_away: AtomicBool::new(false),
            token_memory: Memory::default(),
            login_memory: Memory::default(),
            metrics,
        })
    }

    /// Counts a token.
    ///
    /// # Errors
    /// [`Refused`] where there is none left.
    pub(crate) async fn token(&self, client: IpAddr) -> Result<(), Refused> {
        let client = network(client);
        let alone = || self.token_memory.count(&self.tokens, client, now_us());
        let verdict = match self.together("tokens", &self.tokens, client).await {
            None => alone(),
            Some(Ok(verdict)) => verdict,
            Some(Err(_)) if self.fail == RateLimitFail::Open => alone(),
            Some(Err(_)) => return Err(Refused::Uncounted),
        };
        outcome(verdict)
    }

    /// Counts a try at the password. Where Redis is away each server counts alone: nobody is locked out for it.
    ///
    /// # Errors
    /// [`Refused`] where there is none left.
    pub(crate) async fn login(&self, client: IpAddr) -> Result<(), Refused> {
        let client = network(client);
        let rules = Rules { client: LOGIN_TRIES, caps: None };
        let verdict = match self.together("logins", &rules, client).await {
            Some(Ok(verdict)) => verdict,
            None | Some(Err(_)) => self.login_memory.count(&rules, client, now_us()),
        };
        outcome(verdict)
    }

    /// Whether tokens can be counted, as far as is known.
    pub(crate) fn can_count(&self) -> bool {
        self.fail == RateLimitFail::Open || !self.redis_is_away.load(Ordering::Relaxed)
    }

    /// What Redis says; `None` where there is none.
    async fn together(
        &self,
        kind: &str,
        rules: &Rules,
        client: IpAddr,
    ) -> Option<Result<Verdict, RedisFault>> {
        let answer = self.redis.as_ref()?.count(kind, rules, client, None).await;
        let is_away = answer.is_err();
        // Once for each change, not for each request.
        if self.redis_is_away.swap(is_away, Ordering::Relaxed) != is_away {
            self.metrics.redis_is_up(!is_away);
            match &answer {
                Err(error) => {
                    let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
                    let effect = match self.fail {
                        RateLimitFail::Closed => "no tokens are issued until it is back",
                        RateLimitFail::Open => "each server counts alone until it is back",
                    };
                    tracing::error!("{error}{cause}: {effect}");
                }
                Ok(_) => tracing::info!("Redis is back, and counts for all servers again"),
            }
        }
        Some(answer)
    }
}

/// What a client cannot change about its address.
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
    // Rounded up: who comes back at that second finds one.
    let seconds = |wait_us: u64| u32::try_from(wait_us.div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1);
    match verdict {
        Verdict::Granted => Ok(()),
        Verdict::Client { wait_us } => Err(Refused::Client { retry_after_s: seconds(wait_us) }),
        Verdict::Hour { wait_us } => Err(Refused::Hour { retry_after_s: seconds(wait_us) }),
        Verdict::Day { wait_us } => Err(Refused::Day { retry_after_s: seconds(wait_us) }),
    }
}

fn now_us() -> u64 {
    // A clock before 1970 would refuse nobody for long: all times are counted from it.
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(age.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
