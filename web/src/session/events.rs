use assemblyai_protocol::{ServerMessage, Signal, SpeakerRevision, Turn};
pub use transcription_common::ConnectionId;

use super::Timer;
use crate::failure::{Failure, MicrophoneFailure, TokenFailure};
use crate::journal::Frame;
use crate::notice::Notice;
use crate::recovery;

/// Counts the presses of Record since the page was loaded; an answer to an older one means nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Run(pub u32);

/// How a microphone that was captured from got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It was unplugged, or taken away by the browser or the system.
    Unplugged,
    /// The audio thread failed.
    AudioThread,
    /// No sound comes any more, though nothing said so.
    Stalled,
}

/// What is kept of a recording that was broken off.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The last of its audio, at most what a journal keeps.
    pub samples: Frame,
    /// Where that begins, on the recording's clock.
    pub first: u64,
    /// Up to where its transcript was complete.
    pub confirmed: u64,
    /// Its newest connection: new ones are named after it.
    pub connection: ConnectionId,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Record, or Stop: it is one button.
    ButtonPressed,
    /// Go on with a recording that another life of the page has kept.
    Resumed(Kept),
    /// Pause, or resume: it is one button.
    PausePressed,
    /// The turn ends now, whatever the service thinks of it.
    EndTurnPressed,
    /// The user has other wishes: the text message that tells an open session of them.
    Configured(String),
    /// The user has chosen another microphone.
    MicrophoneChosen,
    /// The page is being left, for good or for the browser's back-forward cache.
    PageHidden,
    /// The user has granted the microphone; what listens to it may still be on its way.
    MicrophoneGranted(Run),
    /// Capture has begun, or goes on from another microphone.
    MicrophoneOpened(Run),
    /// Capture could not begin; what was captured from before goes on.
    MicrophoneRefused(Run, MicrophoneFailure),
    /// The system or the browser has muted the microphone, or has stopped doing so.
    MicrophoneMuted(Run, bool),
    /// A device was connected or disconnected.
    DevicesChanged,
    /// Samples, in order, with the peak among them, 0 to 1.
    AudioCaptured(Run, Frame, f32),
    /// The last samples have come.
    MicrophoneDrained(Run),
    /// The device or the audio thread is gone.
    MicrophoneLost(Run, Loss),
    /// The address of the socket, the token in it.
    TokenGranted(ConnectionId, String),
    /// No token.
    TokenRefused(ConnectionId, TokenFailure),
    /// A message came.
    Received(ConnectionId, ServerMessage),
    /// The socket closed from the other side, or could not be opened.
    Closed(ConnectionId, u16, String),
    /// The bytes that a socket was given and has not passed on.
    Unsent(ConnectionId, u32),
    /// The network came back, or the machine woke up: an open connection may be dead without knowing.
    Online,
    /// There is no network.
    Offline,
    /// A wait has lasted as long as it may.
    TimeIsUp(Run, Timer),
    /// The tools could not be loaded; the session has nothing to do with that.
    NotLoaded,
    /// Something about recordings that are kept; the session hears only of [`Input::Resumed`].
    Recovery(recovery::Event),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask for the microphone and capture from it; if one is captured from, let that go once the other is there.
    OpenMicrophone(Run),
    /// Capture silence, or sound again.
    MuteMicrophone(Run, bool),
    /// Let what the device still holds come in, then end capture.
    DrainMicrophone(Run),
    /// Let the microphone go, or stop asking for it.
    CloseMicrophone(Run),
    /// Ask the server for a token.
    RequestToken(ConnectionId),
    /// Ask no longer.
    AbandonToken(ConnectionId),
    /// Open the socket at this address.
    OpenSocket(ConnectionId, String),
    /// Send audio.
    SendAudio(ConnectionId, Frame),
    /// Send a text message.
    Say(ConnectionId, Signal),
    /// Send a text message that is not the same each time.
    SayText(ConnectionId, String),
    /// Close the socket with code 1000 and hear nothing more from it.
    CloseSocket(ConnectionId),
    /// Begin a wait of so many ms.
    StartTimer(Run, Timer, u32),
    /// Begin the wait for [`Timer::Rotation`]: until shortly before this time, in seconds since 1970.
    RotateBefore(Run, f64),
    /// End a wait.
    StopTimer(Timer),
    /// End all waits.
    StopTimers,
    /// A connection is open; its audio begins at this position of the recording's clock.
    Connected(ConnectionId, u64),
    /// Show a turn.
    ShowTurn(ConnectionId, Turn),
    /// Show who speaks, where the service names speakers anew.
    ReviseSpeakers(ConnectionId, SpeakerRevision),
    /// Show, behind all turns of this connection, that the audio between these positions was not transcribed.
    ShowGap(ConnectionId, u64, u64),
    /// Up to this position the transcript is complete.
    Confirmed(u64),
    /// Tell the user, until it is over.
    Notify(Notice),
    /// It is over.
    Unnotify(Notice),
    /// Tell the user, until the next start.
    Report(Failure),
    /// Forget what was told.
    ClearReport,
    /// The recording has begun: keep what comes, in case the page dies.
    Begin(Run),
    /// The recording has ended as it should.
    End,
    /// The recording has ended otherwise: what is kept of it stays.
    BreakOff,
}
