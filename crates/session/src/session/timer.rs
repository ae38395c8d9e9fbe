/// The timers that a session uses, each for the longest time that it waits for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// From the user's grant to capture: the audio thread's code is loaded from the server, and the audio device has
    /// to start.
    Microphone,
    /// For the server's answer to a token request; the server's own limit towards AssemblyAI is 10 s.
    Token,
    /// From opening the socket to `Begin`, which took 1.3 s in live captures; the SDKs' limit of 1 s is too short.
    Begin,
    /// For the last samples of the audio thread, which take 0.2 s, but never come from a suspended one.
    Drain,
    /// From Stop to a connection, if there is none.
    Flush,
    /// From `Terminate` to `Termination`, which took up to 1.3 s in live captures; the SDKs also wait 5 s.
    Termination,
    /// Until the next attempt to connect.
    Backoff,
    /// For the next message, if the service sends `Heartbeat`, every 5.0 to 5.1 s.
    Heartbeat,
    /// Until a connection counts as stable, so that the backoff starts over after its loss.
    Healthy,
    /// Until a new connection has to replace one whose session time is nearly over.
    Rotation,
    /// Until more of the late audio may be sent while nothing is captured; otherwise captured audio is the clock.
    Pace,
    /// Until a paused recording closes its connection, since an open one is billed.
    Pause,
}

impl Timer {
    /// The usual limit, in ms.
    pub fn limit_ms(self) -> u32 {
        match self {
            Self::Token => 15_000,
            Self::Microphone | Self::Begin => 10_000,
            Self::Drain => 1_000,
            Self::Flush | Self::Termination => 5_000,
            Self::Heartbeat => 5_900,
            Self::Healthy => 60_000,
            Self::Pause => 30_000,
            Self::Pace => 1_000,
            Self::Backoff => 500,
            Self::Rotation => 3_600_000,
        }
    }
}
