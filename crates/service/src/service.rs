//! `GET /v3/token` and `GET /v3/ws` over an engine.

use std::cell::Cell;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assemblyai_protocol::{MAX_SESSION_DURATION_S, TOKEN_PATH, WEBSOCKET_PATH};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{RawQuery, State};
use axum::http::header::{ALLOW, AUTHORIZATION, RETRY_AFTER, SEC_WEBSOCKET_KEY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::credential::{api_version, credential, token_request};
use crate::engine::{Engine, EnginePlan};
use crate::gate::{Caller, Gate, OpenGate, TokenUse, TooManyKeys};
use crate::session::{Credential, Session, Setup};
use crate::slots::{SessionSlot, SessionSlots};
use crate::socket::{self, PlainHost};
use crate::strictness::Strictness;
use crate::token::{Grant, Tokens, random_secret, session_id};

/// The interval at which [`Service::drain`] counts the open sessions.
const DRAIN_POLL: Duration = Duration::from_millis(20);

/// The default interval of pings: a third of the minute after which common proxies drop a silent connection.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// A service without records, scripts and faults; clones share it.
#[derive(Debug, Clone)]
pub struct Service(Arc<Shared>);

/// How a [`Service`] is set up.
#[derive(Clone)]
pub struct ServiceSettings {
    /// The keys that open sessions and are given tokens; without any, only tokens that the host issues open sessions.
    pub api_keys: Vec<String>,
    /// What signs tokens; a random secret if it is empty. All replicas must have the same.
    pub token_secret: Vec<u8>,
    /// Maximum number of open sessions; further ones are refused with code 1008, with the default of 0 all.
    pub max_sessions: usize,
    /// The interval at which a client that sends nothing is pinged, by default 20 s. One that leaves two pings
    /// unanswered is gone, and its session ends.
    pub ping_interval: Duration,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self { api_keys: vec![], token_secret: vec![], max_sessions: 0, ping_interval: PING_INTERVAL }
    }
}

impl fmt::Debug for ServiceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither keys nor the secret.
        f.debug_struct("ServiceSettings").field("max_sessions", &self.max_sessions).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("engine", &self.engine).finish_non_exhaustive()
    }
}

struct Shared {
    engine: Arc<dyn Engine>,
    /// The SHA-256 of each key.
    api_keys: Vec<[u8; 32]>,
    tokens: Tokens,
    slots: SessionSlots,
    opened: AtomicUsize,
    refused: AtomicUsize,
    vanished: Arc<AtomicUsize>,
    ping_interval: Duration,
    stop: watch::Sender<bool>,
    drain: watch::Sender<bool>,
}

/// How many sessions there are and were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCounts {
    /// Sessions that are open.
    pub open: usize,
    /// The most that may be open.
    pub most: usize,
    /// Sessions that were opened since the start.
    pub opened: usize,
    /// Sessions that were refused since the start because too many were open.
    pub refused: usize,
    /// Sessions that were ended since the start because the client answered no ping.
    pub vanished: usize,
}

impl Service {
    /// A service whose words come from `engine`.
    pub fn new(engine: Arc<dyn Engine>, settings: ServiceSettings) -> Self {
        let ServiceSettings { api_keys, token_secret, max_sessions, ping_interval } = settings;
        let secret = if token_secret.is_empty() { random_secret().to_vec() } else { token_secret };
        Self(Arc::new(Shared {
            engine,
            api_keys: api_keys.iter().map(|key| Sha256::digest(key).into()).collect(),
            tokens: Tokens::new(&secret),
            slots: SessionSlots::new(max_sessions),
            opened: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            vanished: Arc::default(),
            ping_interval,
            stop: watch::Sender::new(false),
            drain: watch::Sender::new(false),
        }))
    }

    /// The routes of the service, at the paths where AssemblyAI has them.
    pub fn router<S>(&self) -> Router<S> {
        self.router_with(Arc::new(OpenGate))
    }

