//! `GET /v3/ws`: connects a WebSocket to a [`Session`].

use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::MAX_MESSAGE_BYTES;
use axum::extract::ws::{CloseFrame as AxumClose, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::delay_line::DelayLine;
use crate::faults::SocketFault;
use crate::record::CloseFrame;
use crate::recorder::Recorder;
use crate::script::Fault;
use crate::session::{Credential, Output, Session, Setup};
use crate::state::{MockState, SessionPermit, unix_s};
use crate::token::{TokenError, session_id};

/// Maximum size of a message that the WebSocket layer accepts, in bytes. Larger than the service's limit, so that the
/// session can reject larger messages as the service does.
const MAX_READ_BYTES: usize = 4 * MAX_MESSAGE_BYTES;
/// Enough for two messages of 100 ms at 16 kHz, in bytes. The default of 128 kB would be most of an idle session's
/// memory.
const READ_BUFFER_BYTES: usize = 8 * 1024;
/// Maximum time to send a message to a client that does not read.
const SEND_LIMIT: Duration = Duration::from_secs(10);
/// Maximum time to wait for the client's reply to a close frame.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// Maximum time to keep a half-open connection.
const HALF_OPEN_LIMIT: Duration = Duration::from_mins(10);

pub(crate) async fn open(
    State(state): State<Arc<MockState>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let fault = state.socket_faults.take();
    match fault {
        Some(SocketFault::Refuse(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN).into_response();
        }
        Some(SocketFault::AcceptLate(late)) => tokio::time::sleep(late).await,
        Some(SocketFault::Hang) => {
            state.stopped().await;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        _ => {}
    }
    let query = query.unwrap_or_default();
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MAX_READ_BYTES)
        .max_frame_size(MAX_READ_BYTES)
        .on_upgrade(move |socket| run(state, socket, query, headers, fault))
}

async fn run(
    state: Arc<MockState>,
    mut socket: WebSocket,
    query: String,
    headers: HeaderMap,
    fault: Option<SocketFault>,
) {
    let opened = Instant::now();
    let credential = credential(&state, &query, &headers);
    let (permit, credential) = admit(&state, credential);
    let id = session_id();
    // Subscribes before the session has a number, so that no fault for it is missed.
    let injected = state.injected.subscribe();
    let (mut recorder, script) = Recorder::start(&state, &id, &query, &headers);
    let settings = &state.settings;
    let setup = Setup {
        id,
        strictness: settings.strictness,
        fault,
        begin_delay: settings.begin_delay,
        ending_delay: settings.ending_delay,
        max_session_s: settings.max_session_s,
        opened_unix_s: unix_s(),
        api_version: headers
            .get("assemblyai-version")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    };
    let session = Session::open(setup, script, &query, credential);
    recorder.parameters(session.parameters());
    let delay_line = DelayLine::new(settings.network, recorder.number());
    let mut connection = Connection {
        socket: &mut socket,
        session,
        recorder,
        delay_line,
        opened,
        read_at: opened,
        closed: None,
    };
    let client = connection.run(&state, injected).await;
    let Connection { mut session, mut recorder, closed, .. } = connection;
    session.disconnected();
    while let Some(output) = session.output() {
        if let Output::Violation(kind, text) = output {
            recorder.violation(kind, text);
        }
    }
    recorder.end(opened.elapsed(), closed, client);
    drop(permit);
}

fn credential(state: &MockState, query: &str, headers: &HeaderMap) -> Credential {
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    let header = headers.get("authorization").map(|value| String::from_utf8_lossy(value.as_bytes()));
    let redeem = |token: &str| match state.tokens.redeem(state.age(), token) {
        Ok(grant) => Credential::Token { max_session_s: grant.max_session_duration_s },
        Err(TokenError::Unknown) => Credential::Unknown,
        Err(TokenError::Expired) => Credential::Expired,
        Err(TokenError::Used) => Credential::Used,
    };
    match (token, header) {
        (Some((_, token)), _) => redeem(&token),
        (None, Some(header)) if header.is_empty() => Credential::Missing,
        // The token endpoint accepts this, the socket does not (observed).
        (None, Some(header)) if header.starts_with("Bearer ") => Credential::Unknown,
        // The Python SDK sends tokens in the header.
        (None, Some(header)) => match redeem(&header) {
            Credential::Unknown if state.settings.accepts_key(&header) => Credential::Key,
            other => other,
        },
        (None, None) => Credential::Missing,
    }
}

/// Reserves one of the open sessions for a client with a valid credential, if one is free.
fn admit(state: &Arc<MockState>, credential: Credential) -> (Option<SessionPermit>, Credential) {
    match credential {
        Credential::Key | Credential::Token { .. } => match state.session_permit() {
            Some(permit) => (Some(permit), credential),
            None => (None, Credential::TooMany),
        },
        refused => (None, refused),
    }
}

type InjectedFaults = broadcast::Receiver<(usize, Fault)>;

struct Connection<'a> {
    socket: &'a mut WebSocket,
    session: Session,
    recorder: Recorder,
    delay_line: DelayLine,
    opened: Instant,
    /// When the limited bandwidth allows the next read.
    read_at: Instant,
    /// The close frame that was sent.
    closed: Option<CloseFrame>,
}

