use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;

use assemblyai_protocol::{MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S, TOKEN_PATH, WEBSOCKET_PATH};

use crate::faults::{Faults, SocketFault, TokenFault};
use crate::record::{SessionRecord, TokenRequest};
use crate::scenario::Scenario;
use crate::script::{Fault, Script};
use crate::state::MockState;
use crate::violation::Violation;
use crate::wait::{TimedOut, wait};
use crate::{socket, token_route};
use assemblyai_service::{ViolationKind, only_get};

/// How long [`Mock::finish`] waits for sessions that are still open.
const FINISH_LIMIT: Duration = Duration::from_secs(5);

/// A mock of the service, with or without a listener. Clones share their state.
#[derive(Debug, Clone)]
pub struct Mock {
    pub(crate) state: Arc<MockState>,
}

/// All that a mock has received, returned by [`Mock::finish`].
#[derive(Debug, Clone)]
pub struct Finished {
    /// All sessions, in the order in which their sockets opened.
    pub sessions: Vec<SessionRecord>,
    /// All token requests, in order of arrival.
    pub token_requests: Vec<TokenRequest>,
    /// Duration of the audio of all sessions, in ms.
    pub audio_ms: u64,
}

impl Mock {
    /// The two routes of the service, `/v3/token` and `/v3/ws`, to serve or to merge into another router.
    pub fn router(&self) -> Router {
        Router::new()
            .route(TOKEN_PATH, get(token_route::token).head(only_get))
            .route(WEBSOCKET_PATH, get(socket::open))
            .with_state(self.state.clone())
    }

    /// Issues a token, as `GET /v3/token` does. Both durations are in s and are clamped to the service's ranges.
    pub fn issue_token(&self, expires_in_s: u32, max_session_duration_s: Option<u32>) -> String {
        let (least, most) = TOKEN_EXPIRES_IN_S.into_inner();
        let (shortest, longest) = MAX_SESSION_DURATION_S.into_inner();
        let session_s = max_session_duration_s.unwrap_or(longest).clamp(shortest, longest);
        self.state.tokens.issue(self.state.age(), expires_in_s.clamp(least, most), session_s)
    }

    /// Planned faults of the token endpoint.
    pub fn token_faults(&self) -> &Faults<TokenFault> {
        &self.state.token_faults
    }

    /// Planned faults of sockets before `Begin`.
    pub fn socket_faults(&self) -> &Faults<SocketFault> {
        &self.state.socket_faults
    }

    /// Sets the script of all later sessions.
    pub fn set_script(&self, script: Script) {
        self.state.records().scripts = vec![script];
    }

    /// Sets the script of all later sessions and queues the scenario's faults.
    pub fn set_scenario(&self, scenario: Scenario) {
        scenario.token_faults.into_iter().for_each(|fault| self.token_faults().next(fault));
        scenario.socket_faults.into_iter().for_each(|fault| self.socket_faults().next(fault));
        self.set_script(scenario.script);
    }

