//! The open connections: their number, and which of them are idle.
//!
//! An open connection costs a client nothing, but the server memory and a file. So each request must be complete within a
//! time limit, and when the limit of connections is reached, the longest idle one is closed for the newest: ten thousand
//! idle connections do not keep out a client that sends requests. If none is idle, one whose client has not read its
//! response for a while is closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::metrics::{Cut, Metrics};

/// How long a client may take to read a response: 1.3 MB at 4 kB/s. HTTP/2 has windows of its own, so that a client can
/// leave a response unread while the connection carries pings.
const READ_LIMIT_MS: u64 = 300_000;
/// How long a response may be unread until its connection gives way to a new one, if none is idle.
const UNREAD_LIMIT_MS: u64 = 2_000;
/// How often a new connection that waits looks for one that gives way.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// All connections of a listener.
#[derive(Debug)]
pub(super) struct Connections {
    max_open: usize,
    start: Instant,
    open: Mutex<Open>,
    /// Notifies tasks that wait for a slot, or for the end of all connections.
    changed: Notify,
    metrics: Option<Metrics>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    slots: HashMap<u64, Arc<ConnectionState>>,
}

/// The state of one connection.
#[derive(Debug)]
struct ConnectionState {
    /// Requests whose responses are not sent yet.
    requests: AtomicU32,
    /// Those of them that have no response yet.
    unanswered: AtomicU32,
    /// When the connection was opened, or the last response was made or sent, in ms from `Connections::start`.
    since_ms: AtomicU64,
    idle_limit_ms: u64,
    /// A WebSocket, which may be idle for as long as it likes.
    upgraded: AtomicBool,
    close: Notify,
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    number: u64,
    state: Arc<ConnectionState>,
    connections: Arc<Connections>,
}

/// A request in progress, until its response is sent and this is dropped.
#[derive(Debug)]
pub(super) struct ActiveRequest {
    slot: Arc<Slot>,
    is_answered: bool,
}

impl Connections {
    pub(super) fn new(max_open: usize, metrics: Option<Metrics>) -> Arc<Self> {
        let (open, changed) = (Mutex::default(), Notify::new());
        Arc::new(Self { max_open, start: Instant::now(), open, changed, metrics })
    }

    /// A slot for a new connection, which may be idle for `idle_limit`. If all slots are taken, a connection gives way; if
    /// none does, this waits.
    pub(super) async fn open(self: &Arc<Self>, idle_limit: Duration) -> Arc<Slot> {
        let mut next_attempt = Instant::now();
        loop {
            let changed = self.changed.notified();
            if let Some(slot) = self.try_open(idle_limit) {
                return Arc::new(slot);
            }
            if Instant::now() >= next_attempt {
                self.give_way();
                next_attempt = Instant::now() + RETRY_INTERVAL;
            }
            timeout_at(next_attempt, changed).await.ok();
        }
    }

    /// Closes the longest idle connection; if none is idle, the one whose client has left its response unread for the
    /// longest time, unless that is short. Returns whether there was one.
    pub(super) fn give_way(&self) -> bool {
        let now_ms = self.now_ms();
        let open = self.lock();
        let longest = |gives_way: &dyn Fn(&ConnectionState) -> bool| {
            open.slots.values().filter(|it| gives_way(it)).min_by_key(|it| it.since()).cloned()
        };
        let idlest = longest(&|it| it.is_idle());
        let chosen = idlest.or_else(|| longest(&|it| it.unread_ms(now_ms) > UNREAD_LIMIT_MS));
        drop(open);
        if let Some(chosen) = &chosen {
            chosen.close(self.metrics.as_ref(), Cut::GaveWay);
        }
        chosen.is_some()
    }

    fn try_open(self: &Arc<Self>, idle_limit: Duration) -> Option<Slot> {
        let mut open = self.lock();
        if open.slots.len() >= self.max_open {
            return None;
        }
        let number = open.next;
        open.next += 1;
        let state = Arc::new(ConnectionState {
            requests: AtomicU32::new(0),
            unanswered: AtomicU32::new(0),
            since_ms: AtomicU64::new(self.now_ms()),
            idle_limit_ms: u64::try_from(idle_limit.as_millis()).unwrap_or(u64::MAX),
            upgraded: AtomicBool::new(false),
            close: Notify::new(),
        });
        open.slots.insert(number, state.clone());
        self.count(open.slots.len());
        Some(Slot { number, state, connections: self.clone() })
    }

