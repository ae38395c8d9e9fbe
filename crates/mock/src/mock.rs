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
use crate::violation::{Violation, ViolationKind};
use crate::wait::{TimedOut, wait};
use crate::{socket, token_route};

/// How long [`Mock::finish`] waits for sessions that are still open.
const FINISH_LIMIT: Duration = Duration::from_secs(5);

/// The mock itself: what tests ask, and what a server mounts. Clones are the same mock.
#[derive(Debug, Clone)]
pub struct Mock {
    pub(crate) state: Arc<MockState>,
}

/// What a mock that was [finished](Mock::finish) has seen.
#[derive(Debug, Clone)]
pub struct Finished {
    /// All sessions, in the order in which their sockets opened.
    pub sessions: Vec<SessionRecord>,
    /// All requests for tokens.
    pub token_requests: Vec<TokenRequest>,
    /// The audio of all sessions together, in ms.
    pub audio_ms: u64,
}

impl Mock {
    /// The two routes of the service, `/v3/token` and `/v3/ws`, to be served or merged into another router.
    pub fn router(&self) -> Router {
        Router::new()
            .route(TOKEN_PATH, get(token_route::token))
            .route(WEBSOCKET_PATH, get(socket::open))
            .with_state(self.state.clone())
    }

    /// Issues a token without a request, as `GET /v3/token` would; values out of the service's range are clamped.
    pub fn issue_token(&self, expires_in_s: u32, max_session_duration_s: Option<u32>) -> String {
        let (least, most) = TOKEN_EXPIRES_IN_S.into_inner();
        let (shortest, longest) = MAX_SESSION_DURATION_S.into_inner();
        let session_s = max_session_duration_s.unwrap_or(longest).clamp(shortest, longest);
        self.state.tokens.issue(self.state.age(), expires_in_s.clamp(least, most), session_s)
    }

    /// Faults of the token endpoint, for the next calls or for all.
    pub fn token_faults(&self) -> &Faults<TokenFault> {
        &self.state.token_faults
    }

    /// Faults of sockets before `Begin`, for the next ones or for all.
    pub fn socket_faults(&self) -> &Faults<SocketFault> {
        &self.state.socket_faults
    }

    /// Replaces the scripts of all sessions that have not begun.
    pub fn set_script(&self, script: Script) {
        self.state.records().scripts = vec![script];
    }

    /// Replaces the scripts of all sessions that have not begun, and queues the scenario's faults.
    pub fn set_scenario(&self, scenario: Scenario) {
        scenario.token_faults.into_iter().for_each(|fault| self.token_faults().next(fault));
        scenario.socket_faults.into_iter().for_each(|fault| self.socket_faults().next(fault));
        self.set_script(scenario.script);
    }

    /// All sessions so far, in the order in which their sockets opened; refused ones are among them.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        self.state.records().sessions.values().cloned().collect()
    }

    /// Session `n`, counted from 0.
    pub fn session(&self, n: usize) -> Option<SessionRecord> {
        self.state.records().sessions.get(&n).cloned()
    }

    /// Forgets the sessions that have ended, and the token requests; numbers go on.
    pub fn clear(&self) {
        let mut records = self.state.records();
        records.sessions.retain(|_, session| session.end.is_none());
        records.token_requests.clear();
        records.token_violations.clear();
    }

    /// A fault injected session `n`, counted from 0, now; `false` where it does not run.
    pub fn inject_fault(&self, n: usize, fault: Fault) -> bool {
        // Nobody listens where no session runs.
        self.state.records().is_running(n) && self.state.injected.send((n, fault)).is_ok()
    }

    /// A fault injected the newest of the sessions that run, now; its number, or `None` where none runs.
    pub fn inject_fault_into_newest(&self, fault: Fault) -> Option<usize> {
        let newest = self.state.records().newest()?;
        self.inject_fault(newest, fault).then_some(newest)
    }

    /// The sessions that are open now.
    pub fn open_sessions(&self) -> usize {
        self.state.running()
    }

    /// All requests for tokens so far.
    pub fn token_requests(&self) -> Vec<TokenRequest> {
        self.state.records().token_requests.values().cloned().collect()
    }

    /// All rules that were broken so far, but for those that are [allowed](crate::Builder::allow).
    pub fn violations(&self) -> Vec<Violation> {
        let records = self.state.records();
        let of_sessions = records.sessions.values().flat_map(|session| &session.violations);
        let all = records.token_violations.iter().chain(of_sessions);
        all.filter(|violation| !self.state.settings.allowed.contains(&violation.kind)).cloned().collect()
    }

    /// Waits until session `n`, counted from 0, has begun or was refused.
    ///
    /// # Errors
    /// Where that takes longer than the limit: the error shows what was received.
    pub async fn wait_for_session(&self, n: usize, limit: Duration) -> Result<SessionRecord, TimedOut> {
        self.wait_for(n, limit, format!("session {n}"), |session| {
            !session.sent.is_empty() || session.end.is_some()
        })
        .await
    }

    /// Waits until so many ms of audio have come in session `n`, counted from 0.
    ///
    /// # Errors
    /// Where that takes longer than the limit: the error shows what was received.
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
    /// Where that takes longer than the limit: the error shows what was received.
    pub async fn wait_for_end(&self, n: usize, limit: Duration) -> Result<SessionRecord, TimedOut> {
        self.wait_for(n, limit, format!("the end of session {n}"), |session| session.end.is_some()).await
    }

    /// Waits until session `n`, counted from 0, is as wished; `what` names the wish in the error.
    ///
    /// # Errors
    /// Where that takes longer than the limit: the error shows what was received.
    pub async fn wait_for(
        &self,
        n: usize,
        limit: Duration,
        what: impl Into<String>,
        wish: impl Fn(&SessionRecord) -> bool,
    ) -> Result<SessionRecord, TimedOut> {
        let found = || self.state.records().sessions.get(&n).filter(|session| wish(session)).cloned();
        match wait(&self.state, limit, found).await {
            Some(session) => Ok(session),
            None => Err(TimedOut { what: what.into(), limit, received: self.received() }),
        }
    }

    /// Takes out the record of a session that has ended, waiting for one; `None` once the mock has stopped and the
    /// last session was taken. So a mock that runs for long can keep its records elsewhere.
    pub async fn take_ended(&self) -> Option<SessionRecord> {
        let found = || {
            let mut records = self.state.records();
            let ended = records.sessions.iter().find(|(_, session)| session.end.is_some());
            let number = ended.map(|(number, _)| *number);
            match number.and_then(|number| records.sessions.remove(&number)) {
                Some(session) => Some(Some(session)),
                None if records.sessions.is_empty() && *self.state.stop.borrow() => Some(None),
                None => None,
            }
        };
        // An hour at a time: the wait has a limit, the mock's life has none.
        loop {
            if let Some(answer) = wait(&self.state, Duration::from_hours(1), found).await {
                return answer;
            }
        }
    }

    /// Waits up to 5 s for all sessions to end and returns what was seen.
    ///
    /// # Panics
    /// Where a rule was broken or a session is still open: with all violations and all that was received. While a
    /// test is panicking already it panics no more.
    pub async fn finish(&self) -> Finished {
        self.finish_within(FINISH_LIMIT).await
    }

    /// [`Mock::finish`] with a wait of your own for open sessions.
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
                    text: format!("{limit:?} after the test was over"),
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

    /// Ends all sessions without a close frame, and the listener where there is one.
    pub fn stop(&self) {
        self.state.stop.send_replace(true);
        self.state.changed.notify_waiters();
    }

    /// All that was received, in a few lines for each session.
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
