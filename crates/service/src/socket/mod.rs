//! Connects a WebSocket to a [`Session`].

mod host;
mod liveness;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::MAX_MESSAGE_BYTES;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame as AxumClose, Message as Frame, WebSocket, WebSocketUpgrade};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::session::{Action, FrameFault, Output, Plan, Session};
pub(crate) use host::PlainHost;
pub use host::{CloseFrame, Host, Step};
use liveness::{Check, Liveness};

/// Maximum size of a message that the WebSocket layer accepts, in bytes. Larger than the service's limit, so that the
/// session can reject larger messages as the service does: a file of two minutes in one message too. After one that is
/// larger still, the rest of it is unread and the connection is reset, so the close code may be lost.
const MAX_READ_BYTES: usize = 32 * MAX_MESSAGE_BYTES;
/// Messages that wait for a recogniser that is behind, in bytes: four minutes at 16 kHz. Beyond, the client has to wait,
/// and its pings too.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Enough for two messages of 100 ms at 16 kHz, in bytes. The default of 128 kB would be most of an idle session's
/// memory.
const READ_BUFFER_BYTES: usize = 8 * 1024;
/// Maximum time to send a message to a client that does not read.
const SEND_LIMIT: Duration = Duration::from_secs(10);
/// Maximum time to wait for the client's reply to a close frame.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// Maximum time to keep a half-open connection.
const HALF_OPEN_LIMIT: Duration = Duration::from_secs(600);

/// Limits what a client can make the WebSocket layer hold in memory.
pub fn limited(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MAX_READ_BYTES)
        .max_frame_size(MAX_READ_BYTES)
}

/// Runs a session over a socket until the connection ends or `stop` becomes true.
///
/// `opened` is when the socket opened; `woken` is notified when a recogniser has found something.
pub async fn run<P: Plan, H: Host<P::Output>>(
    mut socket: WebSocket,
    session: Session<P>,
    host: H,
    opened: Instant,
    woken: Arc<Notify>,
    stop: watch::Receiver<bool>,
) {
    let mut connection = Connection {
        socket: &mut socket,
        session,
        liveness: Liveness::new(host.ping_interval(), opened),
        host,
        departing: VecDeque::new(),
        waiting: VecDeque::new(),
        waiting_bytes: 0,
        opened,
        read_at: opened,
        closed: None,
        stop: stop.clone(),
    };
    let client = connection.run(&woken, stop).await;
    connection.session.disconnected();
    connection.report_violations();
    connection.host.ended(opened.elapsed(), connection.closed.take(), client);
}

struct Connection<'a, P: Plan, H> {
    socket: &'a mut WebSocket,
    session: Session<P>,
    host: H,
    liveness: Liveness,
    /// What is to be sent, and when, since the socket opened.
    departing: VecDeque<(Duration, Output<P::Output>)>,
    /// Messages that came while the recogniser was behind.
    waiting: VecDeque<Frame>,
    waiting_bytes: usize,
    opened: Instant,
    /// When the limited bandwidth allows the next read.
    read_at: Instant,
    /// The close frame that was sent.
    closed: Option<CloseFrame>,
    /// Becomes true when the connection must end.
    stop: watch::Receiver<bool>,
}

/// The client has disconnected or does not read.
struct Lost;

/// How the connection continues after the outputs of its session.
enum Continuation {
    Continue,
    /// A close frame was sent; waits for the client's.
    AwaitClose,
    HalfOpen,
    /// Ends the connection now.
    End,
}

