//! The state that all connections of a mock share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::faults::{Faults, SocketFault, TokenFault};
use crate::record::{End, SessionRecord, TokenRequest};
use crate::recording::Position;
use crate::script::{Fault, Script};
use crate::settings::Settings;
use crate::violation::Violation;
use assemblyai_service::{SessionSlots, Tokens, random_secret};

/// Length of a token, in characters; 2583 to 2642 were observed at the service.
const TOKEN_CHARS: usize = 2600;

#[derive(Debug)]
pub(crate) struct MockState {
    pub(crate) settings: Settings,
    pub(crate) tokens: Tokens,
    pub(crate) token_faults: Faults<TokenFault>,
    pub(crate) socket_faults: Faults<SocketFault>,
    started: Instant,
    records: Mutex<Records>,
    /// Notified after each change of the records.
    pub(crate) changed: Notify,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) slots: SessionSlots,
}

#[derive(Debug, Default)]
pub(crate) struct Records {
    /// By number, so that numbers stay valid when records are removed.
    pub(crate) sessions: BTreeMap<usize, SessionRecord>,
    pub(crate) token_requests: BTreeMap<usize, TokenRequest>,
    pub(crate) requested: usize,
    pub(crate) token_violations: Vec<Violation>,
    pub(crate) scripts: Vec<Script>,
    opened: usize,
    /// What injects faults into each running session.
    running: BTreeMap<usize, mpsc::UnboundedSender<Fault>>,
    /// Sessions that have ended and were returned by no [`Mock::next_ended`](crate::Mock::next_ended).
    ended: BTreeSet<usize>,
}

impl MockState {
    pub(crate) fn new(mut settings: Settings) -> Self {
        let scripts = std::mem::take(&mut settings.scripts);
        Self {
            tokens: Tokens::new(&random_secret())
                .padded_to(TOKEN_CHARS)
                .single_use(settings.single_use_tokens),
            slots: SessionSlots::new(settings.max_sessions),
            settings,
            token_faults: Faults::default(),
            socket_faults: Faults::default(),
            started: Instant::now(),
            records: Mutex::new(Records { scripts, ..Records::default() }),
            changed: Notify::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Time since the mock started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the records and notifies waiting tasks.
    pub(crate) fn record<T>(&self, act: impl FnOnce(&mut Records) -> T) -> T {
        let result = act(&mut self.records());
        self.changed.notify_waiters();
        result
    }

    /// Resolves when the mock stops.
    pub(crate) async fn stopped(&self) {
        // No error: the sender lives in `self`.
        drop(self.stop.subscribe().wait_for(|stop| *stop).await);
    }

    /// Waits this long; returns early with `true` if the mock stops.
    pub(crate) async fn stopped_within(&self, limit: Duration) -> bool {
        timeout(limit, self.stopped()).await.is_ok()
    }
}

impl Records {
    /// Injects a fault; returns `false` if the session is not running.
    pub(crate) fn inject_fault(&self, number: usize, fault: Fault) -> bool {
        self.running.get(&number).is_some_and(|session| session.send(fault).is_ok())
    }

    pub(crate) fn none_runs(&self) -> bool {
        self.running.is_empty()
    }

    pub(crate) fn newest(&self) -> Option<usize> {
        self.running.last_key_value().map(|(number, _)| *number)
    }

    pub(crate) fn end(&mut self, number: usize, end: End) {
        self.running.remove(&number);
        if let Some(record) = self.sessions.get_mut(&number) {
            record.end = Some(end);
            self.ended.insert(number);
        }
    }

    /// Removes and returns the record of a session that has ended.
    pub(crate) fn take_ended(&mut self) -> Option<SessionRecord> {
        let ended = self.sessions.iter().find(|(_, session)| session.end.is_some());
        let number = ended.map(|(number, _)| *number)?;
        self.ended.remove(&number);
        self.sessions.remove(&number)
    }

    /// Removes the records of all sessions that have ended.
    pub(crate) fn discard_ended(&mut self) {
        self.sessions.retain(|_, session| session.end.is_none());
        self.ended.clear();
    }

    /// The record of a session that has ended and was not returned before.
    pub(crate) fn next_ended(&mut self) -> Option<SessionRecord> {
        self.sessions.get(&self.ended.pop_first()?).cloned()
    }

    /// Returns number and script of the next session, and the faults that are injected into it. The last script is used
    /// for all further sessions.
    pub(crate) fn next_session(&mut self) -> (usize, Script, mpsc::UnboundedReceiver<Fault>) {
        let number = self.opened;
        self.opened += 1;
        let (sender, injected) = mpsc::unbounded_channel();
        self.running.insert(number, sender);
        let mut script = self.scripts.get(number).or(self.scripts.last()).cloned().unwrap_or_default();
        script.position = Position::default();
        (number, script, injected)
    }
}
