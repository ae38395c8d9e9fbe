//! The state that all connections of a mock share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use tokio::time::Instant;

use crate::faults::{Faults, SocketFault, TokenFault};
use crate::record::{SessionRecord, TokenRequest};
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
    /// Faults to inject into running sessions, with the sessions' numbers.
    pub(crate) injected: broadcast::Sender<(usize, Fault)>,
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
    running: BTreeSet<usize>,
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
            injected: broadcast::Sender::new(64),
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
}

impl Records {
    pub(crate) fn is_running(&self, number: usize) -> bool {
        self.running.contains(&number)
    }

    pub(crate) fn none_runs(&self) -> bool {
        self.running.is_empty()
    }

    pub(crate) fn newest(&self) -> Option<usize> {
        self.running.last().copied()
    }

    pub(crate) fn ended(&mut self, number: usize) {
        self.running.remove(&number);
    }

    /// Returns the number and the script of the next session. The last script is used for all further sessions.
    pub(crate) fn next_script(&mut self) -> (usize, Script) {
        let number = self.opened;
        self.opened += 1;
        self.running.insert(number);
        let mut script = self.scripts.get(number).or(self.scripts.last()).cloned().unwrap_or_default();
        script.position = Position::default();
        (number, script)
    }
}
