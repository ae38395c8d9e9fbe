use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use assemblyai_protocol::ServerMessage;
use assemblyai_session::journal::ms;
use assemblyai_session::{ConnectionId, Failure, Notice, NoticeKind, Timer, TurnKey};

use super::{Driver, Effect, Input, timers};
use crate::Error;
use crate::event::{Event, Gap, Reconnecting, Turn};

/// What the session asks for.
impl Driver {
    /// Hands an input to the session and performs its effects.
    pub(super) fn handle(&mut self, input: Input) {
        let effects = self.machine.handle(input);
        self.perform_all(effects);
    }

    /// Performs effects, and those of the inputs that they lead to.
    pub(super) fn perform_all(&mut self, mut effects: Vec<Effect>) {
        let mut inputs = VecDeque::new();
        loop {
            let backoff = effects.iter().find_map(|effect| match effect {
                Effect::StartTimer(_, Timer::Backoff, ms) => Some(Duration::from_millis(u64::from(*ms))),
                _ => None,
            });
            for effect in effects {
                inputs.extend(self.perform(effect, backoff));
            }
            let Some(input) = inputs.pop_front() else { return };
            effects = self.machine.handle(input);
        }
    }

    /// Hands something from the network to the session.
    pub(super) fn receive(&mut self, input: Input) {
        if let Input::Received(_, message) = &input {
            match message {
                ServerMessage::Begin(begin) => self.begin = Some(begin.clone()),
                // The session turns these into effects, and those become events.
                ServerMessage::Turn(_)
                | ServerMessage::SpeakerRevision(_)
                | ServerMessage::Termination(_)
                | ServerMessage::Error(_) => {}
                ServerMessage::SpeechStarted(_)
                | ServerMessage::Heartbeat(_)
                | ServerMessage::Silence(_)
                | ServerMessage::Warning(_)
                | ServerMessage::LlmGatewayResponse(_)
                | ServerMessage::Unknown(_) => self.events.push(Event::Message(message.clone())),
            }
        }
        self.handle(input);
    }

    /// Performs an effect; returns what the session has to know of it.
    fn perform(&mut self, effect: Effect, backoff: Option<Duration>) -> Option<Input> {
        match effect {
            // The audio is there, or will be: it comes through the sink.
            Effect::OpenMicrophone(recording) => return Some(Input::MicrophoneOpened(recording)),
            Effect::DrainMicrophone(recording) => return Some(Input::MicrophoneDrained(recording)),
            Effect::StartRecording(recording) => self.recording = recording,
            Effect::RequestToken(connection) => self.request_token(connection),
            Effect::AbandonToken(connection) => {
                if let Some((_, request)) = self.token.take_if(|(of, _)| *of == connection) {
                    request.abort();
                }
            }
            Effect::OpenSocket(connection, url) => {
                self.set_standby(&url);
                if self.opening.is_slow_reader() {
                    self.machine.expect_slow_reader();
                }
                self.sockets.open(connection, url);
                self.open_time.opened(connection, self.now_ms());
            }
            Effect::SendAudio(connection, frame) => self.sockets.send_audio(connection, &frame),
            Effect::SendMessage(connection, signal) => {
                self.sockets.send_text(connection, signal.to_json().to_owned());
            }
            Effect::SendText(connection, text) => self.sockets.send_text(connection, text),
            Effect::CloseSocket(connection) => {
                self.sockets.close(connection);
                self.open_time.closed(connection, self.now_ms());
            }
            Effect::StartTimer(_, timer, ms) => self.timers.start(timer, ms),
            Effect::RotateBefore(_, expires_at_s) => {
                let ms = Timer::rotation_limit_ms(expires_at_s * 1000.0, timers::unix_ms());
                self.timers.start(Timer::Rotation, ms);
            }
            Effect::StopTimer(timer) => self.timers.stop(timer),
            Effect::StopTimers => self.timers.stop_all(),
            Effect::Connected(connection, from) => {
                self.has_begun = true;
                self.transcript.connected(connection, ms(from));
                self.events.extend(self.begin.take().map(Event::Begin));
            }
            Effect::ShowTurn(connection, turn) => {
                if let Some(change) = self.transcript.apply(connection, &turn) {
                    self.events.push(Event::Turn(Turn::new(change.key, change.turn, change.replaced)));
                    self.latency.shown(&turn, self.now_ms());
                }
            }
            Effect::ReviseSpeakers(connection, revision) => {
                let changed = self.transcript.revise(connection, &revision);
                let turns: Vec<Turn> = changed.into_iter().filter_map(|key| self.turn(key)).collect();
                if !turns.is_empty() {
                    self.events.push(Event::SpeakersRevised(turns));
                }
            }
            Effect::ShowGap(after, from, to) => self.show_gap(after, from, to),
            Effect::ShowNotice(Notice::Reconnecting(failure)) => {
                let (cause, wait) = (self.error_of(failure), backoff.unwrap_or_default());
                self.reconnecting = Some(cause.clone());
                self.events.push(Event::Reconnecting(Reconnecting { cause, wait }));
            }
            Effect::ClearNotice(NoticeKind::Reconnecting) => {
                if self.reconnecting.take().is_some() {
                    self.events.push(Event::Reconnected);
                }
            }
            Effect::ShowError(failure) => {
                let error = self.error_of(failure);
                self.error.get_or_insert(error);
            }
            Effect::Complete | Effect::Interrupt => {
                for key in self.transcript.settle() {
                    let turn = self.turn(key);
                    self.events.extend(turn.map(Event::Turn));
                }
            }
            // A program has no microphone to mute, and keeps its audio itself if it wants to resume a recording.
            Effect::MuteMicrophone(..)
            | Effect::CloseMicrophone(_)
            | Effect::Confirmed(_)
            | Effect::ShowNotice(_)
            | Effect::ClearNotice(_)
            | Effect::ClearError => {}
        }
        None
    }

    fn error_of(&self, failure: Failure<Infallible>) -> Error {
        let error = Error::of(failure);
        if self.has_begun { error } else { error.before_begin() }
    }

    /// Labels of speakers restart with each connection: with them it is not closed.
    fn set_standby(&mut self, url: &str) {
        let has_labels = url.split(['?', '&']).any(|parameter| parameter == "speaker_labels=true");
        let after = self.settings.standby_after.filter(|_| !has_labels);
        let ms = after.map(|after| u32::try_from(after.as_millis()).unwrap_or(u32::MAX));
        self.machine.set_standby_after_ms(ms);
    }

    fn request_token(&mut self, connection: ConnectionId) {
        let (opening, inputs) = (self.opening.clone(), self.inputs.0.clone());
        let request = tokio::spawn(async move {
            let input = match opening.socket_url().await {
                Ok(url) => Input::TokenGranted(connection, url),
                Err(failure) => Input::TokenRefused(connection, failure),
            };
            // Fails if the session has ended.
            inputs.send(input).ok();
        });
        self.token = Some((connection, request));
    }

    fn turn(&self, key: TurnKey) -> Option<Turn> {
        self.transcript.turn(key).map(|turn| Turn::new(key, turn, vec![]))
    }

    pub(super) fn show_gap(&mut self, after: ConnectionId, from: u64, to: u64) {
        self.transcript.gap(after, ms(from), ms(to), |_| String::new());
        self.events.push(Event::Gap(Gap {
            start: Duration::from_millis(ms(from)),
            end: Duration::from_millis(ms(to)),
            after_connection: after.0,
        }));
    }
}
