//! Records what happens in a session, if the mock keeps records.

use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::Encoding;
use axum::http::HeaderMap;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::message::Message;
use crate::record::{End, Frame, SessionRecord};
use crate::script::{Fault, Script};
use crate::secrets::without_secrets_of;
use crate::state::MockState;
use crate::violation::Violation;
use assemblyai_service::CloseFrame;
use assemblyai_service::Parameters;
use assemblyai_service::ViolationKind;

/// The headers that identify a client.
const HEADERS: [&str; 7] = [
    "authorization",
    "user-agent",
    "assemblyai-version",
    "origin",
    "content-type",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
];

/// Writes the record of one session.
#[derive(Debug)]
pub(crate) struct Recorder {
    state: Arc<MockState>,
    number: usize,
    recorded: bool,
    opened: Instant,
    has_ended: bool,
    /// The last text message, which a violation can quote.
    last_text: Option<Message>,
}

impl Recorder {
    /// Starts the record of a session; returns the script that the session plays, and the faults that are injected into
    /// it.
    pub(crate) fn start(
        state: &Arc<MockState>,
        id: &str,
        query: &str,
        headers: &HeaderMap,
    ) -> (Self, Script, UnboundedReceiver<Fault>) {
        let blank = state.settings.keep_records.then(|| SessionRecord {
            number: 0,
            id: id.to_owned(),
            parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: HEADERS
                .iter()
                .filter_map(|name| {
                    let value = String::from_utf8_lossy(headers.get(*name)?.as_bytes()).into_owned();
                    Some(((*name).to_owned(), value))
                })
                .collect(),
            frames: Vec::new(),
            audio: Vec::new(),
            encoding: Encoding::default(),
            sample_rate_hz: 0,
            audio_ms: 0,
            received: Vec::new(),
            sent: Vec::new(),
            violations: Vec::new(),
            end: None,
        });
        // One lock for number and record, so that records are added in the order of their numbers.
        let recorded = blank.is_some();
        let (number, script, injected) = state.record(|records| {
            let (number, script, injected) = records.next_session();
            records.sessions.extend(blank.map(|record| (number, SessionRecord { number, ..record })));
            (number, script, injected)
        });
        tracing::debug!(session = number, "socket opened");
        (
            Self {
                state: state.clone(),
                number,
                recorded,
                opened: Instant::now(),
                has_ended: false,
                last_text: None,
            },
            script,
            injected,
        )
    }

    pub(crate) fn parameters(&mut self, parameters: &Parameters) {
        self.write(|record| {
            record.encoding = parameters.encoding;
            record.sample_rate_hz = parameters.sample_rate_hz;
        });
    }

    pub(crate) fn frame(&mut self, at: Duration, bytes: &[u8], after_terminate: bool) {
        self.write(|record| {
            record.frames.push(Frame { at, bytes: bytes.len(), after_terminate });
            if !after_terminate {
                record.audio.extend_from_slice(bytes);
            }
        });
    }

    pub(crate) fn audio_ms(&mut self, audio_ms: u64) {
        self.write(|record| record.audio_ms = audio_ms);
    }

    pub(crate) fn received(&mut self, at: Duration, text: &str) {
        let message = Message { at, text: text.to_owned() };
        self.last_text = Some(message.clone());
        self.write(|record| record.received.push(message));
    }

    pub(crate) fn sent(&mut self, at: Duration, text: &str) {
        self.write(|record| record.sent.push(Message { at, text: text.to_owned() }));
    }

    pub(crate) fn violation(&mut self, kind: ViolationKind, text: String) {
        let text = self.last_text.iter().fold(text, |text, quoted| without_secrets_of(quoted, &text));
        tracing::debug!(session = self.number, ?kind, text, "violation");
        let session = Some(self.number);
        self.write(|record| record.violations.push(Violation { kind, session, text }));
    }

    pub(crate) fn end(&mut self, at: Duration, server: Option<CloseFrame>, client: Option<CloseFrame>) {
        tracing::debug!(session = self.number, ?server, ?client, "session ended");
        self.has_ended = true;
        self.state.record(|records| records.end(self.number, End { at, server, client }));
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    fn write(&mut self, act: impl FnOnce(&mut SessionRecord)) {
        if self.recorded {
            self.state.record(|records| {
                if let Some(record) = records.sessions.get_mut(&self.number) {
                    act(record);
                }
            });
        }
    }
}

impl Drop for Recorder {
    /// The client has gone before its handshake was complete.
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(self.opened.elapsed(), None, None);
        }
    }
}
