//! One session as a state machine: what the client sends goes in, what the service does comes out.
//!
//! It reads no clock and does no I/O: every input carries the time since the socket opened, and
//! [`Session::wakes_at`] says when it wants to be asked again.

mod audio;
mod clocks;
mod ending;
mod messages;
mod opening;

use std::collections::VecDeque;
use std::time::Duration;

use assemblyai_protocol::{ServerMessage, ServiceError};

use crate::parameters::Parameters;
use crate::script::{Act, Cue, Fault, Script};
use crate::transcript::{Transcriber, TurnRules};
use crate::violation::ViolationKind;
use audio::Meter;
pub(crate) use audio::samples;
use messages::Message;
pub(crate) use messages::excerpt;
pub(crate) use opening::{Credential, Setup};

/// The close reason of every session that ends in an error, whatever the error (seen on the wire).
pub(crate) const ERROR_REASON: &str = "See Error message for details";
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
    Violation(ViolationKind, String),
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
    /// The audio up to which `Silence` was told, or somebody spoke, in ms.
    quiet_from_ms: u64,
    /// Whether anybody was heard since the last heartbeat.
    spoke: bool,
    /// When the next `SpeakerRevision` is due, in ms of audio.
    next_revision_ms: u64,
    cap: Duration,
}

impl Session {
    /// Audio arrived.
    pub(crate) fn audio(&mut self, bytes: &[u8], now: Duration) {
        if self.state == State::Over {
            if self.terminated {
                self.violation(ViolationKind::AfterTerminate, format!("{} bytes of audio", bytes.len()));
            }
            return;
        }
        self.last_message = now;
        if self.terminated {
            self.violation(ViolationKind::AfterTerminate, format!("{} bytes of audio", bytes.len()));
            return;
        }
        for finding in self.meter.count(bytes, now) {
            self.violation(finding.kind, finding.what);
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
            self.violation(ViolationKind::AfterTerminate, excerpt(text));
            return;
        }
        if self.state == State::Over {
            return;
        }
        self.last_message = now;
        if text.len() > assemblyai_protocol::MAX_MESSAGE_BYTES {
            self.violation(ViolationKind::TooLarge, format!("{} bytes of text", text.len()));
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
                        self.violation(ViolationKind::UnknownField, format!("{name} in UpdateConfiguration"));
                    }
                    self.rules = self.script.rules(&self.parameters);
                }
                Err(refusal) => self.refuse(text, refusal),
            },
            Err(refusal) => self.refuse(text, refusal),
        }
    }

    /// The client closed the socket, or is gone.
    pub(crate) fn gone(&mut self) {
        if self.state == State::Running && !self.mute {
            self.violation(
                ViolationKind::NotTerminated,
                format!("after {} ms of audio", self.meter.audio_ms()),
            );
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
            self.violation(ViolationKind::TooLarge, error.to_owned());
            self.fail(1009, String::new());
        }
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

    /// Plays the script up to the audio that has come.
    fn play(&mut self) {
        let audio_ms = self.meter.audio_ms();
        while let Some(cue) = self.cues.pop_front_if(|cue| cue.at_ms <= audio_ms) {
            self.advance(cue.at_ms);
            match cue.act {
                Act::Send(text) => self.send_text(text),
                Act::Fault(fault) => self.inject_fault(fault),
            }
            if self.state == State::Over {
                return;
            }
        }
        self.advance(audio_ms);
        while let Some(fault) =
            self.transcriber.recording_ms().and_then(|ms| self.script.take_recording_fault(ms))
        {
            self.inject_fault(fault);
            if self.state == State::Over {
                return;
            }
        }
        self.acknowledge_silence(audio_ms);
        self.revise_on_the_way(audio_ms);
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

    /// Something goes wrong now.
    pub(crate) fn inject_fault(&mut self, fault: Fault) {
        if self.state == State::Over {
            return;
        }
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

    fn refuse(&mut self, received: &str, refusal: String) {
        self.violation(ViolationKind::InvalidMessage, excerpt(received));
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

    fn violation(&mut self, kind: ViolationKind, text: String) {
        self.outputs.push_back(Output::Violation(kind, text));
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
