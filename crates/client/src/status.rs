use std::time::Duration;

/// The state of a session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Status {
    /// Whether a connection is open and does not seem dead.
    pub is_connected: bool,
    /// Whether the connection is closed because nobody speaks; see
    /// [`ClientBuilder::standby_after`](crate::ClientBuilder::standby_after).
    pub is_on_standby: bool,
    /// Audio captured so far.
    pub captured: Duration,
    /// Audio that is kept because it was not sent yet.
    pub kept: Duration,
}