/// How the connection continues after the outputs of its session.
enum Continuation {
    Continue,
    /// A close frame was sent; waits for the client's.
    AwaitClose,
    HalfOpen,
    /// Ends the connection now.
    End,
}

impl Connection<'_> {
    /// Runs until the connection ends; returns the client's close frame, if it sent one.
    async fn run(&mut self, state: &MockState, mut injected: InjectedFaults) -> Option<CloseFrame> {
        let mut stop = state.stop.subscribe();
        let mut leave_at = None;
        loop {
            if leave_at.is_none() {
                match self.send_outputs().await {
                    Continuation::Continue => {}
                    Continuation::AwaitClose => leave_at = Some(Instant::now() + CLOSE_LIMIT),
                    Continuation::HalfOpen => {
                        drop(timeout(HALF_OPEN_LIMIT, stopped(&mut stop)).await);
                        return None;
                    }
                    Continuation::End => return None,
                }
            } else {
                self.record_violations();
            }
            let reads = self.read_at <= Instant::now();
            let due = leave_at.or_else(|| {
                let dues = [self.session.wakes_at(), self.delay_line.next_due()];
                dues.into_iter().flatten().min().map(|at| self.opened + at)
            });
            tokio::select! {
                received = self.socket.recv(), if reads => match received {
                    Some(Ok(Frame::Close(frame))) => return Some(close_frame(frame)),
                    Some(Ok(frame)) => self.receive(frame),
                    // Too large for the WebSocket layer, not valid UTF-8, or disconnected.
                    Some(Err(error)) => {
                        self.session.unreadable(&error.to_string());
                        self.send_outputs().await;
                        return None;
                    }
                    None => return None,
                },
                () = sleep_until(self.read_at), if !reads => {}
                () = until(due) => match leave_at {
                    Some(_) => return None,
                    None => self.session.tick(self.opened.elapsed()),
                },
                fault = injected.recv() => match fault {
                    Ok((number, fault)) if number == self.recorder.number() => self.session.inject_fault(fault),
                    // For another session, or so many at once that some were lost.
                    _ => {}
                },
                () = stopped(&mut stop) => {
                    self.session.stop();
                    return None;
                }
            }
        }
    }

    fn receive(&mut self, frame: Frame) {
        let at = self.opened.elapsed();
        match frame {
            Frame::Binary(bytes) => {
                self.read_at = Instant::now() + self.delay_line.read_duration(bytes.len());
                self.recorder.frame(at, &bytes, self.session.terminated());
                self.session.audio(&bytes, at);
                self.recorder.audio_ms(self.session.audio_ms());
            }
            Frame::Text(text) => {
                self.recorder.received(at, text.as_str());
                self.session.text(text.as_str(), at);
            }
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => {}
        }
    }

    async fn send_outputs(&mut self) -> Continuation {
        let now = self.opened.elapsed();
        while let Some(output) = self.session.output() {
            match output {
                Output::Violation(kind, text) => self.recorder.violation(kind, text),
                output => self.delay_line.send(output, now),
            }
        }
        while let Some(output) = self.delay_line.pop_due(self.opened.elapsed()) {
            let frame = match output {
                Output::Drop => return Continuation::End,
                Output::HalfOpen => return Continuation::HalfOpen,
                Output::Violation(..) => continue,
                Output::Text(text) => {
                    self.recorder.sent(self.opened.elapsed(), &text);
                    Frame::Text(text.into())
                }
                Output::Binary(bytes) => Frame::Binary(bytes.into()),
                Output::Close { code, reason } => {
                    let close = CloseFrame { code, reason: short_reason(&reason) };
                    self.closed = Some(close.clone());
                    Frame::Close(Some(AxumClose { code: close.code, reason: close.reason.into() }))
                }
            };
            let closes = matches!(frame, Frame::Close(_));
            match timeout(SEND_LIMIT, self.socket.send(frame)).await {
                Ok(Ok(())) if closes => return Continuation::AwaitClose,
                Ok(Ok(())) => {}
                // The client has disconnected or does not read.
                Ok(Err(_)) | Err(_) => return Continuation::End,
            }
        }
        Continuation::Continue
    }

    /// After the close frame nothing is sent, but violations are still recorded.
    fn record_violations(&mut self) {
        while let Some(output) = self.session.output() {
            if let Output::Violation(kind, text) = output {
                self.recorder.violation(kind, text);
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Resolves when the mock stops or was dropped.
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

fn close_frame(frame: Option<AxumClose>) -> CloseFrame {
    match frame {
        Some(AxumClose { code, reason }) => CloseFrame { code, reason: reason.as_str().to_owned() },
        None => CloseFrame { code: 1005, reason: String::new() },
    }
}
