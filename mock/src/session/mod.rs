//! One session as a state machine: what the client sends goes in, what the service does comes out.
//!
//! It reads no clock and does no I/O: every input carries the time since the socket opened, and
//! [`Session::wakes_at`] says when it wants to be asked again.

mod audio;
mod messages;
mod opening;

use std::collections::VecDeque;
use std::time::Duration;

use assemblyai_protocol::{ServerMessage, ServiceError, Termination};

use crate::breach::BreachKind;
use crate::parameters::Parameters;
use crate::script::{Act, Cue, Ending, Fault, Script};
use crate::transcript::{Transcriber, TurnRules};
use audio::Meter;
pub(crate) use audio::samples;
use messages::Message;
pub(crate) use messages::excerpt;
pub(crate) use opening::{Credential, Setup};

/// The close reason of every session that ends in an error, whatever the error (seen on the wire).
pub(crate) const ERROR_REASON: &str = "See Error message for details";
/// Models that take a session and fail do so after this long.
const FAILING_MODEL: Duration = Duration::from_secs(5);
/// Between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What the socket is to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    Text(String),
    Binary(Vec<u8>),
    /// A close frame; nothing is sent after it.
    Close {
        code: u16,
        reason: String,
    },
    /// The TCP connection ends at once.
    Drop,
    /// Nothing is read or sent any more.
    HalfOpen,
    /// For the record: a rule was broken.
    Breach(BreachKind, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `Begin` is due then, or never.
    Opening {
        begin_at: Option<Duration>,
    },
    Running,
    /// The client has said Terminate, and the answer is due then, or never.
    Terminating {
        due: Option<Duration>,
    },
    Over,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    setup: Setup,
    parameters: Parameters,
    rules: TurnRules,
    script: Script,
    cues: VecDeque<Cue>,
    transcriber: Transcriber,
    /// What the transcriber said and the client has not heard yet.
    told: Vec<ServerMessage>,
    meter: Meter,
    state: State,
    outputs: VecDeque<Output>,
    /// The client has said Terminate.
    terminated: bool,
    mute: bool,
    begun_at: Duration,
    last_message: Duration,
    next_heartbeat: Duration,
    last_turn: Option<u64>,
    cap: Duration,
}

impl Session {
    /// Audio arrived.
    pub(crate) fn audio(&mut self, bytes: &[u8], now: Duration) {
        if self.state == State::Over {
            if self.terminated {
                self.breach(BreachKind::AfterTerminate, format!("{} bytes of audio", bytes.len()));
            }
            return;
        }
        self.last_message = now;
        if self.terminated {
            self.breach(BreachKind::AfterTerminate, format!("{} bytes of audio", bytes.len()));
            return;
        }
        for finding in self.meter.count(bytes, now) {
            self.breach(finding.kind, finding.what);
            if let Some((code, text)) = finding.refusal {
                self.fail(code, text);
                return;
            }
        }
        if self.transcriber.listens() && self.state != (State::Opening { begin_at: None }) {
            let samples = samples(bytes, self.parameters.encoding);
            // What is heard before `Begin` is told after it.
            self.transcriber.hear(&samples, &self.rules, &mut self.told);
        }
        if self.state == State::Running {
            self.play();
        }
    }

    /// A text message arrived.
    pub(crate) fn text(&mut self, text: &str, now: Duration) {
        if self.terminated {
            self.breach(BreachKind::AfterTerminate, excerpt(text));
            return;
        }
        if self.state == State::Over {
            return;
        }
        self.last_message = now;
        if text.len() > assemblyai_protocol::MAX_MESSAGE_BYTES {
            self.breach(BreachKind::TooLarge, format!("{} bytes of text", text.len()));
            self.fail(1009, String::new());
            return;
        }
        match messages::read(text) {
            Ok(Message::Terminate) => self.terminate(now),
            Ok(Message::KeepAlive) => {}
            Ok(Message::ForceEndpoint) => {
                self.transcriber.force_endpoint(self.meter.audio_ms(), &self.rules, &mut self.told);
                if self.state == State::Running {
                    self.tell();
                }
            }
            Ok(Message::UpdateConfiguration(fields)) => match self.parameters.update(&fields) {
                Ok(ignored) => {
                    for name in ignored {
                        self.breach(BreachKind::UnknownField, format!("{name} in UpdateConfiguration"));
                    }
                    self.rules = TurnRules::of(&self.parameters, self.script.profile);
                }
                Err(refusal) => self.refuse(text, refusal),
            },
            Err(refusal) => self.refuse(text, refusal),
        }
    }

