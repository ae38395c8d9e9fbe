//! The lifecycle of a recording: inputs in, effects out. No clock, no I/O.
//!
//! ```text
//!             Start                 microphone              Stop            tail          all is sent
//!     Idle ─────────► Requesting- ────────────► Recording ──────► Draining ─────► Flushing ─────► Terminating
//!      ▲               Microphone                │    ▲               Stop            │               │
//!      │                                   Pause ▼    │ Resume  ┌────────────────────►│               │
//!      │                                         Paused ────────┘                     │               │
//!      └──────────────────────────────────────────────────────────────────────────────┴───────────────┘
//! ```
//!
//! It is composed of machines with fields of their own: [`Link`] opens, watches and replaces the connection
//! independently of the recording's state; [`Microphone`] follows pauses and losses of the microphone; [`Ending`] limits
//! how hard a stopped recording tries to send its rest; [`Standby`] decides when nobody speaks, so that no connection is
//! needed; [`Audio`] holds the journal and the counts. Once the first connection is open, no word is lost with a
//! connection: the journal gives the next one all that is not confirmed, and no answer of the server or the service ends
//! the recording. Before that, a failed attempt leads to `Idle`, with nothing held.

mod audio;
mod audio_stats;
mod connection;
mod ending;
mod events;
mod lifecycle;
mod link;
mod microphone;
mod standby;
mod state;
mod timer;

use self::audio::Audio;
pub use self::audio_stats::AudioStats;
use self::ending::Ending;
use self::events::Effects;
pub use self::events::{Effect, Input, RecordingId, ResumeState};
pub use self::link::Attempt;
use self::link::Link;
use self::microphone::{CAPTURE_DELAY, Microphone};
use self::standby::Standby;
pub use self::state::{Pause, Phase, State};
pub use self::timer::Timer;
use crate::failure::{Failure, TokenFailure};
use crate::journal::{Journal, SAMPLE_RATE_HZ};
use crate::turn::ConnectionId;

/// The recordings of one user, one after the other; `M` is the application's reason why a microphone could not be
/// opened.
#[derive(Debug)]
pub struct Session<M> {
    state: State,
    recording: RecordingId,
    microphone: Microphone,
    audio: Audio,
    link: Link,
    ending: Ending,
    standby: Standby,
    /// Whether a first connection that fails is tried again, as later ones are.
    waits_for_service: bool,
    /// The refusal because of which there is no connection; it explains what could not be sent.
    refusal: Option<Failure<M>>,
}

impl<M> Session<M> {
    /// A session without a recording. `seed` is any number, different from user to user: the waits between attempts
    /// to connect are spread by it.
    pub fn new(seed: u32) -> Self {
        Self {
            state: State::Idle,
            recording: RecordingId::default(),
            microphone: Microphone::default(),
            audio: Audio::default(),
            link: Link::new(seed),
            ending: Ending::default(),
            standby: Standby::default(),
            waits_for_service: false,
            refusal: None,
        }
    }

    /// Also tries the first connection of a recording again if it fails for a reason that may pass. Otherwise its
    /// failure ends the recording: a user who has just pressed Record sees the reason at once.
    #[must_use]
    pub fn waiting_for_service(mut self) -> Self {
        self.waits_for_service = true;
        self
    }

    /// For a service that reads audio only as fast as it recognises it, such as one on this machine: a socket that passes
    /// nothing on is taken for dead after 3 min rather than 4 s, and the last words may take 90 s.
    #[must_use]
    pub fn with_slow_reader(mut self) -> Self {
        self.expect_slow_reader();
        self
    }

    /// Leaves it to the application how long the end of a recording may take: a connection for its rest is awaited, and
    /// lost ones are replaced, until [`Input::Leave`], or until several in a row were sent all audio and confirmed none
    /// of it. Otherwise the session gives up after a minute without a connection, or a few that confirm no audio.
    #[must_use]
    pub fn with_end_limited_by_application(mut self) -> Self {
        self.ending = Ending::unlimited();
        self
    }

    /// As [`Self::with_slow_reader`], once it is known.
    pub fn expect_slow_reader(&mut self) {
        self.link.expect_slow_reader();
    }

    /// Closes the connection whenever nobody has spoken for so long, in ms, and opens another at the first sound of
    /// speech, with what was said before it. `None` keeps it open, and ends a standby. During a recording the change
    /// takes effect with the next samples.
    ///
    /// The service bills the time that a connection is open. Speaker labels restart with each connection.
    pub fn set_standby_after_ms(&mut self, ms: Option<u32>) {
        self.standby.set_after_ms(ms);
    }

