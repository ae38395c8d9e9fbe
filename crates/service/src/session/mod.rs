//! A session as a state machine: its inputs are the client's messages, the time and what a recogniser finds; its
//! outputs are what the socket does.
//!
//! It reads no clock and does no I/O. Every input carries the time since the socket opened, and
//! [`Session::wakes_at`] returns when the next [`Session::tick`] is due.

mod audio;
mod client_messages;
mod clocks;
mod ending;
mod opening;
mod plan;

use std::collections::VecDeque;
use std::time::Duration;

use assemblyai_protocol::{ServerMessage, ServiceError, Warning};

use crate::parameters::Parameters;
use crate::transcript::Transcriber;
use crate::turn_rules::TurnRules;
use crate::violation::ViolationKind;
pub use audio::decode;
use audio::{AudioMeter, Decoder};
use client_messages::Message;
pub use client_messages::excerpt;
pub use opening::{Credential, Setup};
pub use plan::{Action, FINISH_LIMIT, Plan, SessionEnd};

/// The close reason of every session that ends with an error (observed).
pub const ERROR_REASON: &str = "See Error message for details";

/// The error of a session whose model has failed (observed).
pub(crate) const FAILED: &str = "Session Cancelled: An error occurred";

/// `warning_code`: the service's own codes are not documented.
const WARNING_CODE: f64 = 1.0;

/// What the socket must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output<O> {
    /// Sends a text message.
    Text(String),
    /// Sends a close frame; it is the last frame.
    Close {
        /// The code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// Does what the plan says.
    Planned(O),
    /// Notes that the client broke a rule, and what was received.
    Violation(ViolationKind, String),
}

/// Why the WebSocket layer rejects a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFault {
    /// It is larger than the layer reads.
    TooLarge,
    /// A text that is not UTF-8.
    NotUtf8,
    /// Anything else that RFC 6455 forbids.
    Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// `Begin` is due at this time, or never.
    Opening {
        begin_at: Option<Duration>,
    },
    Running,
    /// The client has sent `Terminate`; the last messages are due at this time, or never.
    Terminating {
        due: Option<Duration>,
        /// When `Terminate` was received, or the recogniser had new words after it.
        progress_at: Duration,
    },
    Over,
}

/// What is still sent to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    All,
    /// All until a turn ends or none is open; then the session is closed.
    UntilTurnEnds {
        /// [`Session::next_order`] when that was decided.
        next_order: u64,
    },
    /// Nothing until an [`Action`] ends the session ([`Action::Mute`]).
    Nothing,
}

/// The state of one session.
#[derive(Debug)]
pub struct Session<P: Plan> {
    setup: Setup,
    parameters: Parameters,
    rules: TurnRules,
    plan: P,
    transcriber: Transcriber,
    /// Messages of the transcriber that have not been sent.
    unsent: Vec<ServerMessage>,
    meter: AudioMeter,
    decoder: Decoder,
    phase: Phase,
    outputs: VecDeque<Output<P::Output>>,
    /// Whether the client has sent `Terminate`.
    terminated: bool,
    sending: Sending,
    begun_at: Duration,
    last_message: Duration,
    next_heartbeat: Duration,
    /// What the client asked for and does not get, a sentence each.
    warnings: Vec<String>,
    /// The sentences that were sent.
    warned: Vec<String>,
    /// The `turn_order` that follows the last final.
    next_order: u64,
    /// Position of the audio up to which `Silence` was sent or there was speech, in ms.
    quiet_from_ms: u64,
    /// Whether there was speech since the last heartbeat.
    spoke: bool,
    /// When the next `SpeakerRevision` is due, in ms of audio.
    next_revision_ms: u64,
    /// Maximum duration of the session.
    cap: Duration,
}

impl<P: Plan> Session<P> {
    /// Handles an audio message.
    pub fn audio(&mut self, bytes: &[u8], now: Duration) {
        if self.phase == Phase::Over {
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
            if let Some((code, text)) = finding.error {
                self.fail(code, text);
                return;
            }
        }
        if self.transcriber.needs_samples() && self.phase != (Phase::Opening { begin_at: None }) {
            let samples = self.decoder.decode(bytes, self.parameters.encoding);
            // Messages for audio before `Begin` are sent after it.
            self.transcriber.push(&samples, &self.rules, &mut self.unsent);
        }
        if self.phase == Phase::Running {
            self.play();
            self.close_if_drained();
        }
        self.meter.hold(self.is_behind());
    }

