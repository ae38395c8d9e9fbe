//! The connections that are open: how many, and which ask for nothing.
//!
//! An open connection costs a client nothing, and the server memory and a file. So each has a time within which a
//! request must be complete, and where all places are taken, the idlest gives way to the newest: whoever opens ten
//! thousand and asks for nothing keeps out nobody who asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::metrics::{Cut, Metrics};

/// All connections of a listener.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    start: Instant,
    open: Mutex<Open>,
    /// Wakes those that wait for a place, or for the end.
    closed: Notify,
    metrics: Option<Metrics>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    slots: HashMap<u64, Arc<State>>,
}

/// What is known of one connection.
#[derive(Debug)]
struct State {
    /// Requests whose answers are not yet written.
    requests: AtomicU32,
    /// When the last of them was, or the connection began, in ms from the start.
    idle_since_ms: AtomicU64,
    may_idle_ms: u64,
    /// Now a WebSocket, which has rules of its own.
    upgraded: AtomicBool,
    cut: Notify,
}

/// A place among the connections, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    number: u64,
    state: Arc<State>,
    connections: Arc<Connections>,
}

/// A request under way, until its answer is written and this is dropped.
#[derive(Debug)]
pub(super) struct Busy {
    slot: Arc<Slot>,
}

impl Connections {
    pub(super) fn new(most: usize, metrics: Option<Metrics>) -> Arc<Self> {
        let (open, closed) = (Mutex::default(), Notify::new());
        Arc::new(Self { most, start: Instant::now(), open, closed, metrics })
    }

    /// A place for a new connection, which may go for so long without a whole request. Where all are taken the
    /// idlest loses its own; where none is idle, the new one waits.
    pub(super) async fn place(self: &Arc<Self>, may_idle: Duration) -> Arc<Slot> {
        loop {
            let closed = self.closed.notified();
            if let Some(slot) = self.try_place(may_idle) {
                return Arc::new(slot);
            }
            let idlest =
                self.open().slots.values().filter(|it| it.is_idle()).min_by_key(|it| it.since()).cloned();
            if let Some(idlest) = idlest {
                idlest.cut(self.metrics.as_ref(), Cut::GaveWay);
            }
            closed.await;
        }
    }

    fn try_place(self: &Arc<Self>, may_idle: Duration) -> Option<Slot> {
        let mut open = self.open();
        if open.slots.len() >= self.most {
            return None;
        }
        let number = open.next;
        open.next += 1;
        let state = Arc::new(State {
            requests: AtomicU32::new(0),
            idle_since_ms: AtomicU64::new(self.now_ms()),
            may_idle_ms: u64::try_from(may_idle.as_millis()).unwrap_or(u64::MAX),
            upgraded: AtomicBool::new(false),
            cut: Notify::new(),
        });
        open.slots.insert(number, state.clone());
        self.count(open.slots.len());
        Some(Slot { number, state, connections: self.clone() })
    }

    /// Cuts those that have been idle for longer than they may.
    pub(super) fn sweep(&self) {
        let now_ms = self.now_ms();
        for state in self.open().slots.values() {
            if state.is_idle() && now_ms.saturating_sub(state.since()) > state.may_idle_ms {
                state.cut(self.metrics.as_ref(), Cut::Idle);
            }
        }
    }

    /// Waits until no connection is left but WebSockets.
    pub(super) async fn ended(&self) {
        loop {
            let closed = self.closed.notified();
            if self.open().slots.values().all(|state| state.upgraded.load(Ordering::Relaxed)) {
                return;
            }
            closed.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn count(&self, open: usize) {
        if let Some(metrics) = &self.metrics {
            metrics.connections(open);
        }
    }
}

impl State {
    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.upgraded.load(Ordering::Relaxed)
    }

    fn since(&self) -> u64 {
        self.idle_since_ms.load(Ordering::Relaxed)
    }

    fn cut(&self, metrics: Option<&Metrics>, why: Cut) {
        // Not twice, and not the idlest again while its task has yet to end.
        self.idle_since_ms.store(u64::MAX, Ordering::Relaxed);
        self.cut.notify_one();
        if let Some(metrics) = metrics {
            metrics.connection_cut(why);
        }
    }
}

impl Slot {
    /// Waits until the connection is to end at once.
    pub(super) async fn cut(&self) {
        self.state.cut.notified().await;
    }

    /// A request has come.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.state.requests.fetch_add(1, Ordering::Relaxed);
        Busy { slot: self.clone() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.slots.remove(&self.number);
        self.connections.count(open.slots.len());
        drop(open);
        self.connections.closed.notify_waiters();
    }
}

impl Busy {
    /// The connection is a WebSocket from now on.
    pub(super) fn upgraded(self) {
        self.slot.state.upgraded.store(true, Ordering::Relaxed);
        self.slot.connections.closed.notify_waiters();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let state = &self.slot.state;
        // Before the count, so that nobody sees the connection idle since its beginning.
        state.idle_since_ms.store(self.slot.connections.now_ms(), Ordering::Relaxed);
        state.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{advance, timeout};

    const MAY_IDLE: Duration = Duration::from_secs(10);
    const SOON: Duration = Duration::from_millis(1);

    async fn is_cut(slot: &Slot) -> bool {
        timeout(SOON, slot.cut()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_idlest_gives_way_and_who_is_served_does_not() {
        let connections = Connections::new(2, None);
        let served = connections.place(MAY_IDLE).await;
        let busy = served.begin();
        advance(SOON).await;
        let idle = connections.place(MAY_IDLE).await;
        advance(SOON).await;

        let third = tokio::spawn({
            let connections = connections.clone();
            async move { connections.place(MAY_IDLE).await }
        });
        assert!(is_cut(&idle).await);
        assert!(!third.is_finished());
        drop(idle);
        let third = third.await.expect("a place");
        assert!(!is_cut(&served).await && !is_cut(&third).await);
        drop(busy);
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_are_served_a_new_one_waits() {
        let connections = Connections::new(1, None);
        let slot = connections.place(MAY_IDLE).await;
        let busy = slot.begin();
        assert!(timeout(MAY_IDLE * 10, connections.place(MAY_IDLE)).await.is_err());
        drop(busy);
        drop(slot);
        assert!(timeout(SOON, connections.place(MAY_IDLE)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn time_counts_from_the_last_answer_and_never_for_a_websocket() {
        let connections = Connections::new(9, None);
        let (silent, asks, socket) = (
            connections.place(MAY_IDLE).await,
            connections.place(MAY_IDLE).await,
            connections.place(MAY_IDLE).await,
        );
        socket.begin().upgraded();
        advance(MAY_IDLE).await;
        drop(asks.begin());
        connections.sweep();
        assert!(!is_cut(&silent).await, "not yet");
        advance(SOON).await;
        connections.sweep();
        assert!(is_cut(&silent).await);
        assert!(!is_cut(&asks).await);
        advance(MAY_IDLE + SOON).await;
        connections.sweep();
        assert!(is_cut(&asks).await);
        advance(MAY_IDLE * 100).await;
        connections.sweep();
        assert!(!is_cut(&socket).await);
    }
}