    /// The client closed the socket, or is gone.
    pub(crate) fn gone(&mut self) {
        if self.state == State::Running && !self.mute {
            self.breach(BreachKind::NotTerminated, format!("after {} ms of audio", self.meter.audio_ms()));
        }
        self.state = State::Over;
    }

    /// The mock itself goes away.
    pub(crate) fn stop(&mut self) {
        self.state = State::Over;
    }

    /// A frame arrived that is no message: too large for the WebSocket layer, or broken.
    pub(crate) fn unreadable(&mut self, error: &str) {
        if self.state != State::Over && error.to_lowercase().contains("too long") {
            self.breach(BreachKind::TooLarge, error.to_owned());
            self.fail(1009, String::new());
        }
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, now: Duration) {
        match self.state {
            State::Over => return,
            State::Opening { begin_at: Some(at) } if at <= now => self.begin(now),
            State::Terminating { due: Some(due) } if due <= now => self.end(now),
            _ => {}
        }
        if self.state == State::Over {
            return;
        }
        if now >= self.begun_at + self.cap {
            self.fail(3008, "Session Expired: Maximum session duration exceeded".to_owned());
        } else if let Some(timeout) = self.inactivity().filter(|timeout| now >= self.last_message + *timeout)
        {
            let seconds = timeout.as_secs();
            self.breach(BreachKind::Inactive, format!("nothing for {seconds} s"));
            self.fail(
                3006,
                format!("Session terminated due to inactivity: No messages received for {seconds} seconds"),
            );
        } else if self.failing_at().is_some_and(|at| now >= at) {
            self.fail(3005, "Session Cancelled: An error occurred".to_owned());
        } else if self.heartbeat_at().is_some_and(|at| now >= at) {
            self.heartbeat(now);
        }
    }

    /// When [`Session::tick`] has something to do.
    pub(crate) fn wakes_at(&self) -> Option<Duration> {
        let due = match self.state {
            State::Over => return None,
            State::Opening { begin_at: due } | State::Terminating { due } => due,
            State::Running => None,
        };
        let cap = self.begun_at + self.cap;
        let idle = self.inactivity().map(|timeout| self.last_message + timeout);
        let dues = [Some(cap), due, idle, self.failing_at(), self.heartbeat_at()];
        dues.into_iter().flatten().min()
    }

    /// The next thing to do.
    pub(crate) fn output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Whether the client has said Terminate.
    pub(crate) fn terminated(&self) -> bool {
        self.terminated
    }

    pub(crate) fn audio_ms(&self) -> u64 {
        self.meter.audio_ms()
    }

    fn inactivity(&self) -> Option<Duration> {
        let seconds = self.parameters.inactivity_timeout_s.filter(|_| !self.terminated)?;
        Some(Duration::from_secs(seconds.into()))
    }

    fn failing_at(&self) -> Option<Duration> {
        (self.state == State::Running && self.parameters.model_fails()).then(|| self.begun_at + FAILING_MODEL)
    }

    fn heartbeat_at(&self) -> Option<Duration> {
        (self.state == State::Running && self.parameters.session_heartbeat).then_some(self.next_heartbeat)
    }

    fn heartbeat(&mut self, now: Duration) {
        self.next_heartbeat = now + HEARTBEAT;
        let (audio_ms, open_ms) =
            (self.meter.audio_ms(), now.saturating_sub(self.begun_at).as_millis() as u64);
        let factor = (audio_ms as f64 / open_ms.max(1) as f64 * 1000.0).round() / 1000.0;
        self.send_text(
            serde_json::json!({
                "type": "Heartbeat",
                "total_audio_received_ms": audio_ms,
                "total_duration_ms": open_ms,
                "realtime_factor": factor,
                "max_speech_probability": if audio_ms > 0 { 0.99 } else { 0.0 },
            })
            .to_string(),
        );
    }

    /// Plays the script up to the audio that has come.
    fn play(&mut self) {
        let audio_ms = self.meter.audio_ms();
        while let Some(cue) = self.cues.pop_front_if(|cue| cue.at_ms <= audio_ms) {
            self.advance(cue.at_ms);
            match cue.act {
                Act::Send(text) => self.send_text(text),
                Act::Fault(fault) => self.strike(fault),
            }
            if self.state == State::Over {
                return;
            }
        }
        self.advance(audio_ms);
    }

    fn advance(&mut self, audio_ms: u64) {
        self.transcriber.advance(audio_ms, &self.rules, &mut self.told);
        self.tell();
    }

