use assemblyai_protocol::{ClientMessage, ServerMessage, Turn};

use super::Timer;
use crate::failure::{Failure, MicrophoneFailure, TokenFailure};
use crate::journal::Frame;

/// Counts the presses of Record since the page was loaded; an answer to an older one means nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Run(pub u32);

/// Counts the sockets since the page was loaded; with `turn_order` it names a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ConnectionId(pub u32);

/// How a microphone that was captured from got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It was unplugged, or taken away by the browser or the system.
    Unplugged,
    /// The audio thread failed.
    AudioThread,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Record, or Stop: it is one button.
    ButtonPressed,
    /// The page is being left, for good or for the browser's back-forward cache.
    PageHidden,
    /// The user has granted the microphone; what listens to it may still be on its way.
    MicrophoneGranted(Run),
    /// Capture has begun.
    MicrophoneOpened(Run),
    /// Capture could not begin.
    MicrophoneRefused(Run, MicrophoneFailure),
    /// Samples, in order, with the peak among them, 0 to 1.
    AudioCaptured(Run, Frame, f32),
    /// The last samples have come.
    MicrophoneDrained(Run),
    /// The device or the audio thread is gone.
    MicrophoneLost(Run, Loss),
    /// The address of the socket, the token in it.
    TokenGranted(Run, String),
    /// No token.
    TokenRefused(Run, TokenFailure),
    /// A message came.
    Received(ConnectionId, ServerMessage),
    /// The socket closed from the other side, or could not be opened.
    Closed(ConnectionId, u16, String),
    /// A wait has lasted as long as it may.
    TimeIsUp(Run, Timer),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask for the microphone and capture from it.
    OpenMicrophone(Run),
    /// Let what the device still holds come in, then end capture.
    DrainMicrophone(Run),
    /// Let the microphone go, or stop asking for it.
    CloseMicrophone(Run),
    /// Ask the server for a token.
    RequestToken(Run),
    /// Ask no longer.
    AbandonToken(Run),
    /// Open the socket at this address.
    OpenSocket(ConnectionId, String),
    /// Send audio.
    SendAudio(ConnectionId, Frame),
    /// Send a text message.
    Say(ConnectionId, ClientMessage),
    /// Close the socket with code 1000 and hear nothing more from it.
    CloseSocket(ConnectionId),
    /// Begin a wait.
    StartTimer(Run, Timer),
    /// End a wait.
    StopTimer(Timer),
    /// End all waits.
    StopTimers,
    /// Show a turn.
    ShowTurn(ConnectionId, Turn),
    /// Tell the user, until the next start.
    Report(Failure),
    /// Forget what was told.
    ClearReport,
}
