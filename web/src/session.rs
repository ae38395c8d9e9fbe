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

mod backoff;
mod capture;
mod channel;
mod connection;
mod events;
mod ledger;
mod state;

use assemblyai_protocol::{ServerMessage, Signal};

pub use events::{ConnectionId, Effect, Input, Kept, Loss, Run};
pub use ledger::Ledger;
use state::{Doubt, Heartbeats};
pub use state::{Handshake, Link, Pause, Phase, State, Timer};

use crate::failure::{Failure, MicrophoneFailure, TokenFailure};
use crate::journal::{Journal, SAMPLE_RATE_HZ};
use backoff::Backoff;
use channel::Channel;

/// A page's recordings, one after the other.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; the states are in `State`")]
pub struct Session {
    state: State,
    run: Run,
    link: Link,
    /// The newest attempt at a connection.
    connection: ConnectionId,
    channel: Channel,
    backoff: Backoff,
    journal: Journal,
    ledger: Ledger,
    /// Whether the recording has had a connection: from then on a lost one is made anew.
    has_begun: bool,
    /// Why the open connection seems dead, if it does.
    doubt: Option<Doubt>,
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
}

impl Session {
    /// A page on which nothing has been recorded; `seed` is for the waits between attempts, any number.
    pub fn new(seed: u32) -> Self {
        Self {
            state: State::default(),
            run: Run::default(),
            link: Link::default(),
            connection: ConnectionId::default(),
            channel: Channel::default(),
            backoff: Backoff::new(seed),
            journal: Journal::default(),
            ledger: Ledger::default(),
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
    pub fn ledger(&self) -> Ledger {
        // A gap counts as settled for the journal, but nobody has heard it.
        let confirmed = self.journal.confirmed().saturating_sub(self.ledger.given_up);
        Ledger { captured: self.journal.captured(), confirmed, ..self.ledger }
    }

    /// What the user sees of where things stand.
    pub fn phase(&self) -> Phase {
        let is_open = self.link.open.is_some() && self.doubt.is_none();
        match self.state {
            State::Idle => Phase::Idle,
            State::Asking => Phase::Starting,
            State::Recording if is_open => Phase::Recording,
            State::Recording if self.has_begun => Phase::Reconnecting,
            State::Recording => Phase::Connecting,
            State::Paused(Pause::Wanted) => Phase::Paused,
            State::Paused(Pause::NoMicrophone) => Phase::NoMicrophone,
            State::Finishing => Phase::Sending(self.journal.unsent() / u64::from(SAMPLE_RATE_HZ)),
            State::Draining | State::Terminating => Phase::Stopping,
        }
    }

    /// Takes in what has happened and tells what is to be done, in this order.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let confirmed = self.journal.confirmed();
        let mut effects = self.follow(input);
        if self.journal.confirmed() > confirmed {
            effects.push(Effect::Confirmed(self.journal.confirmed()));
        }
        effects
    }

    #[expect(clippy::too_many_lines, reason = "all that can happen, on one page")]
    fn follow(&mut self, input: Input) -> Vec<Effect> {
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
        match (self.state, input) {
            (S::Idle, I::ButtonPressed) => self.start(),
            (S::Idle, I::Resumed(kept)) => self.resume_kept(kept),

            // The microphone. No limit on the user's answer, but on what follows it.
            (S::Asking, I::MicrophoneGranted(_)) => vec![self.wait(Timer::Microphone)],
            (S::Asking, I::MicrophoneOpened(_)) => self.record(vec![E::StopTimer(Timer::Microphone)]),
            (S::Asking, I::MicrophoneRefused(_, failure)) => self.end(Some(Failure::Microphone(failure))),
            (S::Asking, I::MicrophoneLost(_, loss)) => self.end(Some(loss.into())),
            (S::Asking, I::TimeIsUp(_, Timer::Microphone)) => {
                self.end(Some(Failure::Microphone(MicrophoneFailure::NoWorklet)))
            }
            (S::Recording | S::Paused(_), I::MicrophoneOpened(_)) => self.microphone_opened(),
            (S::Recording, I::MicrophoneRefused(_, failure)) => Self::not_switched(failure),
            (S::Recording | S::Paused(_), I::MicrophoneMuted(_, is_muted)) => Self::muted(is_muted),
            (S::Recording | S::Paused(_), I::MicrophoneLost(_, loss)) => self.microphone_lost(loss),
            (S::Recording | S::Paused(_), I::MicrophoneChosen)
            | (S::Paused(Pause::NoMicrophone), I::DevicesChanged | I::PausePressed) => {
                vec![E::OpenMicrophone(self.run)]
            }

            // What is captured is kept, and sent as soon as it can be.
            (S::Asking, I::AudioCaptured(_, samples, _)) => {
                self.journal.push(&samples);
                vec![]
            }
            (
                S::Recording | S::Draining | S::Paused(Pause::NoMicrophone),
                I::AudioCaptured(_, samples, _),
            ) => self.captured(&samples),
            (S::Paused(Pause::Wanted), I::AudioCaptured(_, samples, _)) => self.captured_in_pause(&samples),

            // Pause, and on.
            (S::Recording, I::PausePressed) => self.pause(),
            (S::Paused(Pause::Wanted), I::PausePressed) => self.resume(),
            (S::Paused(_), I::TimeIsUp(_, Timer::Pause)) => self.close_for_a_pause(),

            (S::Recording, I::EndTurnPressed) => self.end_turn(),
            (_, I::Configured(message)) => self.configure(message),

            // Stop: first the tail, then the rest, then the end.
            (S::Recording, I::ButtonPressed) => self.drain(),
            (S::Paused(_), I::ButtonPressed) => self.finish(),
            (S::Draining, I::MicrophoneDrained(_) | I::MicrophoneLost(..) | I::TimeIsUp(_, Timer::Drain)) => {
                self.finish()
            }
            (S::Finishing | S::Paused(_), I::TimeIsUp(_, Timer::Pace)) => {
                self.channel.pass(u64::from(Timer::Pace.limit_ms()) * u64::from(SAMPLE_RATE_HZ / 1000));
                self.send_late()
            }
            (S::Finishing, I::TimeIsUp(_, Timer::Finish)) => self.end(Some(Failure::Unsent)),
            (S::Terminating, I::Received(id, ServerMessage::Termination(termination)))
                if self.link.open == Some(id) =>
            {
                let mut effects = self.terminated(&termination);
                effects.extend(self.end(None));
                effects
            }
            (S::Terminating, I::Closed(id, 1000, _)) if self.link.open == Some(id) => self.end(None),
            (S::Terminating, I::TimeIsUp(_, Timer::Termination)) => self.no_termination(),
            // The end at once: there is nothing to keep yet, or this is the second press.
            (S::Finishing, I::ButtonPressed) => self.end(None),
            // A recording that was to go on is still there.
            (S::Asking, I::ButtonPressed) => self.end_as(None, !self.has_begun),
            (_, I::PageHidden) => self.leave(),

            // The connection: token, socket, Begin.
            (_, I::TokenGranted(id, url)) if self.link.making == Some((id, Token)) => {
                self.open_socket(id, url)
            }
            (_, I::TokenRefused(id, failure)) if self.link.making == Some((id, Token)) => {
                self.attempt_failed(Failure::Token(failure))
            }
            (_, I::TimeIsUp(_, Timer::Token)) => self.attempt_failed(Failure::Token(TokenFailure::TooSlow)),
            (_, I::TimeIsUp(_, Timer::Begin)) => self.attempt_failed(Failure::NoBegin),
            (_, I::Received(id, ServerMessage::Begin(begin))) if self.link.making == Some((id, Begin)) => {
                self.begin(id, &begin)
            }
            (_, I::Received(id, message)) => self.received(id, message),
            (_, I::Closed(id, code, reason)) => self.closed(id, Failure::Closed { code, reason }),
            (_, I::TimeIsUp(_, Timer::Backoff)) => {
                self.link.is_waiting = false;
                self.connect()
            }
            (_, I::TimeIsUp(_, Timer::Healthy)) => {
                self.backoff.reset();
                vec![]
            }
            (_, I::TimeIsUp(_, Timer::Rotation)) => self.take_over(),
            (_, I::TimeIsUp(_, Timer::Heartbeat)) => self.no_heartbeat(),
            (_, I::Offline) => self.doubt(Doubt::Silent),
            (_, I::Online) => self.online(),
            (_, I::Unsent(_, bytes)) => self.unsent(bytes),
            (_, I::TimeIsUp(_, Timer::Termination)) => self.end_of_the_paused(),

            // Inputs that mean nothing where the session stands.
            (
                _,
                I::ButtonPressed
                | I::PausePressed
                | I::EndTurnPressed
                | I::Resumed(_)
                | I::Recovery(_)
                | I::NotLoaded
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
                | I::TimeIsUp(_, Timer::Drain | Timer::Microphone | Timer::Finish | Timer::Pace | Timer::Pause),
            ) => vec![],
        }
    }

    /// Whether the input answers to something that is over.
    fn is_stale(&self, input: &Input) -> bool {
        let idle = self.state == State::Idle;
        match input {
            Input::ButtonPressed | Input::Resumed(_) | Input::Recovery(_) | Input::NotLoaded => false,
            Input::PausePressed
            | Input::EndTurnPressed
            | Input::Configured(_)
            | Input::MicrophoneChosen
            | Input::DevicesChanged
            | Input::PageHidden
            | Input::Online
            | Input::Offline => idle,
            Input::MicrophoneGranted(run)
            | Input::MicrophoneOpened(run)
            | Input::MicrophoneRefused(run, _)
            | Input::MicrophoneMuted(run, _)
            | Input::AudioCaptured(run, ..)
            | Input::MicrophoneDrained(run)
            | Input::MicrophoneLost(run, _)
            | Input::TimeIsUp(run, _) => idle || *run != self.run || self.is_late_microphone(input),
            Input::TokenGranted(id, _) | Input::TokenRefused(id, _) => {
                self.link.making != Some((*id, Handshake::Token))
            }
            Input::Received(id, _) | Input::Closed(id, ..) => !self.link.has_socket(*id),
            Input::Unsent(id, _) => self.link.open != Some(*id),
        }
    }

    /// Whether a microphone comes that nobody waits for any more.
    fn is_late_microphone(&self, input: &Input) -> bool {
        matches!(input, Input::MicrophoneGranted(_) | Input::MicrophoneOpened(_)) && !self.has_microphone()
    }

    /// Whether the microphone is live, or asked for.
    fn has_microphone(&self) -> bool {
        matches!(self.state, State::Asking | State::Recording | State::Paused(_) | State::Draining)
    }

    fn wait(&self, timer: Timer) -> Effect {
        Effect::StartTimer(self.run, timer, timer.limit_ms())
    }

    /// A new recording.
    fn start(&mut self) -> Vec<Effect> {
        *self = Self {
            state: State::Asking,
            run: Run(self.run.0 + 1),
            connection: self.connection,
            backoff: self.backoff.clone(),
            ..Self::new(0)
        };
        self.backoff.reset();
        vec![Effect::ClearReport, Effect::Begin(self.run), Effect::OpenMicrophone(self.run)]
    }

    /// A recording goes on that another life of the page has kept.
    fn resume_kept(&mut self, kept: Kept) -> Vec<Effect> {
        self.connection = self.connection.max(kept.connection);
        let mut effects = self.start();
        effects.retain(|effect| !matches!(effect, Effect::Begin(_)));
        self.journal = Journal::restored(kept.samples, kept.first, kept.confirmed);
        self.has_begun = true;
        effects
    }

    /// Capture is over: what is not sent goes out now, or once there is a connection.
    fn finish(&mut self) -> Vec<Effect> {
        self.state = State::Finishing;
        let mut effects = vec![
            Effect::StopTimer(Timer::Drain),
            Effect::StopTimer(Timer::Pause),
            Effect::CloseMicrophone(self.run),
        ];
        let is_all_told = self.journal.unsent() == 0 && self.journal.confirmed() == self.journal.captured();
        if self.link.open.is_some() {
            effects.extend(self.send_rest());
        } else if is_all_told || !self.has_begun && self.journal.captured() == 0 {
            effects.extend(self.end(None)); // Nothing was said, or a pause has closed the connection.
        } else {
            // What a pause's connection would still have said is heard anew.
            effects.extend(self.end_of_the_paused());
            effects.extend(self.limit());
            if self.link.is_off() {
                effects.extend(self.connect());
            }
        }
        effects
    }

    /// Begins the wait for a last connection, unless it has begun.
    fn limit(&mut self) -> Option<Effect> {
        // Who was connected before has more to lose; in a minute the longest waits between attempts come thrice.
        let limit_ms = if self.has_begun { 60_000 } else { Timer::Finish.limit_ms() };
        let is_new = !std::mem::replace(&mut self.is_limited, true);
        is_new.then_some(Effect::StartTimer(self.run, Timer::Finish, limit_ms))
    }

    /// Nothing is held any more, whatever the state was.
    fn end(&mut self, failure: Option<Failure>) -> Vec<Effect> {
        // What is kept of a recording that failed stays: there is more in it than what is shown.
        let is_complete = failure.is_none();
        self.end_as(failure, is_complete)
    }

    fn end_as(&mut self, failure: Option<Failure>, is_complete: bool) -> Vec<Effect> {
        let mut effects = vec![Effect::StopTimers];
        if self.has_microphone() {
            effects.push(Effect::CloseMicrophone(self.run));
        }
        effects.extend(self.drop_link());
        // What nobody will hear any more.
        let from = self.journal.gap().map_or(self.journal.next_position(), |(from, _)| from);
        let to = self.journal.captured();
        if failure.is_some() && to - from >= u64::from(SAMPLE_RATE_HZ) {
            self.ledger.dropped += to - from;
            effects.push(Effect::ShowGap(self.connection, from, to));
        }
        effects.push(if is_complete || to == 0 { Effect::End } else { Effect::BreakOff });
        effects.extend(failure.map(Effect::Report));
        self.state = State::Idle;
        effects
    }

    /// The page goes away: no time to wait, but the service is told, since an open session is billed. Who comes
    /// back may want to go on.
    fn leave(&mut self) -> Vec<Effect> {
        let mut effects = vec![];
        if let (Some(open), false) = (self.link.open, self.state == State::Terminating) {
            effects.extend(self.send());
            effects.extend(self.send_tail());
            effects.push(Effect::Say(open, Signal::Terminate));
        }
        effects.extend(self.end_as(None, false));
        effects
    }
}
