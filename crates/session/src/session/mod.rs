//! The life of a recording: facts in, wishes out. No clock, no I/O.
//!
//! ```text
//!            Record           microphone               Stop            tail           all is sent
//!     Idle ─────────► Asking ────────────► Recording ──────► Draining ─────► Finishing ─────► Terminating
//!      ▲                                    │    ▲               Stop            │                  │
//!      │                              Pause ▼    │ resume  ┌────────────────────►│                  │
//!      │                                    Paused ────────┘                     │                  │
//!      └─────────────────────────────────────────────────────────────────────────┴──────────────────┘
//! ```
//!
//! Beside it runs the connection ([`Link`]): token, socket, `Begin`; lost, waited for, made anew, taken over.
//! Once the service has said `Begin` for the first time, a lost connection loses no word: the journal gives the
//! next one what is not confirmed. What cannot be helped leads to `Idle`, with nothing held any more.

mod audio_stats;
mod backoff;
mod capture;
mod connection;
mod events;
mod send_window;
mod state;

use std::marker::PhantomData;

use assemblyai_protocol::{ServerMessage, Signal};

pub use audio_stats::AudioStats;
use backoff::Backoff;
pub use events::{Effect, Input, RecordingId, ResumeState};
use send_window::SendWindow;
pub use state::{Handshake, Link, Pause, Phase, State, Timer};
use state::{Heartbeats, LinkHealth};

use crate::failure::{Failure, TokenFailure};
use crate::journal::{Journal, SAMPLE_RATE_HZ};
use crate::turn::ConnectionId;

/// A page's recordings, one after the other.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; the states are in `State`")]
pub struct Session<M> {
    state: State,
    recording: RecordingId,
    link: Link,
    /// The newest attempt at a connection.
    connection: ConnectionId,
    send_window: SendWindow,
    backoff: Backoff,
    journal: Journal,
    stats: AudioStats,
    /// Whether the recording has had a connection: from then on a lost one is made anew.
    has_begun: bool,
    /// Why the open connection seems dead, if it does.
    doubt: Option<LinkHealth>,
    /// Whether the attempt under way is made for that reason.
    is_attempt_of_doubt: bool,
    /// Whether the service sends `Heartbeat`.
    heartbeats: Heartbeats,
    /// Whether the wait for a last connection is limited already.
    is_limited: bool,
    /// How many connections were lost after Stop.
    ends_lost: u32,
    /// What is still captured after Pause, in samples.
    pause_tail: u64,
    /// Whether the microphone went away during a pause.
    is_microphone_gone: bool,
    /// The user's newest wishes, as long as a connection is made that was asked for with older ones.
    configuration: Option<String>,
    /// How often the microphone got lost in a row, and up to where it had captured.
    losses: (u32, u64),
    microphone_failure: PhantomData<fn(M)>,
}

impl<M> Session<M> {
    /// A page on which nothing has been recorded; `seed` is for the waits between attempts, any number.
    pub fn new(seed: u32) -> Self {
        Self {
            state: State::default(),
            recording: RecordingId::default(),
            link: Link::default(),
            connection: ConnectionId::default(),
            send_window: SendWindow::default(),
            backoff: Backoff::new(seed),
            journal: Journal::default(),
            stats: AudioStats::default(),
            has_begun: false,
            doubt: None,
            is_attempt_of_doubt: false,
            heartbeats: Heartbeats::Expected,
            is_limited: false,
            ends_lost: 0,
            pause_tail: 0,
            is_microphone_gone: false,
            configuration: None,
            losses: (0, 0),
            microphone_failure: PhantomData,
        }
    }

    /// Where the recording stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The connection.
    pub fn link(&self) -> Link {
        self.link
    }

    /// The newest attempt at a connection.
    pub fn newest_connection(&self) -> ConnectionId {
        self.connection
    }

    /// The recording's audio.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What became of the audio so far.
    pub fn audio_stats(&self) -> AudioStats {
        // A gap counts as settled for the journal, but nobody has heard it.
        let confirmed = self.journal.confirmed().saturating_sub(self.stats.given_up);
        AudioStats { captured: self.journal.captured(), confirmed, ..self.stats }
    }

    /// What the user sees of where things stand.
    pub fn phase(&self) -> Phase {
        let is_open = self.link.open.is_some() && self.doubt.is_none();
        match self.state {
            State::Idle => Phase::Idle,
            State::RequestingMicrophone => Phase::Starting,
            State::Recording if is_open => Phase::Recording,
            State::Recording if self.has_begun => Phase::Reconnecting,
            State::Recording => Phase::Connecting,
            State::Paused(Pause::Wanted) => Phase::Paused,
            State::Paused(Pause::NoMicrophone) => Phase::NoMicrophone,
            State::Flushing => Phase::Sending(self.journal.unsent() / u64::from(SAMPLE_RATE_HZ)),
            State::Draining | State::Terminating => Phase::Stopping,
        }
    }