    /// Closes the connections that have been idle for longer than their limit, and those that are not read.
    pub(super) fn sweep(&self) {
        let now_ms = self.now_ms();
        for state in self.lock().slots.values() {
            if state.is_idle() && now_ms.saturating_sub(state.since()) > state.idle_limit_ms {
                state.close(self.metrics.as_ref(), Cut::Idle);
            } else if state.unread_ms(now_ms) > READ_LIMIT_MS {
                state.close(self.metrics.as_ref(), Cut::Unread);
            }
        }
    }

    /// Closes the connections without a complete request.
    pub(super) fn close_idle(&self) {
        for state in self.lock().slots.values().filter(|it| it.is_idle()) {
            state.close(self.metrics.as_ref(), Cut::Idle);
        }
    }

    /// Whether WebSockets take as many connections as they may: all but a tenth, which is for probes and pages.
    pub(super) fn is_full_of_sockets(&self) -> bool {
        let open = self.lock();
        let sockets = open.slots.values().filter(|state| state.upgraded.load(Ordering::Relaxed)).count();
        sockets >= self.max_open - self.max_open.div_ceil(10)
    }

    /// Waits until only WebSockets are open.
    pub(super) async fn ended(&self) {
        loop {
            let changed = self.changed.notified();
            if self.lock().slots.values().all(|state| state.upgraded.load(Ordering::Relaxed)) {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
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

impl ConnectionState {
    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Relaxed) == 0 && !self.upgraded.load(Ordering::Relaxed)
    }

    fn since(&self) -> u64 {
        self.since_ms.load(Ordering::Relaxed)
    }

    /// How long all that is left to do is that the client reads, in ms.
    fn unread_ms(&self, now_ms: u64) -> u64 {
        let is_unread = !self.is_idle()
            && self.unanswered.load(Ordering::Relaxed) == 0
            && !self.upgraded.load(Ordering::Relaxed);
        if is_unread { now_ms.saturating_sub(self.since()) } else { 0 }
    }

    fn close(&self, metrics: Option<&Metrics>, why: Cut) {
        // Not the longest idle any more, so that it is not chosen again before its task ends.
        self.since_ms.store(u64::MAX, Ordering::Relaxed);
        self.close.notify_one();
        if let Some(metrics) = metrics {
            metrics.connection_cut(why);
        }
    }
}

impl Slot {
    /// Waits until the connection must be closed.
    pub(super) async fn closed(&self) {
        self.state.close.notified().await;
    }

    /// Notes that something has happened now, unless the connection is being closed.
    fn touch(&self) {
        let now_ms = self.connections.now_ms();
        let since_ms = &self.state.since_ms;
        since_ms
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| (it != u64::MAX).then_some(now_ms))
            .ok();
    }

    /// Whether this connection may become a WebSocket.
    pub(super) fn may_upgrade(&self) -> bool {
        !self.connections.is_full_of_sockets()
    }

    /// Counts a request that has arrived.
    pub(super) fn begin_request(self: &Arc<Self>) -> ActiveRequest {
        self.state.requests.fetch_add(1, Ordering::Relaxed);
        self.state.unanswered.fetch_add(1, Ordering::Relaxed);
        ActiveRequest { slot: self.clone(), is_answered: false }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.slots.remove(&self.number);
        self.connections.count(open.slots.len());
        drop(open);
        self.connections.changed.notify_waiters();
    }
}

impl ActiveRequest {
    /// The response is made; from now on the client's reading decides how long it takes.
    pub(super) fn answered(&mut self) {
        if !std::mem::replace(&mut self.is_answered, true) {
            self.slot.touch();
            self.slot.state.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Marks the connection as a WebSocket.
    pub(super) fn upgraded(self) {
        self.slot.state.upgraded.store(true, Ordering::Relaxed);
        self.slot.connections.changed.notify_waiters();
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.answered();
        // Before the count: otherwise the connection would look idle since it was opened.
        self.slot.touch();
        self.slot.state.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;
    use tokio::time::{advance, timeout};

    const IDLE_LIMIT: Duration = Duration::from_secs(10);
    const SOON: Duration = Duration::from_millis(1);

    async fn is_closed(slot: &Slot) -> bool {
        timeout(SOON, slot.closed()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_connection_is_closed_and_an_active_one_is_not() -> TestResult {
        let connections = Connections::new(2, None);
        let served = connections.open(IDLE_LIMIT).await;
        let request = served.begin_request();
        advance(SOON).await;
        let idle = connections.open(IDLE_LIMIT).await;
        advance(SOON).await;

        let third = tokio::spawn({
            let connections = connections.clone();
            async move { connections.open(IDLE_LIMIT).await }
        });
        assert!(is_closed(&idle).await);
        assert!(!third.is_finished());
        drop(idle);
        let third = third.await?;
        assert!(!is_closed(&served).await && !is_closed(&third).await);
        drop(request);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_waits_if_all_are_active() {
        let connections = Connections::new(1, None);
        let slot = connections.open(IDLE_LIMIT).await;
        let request = slot.begin_request();
        assert!(timeout(IDLE_LIMIT * 10, connections.open(IDLE_LIMIT)).await.is_err());
        drop(request);
        drop(slot);
        assert!(timeout(SOON, connections.open(IDLE_LIMIT)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_counts_from_the_last_response_and_never_for_a_websocket() {
        let connections = Connections::new(9, None);
        let (silent, active, socket) = (
            connections.open(IDLE_LIMIT).await,
            connections.open(IDLE_LIMIT).await,
            connections.open(IDLE_LIMIT).await,
        );
        socket.begin_request().upgraded();
        advance(IDLE_LIMIT).await;
        drop(active.begin_request());
        connections.sweep();
        assert!(!is_closed(&silent).await, "not yet");
        advance(SOON).await;
        connections.sweep();
        assert!(is_closed(&silent).await);
        assert!(!is_closed(&active).await);
        advance(IDLE_LIMIT + SOON).await;
        connections.sweep();
        assert!(is_closed(&active).await);
        advance(IDLE_LIMIT * 100).await;
        connections.sweep();
        assert!(!is_closed(&socket).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_becomes_idle_gives_way_to_one_that_waits() {
        let connections = Connections::new(1, None);
        let slot = connections.open(IDLE_LIMIT).await;
        let request = slot.begin_request();
        let next = tokio::spawn({
            let connections = connections.clone();
            async move { connections.open(IDLE_LIMIT).await }
        });
        assert!(!is_closed(&slot).await);
        drop(request);
        advance(RETRY_INTERVAL).await;
        assert!(is_closed(&slot).await);
        drop(slot);
        assert!(timeout(SOON, next).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_its_response_gives_way_but_not_one_that_waits_for_it() {
        let connections = Connections::new(2, None);
        let (unread, waiting) = (connections.open(IDLE_LIMIT).await, connections.open(IDLE_LIMIT).await);
        let (mut response, request) = (unread.begin_request(), waiting.begin_request());
        response.answered();
        let next = tokio::spawn({
            let connections = connections.clone();
            async move { connections.open(IDLE_LIMIT).await }
        });
        assert!(!is_closed(&unread).await, "not at once");
        advance(Duration::from_millis(UNREAD_LIMIT_MS)).await;
        tokio::time::sleep(RETRY_INTERVAL * 2).await;
        assert!(is_closed(&unread).await);
        assert!(!is_closed(&waiting).await);
        drop((response, unread));
        assert!(timeout(SOON, next).await.is_ok());
        drop(request);
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_that_is_never_read_is_cut_off_after_a_while() {
        let connections = Connections::new(9, None);
        let slot = connections.open(IDLE_LIMIT).await;
        let mut response = slot.begin_request();
        advance(Duration::from_millis(READ_LIMIT_MS * 2)).await;
        response.answered();
        advance(Duration::from_millis(READ_LIMIT_MS)).await;
        connections.sweep();
        assert!(!is_closed(&slot).await, "not yet");
        connections.sweep();
        assert!(is_closed(&slot).await);
    }
}
