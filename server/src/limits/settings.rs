//! The settings of the limits.

use clap::ValueEnum;
use reqwest::Url;
use secrecy::SecretString;

use crate::values::{InvalidValue, in_range};

/// How many tokens are issued, and where they are counted.
#[derive(Debug, Clone, clap::Args)]
pub struct LimitSettings {
    /// Tokens that a client address may request per minute, on average
    #[arg(
        long,
        env = "TOKENS_PER_MINUTE",
        default_value_t = 20,
        value_name = "1 to 1000000 a minute",
        value_parser = in_range::<u32>(1..=1_000_000)
    )]
    pub tokens_per_minute: u32,
    /// Tokens that a client address may request at once
    #[arg(long, env = "TOKENS_BURST", default_value_t = 20, value_name = "1 to 1000000", value_parser = in_range::<u32>(1..=1_000_000))]
    pub tokens_burst: u32,
    /// Tokens that all clients together may request in a clock hour
    #[arg(
        long,
        env = "TOKENS_PER_HOUR",
        default_value_t = 1_000,
        value_name = "1 to 1000000000",
        value_parser = in_range::<u32>(1..=1_000_000_000)
    )]
    pub tokens_per_hour: u32,
    /// Tokens that all clients together may request in a day, from midnight UTC
    #[arg(
        long,
        env = "TOKENS_PER_DAY",
        default_value_t = 5_000,
        value_name = "1 to 1000000000",
        value_parser = in_range::<u32>(1..=1_000_000_000)
    )]
    pub tokens_per_day: u32,
    /// Redis or Valkey, where several servers share their counts; without it each server counts alone
    #[arg(
        long,
        env = "RATE_LIMIT_REDIS_URL",
        hide_env_values = true,
        value_name = "a redis or rediss address",
        value_parser = redis_url
    )]
    pub rate_limit_redis_url: Option<SecretString>,
    /// While Redis is unavailable: closed issues no tokens, open lets each server count alone
    #[arg(
        long,
        env = "RATE_LIMIT_FAIL",
        default_value = "closed",
        hide_possible_values = true,
        value_name = "closed or open"
    )]
    pub rate_limit_fail: RateLimitFail,
}

/// What happens to requests that cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RateLimitFail {
    /// They are refused.
    Closed,
    /// Each server counts alone.
    Open,
}

/// An address that the Redis client accepts; secret, since it may hold a password.
fn redis_url(value: &str) -> Result<SecretString, InvalidValue> {
    let is_valid = |url: &Url| matches!(url.scheme(), "redis" | "rediss") && url.has_host();
    Url::parse(value).ok().filter(is_valid).map(|_| SecretString::from(value)).ok_or(InvalidValue)
}
