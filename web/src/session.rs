//! The life of a recording: facts in, wishes out. No clock, no I/O.
//!
//! ```text
//!            Record            microphone           Begin
//!     Idle ─────────► Asking ────────────► Connecting ───► Streaming
//!      ▲                                       │ Stop          │ Stop
//!      │                                       ▼               ▼
//!      │                                   Draining: the worklet's tail is on its way
//!      │                                       │               │
//!      │                        not yet open   ▼               ▼   open
//!      │                                   Finishing ────► Terminating
//!      └───────────────────────────────────────┴───────────────┘
//! ```
//!
//! Any failure leads to `Idle`, with the microphone let go and the socket closed.

mod events;
mod state;

use assemblyai_protocol::{ClientMessage, ServerMessage};

pub use events::{ConnectionId, Effect, Input, Loss, Run};
pub use state::{Handshake, Link, State, Timer};

use crate::failure::{Failure, MicrophoneFailure, TokenFailure};
use crate::journal::Journal;

/// A page's recordings, one after the other.
#[derive(Debug, Default)]
pub struct Session {
    state: State,
    run: Run,
    connection: ConnectionId,
    journal: Journal,
}

impl Session {
    /// Where the recording stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The recording's audio.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Takes in what has happened and tells what is to be done, in this order.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        use Effect as E;
        use Handshake::{Begin, Token};
        use Input as I;
        use State as S;