    /// To be called once by an application that has left and will not resume the recording: counts the audio that is not
    /// confirmed as dropped, and returns the connection after which it is missing, and its range. Less than a second is
    /// neither counted nor returned, nor anything on standby, where nobody has spoken.
    pub fn drop_unconfirmed(&mut self) -> Option<(ConnectionId, u64, u64)> {
        if self.standby.is_on() {
            return None;
        }
        self.audio.rewind();
        self.audio.drop_rest().map(|(from, to)| (self.link.newest(), from, to))
    }

    /// The state of the recording.
    pub fn state(&self) -> State {
        self.state
    }

    /// The current recording, or the last one.
    pub fn recording(&self) -> RecordingId {
        self.recording
    }

    /// The open connection.
    pub fn open_connection(&self) -> Option<ConnectionId> {
        self.link.open_connection()
    }

    /// The attempt to open a connection.
    pub fn attempt(&self) -> Attempt {
        self.link.attempt()
    }

    /// The newest connection that was attempted.
    pub fn newest_connection(&self) -> ConnectionId {
        self.link.newest()
    }

    /// Numbers the next connections after this one, because recordings that are shown have numbers up to it.
    pub fn number_connections_after(&mut self, connection: ConnectionId) {
        self.link.number_after(connection);
    }

    /// The recording's audio.
    pub fn journal(&self) -> &Journal {
        self.audio.journal()
    }

    /// The counts of the recording so far.
    pub fn audio_stats(&self) -> AudioStats {
        AudioStats { standby: self.standby.total(), ..self.audio.stats() }
    }

