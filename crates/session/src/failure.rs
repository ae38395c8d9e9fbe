use assemblyai_protocol::{Cause, Retry, TOO_MANY_RETRY_AFTER_S};

/// How a microphone was lost while it was captured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It was unplugged, or the browser or the system withdrew it.
    Unplugged,
    /// It was the sound of a tab or of the computer, and the user has ended the sharing.
    SharingEnded,
    /// The audio thread failed.
    AudioThread,
    /// No samples arrive, though no error was reported.
    Stalled,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFailure {
    /// The server refused, with this HTTP status and the seconds of its `Retry-After`.
    Status(u16, Option<u32>),
    /// The server could not be reached.
    Unreachable,
    /// The server's answer is not a token.
    Unreadable,
    /// The server did not answer in time.
    TooSlow,
}

/// Why a recording ended without being stopped, or why a connection was lost; `M` is the application's reason why
/// a microphone could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<M> {
    /// The recording never began: the microphone could not be opened.
    Microphone(M),
    /// The microphone was granted, but capture did not start in time.
    NoCapture,
    /// The microphone went away.
    MicrophoneLost,
    /// The audio thread failed.
    AudioThread,
    /// There is no token.
    Token(TokenFailure),
    /// The service sent an `Error` message.
    Service {
        /// Its code, if it had one.
        code: Option<u16>,
        /// Its text.
        text: String,
    },
    /// The socket closed, or never opened.
    Closed {
        /// The close code; 1006 if the connection broke without one.
        code: u16,
        /// The close reason, often empty.
        reason: String,
    },
    /// The socket was requested, but `Begin` did not arrive in time.
    NoBegin,
    /// `Terminate` was sent, but neither `Termination` nor a close arrived in time.
    NoTermination,
    /// The recording was stopped before a connection was open, and none opened in time.
    Unsent,
    /// The service ended the session of its own accord.
    EndedByService,
    /// The connection is open, but nothing is received, or nothing can be sent.
    Silent,
}

impl<M> From<Loss> for Failure<M> {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::Unplugged | Loss::SharingEnded => Self::MicrophoneLost,
            Loss::AudioThread | Loss::Stalled => Self::AudioThread,
        }
    }
}

/// The longest wait that a server may ask for while it is unavailable, in s, as long as the longest of the backoff: a
/// proxy names minutes while the server is back in seconds, and ten minutes of audio are kept.
const MOST_UNAVAILABLE_S: u32 = 15;

impl<M> Failure<M> {
    /// Whether and when another connection can help a recording that has had one. [`Retry::No`] is a refusal: another
    /// attempt fails in the same way until somebody acts.
    pub fn retry(&self) -> Retry {
        match self {
            // A server that has issued tokens before, and now refuses, has reached a limit or has a fault.
            Self::Token(TokenFailure::Status(429, seconds)) => {
                Retry::AfterSeconds(seconds.unwrap_or(TOO_MANY_RETRY_AFTER_S))
            }
            // 404, 408 and 425 come from a proxy while the server behind it is being replaced.
            Self::Token(TokenFailure::Status(400..=403, _)) | Self::Microphone(_) | Self::NoCapture => {
                Retry::No
            }
            Self::Token(TokenFailure::Status(_, Some(seconds))) => {
                Retry::AfterSeconds((*seconds).min(MOST_UNAVAILABLE_S))
            }
            Self::Service { code, text } => retry(Cause::of(code.unwrap_or(0), text)),
            Self::Closed { code, reason } => retry(Cause::of(*code, reason)),
            _ => Retry::Yes,
        }
    }

    /// A copy, if it is a refusal of the server or the service.
    pub(crate) fn refusal(&self) -> Option<Self> {
        if self.retry() != Retry::No {
            return None;
        }
        match self {
            Self::Token(failure) => Some(Self::Token(failure.clone())),
            Self::Service { code, text } => Some(Self::Service { code: *code, text: text.clone() }),
            Self::Closed { code, reason } => Some(Self::Closed { code: *code, reason: reason.clone() }),
            _ => None,
        }
    }
}

/// The client did not ask for the end, so code 1000 is no reason to give up; and a new session sends more slowly.
fn retry(cause: Cause) -> Retry {
    match cause {
        Cause::Normal | Cause::TooFast => Retry::Yes,
        cause => cause.retry(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unavailable_server_is_asked_again_within_15_s_whatever_its_proxy_says() {
        let wait = |status, seconds| Failure::<()>::Token(TokenFailure::Status(status, seconds)).retry();
        assert_eq!(wait(503, Some(3)), Retry::AfterSeconds(3));
        assert_eq!(wait(503, Some(900)), Retry::AfterSeconds(15));
        assert_eq!(wait(503, None), Retry::Yes);
        assert_eq!(wait(429, Some(900)), Retry::AfterSeconds(900), "it counts, and refuses until then");
    }
}
