//! The counts that several servers share, in Redis or Valkey.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use assemblyai_service::session_id;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, RedisError, RedisResult, Script, ServerErrorKind};
use tokio::time::timeout;

use super::{Rules, Verdict};

/// How long counting may take, with reconnecting and the second attempt; a token takes about 1 s.
const TIME_LIMIT: Duration = Duration::from_secs(1);
/// How long connecting may take, and a response.
const STEP_TIME_LIMIT: Duration = Duration::from_millis(400);
/// The prefix of all keys. The braces put them on one node of a cluster, which a script requires.
const PREFIX: &str = "{transcription-server}";

/// Why Redis did not count.
#[derive(Debug, thiserror::Error)]
pub(super) enum RedisFault {
    /// It cannot be reached, or refused.
    #[error("Redis did not count the request")]
    Failed(#[from] RedisError),
    /// It did not answer in time.
    #[error("Redis did not answer in time")]
    TooSlow,
    /// A response that the script does not give.
    #[error("Redis gave an unexpected response")]
    Unexpected,
}

/// A connection to Redis, which is opened when first needed, and again after it was lost; clones share it.
#[derive(Clone)]
pub(super) struct Redis {
    client: Client,
    connection: Arc<RwLock<ConnectionManager>>,
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
    ///
    /// # Errors
    /// If the address cannot be used.
    pub(super) fn new(url: &str) -> RedisResult<Self> {
        let client = Client::open(url)?;
        let connection = Arc::new(RwLock::new(connection(&client)?));
        Ok(Self { client, connection, script: Script::new(include_str!("count.lua")) })
    }

    /// Asks Redis by `call`, within the time limit; a second time if the connection was lost, which is noticed only now
    /// if Redis or the network closes idle ones, or leads to a server that no longer accepts writes.
    async fn ask<T, F: Future<Output = RedisResult<T>>>(
        &self,
        call: impl Fn(ConnectionManager) -> F,
    ) -> Result<T, RedisFault> {
        let current = self.connection.read().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = timeout(TIME_LIMIT, async {
            match call(current.clone()).await {
                Err(error) if is_demoted(&error) => {
                    let connection = connection(&self.client)?;
                    *self.connection.write().unwrap_or_else(PoisonError::into_inner) = connection.clone();
                    call(connection).await
                }
                Err(error) if is_lost(&error) => call(current).await,
                answer => answer,
            }
        });
        Ok(answer.await.map_err(|_| RedisFault::TooSlow)??)
    }

    /// Counts one request, against all limits or, if one refuses it, against none; tests replace Redis's clock by `now_us`.
    ///
    /// # Errors
    /// [`RedisFault`].
    pub(super) async fn count(
        &self,
        kind: &str,
        rules: &Rules,
        client: IpAddr,
        now_us: Option<u64>,
    ) -> Result<Verdict, RedisFault> {
        let mut call = self.script.key(client_key(kind, client));
        call.arg(rules.client.interval_us).arg(rules.client.burst);
        call.arg(now_us.map(|now_us| now_us.to_string()).unwrap_or_default());
        if let Some(caps) = rules.caps {
            for (name, cap) in [("hour", caps.hour), ("day", caps.day)] {
                call.key(format!("{PREFIX}:{kind}:{name}")).arg(cap.length_s).arg(cap.count);
            }
        }
        // If a request was counted before the loss, it counts twice, which is better than to refuse it.
        let call = &call;
        let answer =
            self.ask(|mut connection| async move { call.invoke_async::<(u64, u64)>(&mut connection).await });
        match answer.await? {
            (0, _) => Ok(Verdict::Granted),
            (1, wait_us) => Ok(Verdict::Client { wait_us }),
            (2, wait_us) => Ok(Verdict::Hour { wait_us }),
            (3, wait_us) => Ok(Verdict::Day { wait_us }),
            _ => Err(RedisFault::Unexpected),
        }
    }

    /// The theoretical arrival time of a client, in µs since 1970; 0 if it is unknown.
    ///
    /// # Errors
    /// [`RedisFault`].
    pub(super) async fn arrival_us(&self, kind: &str, client: IpAddr) -> Result<u64, RedisFault> {
        let get = &redis::Cmd::get(client_key(kind, client));
        let answer =
            self.ask(|mut connection| async move { get.query_async::<Option<u64>>(&mut connection).await });
        Ok(answer.await?.unwrap_or(0))
    }

    /// Marks a token as used until it expires; returns whether it was unused.
    ///
    /// # Errors
    /// [`RedisFault`].
    pub(super) async fn first_use(&self, number: u64, expires_in: Duration) -> Result<bool, RedisFault> {
        // Redis refuses an expiry of 0.
        let expires_ms = expires_in.as_millis().max(1) as u64;
        let key = format!("{PREFIX}:used:{number:016x}");
        // After a loss nobody knows whether the token was marked before it, but who has marked it.
        let mark = session_id();
        let mut set = redis::cmd("SET");
        set.arg(&key).arg(&mark).arg("NX").arg("PX").arg(expires_ms);
        let (set, get) = (&set, &redis::Cmd::get(&key));
        let marked_by = self.ask(|mut connection| async move {
            match set.query_async::<Option<String>>(&mut connection).await? {
                Some(_) => Ok(None),
                None => get.query_async::<Option<String>>(&mut connection).await.map(Some),
            }
        });
        Ok(marked_by.await?.is_none_or(|by| by.as_ref() == Some(&mark)))
    }
}

/// A connection that is opened when first needed.
fn connection(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(STEP_TIME_LIMIT))
        .set_response_timeout(Some(STEP_TIME_LIMIT))
        // The next request connects again; this one has no time for it.
        .set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

fn client_key(kind: &str, client: IpAddr) -> String {
    format!("{PREFIX}:{kind}:client:{client}")
}

/// Whether the connection leads to a server that another has replaced and that only answers reads now. It stays open,
/// so only a new one, to the same address, reaches the successor.
fn is_demoted(error: &RedisError) -> bool {
    // Redis 6 names the cause of a script's error only in its text.
    error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) || error.to_string().contains("READONLY")
}

/// Whether the connection was lost since it was last used: the manager has opened a new one then.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}
