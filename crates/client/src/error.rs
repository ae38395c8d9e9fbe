use std::convert::Infallible;
use std::time::Duration;

use assemblyai_protocol::{Cause, InvalidParameter, Retry, TOO_MANY_RETRY_AFTER_S};
use assemblyai_session::{Failure, TokenFailure};

/// The close code for a TLS handshake that failed (RFC 6455, 7.4.1).
pub(crate) const TLS_FAILURE: u16 = 1015;

/// Why a session could not start, was interrupted or ended early. The text says what happened and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no API key and no token server.
    #[error("there is no API key; set ASSEMBLYAI_API_KEY, or name a token server")]
    MissingKey,
    /// An API key that cannot be sent.
    #[error("the API key has characters that a key cannot have; copy it again from the dashboard")]
    InvalidKey,
    /// An address that cannot be connected to.
    #[error("the address {address:?} cannot be used; give one like https://streaming.assemblyai.com")]
    InvalidAddress {
        /// The address.
        address: String,
    },
    /// A parameter that the service would refuse.
    #[error(transparent)]
    InvalidParameter(#[from] InvalidParameter),
    /// Audio is sent at 16 kHz, or at 8 kHz.
    #[error("the service cannot be sent audio at {0} Hz by this client; set sample_rate_hz to 16000 or 8000")]
    UnsupportedRate(u32),
    /// A parameter cannot change while a session runs.
    #[error("{0} cannot change while a session runs; start another session")]
    NeedsNewSession(&'static str),
    /// The server's certificate is not trusted, or there are no root certificates.
    #[error(
        "no TLS: {0}; enable the feature native-roots to trust what the system trusts, or add the certificate"
    )]
    Tls(String),
    /// The service or the token server refused.
    #[error("refused{} ({code}); {}", reason(text), advice(*cause, *code, *retry_after))]
    Refused {
        /// The cause, as far as it is known.
        cause: Cause,
        /// The service's code, or an HTTP status.
        code: u16,
        /// What the service said.
        text: String,
        /// The wait that a token server asked for (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The service or the token server cannot be reached, or does not answer.
    #[error("not reachable: {0}; check the address and the network")]
    Unreachable(String),
    /// The connection was lost.
    #[error("the connection was lost: {0}; check the network")]
    ConnectionLost(String),
    /// Not all audio was sent, or not all words were received, before the session had to end.
    #[error("the end of the audio was not transcribed: {0}; send the audio of the last gap again")]
    Incomplete(&'static str),
    /// The audio source failed.
    #[error("the audio ended with an error: {0}; check its source")]
    Audio(String),
    /// The session ended without a report: its runtime was shut down.
    #[error("the session was cut off, because its runtime was shut down; await its last event before that")]
    CutOff,
}

impl Error {
    /// Whether the same attempt may succeed later, and when.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused { cause, code, retry_after, .. } => match (code, retry_after) {
                (code, _) if is_refused_for_good(*code) => Retry::No,
                (404..=599, Some(wait)) => {
                    Retry::AfterSeconds(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX))
                }
                (429, None) => Retry::AfterSeconds(TOO_MANY_RETRY_AFTER_S),
                (404..=599, None) => Retry::Yes,
                _ => cause.retry(),
            },
            Self::Unreachable(_)
            | Self::ConnectionLost(_)
            | Self::Incomplete(_)
            | Self::CutOff
            | Self::Audio(_) => Retry::Yes,
            _ => Retry::No,
        }
    }

    /// How long to wait before another attempt, at least what a token server asked for; `None` if it would fail in the same
    /// way.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.retry() {
            Retry::No => None,
            Retry::Yes => Some(Duration::from_secs(1)),
            Retry::AfterSeconds(seconds) => Some(Duration::from_secs(u64::from(seconds))),
        }
    }

    /// The same for a session that has never had a connection: none was lost.
    pub(crate) fn before_begin(self) -> Self {
        match self {
            Self::ConnectionLost(text) => Self::Unreachable(text),
            other => other,
        }
    }

    /// The error of a session's failure.
    pub(crate) fn of(failure: Failure<Infallible>) -> Self {
        match failure {
            Failure::Microphone(never) => match never {},
            Failure::Token(failure) => of_token(&failure),
            Failure::Service { code, text } => of_code(code.unwrap_or(0), text),
            Failure::Closed { code, reason } => of_code(code, reason),
            Failure::NoBegin => {
                Self::Unreachable("the service did not begin the session within 10 s".to_owned())
            }
            Failure::NoTermination => Self::Incomplete("the service did not end the session in time"),
            Failure::Unsent => Self::Incomplete("no connection opened in time"),
            Failure::EndedByService => Self::ConnectionLost("the service ended the session".to_owned()),
            Failure::Silent => Self::ConnectionLost("it is open but nothing passes".to_owned()),
            Failure::NoCapture | Failure::MicrophoneLost | Failure::AudioThread => {
                Self::Audio("it stopped".to_owned())
            }
        }
    }
}

fn of_token(failure: &TokenFailure) -> Error {
    let text = match failure {
        TokenFailure::Status(status, seconds) => {
            let text = "the token server issued no token".to_owned();
            let cause = if matches!(status, 401 | 403) { Cause::Unauthorized } else { Cause::Other };
            let retry_after = seconds.map(|seconds| Duration::from_secs(seconds.into()));
            return Error::Refused { cause, code: *status, text, retry_after };
        }
        TokenFailure::Unreachable => "the token server does not answer",
        TokenFailure::Unreadable => "the token server's answer is not a token",
        TokenFailure::TooSlow => "the token server did not answer within 15 s",
    };
    Error::Unreachable(text.to_owned())
}