    /// The routes of a service whose host decides about credentials; it adds a [`Caller`] to each request.
    pub fn router_with<S>(&self, gate: Arc<dyn Gate>) -> Router<S> {
        let router =
            Router::new().route(TOKEN_PATH, get(token).head(only_get)).route(WEBSOCKET_PATH, get(open));
        router.with_state(Guarded { service: self.clone(), gate })
    }

    /// A token that opens sessions for `expires_in_s`, each of at most `max_session_duration_s`.
    pub fn issue_token(&self, expires_in_s: u32, max_session_duration_s: Option<u32>) -> String {
        let longest = *MAX_SESSION_DURATION_S.end();
        self.0.tokens.issue(unix_time(), expires_in_s, max_session_duration_s.unwrap_or(longest).min(longest))
    }

    /// How many sessions there are and were.
    pub fn sessions(&self) -> SessionCounts {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let shared = &*self.0;
        SessionCounts {
            open: shared.slots.open(),
            most: shared.slots.most(),
            opened: count(&shared.opened),
            refused: count(&shared.refused),
            vanished: count(&shared.vanished),
        }
    }

    /// Refuses new sessions, and closes each open one with code 1012 once no turn is open in it. Resolves when none is
    /// open, at the latest after `limit`, and ends the rest without a close frame.
    pub async fn drain(&self, limit: Duration) {
        self.0.drain.send_replace(true);
        let ended = async {
            while self.sessions().open > 0 {
                tokio::time::sleep(DRAIN_POLL).await;
            }
        };
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::warn!(open = self.sessions().open, "sessions are ended in the midst of a turn");
        }
        self.stop();
    }

    /// Ends all sessions without a close frame, so that clients connect again.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    fn accepts_key(&self, key: &str) -> bool {
        // Compares whole hashes: response times reveal neither how much of a key was right nor its length.
        let key: [u8; 32] = Sha256::digest(key).into();
        let is_equal =
            |known: &[u8; 32]| known.iter().zip(&key).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0;
        self.0.api_keys.iter().filter(|known| is_equal(known)).count() > 0
    }

    /// The credential of a request, and what its token grants.
    fn read_credential(&self, query: &str, headers: &HeaderMap) -> (Credential, Option<Grant>) {
        let grant = Cell::new(None);
        let redeem =
            |token: &str| self.0.tokens.redeem(unix_time(), token).inspect(|it| grant.set(Some(*it)));
        let given = credential(query, headers, redeem, |key| self.accepts_key(key));
        (given, grant.get())
    }

    /// Reserves a session, and counts it or its refusal.
    fn admit(&self, credential: Credential) -> (Option<SessionSlot>, Credential) {
        let (slot, credential) = self.0.slots.admit(credential);
        match credential {
            _ if slot.is_some() => drop(self.0.opened.fetch_add(1, Ordering::Relaxed)),
            Credential::TooMany => drop(self.0.refused.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
        (slot, credential)
    }
}

/// A service and who decides about the credentials of its clients.
#[derive(Debug, Clone)]
struct Guarded {
    service: Service,
    gate: Arc<dyn Gate>,
}

/// The caller of a host that names none: this machine, with the rights of any.
fn caller(named: Option<Extension<Caller>>) -> Caller {
    let unknown = Caller { address: IpAddr::V4(Ipv4Addr::LOCALHOST), needs_no_key: false };
    named.map_or(unknown, |Extension(caller)| caller)
}

impl Guarded {
    /// The credential of a request for a socket, or the answer instead of a socket.
    async fn credential(
        &self,
        query: &str,
        headers: &HeaderMap,
        caller: Caller,
    ) -> Result<Credential, Response> {
        let (given, grant) = self.service.read_credential(query, headers);
        match (given, grant) {
            (Credential::Token { .. }, Some(grant)) => {
                let expires_in = grant.expires.saturating_sub(unix_time());
                match self.gate.use_token(grant.number, expires_in).await {
                    TokenUse::Granted => Ok(given),
                    TokenUse::Used => Ok(Credential::Used),
                    TokenUse::Unknown => Err(StatusCode::SERVICE_UNAVAILABLE.into_response()),
                }
            }
            (Credential::Expired, _) => Ok(given),
            _ if caller.needs_no_key => Ok(Credential::Key),
            (Credential::Key, _) => {
                self.gate.right_key(caller.address).await.map(|()| given).map_err(too_many_keys)
            }
            (Credential::Unknown, _) => {
                self.gate.wrong_key(caller.address).await.map(|()| given).map_err(too_many_keys)
            }
            _ => Ok(given),
        }
    }
}

fn too_many_keys(TooManyKeys { retry_after_s }: TooManyKeys) -> Response {
    let body = json!({ "error": "Too many wrong API keys" });
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, retry_after_s.to_string())], Json(body)).into_response()
}

