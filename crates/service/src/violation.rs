/// A rule of the protocol that a client can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationKind {
    /// No credential, or an invalid one.
    Credential,
    /// A parameter with a value that the service rejects.
    InvalidParameter,
    /// A parameter that the service ignores because its name is unknown, or that was given twice.
    UnknownParameter,
    /// Less than 50 ms of audio in a message.
    ShortFrame,
    /// More than 1000 ms of audio in a message.
    LongFrame,
    /// A message over 128 kB.
    TooLarge,
    /// A frame that RFC 6455 forbids, or a text that is not UTF-8.
    Malformed,
    /// An audio message whose length is not a whole number of samples.
    OddBytes,
    /// Audio more than 300 s ahead of real time.
    TooFast,
    /// A text message that is not JSON, has an unknown type, or has a value that the service rejects.
    InvalidMessage,
    /// A field that `UpdateConfiguration` does not have, or one that cannot change during a session.
    UnknownField,
    /// A message sent after `Terminate`.
    AfterTerminate,
    /// The client disconnected without `Terminate`; the service would have kept billing.
    NotTerminated,
    /// No message for the duration of the client's `inactivity_timeout`.
    Inactive,
    /// A session that was still open when the test ended.
    StillOpen,
    /// A token request that the service rejects.
    TokenRequest,
}