    /// Handles a text message.
    pub fn text(&mut self, text: &str, now: Duration) {
        if self.terminated {
            self.violation(ViolationKind::AfterTerminate, excerpt(text));
            return;
        }
        if self.phase == Phase::Over {
            return;
        }
        self.last_message = now;
        if text.len() > assemblyai_protocol::MAX_MESSAGE_BYTES {
            self.violation(ViolationKind::TooLarge, format!("{} bytes of text", text.len()));
            self.fail(1009, String::new());
            return;
        }
        match client_messages::read(text) {
            Ok(Message::Terminate) => self.terminate(now),
            Ok(Message::KeepAlive) => {}
            Ok(Message::ForceEndpoint) => {
                self.transcriber.force_endpoint(self.meter.audio_ms(), &self.rules, &mut self.unsent);
                self.send_if_running();
            }
            Ok(Message::UpdateConfiguration(fields)) => match self.parameters.update(&fields) {
                Ok(ignored) => {
                    for name in ignored {
                        self.violation(ViolationKind::UnknownField, format!("{name} in UpdateConfiguration"));
                    }
                    let (parameters, warnings) = self.plan.adopt(self.parameters.clone());
                    (self.parameters, self.warnings) = (parameters, warnings);
                    if self.phase == Phase::Running {
                        self.send_warnings();
                    }
                    self.rules = self.plan.rules(&self.parameters);
                    self.transcriber.configure(&self.rules, &mut self.unsent);
                    self.send_if_running();
                }
                Err(error) => self.reject(text, error),
            },
            Err(error) => self.reject(text, error),
        }
    }

    /// Handles the end of the connection by the client.
    pub fn disconnected(&mut self) {
        if self.phase == Phase::Running && self.sending != Sending::Nothing {
            self.violation(
                ViolationKind::NotTerminated,
                format!("after {} ms of audio", self.meter.audio_ms()),
            );
        }
        self.phase = Phase::Over;
    }

    /// Ends the session because the server stops.
    pub fn stop(&mut self) {
        self.phase = Phase::Over;
    }

    /// Handles a frame that the WebSocket layer rejects: too large, or against RFC 6455.
    pub fn unreadable(&mut self, fault: FrameFault, error: &str) {
        if self.phase == Phase::Over {
            return;
        }
        let (kind, code) = match fault {
            FrameFault::TooLarge => (ViolationKind::TooLarge, 1009),
            FrameFault::NotUtf8 => (ViolationKind::Malformed, 1007),
            FrameFault::Protocol => (ViolationKind::Malformed, 1002),
        };
        self.violation(kind, error.to_owned());
        self.finish_with(Output::Close { code, reason: String::new() });
    }

    /// Notes that the client's close frame has a code that none may have (RFC 6455, section 7.4).
    pub fn closed_wrongly(&mut self) {
        self.violation(ViolationKind::Malformed, "a close frame with a code that is not allowed".to_owned());
    }

    /// Removes and returns the next output.
    pub fn output(&mut self) -> Option<Output<P::Output>> {
        self.outputs.pop_front()
    }

    /// Whether the client's messages are to wait until [`Session::poll`].
    pub fn is_behind(&self) -> bool {
        self.phase == Phase::Running && self.transcriber.is_behind()
    }

    /// The client's parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Whether the client has sent `Terminate`.
    pub fn terminated(&self) -> bool {
        self.terminated
    }

    /// Duration of the audio so far, in ms.
    pub fn audio_ms(&self) -> u64 {
        self.meter.audio_ms()
    }

    /// Follows the plan up to the audio received so far.
    fn play(&mut self) {
        let audio_ms = self.meter.audio_ms();
        while let Some((at_ms, action)) = self.plan.next_action(audio_ms) {
            self.advance(at_ms);
            self.act(action);
            if self.phase == Phase::Over {
                return;
            }
        }
        self.advance(audio_ms);
        self.acknowledge_silence(audio_ms);
        self.revise_at_interval(audio_ms);
    }

    fn advance(&mut self, audio_ms: u64) {
        self.transcriber.advance(audio_ms, &self.rules, &mut self.unsent);
        self.send_messages();
    }

    fn send_messages(&mut self) {
        for message in std::mem::take(&mut self.unsent) {
            let text = message.to_json();
            let copies = match &message {
                ServerMessage::Turn(turn) if turn.end_of_turn => {
                    self.next_order = turn.turn_order + 1;
                    self.plan.copies_of_finals()
                }
                _ => 1,
            };
            for _ in 1..copies {
                self.send_text(text.clone());
            }
            self.send_text(text);
        }
    }

