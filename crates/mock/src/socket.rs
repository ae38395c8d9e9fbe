//! `GET /v3/ws`: a session that plays a script, over a simulated network.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_service::socket::{self, CloseFrame, Host, Step};
use assemblyai_service::{
    Action, Session, Setup, ViolationKind, api_version, credential, session_id, unix_time,
};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::delay_line::DelayLine;
use crate::faults::SocketFault;
use crate::plan::{Delays, MockOutput, ScriptPlan, actions};
use crate::recorder::Recorder;
use crate::script::Fault;
use crate::state::MockState;

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
        Some(SocketFault::AcceptLate(late)) if state.stopped_within(late).await => {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Some(SocketFault::Hang) => {
            state.stopped().await;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        _ => {}
    }
    // Before the handshake: once a client is connected, its session is in the records and has its number.
    let opened = Instant::now();
    let query = query.unwrap_or_default();
    let redeem = |token: &str| state.tokens.redeem(state.age(), token);
    let credential = credential(&query, &headers, redeem, |key| state.settings.accepts_key(key));
    let (slot, credential) = state.slots.admit(credential);
    let id = session_id();
    let (mut recorder, script, injected) = Recorder::start(&state, &id, &query, &headers);
    let settings = &state.settings;
    let setup = Setup {
        id,
        strictness: settings.strictness,
        max_session_s: settings.max_session_s,
        opened_unix_s: unix_time().as_secs(),
        api_version: api_version(&headers),
    };
    let delays = Delays { begin: settings.begin_delay, ending: settings.ending_delay };
    let session = Session::open(setup, ScriptPlan::new(script, fault, delays), &query, credential);
    recorder.parameters(session.parameters());
    let delay_line = DelayLine::new(settings.network, recorder.number());
    let host = MockHost { recorder, delay_line, injected, actions: VecDeque::new() };
    socket::limited(upgrade).on_upgrade(async move |socket| {
        socket::run(socket, session, host, opened, Arc::new(Notify::new()), state.stop.subscribe()).await;
        drop(slot);
        state.changed.notify_waiters();
    })
}

/// Records a session, delays its messages and injects faults into it.
struct MockHost {
    recorder: Recorder,
    delay_line: DelayLine,
    injected: UnboundedReceiver<Fault>,
    /// Actions of the fault that was injected last.
    actions: VecDeque<Action<MockOutput>>,
}

impl Host<MockOutput> for MockHost {
    fn audio(&mut self, at: Duration, bytes: &[u8], is_after_terminate: bool, audio_ms: u64) {
        self.recorder.frame(at, bytes, is_after_terminate);
        self.recorder.audio_ms(audio_ms);
    }

    fn text(&mut self, at: Duration, text: &str) {
        self.recorder.received(at, text);
    }

    fn sent(&mut self, at: Duration, text: &str) {
        self.recorder.sent(at, text);
    }

    fn violation(&mut self, kind: ViolationKind, text: String) {
        self.recorder.violation(kind, text);
    }

    fn ended(&mut self, at: Duration, service: Option<CloseFrame>, client: Option<CloseFrame>) {
        self.recorder.end(at, service, client);
    }

    fn departure(&mut self, now: Duration) -> Duration {
        self.delay_line.departure(now)
    }

    fn read_duration(&self, bytes: usize) -> Duration {
        self.delay_line.read_duration(bytes)
    }

    fn perform(&mut self, output: MockOutput) -> Step {
        match output {
            MockOutput::Binary(bytes) => Step::Send(bytes),
            MockOutput::Drop => Step::Drop,
            MockOutput::HalfOpen => Step::HalfOpen,
        }
    }

    async fn action(&mut self) -> Action<MockOutput> {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return action;
            }
            match self.injected.recv().await {
                Some(fault) => self.actions = actions(fault).into(),
                // The session has ended.
                None => std::future::pending().await,
            }
        }
    }
}
