use std::fmt;

/// A rule that a client broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// No credential, or one that is not good.
    Credential,
    /// A parameter that the service refuses.
    InvalidParameter,
    /// A parameter that the service ignores because it does not know it, or that was given twice.
    UnknownParameter,
    /// Less than 50 ms of audio in a message.
    ShortFrame,
    /// More than 1000 ms of audio in a message.
    LongFrame,
    /// A message over 128 kB.
    TooLarge,
    /// Half a sample at the end of a message.
    OddBytes,
    /// More than 300 s of audio ahead of the clock.
    TooFast,
    /// A message that is no JSON, of an unknown type, or with a value that the service refuses.
    InvalidMessage,
    /// A field that `UpdateConfiguration` does not have or that cannot change any more.
    UnknownField,
    /// Anything that was sent after Terminate.
    AfterTerminate,
    /// The client went away, and had not said Terminate: the service would have billed on.
    NotTerminated,
    /// No message for as long as the client's `inactivity_timeout` said.
    Inactive,
    /// A session that was open still when the test was over.
    StillOpen,
    /// A request for a token that the service refuses.
    TokenRequest,
}

/// A rule that was broken, by which session, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub kind: ViolationKind,
    /// The session, counted from 0; `None` for token requests.
    pub session: Option<usize>,
    /// What was received.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.session {
            Some(session) => write!(f, "session {session}: {:?}: {}", self.kind, self.text),
            None => write!(f, "{:?}: {}", self.kind, self.text),
        }
    }
}
