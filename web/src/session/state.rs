/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing is held: no microphone, no socket.
    #[default]
    Idle,
    /// The browser asks for the microphone.
    Asking,
    /// What is said is kept while the connection is made.
    Connecting(Handshake),
    /// What is said is sent.
    Streaming,
    /// Stop was pressed; the last samples are on their way from the audio thread.
    Draining(Link),
    /// All is captured, but the connection is still being made.
    Finishing(Handshake),
    /// All is sent; the last turns and `Termination` are awaited.
    Terminating,
}

/// How far the connection is while it is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// The server was asked for a token.
    Token,
    /// The socket was asked for; it is of use from `Begin` on.
    Begin,
}

/// The connection while the tail is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It is being made.
    Connecting(Handshake),
    /// `Begin` has come.
    Open,
}

impl State {
    /// The value of `data-state` on `<body>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Asking => "starting",
            Self::Connecting(_) => "connecting",
            Self::Streaming => "recording",
            Self::Draining(_) | Self::Finishing(_) | Self::Terminating => "stopping",
        }
    }
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
    /// From Stop to `Begin`, where Stop came first.
    Finish,
    /// From `Terminate` to `Termination`, which took up to 1.3 s in live captures; the SDKs wait 5 s too.
    Termination,
}

impl Timer {
    /// How long the wait may be, in ms.
    pub fn limit_ms(self) -> i32 {
        match self {
            Self::Token => 15_000,
            Self::Microphone | Self::Begin => 10_000,
            Self::Drain => 1_000,
            Self::Finish | Self::Termination => 5_000,
        }
    }
}
