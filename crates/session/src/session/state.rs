use crate::turn::ConnectionId;

/// Where a recording stands; where the connection stands is [`Link`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is held: no microphone, no socket.
    #[default]
    Idle,
    /// The browser asks for the microphone.
    RequestingMicrophone,
    /// What is said is kept, and sent as far as there is a connection.
    Recording,
    /// Nothing is captured for a while.
    Paused(Pause),
    /// Stop was pressed; the last samples are on their way from the audio thread.
    Draining,
    /// All is captured, but not all of it is sent.
    Flushing,
    /// All is sent; the last turns and `Termination` are awaited.
    Terminating,
}

/// Why nothing is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The user wants it so.
    Wanted,
    /// The microphone is gone; another is asked for, or waited for.
    NoMicrophone,
}

/// The connection to the service.
///
/// While one is open another may be in the making: to take over before the session's time is up, or because the
/// open one seems dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link {
    /// The connection over which audio goes.
    pub open: Option<ConnectionId>,
    /// The one that is being made.
    pub making: Option<(ConnectionId, Handshake)>,
    /// Whether the next attempt waits for its time.
    pub is_waiting: bool,
    /// The one that was sent Terminate while the recording is paused, and says its last.
    pub ending: Option<ConnectionId>,
}

/// How far a connection is while it is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// The server was asked for a token.
    Token,
    /// The socket was asked for; it is of use from `Begin` on.
    Begin,
}

impl Link {
    /// Whether there is neither a connection nor an attempt at one.
    pub fn is_off(&self) -> bool {
        self.open.is_none() && self.making.is_none() && !self.is_waiting
    }

    /// Whether this connection has a socket.
    pub fn has_socket(&self, connection: ConnectionId) -> bool {
        [self.open, self.ending].contains(&Some(connection))
            || self.making == Some((connection, Handshake::Begin))
    }
}

/// Whether the service sends `Heartbeat`, which is asked for but, by one source, not to be had of every model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heartbeats {
    /// None has come yet, and none was missed.
    Expected,
    /// None came in time, so another connection takes over; if none comes over that one either, there are none.
    Missed,
    /// It does.
    Seen,
    /// It does not.
    Absent,
}

/// Why an open connection seems dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkHealth {
    /// Nothing comes, or the network has changed; a message ends it.
    Silent,
    /// Nothing goes, though messages may come.
    Stalled,
}

/// What the user sees of all this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is held.
    Idle,
    /// The browser asks for the microphone.
    Starting,
    /// What is said is kept while the first connection is made.
    Connecting,
    /// What is said is sent.
    Recording,
    /// What is said is kept while a lost connection is made anew.
    Reconnecting,
    /// The user has paused.
    Paused,
    /// There is no microphone any more.
    NoMicrophone,
    /// The last samples come in, the last turns are awaited.
    Stopping,
    /// Stop was pressed, but not all is sent: this many seconds are not.
    Sending(u64),
}

/// A limit on a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// From the user's grant to capture: the audio thread's code comes from the server, and the browser has to
    /// start an audio device.
    Microphone,
    /// The server's answer to a token request: its own limit towards AssemblyAI is 10 s.
    Token,
    /// From asking for the socket to `Begin`, which took 1.3 s in live captures; the SDKs' 1 s is too short.
    Begin,
    /// The tail from the audio thread; it takes 0.2 s, but never comes from a context that is suspended.
    Drain,
    /// From Stop to a connection, where there is none.
    Finish,
    /// From `Terminate` to `Termination`, which took up to 1.3 s in live captures; the SDKs wait 5 s too.
    Termination,
    /// Until the next attempt at a connection.
    Backoff,
    /// From one sign of life to the next, where the service sends `Heartbeat`, each 5.0 to 5.1 s.
    Heartbeat,
    /// Until a connection counts as a good one, and the next loss as the first.
    Healthy,
    /// Until a new connection has to take over from one whose time is nearly up.
    Rotation,
    /// Between two frames of what is late, while nothing is captured; else captured audio is the clock.
    Pace,
    /// Until a pause closes the connection: an open one is billed.
    Pause,
}

impl Timer {
    /// How long the wait is, in ms, where nothing else is said.
    pub fn limit_ms(self) -> u32 {
        match self {
            Self::Token => 15_000,
            Self::Microphone | Self::Begin => 10_000,
            Self::Drain => 1_000,
            Self::Finish | Self::Termination => 5_000,
            Self::Heartbeat => 5_900,
            Self::Healthy => 60_000,
            Self::Pause => 30_000,
            Self::Pace => 1_000,
            Self::Backoff => 500,
            Self::Rotation => 3_600_000,
        }
    }
}
