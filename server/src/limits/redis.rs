//! The counts of servers that count together, in Redis or Valkey.

use std::net::IpAddr;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, RedisResult, Script};
use tokio::time::timeout;

use super::{Rules, Verdict};

/// How long Redis may take, reconnecting and trying again included: beside it, a token takes about 1 s.
const LIMIT: Duration = Duration::from_secs(1);
/// How long a connection may take to come about, or an answer to come.
const STEP_LIMIT: Duration = Duration::from_millis(400);
/// What all keys begin with. The braces put them on one node of a cluster, as a script wants it.
const PREFIX: &str = "{transcription-server}";

/// Why Redis did not count.
#[derive(Debug, thiserror::Error)]
pub(super) enum RedisFault {
    /// It is away, or refused.
    #[error("Redis did not count the request")]
    Failed(#[from] RedisError),
    /// No answer in time.
    #[error("Redis did not answer in time")]
    TooSlow,
    /// An answer that the script does not give.
    #[error("Redis answered as no script of ours does")]
    Strange,
}

/// Redis, connected to when it is first needed, and again whenever the connection was lost.
#[derive(Clone)]
pub(super) struct Redis {
    connection: ConnectionManager,
    script: Script,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        formatter.write_str("Redis")
    }
}

impl Redis {
    /// Redis at an address; does not connect yet.
    pub(super) fn new(url: &str) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(STEP_LIMIT))
            .set_response_timeout(Some(STEP_LIMIT))
            // The next request tries again; this one has no time for more.
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        Ok(Self { connection, script: Script::new(include_str!("count.lua")) })
    }

    /// Counts one request, all of it or nothing; `now_us` replaces Redis's own clock, for tests.
    pub(super) async fn count(
        &self,
        kind: &str,
        rules: &Rules,
        client: IpAddr,
        now_us: Option<u64>,
    ) -> Result<Verdict, RedisFault> {
        let mut call = self.script.key(format!("{PREFIX}:{kind}:client:{client}"));
        call.arg(rules.client.interval_us).arg(rules.client.burst);
        call.arg(now_us.map(|now_us| now_us.to_string()).unwrap_or_default());
        if let Some(caps) = rules.caps {
            for (name, cap) in [("hour", caps.hour), ("day", caps.day)] {
                call.key(format!("{PREFIX}:{kind}:{name}")).arg(cap.length_s).arg(cap.count);
            }
        }
        let mut connection = self.connection.clone();
        let answer = timeout(LIMIT, async {
            match call.invoke_async::<(u64, u64)>(&mut connection).await {
                // A connection that was lost since it was last used: the manager has a new one by now. Where the
                // request was counted all the same, it counts twice, which harms less than to refuse it.
                Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {
                    call.invoke_async(&mut connection).await
                }
                answer => answer,
            }
        });
        match answer.await.map_err(|_| RedisFault::TooSlow)?? {
            (0, _) => Ok(Verdict::Granted),
            (1, wait_us) => Ok(Verdict::Client { wait_us }),
            (2, wait_us) => Ok(Verdict::Hour { wait_us }),
            (3, wait_us) => Ok(Verdict::Day { wait_us }),
            _ => Err(RedisFault::Strange),
        }
    }
}