impl<P: Plan, H: Host<P::Output>> Connection<'_, P, H> {
    /// Runs until the connection ends; returns the client's close frame, if it sent one.
    async fn run(&mut self, woken: &Notify, mut stop: watch::Receiver<bool>) -> Option<CloseFrame> {
        let mut leave_at = None;
        loop {
            self.handle_waiting();
            if leave_at.is_none() {
                match self.send_outputs().await {
                    Continuation::Continue => {}
                    Continuation::AwaitClose => leave_at = Some(Instant::now() + CLOSE_LIMIT),
                    Continuation::HalfOpen => {
                        drop(timeout(HALF_OPEN_LIMIT, self.half_open(&mut stop)).await);
                        return None;
                    }
                    Continuation::End => return None,
                }
            } else {
                // After the close frame nothing is sent.
                self.report_violations();
            }
            let is_early = self.read_at > Instant::now();
            let reads = !is_early && self.waiting_bytes < MAX_WAITING_BYTES;
            let ping_due = self.liveness.due().filter(|_| leave_at.is_none());
            let due = leave_at.or_else(|| {
                let dues = [self.session.wakes_at(), self.departing.front().map(|(at, _)| *at)];
                dues.into_iter().flatten().min().map(|at| self.opened + at)
            });
            tokio::select! {
                received = self.socket.recv(), if reads => match received {
                    Some(Ok(Frame::Close(frame))) => {
                        // The next read sends the reply (RFC 6455, section 5.5.1).
                        drop(timeout(CLOSE_LIMIT, self.socket.recv()).await);
                        let frame = frame.into();
                        if frame == wrong_close() {
                            self.session.closed_wrongly();
                        }
                        return Some(frame);
                    }
                    Some(Ok(frame)) => {
                        self.liveness.heard(Instant::now());
                        self.receive(frame);
                    }
                    Some(Err(error)) => {
                        let error = error.to_string();
                        if let Some(fault) = frame_fault(&error) {
                            self.session.unreadable(fault, &error);
                        }
                        self.send_outputs().await;
                        return None;
                    }
                    None => return None,
                },
                () = sleep_until(self.read_at), if is_early => {}
                () = woken.notified() => self.session.poll(self.opened.elapsed()),
                () = until(due) => match leave_at {
                    Some(_) => return None,
                    None => self.session.tick(self.opened.elapsed()),
                },
                () = until(ping_due) => match self.liveness.check(Instant::now(), reads) {
                    Check::Wait => {}
                    Check::Ping => self.send(Frame::Ping(Bytes::new())).await.ok()?,
                    Check::Gone => {
                        self.host.vanished();
                        return None;
                    }
                },
                action = self.host.action() => self.session.act(action),
                () = stopped(&mut stop) => {
                    self.session.stop();
                    return None;
                }
            }
        }
    }

    /// Neither reads nor sends until the service stops or the host drops the connection.
    async fn half_open(&mut self, stop: &mut watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = stopped(stop) => return,
                action = self.host.action() => {
                    if let Action::EndWith(output) = action && self.host.perform(output) == Step::Drop {
                        return;
                    }
                }
            }
        }
    }

    /// Handles a message, or keeps it while the recogniser is behind. So pings behind it are read and answered.
    fn receive(&mut self, frame: Frame) {
        let is_message = matches!(frame, Frame::Binary(_) | Frame::Text(_));
        if !is_message || (self.waiting.is_empty() && !self.session.is_behind()) {
            self.handle(frame);
            return;
        }
        self.waiting_bytes += size(&frame);
        self.waiting.push_back(frame);
    }

    fn handle_waiting(&mut self) {
        while !self.session.is_behind()
            && let Some(frame) = self.waiting.pop_front()
        {
            self.waiting_bytes -= size(&frame);
            self.handle(frame);
        }
    }

    fn handle(&mut self, frame: Frame) {
        let at = self.opened.elapsed();
        match frame {
            Frame::Binary(bytes) => {
                self.read_at = Instant::now() + self.host.read_duration(bytes.len());
                let is_after_terminate = self.session.terminated();
                self.session.audio(&bytes, at);
                self.host.audio(at, &bytes, is_after_terminate, self.session.audio_ms());
            }
            Frame::Text(text) => {
                self.host.text(at, text.as_str());
                self.session.text(text.as_str(), at);
            }
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => {}
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), Lost> {
        tokio::select! {
            biased;
            sent = timeout(SEND_LIMIT, self.socket.send(frame)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Lost),
            },
            // A client that does not read must not delay the stop.
            () = stopped(&mut self.stop) => Err(Lost),
        }
    }

    async fn send_outputs(&mut self) -> Continuation {
        let now = self.opened.elapsed();
        while let Some(output) = self.session.output() {
            match output {
                Output::Violation(kind, text) => self.host.violation(kind, text),
                Output::Close { .. } => {
                    self.host.closing();
                    self.departing.push_back((self.host.departure(now), output));
                }
                output => self.departing.push_back((self.host.departure(now), output)),
            }
        }
        while self.departing.front().is_some_and(|(at, _)| *at <= self.opened.elapsed()) {
            let Some((_, output)) = self.departing.pop_front() else { break };
            let frame = match output {
                Output::Violation(..) => continue,
                Output::Planned(planned) => match self.host.perform(planned) {
                    Step::Send(bytes) => Frame::Binary(bytes.into()),
                    Step::Drop => return Continuation::End,
                    Step::HalfOpen => return Continuation::HalfOpen,
                },
                Output::Text(text) => {
                    self.host.sent(self.opened.elapsed(), &text);
                    Frame::Text(text.into())
                }
                Output::Close { code, reason } => {
                    let close = CloseFrame { code, reason: short_reason(&reason) };
                    self.closed = Some(close.clone());
                    Frame::Close(Some(AxumClose { code: close.code, reason: close.reason.into() }))
                }
            };
            let closes = matches!(frame, Frame::Close(_));
            match self.send(frame).await {
                Ok(()) if closes => return Continuation::AwaitClose,
                Ok(()) => {}
                Err(Lost) => return Continuation::End,
            }
        }
        Continuation::Continue
    }

    fn report_violations(&mut self) {
        while let Some(output) = self.session.output() {
            if let Output::Violation(kind, text) = output {
                self.host.violation(kind, text);
            }
        }
    }
}

/// What a client has done wrong if the WebSocket layer gives this error; `None` if the connection has failed.
fn frame_fault(error: &str) -> Option<FrameFault> {
    let error = error.to_lowercase();
    match () {
        () if error.contains("too long") => Some(FrameFault::TooLarge),
        () if error.contains("utf-8") => Some(FrameFault::NotUtf8),
        // A connection that ends without a close frame breaks the protocol too, but its client is gone.
        () if error.contains("without closing handshake") => None,
        () if error.contains("protocol error") => Some(FrameFault::Protocol),
        () => None,
    }
}

/// What the WebSocket layer makes of a close frame with a code that none may have.
fn wrong_close() -> CloseFrame {
    CloseFrame { code: 1002, reason: "Protocol violation".to_owned() }
}

/// The memory that a message takes while it waits, in bytes; an empty one takes some too.
fn size(frame: &Frame) -> usize {
    let content = match frame {
        Frame::Binary(bytes) => bytes.len(),
        Frame::Text(text) => text.as_str().len(),
        Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => 0,
    };
    size_of::<Frame>() + content
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Resolves when the service stops or was dropped.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// Truncates a close reason to the maximum of 123 bytes (RFC 6455, section 5.5).
fn short_reason(reason: &str) -> String {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}