    /// Takes in what has happened and tells what is to be done, in this order.
    pub fn handle(&mut self, input: Input<M>) -> Vec<Effect<M>> {
        let confirmed = self.journal.confirmed();
        let mut effects = self.transition(input);
        if self.journal.confirmed() > confirmed {
            effects.push(Effect::Confirmed(self.journal.confirmed()));
        }
        effects
    }

    #[expect(clippy::too_many_lines, reason = "all that can happen, on one page")]
    fn transition(&mut self, input: Input<M>) -> Vec<Effect<M>> {
        use Effect as E;
        use Handshake::{Begin, Token};
        use Input as I;
        use State as S;

        if self.is_stale(&input) {
            return match input {
                // It was granted after nobody wanted it any more.
                I::MicrophoneGranted(recording) | I::MicrophoneOpened(recording) => {
                    vec![E::CloseMicrophone(recording)]
                }
                _ => vec![],
            };
        }
        match (self.state, input) {
            (S::Idle, I::Start) => self.start(),
            (S::Idle, I::ResumeRecording(kept)) => self.resume_kept(kept),

            // The microphone. No limit on the user's answer, but on what follows it.
            (S::RequestingMicrophone, I::MicrophoneGranted(_)) => vec![self.wait(Timer::Microphone)],
            (S::RequestingMicrophone, I::MicrophoneOpened(_)) => {
                self.record(vec![E::StopTimer(Timer::Microphone)])
            }
            (S::RequestingMicrophone, I::MicrophoneRefused(_, failure)) => {
                self.end(Some(Failure::Microphone(failure)))
            }
            (S::RequestingMicrophone, I::MicrophoneLost(_, loss)) => self.end(Some(loss.into())),
            (S::RequestingMicrophone, I::TimerFired(_, Timer::Microphone)) => {
                self.end(Some(Failure::NoCapture))
            }
            (S::Recording | S::Paused(_), I::MicrophoneOpened(_)) => self.microphone_opened(),
            (S::Recording, I::MicrophoneRefused(_, failure)) => Self::not_switched(failure),
            (S::Recording | S::Paused(_), I::MicrophoneMuted(_, is_muted)) => Self::muted(is_muted),
            (S::Recording | S::Paused(_), I::MicrophoneLost(_, loss)) => self.microphone_lost(loss),
            (S::Recording | S::Paused(_), I::MicrophoneChosen)
            | (S::Paused(Pause::NoMicrophone), I::DevicesChanged | I::Resume) => {
                vec![E::OpenMicrophone(self.recording)]
            }

            // What is captured is kept, and sent as soon as it can be.
            (S::RequestingMicrophone, I::AudioCaptured(_, samples, _)) => {
                self.journal.push(&samples);
                vec![]
            }
            (
                S::Recording | S::Draining | S::Paused(Pause::NoMicrophone),
                I::AudioCaptured(_, samples, _),
            ) => self.captured(&samples),
            (S::Paused(Pause::Wanted), I::AudioCaptured(_, samples, _)) => self.captured_in_pause(&samples),

            // Pause, and on.
            (S::Recording, I::Pause) => self.pause(),
            (S::Paused(Pause::Wanted), I::Resume) => self.resume(),
            (S::Paused(_), I::TimerFired(_, Timer::Pause)) => self.close_idle(),

            (S::Recording, I::EndTurn) => self.end_turn(),
            (_, I::ConfigChanged(message)) => self.configure(message),

            // Stop: first the tail, then the rest, then the end.
            (S::Recording, I::Stop) => self.drain(),
            (S::Paused(_), I::Stop) => self.finish(),
            (
                S::Draining,
                I::MicrophoneDrained(_) | I::MicrophoneLost(..) | I::TimerFired(_, Timer::Drain),
            ) => self.finish(),
            (S::Flushing | S::Paused(_), I::TimerFired(_, Timer::Pace)) => {
                self.send_window
                    .advance(u64::from(Timer::Pace.limit_ms()) * u64::from(SAMPLE_RATE_HZ / 1000));
                self.send_late()
            }
            (S::Flushing, I::TimerFired(_, Timer::Finish)) => self.end(Some(Failure::Unsent)),
            (S::Terminating, I::Received(id, ServerMessage::Termination(termination)))
                if self.link.open == Some(id) =>
            {
                let mut effects = self.terminated(&termination);
                effects.extend(self.end(None));
                effects
            }
            (S::Terminating, I::Closed(id, 1000, _)) if self.link.open == Some(id) => self.end(None),
            (S::Terminating, I::TimerFired(_, Timer::Termination)) => self.no_termination(),
            // The end at once: there is nothing to keep yet, or this is the second press.
            (S::Flushing, I::StopNow) => self.end(None),
            // A recording that was to go on is still there.
            (S::RequestingMicrophone, I::Stop) => self.end_as(None, !self.has_begun),
            (_, I::Leave) => self.leave(),

            // The connection: token, socket, Begin.
            (_, I::TokenGranted(id, url)) if self.link.making == Some((id, Token)) => {
                self.open_socket(id, url)
            }
            (_, I::TokenRefused(id, failure)) if self.link.making == Some((id, Token)) => {
                self.attempt_failed(Failure::Token(failure))
            }
            (_, I::TimerFired(_, Timer::Token)) => self.attempt_failed(Failure::Token(TokenFailure::TooSlow)),
            (_, I::TimerFired(_, Timer::Begin)) => self.attempt_failed(Failure::NoBegin),
            (_, I::Received(id, ServerMessage::Begin(begin))) if self.link.making == Some((id, Begin)) => {
                self.begin(id, &begin)
            }
            (_, I::Received(id, message)) => self.received(id, message),
            (_, I::Closed(id, code, reason)) => self.closed(id, Failure::Closed { code, reason }),
            (_, I::TimerFired(_, Timer::Backoff)) => {
                self.link.is_waiting = false;
                self.connect()
            }
            (_, I::TimerFired(_, Timer::Healthy)) => {
                self.backoff.reset();
                vec![]
            }
            (_, I::TimerFired(_, Timer::Rotation)) => self.start_replacement(),
            (_, I::TimerFired(_, Timer::Heartbeat)) => self.no_heartbeat(),
            (_, I::Offline) => self.doubt(LinkHealth::Silent),
            (_, I::Online) => self.online(),
            (_, I::BufferedAmount(_, bytes)) => self.unsent(bytes),
            (_, I::TimerFired(_, Timer::Termination)) => self.finish_closing(),

            // Inputs that mean nothing where the session stands.
            (
                _,
                I::Start
                | I::Stop
                | I::StopNow
                | I::Pause
                | I::Resume
                | I::EndTurn
                | I::ResumeRecording(_)
                | I::MicrophoneChosen
                | I::DevicesChanged
                | I::AudioCaptured(..)
                | I::MicrophoneGranted(_)
                | I::MicrophoneOpened(_)
                | I::MicrophoneRefused(..)
                | I::MicrophoneMuted(..)
                | I::MicrophoneDrained(_)
                | I::MicrophoneLost(..)
                | I::TokenGranted(..)
                | I::TokenRefused(..)
                | I::TimerFired(
                    _,
                    Timer::Drain | Timer::Microphone | Timer::Finish | Timer::Pace | Timer::Pause,
                ),
            ) => vec![],
        }
    }

