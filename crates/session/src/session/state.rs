/// The state of a recording; the state of its connection is independent of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// There is no recording: no microphone, socket, token request or timer is held.
    #[default]
    Idle,
    /// The user is asked for the microphone.
    RequestingMicrophone,
    /// Audio is captured, and sent while there is a connection.
    Recording,
    /// No audio is captured, but the recording is not over.
    Paused(Pause),
    /// The recording was stopped; its last samples are on their way from the audio thread.
    Draining,
    /// All audio is captured, but not all of it is sent.
    Flushing,
    /// All audio is sent; the last turns and `Termination` are awaited.
    Terminating,
}

/// Why a recording is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The user paused it.
    Wanted,
    /// The microphone was lost; the recording waits for another.
    NoMicrophone,
}

/// What a user should see of the state of a recording and its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// There is no recording.
    Idle,
    /// The user is asked for the microphone.
    Starting,
    /// Audio is captured while the first connection is being opened.
    Connecting,
    /// Audio is captured and sent.
    Recording,
    /// Audio is captured; there is no connection because nobody speaks.
    Standby,
    /// Audio is captured while a lost connection is being replaced.
    Reconnecting,
    /// The user has paused the recording.
    Paused,
    /// The microphone was lost.
    NoMicrophone,
    /// The recording was stopped; the last samples or the last turns are awaited.
    Stopping,
    /// The recording was stopped, and this many seconds of its audio are not sent yet.
    Sending(u64),
}
