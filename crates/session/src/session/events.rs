use assemblyai_protocol::{ServerMessage, Signal, SpeakerRevision, Turn};

use super::Timer;
use crate::failure::{Failure, Loss, TokenFailure};
use crate::journal::Frame;
use crate::notice::{Notice, NoticeKind};
use crate::turn::ConnectionId;

/// Numbers the recordings of one [`Session`](super::Session); an input that names an older one is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RecordingId(pub u32);

/// What a session needs to resume an interrupted recording.
#[derive(Debug, Clone, PartialEq)]
pub struct ResumeState {
    /// The end of its audio, at most what a journal holds.
    pub samples: Frame,
    /// The recording position of the first of these samples.
    pub first: u64,
    /// The recording position up to which the transcript was complete.
    pub confirmed: u64,
    /// The number of its newest connection; new connections get higher ones.
    pub connection: ConnectionId,
}

/// What the session reacts to; `M` is the application's reason why a microphone could not be opened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<M> {
    /// Start a recording.
    Start,
    /// Resume an interrupted recording.
    ResumeRecording(ResumeState),
    /// End an interrupted recording without more audio, such as that of a file: what is not confirmed becomes a gap.
    KeepRecording(ResumeState),
    /// Stop: capture ends, the rest of the audio is sent, the last turns are awaited.
    Stop,
    /// Give up the rest of the audio of a recording that was stopped.
    StopNow,
    /// Pause capture.
    Pause,
    /// Resume capture, or request the microphone again if it was lost.
    Resume,
    /// End the current turn, whatever the service's turn detection decides.
    EndTurn,
    /// The user changed parameters: the text message that applies them to an open session.
    ConfigChanged(String),
    /// The user chose another microphone.
    MicrophoneChosen,
    /// The application is about to be closed or suspended.
    Leave,
    /// The user granted the microphone; capture may still be starting.
    MicrophoneGranted(RecordingId),
    /// Capture started, or continues from another microphone.
    MicrophoneOpened(RecordingId),
    /// The microphone could not be opened; capture from the previous one continues.
    MicrophoneRefused(RecordingId, M),
    /// The system muted the microphone (`true`), or unmuted it.
    MicrophoneMuted(RecordingId, bool),
    /// A device was connected or disconnected.
    DevicesChanged,
    /// Captured samples, in order, and the highest magnitude among them, 0 to 1.
    AudioCaptured(RecordingId, Frame, f32),
    /// The last samples were delivered.
    MicrophoneDrained(RecordingId),
    /// The device or the audio thread is gone.
    MicrophoneLost(RecordingId, Loss),
    /// The server issued a token: the address of the socket, the token included, and perhaps the message behind it
    /// that is sent after `Begin` ([`split_message`](assemblyai_protocol::split_message)).
    TokenGranted(ConnectionId, String),
    /// The server issued no token.
    TokenRefused(ConnectionId, TokenFailure),
    /// The service sent a message.
    Received(ConnectionId, ServerMessage),
    /// The other side closed the socket with this code and reason, or it could not be opened.
    Closed(ConnectionId, u16, String),
    /// The bytes that the socket has queued but not sent, as 16-bit samples at 16 kHz, and the time, in ms of a clock that
    /// never goes back.
    BufferedAmount(ConnectionId, u32, u64),
    /// The network is back, or the machine woke up: an open connection may be dead unnoticed.
    Online,
    /// The network is gone.
    Offline,
    /// A timer fired.
    TimerFired(RecordingId, Timer),
}

/// What the application has to do; `M` is its reason why a microphone could not be opened.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect<M> {
    /// Request a microphone and capture from it; keep the previous one until the new one delivers.
    OpenMicrophone(RecordingId),
    /// Capture silence (`true`), or sound again.
    MuteMicrophone(RecordingId, bool),
    /// Deliver the samples that the device still holds, then end capture.
    DrainMicrophone(RecordingId),
    /// Release the microphone, or cancel the request for it.
    CloseMicrophone(RecordingId),
    /// Request a token from the server.
    RequestToken(ConnectionId),
    /// Cancel the token request.
    AbandonToken(ConnectionId),
    /// Open the socket at this address.
    OpenSocket(ConnectionId, String),
    /// Send audio.
    SendAudio(ConnectionId, Frame),
    /// Send a text message with fixed content.
    SendMessage(ConnectionId, Signal),
    /// Send this text message.
    SendText(ConnectionId, String),
    /// Close the socket with code 1000; its later messages are not passed on.
    CloseSocket(ConnectionId),
    /// Start, or restart, a timer of this many ms.
    StartTimer(RecordingId, Timer, u32),
    /// Start [`Timer::Rotation`] so that it fires shortly before this time, in seconds since 1970.
    RotateBefore(RecordingId, f64),
    /// Stop a timer.
    StopTimer(Timer),
    /// Stop all timers.
    StopTimers,
    /// A connection is open; its audio begins at this recording position.
    Connected(ConnectionId, u64),
    /// Show a turn.
    ShowTurn(ConnectionId, Turn),
    /// Show the speakers that the service has revised.
    ReviseSpeakers(ConnectionId, SpeakerRevision),
    /// Show, after all turns of this connection, that the audio between these positions was not transcribed.
    ShowGap(ConnectionId, u64, u64),
    /// The transcript is complete up to this recording position.
    Confirmed(u64),
    /// Show a notice, in place of one of the same kind.
    ShowNotice(Notice<M>),
    /// Remove the notice of this kind.
    ClearNotice(NoticeKind),
    /// Show an error until the next recording starts.
    ShowError(Failure<M>),
    /// Remove the error and all notices.
    ClearError,
    /// A new recording starts: begin to store what it captures, in case the application dies.
    StartRecording(RecordingId),
    /// The recording is complete.
    Complete,
    /// The recording ended early: its stored audio stays available to be resumed.
    Interrupt,
}

/// The effects of one input, in order.
pub(super) struct Effects<M> {
    /// The recording that timers are started for.
    pub(super) recording: RecordingId,
    effects: Vec<Effect<M>>,
}

impl<M> Effects<M> {
    pub(super) fn new(recording: RecordingId) -> Self {
        Self { recording, effects: Vec::new() }
    }

    pub(super) fn push(&mut self, effect: Effect<M>) {
        self.effects.push(effect);
    }

    /// Starts, or restarts, a timer with its usual limit.
    pub(super) fn start(&mut self, timer: Timer) {
        self.start_for(timer, timer.limit_ms());
    }

    /// Starts, or restarts, a timer with a limit of `ms`.
    pub(super) fn start_for(&mut self, timer: Timer, ms: u32) {
        self.push(Effect::StartTimer(self.recording, timer, ms));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.push(Effect::StopTimer(timer));
    }

    pub(super) fn into_vec(self) -> Vec<Effect<M>> {
        self.effects
    }
}