    /// The records of all sessions so far, rejected ones included, in the order in which their sockets opened.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        self.state.records().sessions.values().cloned().collect()
    }

    /// The record of session `n`, counted from 0.
    pub fn session(&self, n: usize) -> Option<SessionRecord> {
        self.state.records().sessions.get(&n).cloned()
    }

    /// Discards the records of token requests and of sessions that have ended. Session numbers continue.
    pub fn clear(&self) {
        let mut records = self.state.records();
        records.discard_ended();
        records.token_requests.clear();
        records.token_violations.clear();
    }

    /// Injects a fault into session `n`, counted from 0, now. Returns `false` if that session is not running.
    pub fn inject_fault(&self, n: usize, fault: Fault) -> bool {
        self.state.records().inject_fault(n, fault)
    }

    /// Injects a fault into the newest running session, now. Returns its number, or `None` if none is running.
    pub fn inject_fault_into_newest(&self, fault: Fault) -> Option<usize> {
        let newest = self.state.records().newest()?;
        self.inject_fault(newest, fault).then_some(newest)
    }

    /// The number of sessions that are open now.
    pub fn open_sessions(&self) -> usize {
        self.state.slots.open()
    }

    /// The records of all token requests so far, in order of arrival.
    pub fn token_requests(&self) -> Vec<TokenRequest> {
        self.state.records().token_requests.values().cloned().collect()
    }

    /// All violations so far, except [allowed](crate::Builder::allow) ones.
    pub fn violations(&self) -> Vec<Violation> {
        let records = self.state.records();
        let of_sessions = records.sessions.values().flat_map(|session| &session.violations);
        let all = records.token_violations.iter().chain(of_sessions);
        all.filter(|violation| !self.state.settings.allowed.contains(&violation.kind)).cloned().collect()
    }

    /// Waits until session `n`, counted from 0, has begun or was rejected.
    ///
    /// # Errors
    /// Returns an error that shows what was received if that takes longer than `limit`.
    pub async fn wait_for_session(&self, n: usize, limit: Duration) -> Result<SessionRecord, TimedOut> {
        self.wait_for(n, limit, format!("session {n}"), |session| {
            !session.sent.is_empty() || session.end.is_some()
        })
        .await
    }

    /// Waits until session `n`, counted from 0, has received this much audio, in ms.
    ///
    /// # Errors
    /// Returns an error that shows what was received if that takes longer than `limit`.
    pub async fn wait_for_audio_ms(
        &self,
        n: usize,
        audio_ms: u64,
        limit: Duration,
    ) -> Result<SessionRecord, TimedOut> {
        let what = format!("{audio_ms} ms of audio in session {n}");
        self.wait_for(n, limit, what, |session| session.audio_ms >= audio_ms).await
    }

    /// Waits until session `n`, counted from 0, has ended.
    ///
    /// # Errors
    /// Returns an error that shows what was received if that takes longer than `limit`.
    pub async fn wait_for_end(&self, n: usize, limit: Duration) -> Result<SessionRecord, TimedOut> {
        self.wait_for(n, limit, format!("the end of session {n}"), |session| session.end.is_some()).await
    }

    /// Waits until the record of session `n`, counted from 0, satisfies a condition; `what` names it in the error.
    ///
    /// # Errors
    /// Returns an error that shows what was received if that takes longer than `limit`.
    pub async fn wait_for(
        &self,
        n: usize,
        limit: Duration,
        what: impl Into<String>,
        condition: impl Fn(&SessionRecord) -> bool,
    ) -> Result<SessionRecord, TimedOut> {
        let found = || self.state.records().sessions.get(&n).filter(|session| condition(session)).cloned();
        match wait(&self.state, limit, found).await {
            Some(session) => Ok(session),
            None => Err(TimedOut { what: what.into(), limit, received: self.received() }),
        }
    }

    /// Waits for a session to end and removes its record. Returns `None` once the mock has stopped and the last
    /// record was taken. A mock that runs for long can store its records elsewhere with this.
    pub async fn take_ended(&self) -> Option<SessionRecord> {
        let found = || {
            let mut records = self.state.records();
            match records.take_ended() {
                Some(session) => Some(Some(session)),
                None if records.sessions.is_empty() && *self.state.stop.borrow() => Some(None),
                None => None,
            }
        };
        self.wait_without_limit(found).await
    }

    /// Waits for a session to end that this has not returned before, and returns a copy of its record. Returns `None`
    /// once the mock has stopped and the last record was returned.
    pub async fn next_ended(&self) -> Option<SessionRecord> {
        let found = || {
            let mut records = self.state.records();
            let ended = records.next_ended();
            (ended.is_some() || records.none_runs() && *self.state.stop.borrow()).then_some(ended)
        };
        self.wait_without_limit(found).await
    }

    async fn wait_without_limit<T>(&self, found: impl Fn() -> Option<T>) -> T {
        // `wait` needs a limit; the mock may run for longer than any.
        loop {
            if let Some(answer) = wait(&self.state, Duration::from_hours(1), &found).await {
                return answer;
            }
        }
    }

    /// Waits up to 5 s for all sessions to end and returns what was received.
    ///
    /// # Panics
    /// Panics with all violations and all that was received if a rule was broken or a session is still open. Does
    /// not panic while the test is already panicking.
    pub async fn finish(&self) -> Finished {
        self.finish_within(FINISH_LIMIT).await
    }

    /// [`Mock::finish`] with another limit for open sessions.
    ///
    /// # Panics
    /// As [`Mock::finish`].
    pub async fn finish_within(&self, limit: Duration) -> Finished {
        let ended = || {
            let records = self.state.records();
            records.sessions.values().all(|session| session.end.is_some()).then_some(())
        };
        let all_ended = wait(&self.state, limit, ended).await.is_some();
        let mut violations = self.violations();
        if !all_ended {
            let records = self.state.records();
            let open =
                records.sessions.values().filter(|session| session.end.is_none()).map(|session| Violation {
                    kind: ViolationKind::StillOpen,
                    session: Some(session.number),
                    text: format!("{limit:?} after the test ended"),
                });
            let allowed = &self.state.settings.allowed;
            violations.extend(open.filter(|violation| !allowed.contains(&violation.kind)));
        }
        assert!(
            violations.is_empty() || std::thread::panicking(),
            "{}",
            report(&violations, &self.received())
        );
        let (sessions, token_requests) = (self.sessions(), self.token_requests());
        let audio_ms = sessions.iter().map(|session| session.audio_ms).sum();
        Finished { sessions, token_requests, audio_ms }
    }

    /// Ends all sessions without a close frame, and stops the listener if there is one.
    pub fn stop(&self) {
        self.state.stop.send_replace(true);
        self.state.changed.notify_waiters();
    }

    /// What was received, in a few lines per session.
    pub fn received(&self) -> String {
        let records = self.state.records();
        if records.sessions.is_empty() {
            return format!("no session, {} token requests", records.token_requests.len());
        }
        let sessions: Vec<String> = records.sessions.values().map(ToString::to_string).collect();
        sessions.join("\n")
    }
}

fn report(violations: &[Violation], received: &str) -> String {
    let list: String = violations.iter().map(|violation| format!("  {violation}\n")).collect();
    let rules = if violations.len() == 1 { "1 rule was broken" } else { "rules were broken" };
    format!("{rules}:\n{list}received:\n{received}")
}