    fn tell(&mut self) {
        for message in std::mem::take(&mut self.told) {
            let text = message.to_json();
            let repeats = match &message {
                ServerMessage::Turn(turn) if turn.end_of_turn => {
                    self.last_turn = Some(turn.turn_order);
                    self.script.duplicate_finals
                }
                _ => false,
            };
            if repeats {
                self.send_text(text.clone());
            }
            self.send_text(text);
        }
    }

    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::Drop => self.finish_with(Output::Drop),
            Fault::Error { code, text } => self.fail(code, text),
            Fault::ErrorWithoutType { code, text } => {
                self.send_text(serde_json::json!({"error_code": code, "error": text}).to_string());
                self.finish_with(Output::Close { code, reason: ERROR_REASON.to_owned() });
            }
            Fault::Close { code, reason } => self.finish_with(Output::Close { code, reason }),
            Fault::MalformedJson => self.send_text(r#"{"type":"Turn","transcript":"#.to_owned()),
            Fault::UnknownMessage => {
                self.send_text(r#"{"type":"FromTheFuture","novelty":{"level":11}}"#.to_owned());
            }
            Fault::Binary => self.output_unless_mute(Output::Binary(vec![0, 1, 2, 3])),
            Fault::HalfOpen => self.finish_with(Output::HalfOpen),
            Fault::Mute => self.mute = true,
        }
    }

    fn terminate(&mut self, now: Duration) {
        self.terminated = true;
        // A session that has not begun yet begins first.
        if self.state == State::Running {
            self.answer_terminate(now);
        }
    }

    fn answer_terminate(&mut self, now: Duration) {
        let due = match self.script.ending {
            Ending::Ignored => None,
            Ending::Late(late) => Some(now + self.setup.ending_delay + late),
            _ => Some(now + self.setup.ending_delay),
        };
        self.state = State::Terminating { due };
        if due.is_some_and(|due| due <= now) {
            self.end(now);
        }
    }

    fn end(&mut self, now: Duration) {
        self.transcriber.finish(self.meter.audio_ms(), &self.rules, &mut self.told);
        self.tell();
        if self.script.extra_empty_final {
            let turn = assemblyai_protocol::Turn {
                turn_order: self.last_turn.map_or(0, |order| order + 1),
                turn_is_formatted: Some(self.parameters.format_turns),
                end_of_turn: true,
                ..Default::default()
            };
            self.send_text(ServerMessage::Turn(turn).to_json());
        }
        for text in std::mem::take(&mut self.script.after_terminate) {
            self.send_text(text);
        }
        let termination = ServerMessage::Termination(Termination {
            audio_duration_s: Some(self.meter.audio_s() as f64),
            session_duration_s: Some(now.saturating_sub(self.begun_at).as_secs_f64().round()),
        });
        let close = Output::Close { code: 1000, reason: "Session Ended".to_owned() };
        match self.script.ending {
            Ending::Proper | Ending::Late(_) => {
                self.send_text(termination.to_json());
                self.finish_with(close);
            }
            Ending::CloseWithoutTermination => self.finish_with(close),
            Ending::NoClose => {
                self.send_text(termination.to_json());
                self.state = State::Terminating { due: None };
            }
            Ending::NoTermination | Ending::Ignored => self.state = State::Terminating { due: None },
        }
    }

    fn refuse(&mut self, received: &str, refusal: String) {
        self.breach(BreachKind::InvalidMessage, excerpt(received));
        self.fail(3006, refusal);
    }

    /// `Error`, then the close frame with its code; no `Termination`.
    fn fail(&mut self, code: u16, text: String) {
        // Of a message over 128 kB nothing is said but the code.
        if code == 1009 {
            self.finish_with(Output::Close { code, reason: String::new() });
            return;
        }
        let error = ServerMessage::Error(ServiceError { error_code: Some(code), error: text });
        self.send_text(error.to_json());
        self.finish_with(Output::Close { code, reason: ERROR_REASON.to_owned() });
    }

    fn finish_with(&mut self, output: Output) {
        self.output_unless_mute(output);
        self.state = State::Over;
    }

    fn breach(&mut self, kind: BreachKind, text: String) {
        self.outputs.push_back(Output::Breach(kind, text));
    }

    fn send_text(&mut self, text: String) {
        self.output_unless_mute(Output::Text(text));
    }

    fn output_unless_mute(&mut self, output: Output) {
        if !self.mute {
            self.outputs.push_back(output);
        }
    }
}

#[cfg(test)]
mod tests;
