//! Carries out what the session wishes.

use crate::hearing::{Heard, Hearing};
use crate::journal::SAMPLE_RATE_HZ;
use crate::ports::{self, Ports};
use crate::session::{Effect, Input, Session, State};
use crate::transcript::Transcript;

/// The session, the transcript and the way to the browser.
#[derive(Debug)]
pub struct App<P> {
    session: Session,
    transcript: Transcript,
    ports: P,
    hearing: Hearing,
    shown_heard: Heard,
    shown_state: Option<State>,
    shown_elapsed_s: Option<u64>,
}

impl<P: Ports> App<P> {
    /// A page on which nothing has happened yet.
    pub fn new(ports: P) -> Self {
        let mut app = Self {
            session: Session::default(),
            transcript: Transcript::default(),
            ports,
            hearing: Hearing::default(),
            shown_heard: Heard::default(),
            shown_state: None,
            shown_elapsed_s: None,
        };
        app.show();
        app
    }

    /// Takes in what has happened, and does what follows from it.
    pub fn handle(&mut self, input: Input) {
        let captured = match &input {
            Input::AudioCaptured(_, samples, peak) => Some((*peak, samples.len())),
            _ => None,
        };
        for effect in self.session.handle(input) {
            self.perform(effect);
        }
        if let Some((peak, samples)) = captured.filter(|_| self.session.state() != State::Idle) {
            self.ports.view().show_level(peak);
            let heard = self.hearing.judge(peak, samples as u64 * 1000 / u64::from(SAMPLE_RATE_HZ));
            self.show_heard(heard);
        }
        self.show();
    }

    /// Where the recording stands.
    pub fn state(&self) -> State {
        self.session.state()
    }

    fn perform(&mut self, effect: Effect) {
        let ports = &mut self.ports;
        match effect {
            Effect::OpenMicrophone(run) => ports.microphone().open(run),
            Effect::DrainMicrophone(run) => ports.microphone().drain(run),
            Effect::CloseMicrophone(run) => {
                ports.microphone().close(run);
                ports.view().show_level(0.0);
                self.hearing = Hearing::default();
                self.show_heard(Heard::Sound);
            }
            Effect::RequestToken(run) => ports.tokens().request(run),
            Effect::AbandonToken(run) => ports.tokens().abandon(run),
            Effect::OpenSocket(connection, url) => ports.sockets().open(connection, &url),
            Effect::SendAudio(connection, frame) => ports.sockets().send_audio(connection, &frame),
            Effect::Say(connection, message) => ports.sockets().say(connection, &message),
            Effect::CloseSocket(connection) => ports.sockets().close(connection),
            Effect::StartTimer(run, timer) => ports.timers().start(run, timer),
            Effect::StopTimer(timer) => ports.timers().stop(timer),
            Effect::StopTimers => ports.timers().stop_all(),
            Effect::ShowTurn(connection, turn) => {
                if let Some(change) = self.transcript.apply(connection, &turn) {
                    ports::show(ports.view(), change);
                }
            }
            Effect::Report(failure) => ports.view().show_failure(Some(&failure.sentence())),
            Effect::ClearReport => ports.view().show_failure(None),
        }
    }

    fn show_heard(&mut self, heard: Heard) {
        if heard != self.shown_heard {
            self.shown_heard = heard;
            self.ports.view().show_notice(heard.sentence());
        }
    }

    /// Shows what has changed since it was shown last.
    fn show(&mut self) {
        let state = self.session.state();
        let elapsed_s = self.session.journal().captured_samples() / u64::from(SAMPLE_RATE_HZ);
        if self.shown_elapsed_s != Some(elapsed_s) {
            self.shown_elapsed_s = Some(elapsed_s);
            self.ports.view().show_elapsed_s(elapsed_s);
        }
        if self.shown_state != Some(state) {
            self.shown_state = Some(state);
            self.ports.view().show_state(state);
        }
    }
}
