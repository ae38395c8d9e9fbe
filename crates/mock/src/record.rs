use std::fmt;
use std::time::Duration;

use assemblyai_protocol::Encoding;
use serde_json::Value;

use crate::violation::Violation;

/// All that the mock saw of one session.
#[derive(Clone, PartialEq)]
pub struct SessionRecord {
    /// The session's place among all sessions of the mock, from 0.
    pub number: usize,
    /// The id in `Begin`.
    pub id: String,
    /// The parameters, decoded, in the order of the query string.
    pub parameters: Vec<(String, String)>,
    /// The headers that say something about a client, names in lower case: `authorization`, `user-agent`,
    /// `assemblyai-version`, `origin`, `content-type`, `sec-websocket-extensions`, `sec-websocket-protocol`.
    pub headers: Vec<(String, String)>,
    /// The audio messages, in order of arrival.
    pub frames: Vec<Frame>,
    /// The audio itself, as it came, until Terminate.
    pub audio: Vec<u8>,
    /// How the audio is encoded.
    pub encoding: Encoding,
    /// Samples of audio in a second.
    pub sample_rate_hz: u32,
    /// The audio that counted, in ms.
    pub audio_ms: u64,
    /// Text messages from the client.
    pub received: Vec<Message>,
    /// What was sent to the client, text only.
    pub sent: Vec<Message>,
    /// Rules that were broken.
    pub violations: Vec<Violation>,
    /// How it ended; `None` while it runs.
    pub end: Option<End>,
}

/// One audio message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// When it came, from the opening of the socket.
    pub at: Duration,
    /// Its size in bytes.
    pub bytes: usize,
    /// It came after Terminate and did not count.
    pub after_terminate: bool,
}

/// One text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When, from the opening of the socket.
    pub at: Duration,
    /// Its text.
    pub text: String,
}

impl Message {
    /// The message as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// When, from the opening of the socket.
    pub at: Duration,
    /// The close frame that the mock sent.
    pub server: Option<CloseFrame>,
    /// The close frame that came from the client, in answer or of its own accord.
    pub client: Option<CloseFrame>,
}

/// A close frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code; 1005 where the frame had none.
    pub code: u16,
    /// The reason.
    pub reason: String,
}

impl SessionRecord {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The audio as 16-bit samples.
    pub fn pcm_i16(&self) -> Vec<i16> {
        crate::session::samples(&self.audio, self.encoding)
    }

    /// The messages of a type that the mock sent, as JSON.
    pub fn sent_of_type(&self, kind: &str) -> Vec<Value> {
        of_type(&self.sent, kind)
    }

    /// The messages of a type that the client sent, as JSON.
    pub fn received_of_type(&self, kind: &str) -> Vec<Value> {
        of_type(&self.received, kind)
    }
}

fn of_type(messages: &[Message], kind: &str) -> Vec<Value> {
    messages.iter().map(Message::json).filter(|message| message["type"] == kind).collect()
}

/// What was received, in a few lines: for the text of a failed test. Keys and tokens are left out.
impl fmt::Display for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(
                |(name, value)| {
                    if name == "token" { "token=…".to_owned() } else { format!("{name}={value}") }
                },
            )
            .collect();
        writeln!(f, "session {} with {}", self.number, parameters.join(" "))?;
        let bytes: usize = self.frames.iter().map(|frame| frame.bytes).sum();
        writeln!(f, "  {} audio messages, {bytes} bytes, {} ms counted", self.frames.len(), self.audio_ms)?;
        for message in &self.received {
            writeln!(f, "  {:>6} ms  ← {}", message.at.as_millis(), crate::session::excerpt(&message.text))?;
        }
        for message in self.sent.iter().rev().take(5).rev() {
            writeln!(f, "  {:>6} ms  → {}", message.at.as_millis(), crate::session::excerpt(&message.text))?;
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

/// A request to the token endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// When, from the start of the mock.
    pub at: Duration,
    /// The parameters, decoded, in the order of the query string.
    pub parameters: Vec<(String, String)>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The status with which it was answered; `None` while it is not.
    pub status: Option<u16>,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("at", &self.at)
            .field("parameters", &self.parameters)
            .field("authorization", &self.authorization.as_ref().map(|_| "…"))
            .field("status", &self.status)
            .finish()
    }
}