    /// What a user should see.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Idle => Phase::Idle,
            State::RequestingMicrophone => Phase::Starting,
            State::Recording if self.standby.is_on() => Phase::Standby,
            State::Recording if self.link.is_healthy() => Phase::Recording,
            State::Recording if self.link.has_connected() => Phase::Reconnecting,
            State::Recording => Phase::Connecting,
            State::Paused(Pause::Wanted) => Phase::Paused,
            State::Paused(Pause::NoMicrophone) => Phase::NoMicrophone,
            State::Flushing => Phase::Sending(self.journal().unsent() / u64::from(SAMPLE_RATE_HZ)),
            State::Draining | State::Terminating => Phase::Stopping,
        }
    }

    /// Takes the last samples of the recording in progress off the record, as many as `samples` or all that there are:
    /// whatever of them is still sent, or sent again over another connection, is silence of the same length. From a
    /// microphone that includes sound that is on its way. Returns their range; `None` if no recording is in progress or nothing
    /// is captured.
    ///
    /// The service may have received them. [`Transcript::take_off_record`](crate::Transcript::take_off_record) removes
    /// their words.
    pub fn take_off_record(&mut self, samples: u64, is_microphone: bool) -> Option<(u64, u64)> {
        let captured = self.journal().captured();
        if self.state == State::Idle || captured == 0 || samples == 0 {
            return None;
        }
        // What was said right before is still in the buffers of device and browser.
        let on_its_way = match self.state {
            State::Paused(_) => self.microphone.tail(),
            State::RequestingMicrophone | State::Recording | State::Draining if is_microphone => {
                CAPTURE_DELAY
            }
            _ => 0,
        };
        let to = captured + on_its_way;
        let from = to.saturating_sub(samples);
        self.audio.silence(from, to);
        Some((from, to))
    }

    /// Applies an input and returns the effects to run, in order.
    pub fn handle(&mut self, input: Input<M>) -> Vec<Effect<M>> {
        let confirmed = self.journal().confirmed();
        let mut out = Effects::new(self.recording);
        if self.is_stale(&input) {
            if let Input::MicrophoneGranted(recording) | Input::MicrophoneOpened(recording) = input {
                // It was granted after the request was cancelled.
                out.push(Effect::CloseMicrophone(recording));
            }
        } else {
            self.transition(input, &mut out);
        }
        if self.journal().confirmed() > confirmed {
            out.push(Effect::Confirmed(self.journal().confirmed()));
        }
        out.into_vec()
    }

    fn transition(&mut self, input: Input<M>, out: &mut Effects<M>) {
        use Input as I;
        use State as S;

        match (self.state, input) {
            (S::Idle, I::Start) => self.start(out),
            (S::Idle, I::ResumeRecording(state)) => self.resume_recording(state, out),
            (S::Idle, I::KeepRecording(state)) => self.keep_recording(state, out),

            // The microphone. The user's answer is not limited, what follows it is.
            (S::RequestingMicrophone, I::MicrophoneGranted(_)) => out.start(Timer::Microphone),
            (S::RequestingMicrophone, I::MicrophoneOpened(_)) => {
                out.stop(Timer::Microphone);
                self.record(out);
            }
            (S::RequestingMicrophone, I::MicrophoneRefused(_, failure)) => {
                self.fail(Failure::Microphone(failure), out);
            }
            (S::RequestingMicrophone, I::MicrophoneLost(_, loss)) => self.fail(loss.into(), out),
            (S::RequestingMicrophone, I::TimerFired(_, Timer::Microphone)) => {
                self.fail(Failure::NoCapture, out);
            }
            (S::Recording | S::Paused(_), I::MicrophoneOpened(_)) => self.microphone_opened(out),
            (S::Recording, I::MicrophoneRefused(_, failure)) => Self::not_switched(failure, out),
            (S::Recording | S::Paused(_), I::MicrophoneMuted(_, is_muted)) => Self::muted(is_muted, out),
            (S::Recording | S::Paused(_), I::MicrophoneLost(_, loss)) => self.microphone_lost(loss, out),
            (S::Recording | S::Paused(_), I::MicrophoneChosen)
            | (S::Paused(Pause::NoMicrophone), I::DevicesChanged | I::Resume) => {
                out.push(Effect::OpenMicrophone(self.recording));
            }

            // Audio is stored, and sent as soon as possible.
            (S::RequestingMicrophone, I::AudioCaptured(_, samples, _)) => {
                self.audio.capture(&samples);
            }
            (S::Paused(Pause::Wanted), I::AudioCaptured(_, samples, _)) => {
                self.captured_in_pause(&samples, out);
            }
            (S::Recording | S::Draining | S::Paused(_), I::AudioCaptured(_, samples, _)) => {
                self.captured(&samples, out);
                self.watch_voice(&samples, out);
            }

            (S::Recording, I::Pause) => self.pause(out),
            (S::Paused(Pause::Wanted), I::Resume) => self.resume(out),
            (S::Paused(_), I::TimerFired(_, Timer::Pause)) => self.close_idle(out),

            // Stop: first the tail, then the rest, then the end.
            (S::RequestingMicrophone, I::Stop) => {
                // An interrupted recording that was to be resumed can still be resumed.
                self.end_as(!self.link.has_connected(), out);
            }
            (S::Recording, I::Stop) => self.drain(out),
            (S::Paused(_), I::Stop)
            | (
                S::Draining,
                I::MicrophoneDrained(_) | I::MicrophoneLost(..) | I::TimerFired(_, Timer::Drain),
            ) => self.finish(out),
            (S::Recording | S::Flushing | S::Paused(_), I::TimerFired(_, Timer::Pace)) => self.pace(out),
            (S::Flushing, I::TimerFired(_, Timer::Flush)) => {
                let failure = self.refusal.take().unwrap_or(Failure::Unsent);
                self.fail(failure, out);
            }
            (S::Flushing, I::StopNow) => self.complete(out),
            (_, I::Leave) => self.leave(out),

            (S::Recording, I::EndTurn) => self.link.end_turn(out),
            (_, I::ConfigChanged(message)) => self.link.configure(message, out),

            // The connection.
            (_, I::TokenGranted(id, url)) => self.link.open_socket(id, &url, out),
            (_, I::TokenRefused(_, failure)) => self.attempt_failed(Failure::Token(failure), out),
            (_, I::Received(id, message)) => self.received(id, message, out),
            (_, I::Closed(id, code, reason)) => self.closed(id, code, reason, out),
            (_, I::BufferedAmount(_, bytes, now_ms)) => self.link.on_buffered_amount(bytes, now_ms, out),
            (_, I::Online) => self.link.on_online(out),
            (_, I::Offline) => self.link.on_offline(out),
            (_, I::TimerFired(_, timer)) => self.link_timer_fired(timer, out),

            // Inputs without a meaning in this state.
            _ => {}
        }
    }

    /// Whether the input belongs to a recording, a connection or a request that is over.
    fn is_stale(&self, input: &Input<M>) -> bool {
        let is_idle = self.state == State::Idle;
        match input {
            Input::Start | Input::ResumeRecording(_) | Input::KeepRecording(_) => false,
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
            | Input::Offline => is_idle,
            Input::MicrophoneGranted(recording) | Input::MicrophoneOpened(recording) => {
                *recording != self.recording || !self.has_microphone()
            }
            Input::MicrophoneRefused(recording, _)
            | Input::MicrophoneMuted(recording, _)
            | Input::AudioCaptured(recording, ..)
            | Input::MicrophoneDrained(recording)
            | Input::MicrophoneLost(recording, _)
            | Input::TimerFired(recording, _) => is_idle || *recording != self.recording,
            Input::TokenGranted(id, _) | Input::TokenRefused(id, _) => {
                self.link.attempt() != Attempt::Token(*id)
            }
            Input::Received(id, _) | Input::Closed(id, ..) => !self.link.has_socket(*id),
            Input::BufferedAmount(id, ..) => self.link.open_connection() != Some(*id),
        }
    }

    /// Whether the microphone is open or requested.
    fn has_microphone(&self) -> bool {
        matches!(
            self.state,
            State::RequestingMicrophone | State::Recording | State::Paused(_) | State::Draining
        )
    }
}

#[cfg(test)]
mod tests;
