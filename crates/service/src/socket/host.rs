use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ws::CloseFrame as AxumClose;
use tokio::sync::watch;

use crate::session::Action;
use crate::slots::SessionSlot;
use crate::violation::ViolationKind;

/// Hooks around a session's socket. A mock records messages and injects faults with them; a plain service does neither.
/// Times are since the socket opened.
pub trait Host<O>: Send {
    /// Audio was received; `audio_ms` is the duration of all audio with it.
    fn audio(&mut self, _at: Duration, _bytes: &[u8], _is_after_terminate: bool, _audio_ms: u64) {}

    /// A text message was received.
    fn text(&mut self, _at: Duration, _text: &str) {}

    /// A text message is sent.
    fn sent(&mut self, _at: Duration, _text: &str) {}

    /// The client has broken a rule; `text` is what was received.
    fn violation(&mut self, _kind: ViolationKind, _text: String) {}

    /// The session is over; its last messages and a close frame are sent now.
    fn closing(&mut self) {}

    /// The connection has ended, with the close frames that the service and the client sent.
    fn ended(&mut self, _at: Duration, _service: Option<CloseFrame>, _client: Option<CloseFrame>) {}

    /// When a message that is ready now leaves; not before those that were ready earlier.
    fn departure(&mut self, now: Duration) -> Duration {
        now
    }

    /// How long reading a message of this many bytes takes.
    fn read_duration(&self, _bytes: usize) -> Duration {
        Duration::ZERO
    }

    /// The interval at which a client that sends nothing is pinged, to find out whether it is still there; `None`
    /// sends no pings.
    fn ping_interval(&self) -> Option<Duration> {
        None
    }

    /// The client has answered no ping: the connection ends.
    fn vanished(&mut self) {}

    /// Does what only this host can do.
    fn perform(&mut self, output: O) -> Step;

    /// Resolves when something happens to the session from outside. Cancel-safe.
    fn action(&mut self) -> impl Future<Output = Action<O>> + Send {
        pending()
    }
}

/// How a host performs an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Sends a binary message.
    Send(Vec<u8>),
    /// Ends the TCP connection without a close frame.
    Drop,
    /// Neither reads nor sends any more, and keeps the connection open.
    HalfOpen,
}

/// A host that neither records nor injects anything.
#[derive(Debug)]
pub(crate) struct PlainHost {
    /// Becomes true when sessions are to be closed.
    drain: watch::Receiver<bool>,
    is_draining: bool,
    ping_interval: Duration,
    /// Counts clients that answered no ping.
    vanished: Arc<AtomicUsize>,
    /// Released when the session is over, not when the client has answered the close frame: it may open the next
    /// session before.
    slot: Option<SessionSlot>,
}

impl PlainHost {
    pub(crate) fn new(
        drain: watch::Receiver<bool>,
        ping_interval: Duration,
        vanished: Arc<AtomicUsize>,
        slot: Option<SessionSlot>,
    ) -> Self {
        Self { drain, is_draining: false, ping_interval, vanished, slot }
    }
}

impl Host<Infallible> for PlainHost {
    async fn action(&mut self) -> Action<Infallible> {
        if self.is_draining || self.drain.wait_for(|drain| *drain).await.is_err() {
            return pending().await;
        }
        self.is_draining = true;
        Action::Drain
    }

    fn ping_interval(&self) -> Option<Duration> {
        Some(self.ping_interval)
    }

    fn closing(&mut self) {
        self.slot = None;
    }

    fn vanished(&mut self) {
        self.vanished.fetch_add(1, Ordering::Relaxed);
        tracing::info!("a client answered no ping: its session is ended");
    }

    fn perform(&mut self, output: Infallible) -> Step {
        match output {}
    }
}

/// A close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The close code; 1005 for a frame without one.
    pub code: u16,
    /// The close reason.
    pub reason: String,
}

impl From<Option<AxumClose>> for CloseFrame {
    fn from(frame: Option<AxumClose>) -> Self {
        match frame {
            Some(AxumClose { code, reason }) => Self { code, reason: reason.as_str().to_owned() },
            None => Self { code: 1005, reason: String::new() },
        }
    }
}
