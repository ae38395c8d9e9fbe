use std::fmt;
use std::time::Duration;

use assemblyai_protocol::Encoding;
use assemblyai_service::{CloseFrame, excerpt};
use serde_json::Value;

use crate::message::Message;
use crate::secrets::{shown, shown_text};
use crate::violation::Violation;

/// Everything that the mock received and sent in one session.
#[derive(Clone, PartialEq)]
pub struct SessionRecord {
    /// The number of the session, counted from 0 in the order in which sockets opened.
    pub number: usize,
    /// The id in `Begin`.
    pub id: String,
    /// The parameters, decoded, in the order of the query string.
    pub parameters: Vec<(String, String)>,
    /// Headers that identify the client, names in lower case: `authorization`, `user-agent`, `assemblyai-version`,
    /// `origin`, `content-type`, `sec-websocket-extensions`, `sec-websocket-protocol`.
    pub headers: Vec<(String, String)>,
    /// The audio messages, in order of arrival.
    pub frames: Vec<Frame>,
    /// The audio received until `Terminate`, as it was encoded.
    pub audio: Vec<u8>,
    /// Encoding of the audio.
    pub encoding: Encoding,
    /// Sample rate of the audio, in Hz.
    pub sample_rate_hz: u32,
    /// Duration of the audio that the session counted, in ms.
    pub audio_ms: u64,
    /// Text messages from the client, in order of arrival.
    pub received: Vec<Message>,
    /// Text messages to the client, in the order in which they were sent.
    pub sent: Vec<Message>,
    /// Violations of the protocol's rules.
    pub violations: Vec<Violation>,
    /// How the session ended; `None` while it runs.
    pub end: Option<End>,
}

/// One audio message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Time of arrival, from the opening of the socket.
    pub at: Duration,
    /// Size in bytes.
    pub bytes: usize,
    /// Whether it came after `Terminate` and was not counted.
    pub after_terminate: bool,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Time of the end, from the opening of the socket.
    pub at: Duration,
    /// The close frame that the mock sent, if any.
    pub server: Option<CloseFrame>,
    /// The close frame that the client sent, if any: its own or the reply to the mock's.
    pub client: Option<CloseFrame>,
}

impl SessionRecord {
    /// Returns the value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Returns the value of a header, given its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Returns the audio decoded to 16-bit samples.
    pub fn pcm_i16(&self) -> Vec<i16> {
        assemblyai_service::decode(&self.audio, self.encoding)
    }

    /// Returns the messages of a type that the mock sent, as JSON.
    pub fn sent_of_type(&self, kind: &str) -> Vec<Value> {
        of_type(&self.sent, kind)
    }

    /// Returns the messages of a type that the client sent, as JSON.
    pub fn received_of_type(&self, kind: &str) -> Vec<Value> {
        of_type(&self.received, kind)
    }
}

fn of_type(messages: &[Message], kind: &str) -> Vec<Value> {
    messages.iter().map(Message::json).filter(|message| message["type"] == kind).collect()
}

/// A summary of a few lines for the output of a failed test, without keys and tokens.
impl fmt::Display for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<String> =
            self.parameters.iter().map(|(name, value)| format!("{name}={}", shown(name, value))).collect();
        writeln!(f, "session {} with {}", self.number, parameters.join(" "))?;
        let bytes: usize = self.frames.iter().map(|frame| frame.bytes).sum();
        writeln!(f, "  {} audio messages, {bytes} bytes, {} ms counted", self.frames.len(), self.audio_ms)?;
        for message in &self.received {
            writeln!(f, "  {:>6} ms  ← {}", message.at.as_millis(), excerpt(&shown_text(message, &[])))?;
        }
        for message in self.sent.iter().rev().take(5).rev() {
            let text = shown_text(message, &self.received);
            writeln!(f, "  {:>6} ms  → {}", message.at.as_millis(), excerpt(&text))?;
        }
        match &self.end {
            None => write!(f, "  still open"),
            Some(End { at, server, client }) => {
                let side = |close: &Option<CloseFrame>| match close {
                    Some(CloseFrame { code, reason }) => format!("close {code} {reason:?}"),
                    None => "no close".to_owned(),
                };
                write!(f, "  {:>6} ms  ended: mock {}, client {}", at.as_millis(), side(server), side(client))
            }
        }
    }
}

impl fmt::Debug for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One request to the token endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Time of arrival, from the start of the mock.
    pub at: Duration,
    /// The parameters, decoded, in the order of the query string.
    pub parameters: Vec<(String, String)>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The HTTP status of the response; `None` until there is one.
    pub status: Option<u16>,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("at", &self.at)
            .field(
                "parameters",
                &self.parameters.iter().map(|(name, value)| (name, shown(name, value))).collect::<Vec<_>>(),
            )
            .field("authorization", &self.authorization.as_ref().map(|_| "…"))
            .field("status", &self.status)
            .finish()
    }
}
