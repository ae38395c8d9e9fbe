//! The session's types, with the browser's reasons why a microphone cannot be opened.

pub use assemblyai_session::ConnectionId;
pub use assemblyai_session::Loss;
pub use assemblyai_session::{Pause, Phase, RecordingId, ResumeState, State, Timer};

use crate::failure::MicrophoneFailure;
use transcription_common::RecordingPhase;

/// The session of the page.
pub type Session = assemblyai_session::Session<MicrophoneFailure>;
/// What the session reacts to.
pub type Input = assemblyai_session::Input<MicrophoneFailure>;
/// What the page has to do.
pub type Effect = assemblyai_session::Effect<MicrophoneFailure>;

/// The value of `data-state` on `<body>`.
pub fn data_state(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "idle",
        Phase::Starting => "starting",
        Phase::Connecting => "connecting",
        Phase::Recording => "recording",
        Phase::Standby => "standby",
        Phase::Reconnecting => "reconnecting",
        Phase::Paused | Phase::NoMicrophone => "paused",
        Phase::Stopping | Phase::Sending(_) => "stopping",
    }
}

/// The phase as the tools know it.
pub fn recording_phase(phase: Phase) -> RecordingPhase {
    match phase {
        Phase::Idle => RecordingPhase::Idle,
        Phase::Starting => RecordingPhase::Starting,
        Phase::Connecting => RecordingPhase::Connecting,
        Phase::Recording => RecordingPhase::Recording,
        Phase::Standby => RecordingPhase::Standby,
        Phase::Reconnecting => RecordingPhase::Reconnecting,
        Phase::Paused => RecordingPhase::Paused,
        Phase::NoMicrophone => RecordingPhase::NoMicrophone,
        Phase::Sending(0) => RecordingPhase::WaitingToSend,
        Phase::Sending(_) => RecordingPhase::Sending,
        Phase::Stopping => RecordingPhase::Stopping,
    }
}
