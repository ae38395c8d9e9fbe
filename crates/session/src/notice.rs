use crate::failure::{Failure, Loss};

/// A condition that the user should know of while it lasts; `M` is the application's reason why a microphone could
/// not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice<M> {
    /// There is no microphone; the recording waits for one.
    NoMicrophone(Loss),
    /// The connection is lost, or seems dead, and another is being opened.
    Reconnecting(Failure<M>),
    /// The system or the browser has muted the microphone.
    Muted,
    /// The microphone that the user chose could not be opened; the previous one stays in use.
    NotSwitched(M),
    /// The service counted another amount of audio than was sent.
    Miscounted {
        /// The service's count, in seconds.
        received_s: u64,
        /// The amount sent, in seconds.
        sent_s: u64,
    },
}

/// A [`Notice`] without its details: one notice of a kind is shown at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// [`Notice::NoMicrophone`].
    NoMicrophone,
    /// [`Notice::Reconnecting`].
    Reconnecting,
    /// [`Notice::Muted`].
    Muted,
    /// [`Notice::NotSwitched`].
    NotSwitched,
    /// [`Notice::Miscounted`].
    Miscounted,
}

impl<M> Notice<M> {
    /// The notice's kind.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::NoMicrophone(_) => NoticeKind::NoMicrophone,
            Self::Reconnecting(_) => NoticeKind::Reconnecting,
            Self::Muted => NoticeKind::Muted,
            Self::NotSwitched(_) => NoticeKind::NotSwitched,
            Self::Miscounted { .. } => NoticeKind::Miscounted,
        }
    }
}