    /// Does something now that the client did not cause.
    pub fn act(&mut self, action: Action<P::Output>) {
        if self.phase == Phase::Over {
            return;
        }
        // What ends the session does so also after `Action::Mute`.
        if matches!(action, Action::Fail { .. } | Action::Close { .. } | Action::EndWith(_)) {
            self.sending = Sending::All;
        }
        match action {
            Action::Send(text) => self.send_text(text),
            Action::Fail { code, text } => self.fail(code, text),
            Action::Close { code, reason } => self.finish_with(Output::Close { code, reason }),
            Action::Drain => {
                self.sending = Sending::UntilTurnEnds { next_order: self.next_order };
                self.take_found();
            }
            Action::Mute => self.sending = Sending::Nothing,
            Action::Perform(output) => self.output_unless_mute(Output::Planned(output)),
            Action::EndWith(output) => self.finish_with(Output::Planned(output)),
        }
    }

    /// Takes what the recogniser has found since; its host calls this when the recogniser wakes it.
    pub fn poll(&mut self, now: Duration) {
        if self.is_behind() {
            // The client's messages wait: it is not the client that is silent.
            self.last_message = now;
        }
        self.take_found();
        if let Phase::Terminating { due: Some(due), progress_at } = &mut self.phase {
            // Only a turn makes clients wait longer.
            if *due <= now && self.unsent.iter().any(|it| matches!(it, ServerMessage::Turn(_))) {
                *progress_at = now;
                self.send_messages();
            }
            self.tick(now);
        }
    }

    fn take_found(&mut self) {
        self.transcriber.poll(&self.rules, &mut self.unsent);
        self.send_if_running();
        if self.phase != Phase::Over && self.transcriber.has_failed() {
            self.fail(3005, FAILED.to_owned());
        }
        self.close_if_drained();
    }

    /// Before `Begin` and after `Terminate` messages wait.
    fn send_if_running(&mut self) {
        if self.phase == Phase::Running {
            self.send_messages();
        }
    }

    /// Sends the warnings that were not sent before.
    fn send_warnings(&mut self) {
        for warning in std::mem::take(&mut self.warnings) {
            if !self.warned.contains(&warning) {
                let message = Warning { warning_code: Some(WARNING_CODE), warning: warning.clone() };
                self.send(&ServerMessage::Warning(message));
                self.warned.push(warning);
            }
        }
    }

    fn close_if_drained(&mut self) {
        let Sending::UntilTurnEnds { next_order } = self.sending else { return };
        let audio_ms = self.meter.audio_ms();
        // A recogniser that is late hears the next turn when it ends one: the client has no word of that yet.
        let is_between_turns = self.next_order > next_order && !self.transcriber.has_begun_turn(audio_ms);
        let is_idle = is_between_turns || !self.transcriber.is_speaking(audio_ms);
        if self.phase == Phase::Running && is_idle {
            self.finish_with(Output::Close { code: 1012, reason: "Service Restart".to_owned() });
        }
    }

    fn reject(&mut self, received: &str, error: String) {
        self.violation(ViolationKind::InvalidMessage, excerpt(received));
        self.fail(3006, error);
    }

    /// Ends the session with an `Error` message and a close frame with its code, without `Termination`.
    fn fail(&mut self, code: u16, text: String) {
        // The service sends only the close code if a message is too large.
        if code == 1009 {
            self.finish_with(Output::Close { code, reason: String::new() });
            return;
        }
        let error = ServerMessage::Error(ServiceError { error_code: Some(code), error: text });
        self.send(&error);
        self.finish_with(Output::Close { code, reason: ERROR_REASON.to_owned() });
    }

    fn finish_with(&mut self, output: Output<P::Output>) {
        self.output_unless_mute(output);
        self.phase = Phase::Over;
    }

    fn violation(&mut self, kind: ViolationKind, text: String) {
        self.outputs.push_back(Output::Violation(kind, text));
    }

    fn send(&mut self, message: &ServerMessage) {
        self.send_text(message.to_json());
    }

    fn send_text(&mut self, text: String) {
        self.output_unless_mute(Output::Text(text));
    }

    fn output_unless_mute(&mut self, output: Output<P::Output>) {
        if self.sending != Sending::Nothing {
            self.outputs.push_back(output);
        }
    }
}