    /// Whether the input answers to something that is over.
    fn is_stale(&self, input: &Input<M>) -> bool {
        let idle = self.state == State::Idle;
        match input {
            Input::Start | Input::ResumeRecording(_) => false,
            Input::Stop
            | Input::StopNow
            | Input::Pause
            | Input::Resume
            | Input::EndTurn
            | Input::ConfigChanged(_)
            | Input::MicrophoneChosen
            | Input::DevicesChanged
            | Input::Leave
            | Input::Online
            | Input::Offline => idle,
            Input::MicrophoneGranted(recording)
            | Input::MicrophoneOpened(recording)
            | Input::MicrophoneRefused(recording, _)
            | Input::MicrophoneMuted(recording, _)
            | Input::AudioCaptured(recording, ..)
            | Input::MicrophoneDrained(recording)
            | Input::MicrophoneLost(recording, _)
            | Input::TimerFired(recording, _) => {
                idle || *recording != self.recording || self.is_late_microphone(input)
            }
            Input::TokenGranted(id, _) | Input::TokenRefused(id, _) => {
                self.link.making != Some((*id, Handshake::Token))
            }
            Input::Received(id, _) | Input::Closed(id, ..) => !self.link.has_socket(*id),
            Input::BufferedAmount(id, _) => self.link.open != Some(*id),
        }
    }