/// Answers requests with HEAD, such as those of programs that wait until a server is up: they ask for no token.
pub async fn only_get() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response()
}

async fn token(
    State(Guarded { service, gate }): State<Guarded>,
    named: Option<Extension<Caller>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let caller = caller(named);
    let query = query.unwrap_or_default();
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let authorization = headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let authorization = authorization.as_deref().or(caller.needs_no_key.then_some("none"));
    let accepts_key = |key: &str| caller.needs_no_key || service.accepts_key(key);
    let request = token_request(&parameters, authorization, accepts_key);
    let verdict = match &request {
        _ if caller.needs_no_key => Ok(()),
        Ok(_) => gate.right_key(caller.address).await,
        Err((StatusCode::UNAUTHORIZED, _)) => gate.wrong_key(caller.address).await,
        Err(_) => Ok(()),
    };
    if let Err(refused) = verdict {
        return too_many_keys(refused);
    }
    match request {
        Ok(request) => {
            let token = service.issue_token(request.expires_in_s, request.max_session_duration_s);
            Json(json!({ "token": token, "expires_in_seconds": request.expires_in_s })).into_response()
        }
        Err((status, body)) => (status, Json(body)).into_response(),
    }
}

async fn open(
    State(guarded): State<Guarded>,
    named: Option<Extension<Caller>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(refused) => {
            // `Connection` and `Upgrade` are of one hop only; the client has sent this one with them.
            if headers.contains_key(SEC_WEBSOCKET_KEY) {
                tracing::warn!(
                    "a WebSocket cannot be opened: a proxy in front must pass on its headers Connection and Upgrade, \
                     by HTTP/1.1"
                );
            }
            return refused.into_response();
        }
    };
    let service = guarded.service.clone();
    if *service.0.stop.borrow() || *service.0.drain.borrow() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let query = query.unwrap_or_default();
    let given = match guarded.credential(&query, &headers, caller(named)).await {
        Ok(given) => given,
        Err(answer) => return answer,
    };
    socket::limited(upgrade).on_upgrade(async move |socket| {
        let opened = Instant::now();
        let (slot, given) = service.admit(given);
        let setup = Setup {
            id: session_id(),
            strictness: Strictness::Lenient,
            max_session_s: *MAX_SESSION_DURATION_S.end(),
            opened_unix_s: unix_time().as_secs(),
            api_version: api_version(&headers),
        };
        let woken = Arc::new(Notify::new());
        let plan = EnginePlan { engine: service.0.engine.clone(), woken: woken.clone() };
        let session = Session::open(setup, plan, &query, given);
        let shared = &*service.0;
        let (drain, vanished) = (shared.drain.subscribe(), shared.vanished.clone());
        let host = PlainHost::new(drain, shared.ping_interval, vanished, slot);
        socket::run(socket, session, host, opened, woken, shared.stop.subscribe()).await;
    })
}

/// The time since 1970.
pub fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