fn of_code(code: u16, text: String) -> Error {
    let cause = Cause::of(code, &text);
    match cause {
        _ if code == TLS_FAILURE => Error::Tls(text),
        Cause::ConnectionLost | Cause::Normal if text.is_empty() => {
            Error::ConnectionLost(format!("close code {code}"))
        }
        Cause::ConnectionLost | Cause::Normal => Error::ConnectionLost(text),
        cause => Error::Refused { cause, code, text, retry_after: None },
    }
}

/// What the service said, after a colon; some closes have no reason.
fn reason(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// Whether a token server that answers with this status refuses another attempt in the same way.
fn is_refused_for_good(status: u16) -> bool {
    (400..=403).contains(&status)
}

fn advice(cause: Cause, code: u16, retry_after: Option<Duration>) -> String {
    let advice = match cause {
        Cause::Unauthorized => "check the API key, or the address of the token server",
        Cause::TokenExpired => "ask for another token, and check this machine's clock",
        Cause::InsufficientFunds => "top up the account",
        Cause::TooManySessions => "wait, or end other sessions of the account",
        Cause::InvalidInput => "check the parameters",
        Cause::TooFast | Cause::FrameDuration | Cause::MessageTooLarge => "send audio in real time",
        Cause::SessionExpired => "start another session",
        _ => match retry_after {
            _ if is_refused_for_good(code) => "check the settings of the token server",
            Some(wait) => return format!("try again in {} s", wait.as_secs()),
            None => "try again later",
        },
    };
    advice.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_and_whether_to_try_again() {
        let refused = of_code(1008, "Unauthorized Connection: Invalid API key".to_owned());
        assert!(
            refused.to_string().ends_with("(1008); check the API key, or the address of the token server")
        );
        assert_eq!((refused.retry(), refused.retry_after()), (Retry::No, None));
        assert!(
            refused.to_string().starts_with("refused: Unauthorized Connection: Invalid API key (1008); ")
        );
        assert_eq!(of_code(4001, String::new()).to_string(), "refused (4001); try again later");
        let busy = Error::of(Failure::Token(TokenFailure::Status(429, None)));
        assert_eq!(busy.retry_after(), Some(Duration::from_secs(12)));
        assert!(busy.to_string().ends_with("(429); try again later"), "{busy}");
        let lost = of_code(1006, String::new());
        assert_eq!(
            (lost.to_string().as_str(), lost.retry()),
            ("the connection was lost: close code 1006; check the network", Retry::Yes)
        );
    }

    #[test]
    fn a_refusal_with_a_retry_after_names_the_wait_and_asks_for_it() {
        for status in [429, 503] {
            let error = Error::of(Failure::Token(TokenFailure::Status(status, Some(40))));
            assert_eq!(error.retry_after(), Some(Duration::from_secs(40)), "{status}");
            let is_handed_over =
                matches!(error, Error::Refused { retry_after: Some(wait), .. } if wait.as_secs() == 40);
            assert!(is_handed_over, "{error:?}");
            assert!(error.to_string().ends_with(&format!("({status}); try again in 40 s")), "{error}");
        }
        // Somebody has to act first, however long that takes.
        for status in [400, 402] {
            let refused = Error::of(Failure::Token(TokenFailure::Status(status, Some(40))));
            assert_eq!(refused.retry_after(), None, "{status}");
            assert!(!refused.to_string().contains("try again"), "{refused}");
        }
        let unauthorized = Error::of(Failure::Token(TokenFailure::Status(401, Some(40))));
        assert_eq!(unauthorized.retry_after(), None);
        assert!(unauthorized.to_string().ends_with("the address of the token server"), "{unauthorized}");
    }

    /// An error of each kind, and whether to try again.
    fn all() -> Vec<(Error, Retry)> {
        let text = || "a test".to_owned();
        let refused = |cause, code| Error::Refused { cause, code, text: text(), retry_after: None };
        let silence = assemblyai_protocol::StreamingParameters {
            max_turn_silence_ms: Some(1),
            ..assemblyai_protocol::StreamingParameters::default()
        };
        let parameter = silence.validate().err().map(|error| (Error::InvalidParameter(error), Retry::No));
        let mut all = vec![
            (Error::MissingKey, Retry::No),
            (Error::InvalidKey, Retry::No),
            (Error::InvalidAddress { address: text() }, Retry::No),
            (Error::UnsupportedRate(1), Retry::No),
            (Error::NeedsNewSession("a test"), Retry::No),
            (Error::Tls(text()), Retry::No),
            (refused(Cause::Unauthorized, 1008), Retry::No),
            (refused(Cause::Unauthorized, 403), Retry::No),
            (refused(Cause::Other, 429), Retry::AfterSeconds(12)),
            (refused(Cause::Other, 503), Retry::Yes),
            (Error::Unreachable(text()), Retry::Yes),
            (Error::ConnectionLost(text()), Retry::Yes),
            (Error::Incomplete("a test"), Retry::Yes),
            (Error::Audio(text()), Retry::Yes),
            (Error::CutOff, Retry::Yes),
        ];
        all.extend(parameter);
        all
    }

    #[test]
    fn each_error_says_what_happened_and_then_what_to_do() {
        let all = all();
        assert_eq!(all.len(), 16);
        for (error, retry) in all {
            assert_eq!(error.retry(), retry, "{error:?}");
            let text = error.to_string();
            // The ranges of a parameter say what to do.
            let is_parameter = matches!(error, Error::InvalidParameter(_));
            let advice = text.rsplit_once("; ").map(|(_, advice)| advice.len());
            assert!(is_parameter || advice.is_some_and(|length| length > 10), "{text}");
        }
    }
}