    /// Whether a microphone comes that nobody waits for any more.
    fn is_late_microphone(&self, input: &Input<M>) -> bool {
        matches!(input, Input::MicrophoneGranted(_) | Input::MicrophoneOpened(_)) && !self.has_microphone()
    }

    /// Whether the microphone is live, or asked for.
    fn has_microphone(&self) -> bool {
        matches!(
            self.state,
            State::RequestingMicrophone | State::Recording | State::Paused(_) | State::Draining
        )
    }

    fn wait(&self, timer: Timer) -> Effect<M> {
        Effect::StartTimer(self.recording, timer, timer.limit_ms())
    }

    /// A new recording.
    fn start(&mut self) -> Vec<Effect<M>> {
        *self = Self {
            state: State::RequestingMicrophone,
            recording: RecordingId(self.recording.0 + 1),
            connection: self.connection,
            backoff: self.backoff.clone(),
            ..Self::new(0)
        };
        self.backoff.reset();
        vec![
            Effect::ClearError,
            Effect::StartRecording(self.recording),
            Effect::OpenMicrophone(self.recording),
        ]
    }

    /// A recording goes on that another life of the page has kept.
    fn resume_kept(&mut self, kept: ResumeState) -> Vec<Effect<M>> {
        self.connection = self.connection.max(kept.connection);
        let mut effects = self.start();
        effects.retain(|effect| !matches!(effect, Effect::StartRecording(_)));
        self.journal = Journal::restored(kept.samples, kept.first, kept.confirmed);
        self.has_begun = true;
        effects
    }

    /// Capture is over: what is not sent goes out now, or once there is a connection.
    fn finish(&mut self) -> Vec<Effect<M>> {
        self.state = State::Flushing;
        let mut effects = vec![
            Effect::StopTimer(Timer::Drain),
            Effect::StopTimer(Timer::Pause),
            Effect::CloseMicrophone(self.recording),
        ];
        let is_all_told = self.journal.unsent() == 0 && self.journal.confirmed() == self.journal.captured();
        if self.link.open.is_some() {
            effects.extend(self.send_rest());
        } else if is_all_told || !self.has_begun && self.journal.captured() == 0 {
            effects.extend(self.end(None)); // Nothing was said, or a pause has closed the connection.
        } else {
            // What a pause's connection would still have said is heard anew.
            effects.extend(self.finish_closing());
            effects.extend(self.limit());
            if self.link.is_off() {
                effects.extend(self.connect());
            }
        }
        effects
    }

    /// Begins the wait for a last connection, unless it has begun.
    fn limit(&mut self) -> Option<Effect<M>> {
        // Who was connected before has more to lose; in a minute the longest waits between attempts come thrice.
        let limit_ms = if self.has_begun { 60_000 } else { Timer::Finish.limit_ms() };
        let is_new = !std::mem::replace(&mut self.is_limited, true);
        is_new.then_some(Effect::StartTimer(self.recording, Timer::Finish, limit_ms))
    }

    /// Nothing is held any more, whatever the state was.
    fn end(&mut self, failure: Option<Failure<M>>) -> Vec<Effect<M>> {
        // What is kept of a recording that failed stays: there is more in it than what is shown.
        let is_complete = failure.is_none();
        self.end_as(failure, is_complete)
    }

    fn end_as(&mut self, failure: Option<Failure<M>>, is_complete: bool) -> Vec<Effect<M>> {
        let mut effects = vec![Effect::StopTimers];
        if self.has_microphone() {
            effects.push(Effect::CloseMicrophone(self.recording));
        }
        effects.extend(self.drop_link());
        // What nobody will hear any more.
        let from = self.journal.gap().map_or(self.journal.next_position(), |(from, _)| from);
        let to = self.journal.captured();
        if failure.is_some() && to - from >= u64::from(SAMPLE_RATE_HZ) {
            self.stats.dropped += to - from;
            effects.push(Effect::ShowGap(self.connection, from, to));
        }
        effects.push(if is_complete || to == 0 { Effect::Complete } else { Effect::Interrupt });
        effects.extend(failure.map(Effect::ShowError));
        self.state = State::Idle;
        effects
    }

    /// The page goes away: no time to wait, but the service is told, since an open session is billed. Who comes
    /// back may want to go on.
    fn leave(&mut self) -> Vec<Effect<M>> {
        let mut effects = vec![];
        if let (Some(open), false) = (self.link.open, self.state == State::Terminating) {
            effects.extend(self.send());
            effects.extend(self.send_tail());
            effects.push(Effect::SendMessage(open, Signal::Terminate));
        }
        effects.extend(self.end_as(None, false));
        effects
    }
}