        if self.is_stale(&input) {
            return match input {
                // It was granted after nobody wanted it any more.
                I::MicrophoneGranted(run) | I::MicrophoneOpened(run) => vec![E::CloseMicrophone(run)],
                _ => vec![],
            };
        }
        let (run, connection) = (self.run, self.connection);
        match (self.state, input) {
            (S::Idle, I::ButtonPressed) => {
                self.run.0 += 1;
                self.journal = Journal::default();
                self.go(S::Asking, vec![E::ClearReport, E::OpenMicrophone(self.run)])
            }

            // No limit on the user's answer, but on what follows it.
            (S::Asking, I::MicrophoneGranted(_)) => vec![E::StartTimer(run, Timer::Microphone)],
            (S::Asking, I::MicrophoneOpened(_)) => self.go(
                S::Connecting(Token),
                vec![E::StopTimer(Timer::Microphone), E::RequestToken(run), E::StartTimer(run, Timer::Token)],
            ),
            (S::Asking, I::MicrophoneRefused(_, failure)) => self.end(Some(Failure::Microphone(failure))),
            (S::Asking, I::MicrophoneLost(_, loss)) => self.end(Some(loss.into())),
            (S::Asking, I::TimeIsUp(_, Timer::Microphone)) => {
                self.end(Some(Failure::Microphone(MicrophoneFailure::NoWorklet)))
            }

            // What is captured is kept, and sent as soon as it can be.
            (
                S::Asking | S::Connecting(_) | S::Draining(Link::Connecting(_)),
                I::AudioCaptured(_, samples, _),
            ) => {
                self.journal.push(&samples);
                vec![]
            }
            (S::Streaming | S::Draining(Link::Open), I::AudioCaptured(_, samples, _)) => {
                self.journal.push(&samples);
                self.send_whole_frames()
            }

            // The connection: token, socket, Begin.
            (S::Connecting(Token), I::TokenGranted(_, url)) => self.open_socket(url, S::Connecting(Begin)),
            (S::Draining(Link::Connecting(Token)), I::TokenGranted(_, url)) => {
                self.open_socket(url, S::Draining(Link::Connecting(Begin)))
            }
            (S::Finishing(Token), I::TokenGranted(_, url)) => self.open_socket(url, S::Finishing(Begin)),
            (S::Connecting(Begin), I::Received(_, ServerMessage::Begin(_))) => self.begin(S::Streaming),
            (S::Draining(Link::Connecting(Begin)), I::Received(_, ServerMessage::Begin(_))) => {
                self.begin(S::Draining(Link::Open))
            }
            (S::Finishing(Begin), I::Received(_, ServerMessage::Begin(_))) => self.terminate(),

            // Stop, or the microphone is gone: first the tail, then the end.
            (S::Connecting(handshake), I::ButtonPressed) => self.drain(Link::Connecting(handshake)),
            (S::Streaming, I::ButtonPressed) => self.drain(Link::Open),
            (
                S::Draining(link),
                I::MicrophoneDrained(_) | I::MicrophoneLost(..) | I::TimeIsUp(_, Timer::Drain),
            ) => self.finish(link, None),
            (S::Connecting(handshake), I::MicrophoneLost(_, loss)) => {
                self.finish(Link::Connecting(handshake), Some(loss.into()))
            }
            (S::Streaming, I::MicrophoneLost(_, loss)) => self.finish(Link::Open, Some(loss.into())),

            // The end, as it should be.
            (S::Terminating, I::Received(_, ServerMessage::Termination(_)) | I::Closed(_, 1000, _)) => {
                self.end(None)
            }
            // The end at once: there is nothing to keep yet, or this is the second press.
            (S::Asking, I::ButtonPressed | I::PageHidden) | (S::Finishing(_), I::ButtonPressed) => {
                self.end(None)
            }

            // Turns, whenever they come.
            (_, I::Received(_, ServerMessage::Turn(turn))) => vec![E::ShowTurn(connection, turn)],

            // The end, as it should not be.
            (_, I::PageHidden) => self.leave(),
            (_, I::TokenRefused(_, failure)) => self.end(Some(Failure::Token(failure))),
            (_, I::Received(_, ServerMessage::Error(error))) => {
                self.end(Some(Failure::Service { code: error.error_code, text: error.error }))
            }
            (_, I::Received(_, ServerMessage::Termination(_))) => self.end(Some(Failure::EndedByService)),
            (_, I::Closed(_, code, reason)) => self.end(Some(Failure::Closed { code, reason })),
            (_, I::TimeIsUp(_, Timer::Token)) => self.end(Some(Failure::Token(TokenFailure::TooSlow))),
            (_, I::TimeIsUp(_, Timer::Begin)) => self.end(Some(Failure::NoBegin)),
            (_, I::TimeIsUp(_, Timer::Finish)) => self.end(Some(Failure::Unsent)),
            (_, I::TimeIsUp(_, Timer::Termination)) => self.end(Some(Failure::NoTermination)),

            // Inputs that mean nothing where the session stands.
            (
                _,
                I::ButtonPressed
                | I::AudioCaptured(..)
                | I::MicrophoneGranted(_)
                | I::MicrophoneOpened(_)
                | I::MicrophoneRefused(..)
                | I::MicrophoneDrained(_)
                | I::MicrophoneLost(..)
                | I::TokenGranted(..)
                | I::Received(..)
                | I::TimeIsUp(_, Timer::Drain | Timer::Microphone),
            ) => vec![],
        }
    }

    /// Whether the input answers to something that is over.
    fn is_stale(&self, input: &Input) -> bool {
        let idle = self.state == State::Idle;
        match input {
            Input::ButtonPressed => false,
            Input::PageHidden => idle,
            Input::MicrophoneGranted(run)
            | Input::MicrophoneOpened(run)
            | Input::MicrophoneRefused(run, _)
            | Input::AudioCaptured(run, ..)
            | Input::MicrophoneDrained(run)
            | Input::MicrophoneLost(run, _)
            | Input::TokenGranted(run, _)
            | Input::TokenRefused(run, _)
            | Input::TimeIsUp(run, _) => idle || *run != self.run,
            Input::Received(connection, _) | Input::Closed(connection, ..) => {
                idle || *connection != self.connection || !self.has_socket()
            }
        }
    }

    /// Whether a socket is open, or asked for.
    fn has_socket(&self) -> bool {
        match self.state {
            State::Idle | State::Asking => false,
            State::Connecting(handshake)
            | State::Finishing(handshake)
            | State::Draining(Link::Connecting(handshake)) => handshake == Handshake::Begin,
            State::Streaming | State::Draining(Link::Open) | State::Terminating => true,
        }
    }

    /// Whether the microphone is live, or asked for.
    fn has_microphone(&self) -> bool {
        matches!(self.state, State::Asking | State::Connecting(_) | State::Streaming | State::Draining(_))
    }

    fn go(&mut self, state: State, effects: Vec<Effect>) -> Vec<Effect> {
        self.state = state;
        effects
    }

    fn open_socket(&mut self, url: String, next: State) -> Vec<Effect> {
        self.connection.0 += 1;
        let effects = vec![
            Effect::StopTimer(Timer::Token),
            Effect::OpenSocket(self.connection, url),
            Effect::StartTimer(self.run, Timer::Begin),
        ];
        self.go(next, effects)
    }

    /// The session is open: what was kept until now goes first.
    fn begin(&mut self, next: State) -> Vec<Effect> {
        let mut effects = vec![Effect::StopTimer(Timer::Begin)];
        effects.extend(self.send_whole_frames());
        self.go(next, effects)
    }

    fn send_whole_frames(&mut self) -> Vec<Effect> {
        let connection = self.connection;
        std::iter::from_fn(|| self.journal.next_frame())
            .map(|frame| Effect::SendAudio(connection, frame))
            .collect()
    }

    fn drain(&mut self, link: Link) -> Vec<Effect> {
        let run = self.run;
        let effects = vec![Effect::DrainMicrophone(run), Effect::StartTimer(run, Timer::Drain)];
        self.go(State::Draining(link), effects)
    }

    /// Capture is over: what is kept goes out now, or once the connection is made.
    fn finish(&mut self, link: Link, failure: Option<Failure>) -> Vec<Effect> {
        let mut effects = vec![Effect::StopTimer(Timer::Drain), Effect::CloseMicrophone(self.run)];
        effects.extend(failure.map(Effect::Report));
        effects.extend(match link {
            Link::Open => self.terminate(),
            Link::Connecting(handshake) => {
                self.state = State::Finishing(handshake);
                if self.journal.is_empty() {
                    self.end(None) // Nothing was said.
                } else {
                    vec![Effect::StartTimer(self.run, Timer::Finish)]
                }
            }
        });
        effects
    }

    /// The rest of the audio, `Terminate`, and the wait for `Termination`.
    fn terminate(&mut self) -> Vec<Effect> {
        let (run, connection) = (self.run, self.connection);
        let frames = self.journal.drain().into_iter().map(|frame| Effect::SendAudio(connection, frame));
        let effects = std::iter::once(Effect::StopTimers)
            .chain(frames)
            .chain([
                Effect::Say(connection, ClientMessage::Terminate),
                Effect::StartTimer(run, Timer::Termination),
            ])
            .collect();
        self.go(State::Terminating, effects)
    }

    /// Nothing is held any more, whatever the state was.
    fn end(&mut self, failure: Option<Failure>) -> Vec<Effect> {
        let mut effects = vec![Effect::StopTimers];
        if self.has_microphone() {
            effects.push(Effect::CloseMicrophone(self.run));
        }
        if self.has_socket() {
            effects.push(Effect::CloseSocket(self.connection));
        } else if !matches!(self.state, State::Idle | State::Asking) {
            effects.push(Effect::AbandonToken(self.run));
        }
        effects.extend(failure.map(Effect::Report));
        self.go(State::Idle, effects)
    }

    /// The page goes away: no time to wait, but the service is told, since an open session is billed.
    fn leave(&mut self) -> Vec<Effect> {
        let begun = matches!(self.state, State::Streaming | State::Draining(Link::Open));
        let mut effects = if begun { self.terminate() } else { vec![] };
        if begun {
            effects.push(Effect::CloseMicrophone(self.run));
        }
        effects.extend(self.end(None));
        effects
    }
}
