use crate::turn::ConnectionId;

/// The attempt to open a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attempt {
    /// There is none.
    #[default]
    None,
    /// The next one waits for its time.
    Waiting,
    /// The server was asked for a token.
    Token(ConnectionId),
    /// The socket was requested; the service's `Begin` is awaited.
    Begin(ConnectionId),
}

impl Attempt {
    /// The connection that is being opened.
    pub fn connection(self) -> Option<ConnectionId> {
        match self {
            Self::None | Self::Waiting => None,
            Self::Token(id) | Self::Begin(id) => Some(id),
        }
    }
}
