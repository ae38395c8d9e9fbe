//! What can go wrong, and the sentence that tells the user what to do about it.

use assemblyai_protocol::{Cause, Retry};
use transcription_common::texts;

use crate::session::Loss;

/// Why the microphone could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MicrophoneFailure {
    /// The user, or a policy, said no.
    Denied,
    /// There is none.
    NotFound,
    /// It is there, but something else holds it.
    Busy,
    /// Browsers give the microphone only to pages on https or localhost.
    InsecurePage,
    /// The browser has no `AudioWorklet` or no `getUserMedia`.
    Unsupported,
    /// The code of the audio thread could not be loaded from the server.
    NoWorklet,
    /// Anything else, in the browser's words.
    Other(String),
}

/// Why no token came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFailure {
    /// The server refused, with this HTTP status and the seconds of its `Retry-After`.
    Status(u16, Option<u32>),
    /// The server could not be reached.
    Unreachable,
    /// The server answered something that is no token.
    Unreadable,
    /// The server did not answer in time.
    TooSlow,
}

/// Why a recording ended otherwise than by Stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It never began: there was no microphone.
    Microphone(MicrophoneFailure),
    /// The microphone went away.
    MicrophoneLost,
    /// The browser's audio thread failed.
    AudioThread,
    /// No token.
    Token(TokenFailure),
    /// The service sent an `Error` message.
    Service {
        /// Its code, where it had one.
        code: Option<u16>,
        /// Its text.
        text: String,
    },
    /// The socket closed, or never opened.
    Closed {
        /// The close code; 1006 where the connection just broke.
        code: u16,
        /// The close reason, often empty.
        reason: String,
    },
    /// The socket was asked for, but `Begin` did not come in time.
    NoBegin,
    /// `Terminate` was sent, but neither `Termination` nor a close came in time.
    NoTermination,
    /// Stop was pressed before the connection was made, and it was not made in time.
    Unsent,
    /// The service ended the session on its own.
    EndedByService,
    /// The connection is open, but nothing comes over it, or nothing goes.
    Silent,
}

impl From<Loss> for Failure {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::Unplugged => Self::MicrophoneLost,
            Loss::AudioThread | Loss::Stalled => Self::AudioThread,
        }
    }
}

impl Failure {
    /// What happened and what to do, in one or two sentences.
    pub fn sentence(&self) -> String {
        match self {
            Self::Microphone(failure) => failure.sentence(),
            Self::MicrophoneLost => texts::MICROPHONE_LOST.get().to_owned(),
            Self::AudioThread => texts::AUDIO_THREAD_FAILED.get().to_owned(),
            Self::Token(failure) => failure.sentence(),
            Self::Service { code, text } => texts::SAID_BY_SERVICE.with(&[
                advice(Cause::of(code.unwrap_or(0), text)),
                &prefix(*code),
                text,
            ]),
            Self::Closed { code, reason } => {
                let reason = if reason.is_empty() { texts::NO_REASON.get() } else { reason };
                texts::CLOSED_WITH.with(&[advice(Cause::of(*code, reason)), &code.to_string(), reason])
            }
            Self::NoBegin => texts::NO_BEGIN.get().to_owned(),
            Self::NoTermination => texts::NO_TERMINATION.get().to_owned(),
            Self::Unsent => texts::UNSENT.get().to_owned(),
            Self::EndedByService => texts::ENDED_BY_SERVICE.get().to_owned(),
            Self::Silent => texts::CONNECTION_DEAD.get().to_owned(),
        }
    }

    /// What happened, where something is being done about it.
    pub fn what(&self) -> String {
        match self {
            Self::Token(TokenFailure::Status(status, _)) => {
                texts::NO_SESSION_YET.with(&[&status.to_string()])
            }
            Self::Token(_) => texts::SERVER_AWAY.get().to_owned(),
            Self::Service { code, text } => texts::ENDED_WITH.with(&[&prefix(*code), text]),
            Self::Closed { code, .. } => texts::LOST_WITH.with(&[&code.to_string()]),
            Self::EndedByService => texts::SESSION_ENDED_BY_SERVICE.get().to_owned(),
            _ => texts::NO_ANSWER.get().to_owned(),
        }
    }

    /// Whether another connection can help, once there has been one.
    pub fn retry(&self) -> Retry {
        match self {
            // A server that lets one in at all, and then no more, has a limit or a fault of its own.
            Self::Token(TokenFailure::Status(429, seconds)) => Retry::AfterSeconds(seconds.unwrap_or(12)),
            // 404, 408 and 425 come from what stands before a server that is being replaced.
            Self::Token(TokenFailure::Status(400..=403, _)) | Self::Microphone(_) => Retry::No,
            Self::Service { code, text } => retry(Cause::of(code.unwrap_or(0), text)),
            Self::Closed { code, reason } => retry(Cause::of(*code, reason)),
            _ => Retry::Yes,
        }
    }
}

/// Nobody asked for the end, so 1000 is no reason to stop; and what came too fast goes more slowly in a new session.
fn retry(cause: Cause) -> Retry {
    match cause {
        Cause::Normal | Cause::TooFast => Retry::Yes,
        cause => cause.retry(),
    }
}

impl MicrophoneFailure {
    /// Reads the name of the `DOMException` that `getUserMedia` threw (Media Capture and Streams, 10.2).
    pub fn from_exception(name: &str, message: &str) -> Self {
        match name {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => Self::Denied,
            // WebKitGTK says OverconstrainedError where there is no device at all.
            "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => Self::NotFound,
            "NotReadableError" | "AbortError" | "TrackStartError" => Self::Busy,
            _ => Self::Other(format!("{name}: {message}")),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Denied => texts::MICROPHONE_BLOCKED.get().to_owned(),
            Self::NotFound => texts::NO_MICROPHONE_FOUND.get().to_owned(),
            Self::Busy => texts::MICROPHONE_BUSY.get().to_owned(),
            Self::InsecurePage => texts::INSECURE_PAGE.get().to_owned(),
            Self::Unsupported => texts::UNSUPPORTED_BROWSER.get().to_owned(),
            Self::NoWorklet => texts::WORKLET_NOT_LOADED.get().to_owned(),
            Self::Other(what) => texts::MICROPHONE_FAILED.with(&[what]),
        }
    }
}

impl TokenFailure {
    fn sentence(&self) -> String {
        match self {
            Self::Status(402, _) => texts::ACCOUNT_NEEDS_CREDIT.get().to_owned(),
            Self::Status(401 | 403, _) => texts::NOT_LET_IN.get().to_owned(),
            Self::Status(429, Some(seconds)) => texts::TOO_MANY_RECORDINGS_YET.with(&[&seconds.to_string()]),
            Self::Status(429, None) => texts::TOO_MANY_RECORDINGS.get().to_owned(),
            Self::Status(502, _) => texts::NO_TOKEN.get().to_owned(),
            Self::Status(504, _) => texts::TOKEN_TOO_LATE.get().to_owned(),
            Self::Status(status, _) => texts::NO_SESSION.with(&[&status.to_string()]),
            Self::Unreachable => texts::SERVER_UNREACHABLE.get().to_owned(),
            Self::Unreadable => texts::ANSWER_NOT_UNDERSTOOD.get().to_owned(),
            Self::TooSlow => texts::SERVER_TOO_SLOW.get().to_owned(),
        }
    }
}

fn prefix(code: Option<u16>) -> String {
    code.map(|code| format!("{code}, ")).unwrap_or_default()
}

/// What a user can do about a session that ended for this cause.
fn advice(cause: Cause) -> &'static str {
    match cause {
        Cause::Normal | Cause::Other => texts::SESSION_ENDED.get(),
        Cause::ConnectionLost => texts::CONNECTION_LOST.get(),
        Cause::Unauthorized => texts::SESSION_REFUSED.get(),
        Cause::TokenExpired => texts::TOKEN_EXPIRED.get(),
        Cause::InsufficientFunds => texts::NO_CREDIT.get(),
        Cause::TooManySessions => texts::TOO_MANY_SESSIONS.get(),
        Cause::ServiceFault => texts::SERVICE_FAULT.get(),
        Cause::InvalidInput => texts::SETTINGS_REFUSED.get(),
        Cause::Inactivity => texts::INACTIVE.get(),
        Cause::MessageTooLarge | Cause::FrameDuration | Cause::TooFast => texts::AUDIO_REFUSED.get(),
        Cause::SessionExpired => texts::SESSION_EXPIRED.get(),
        Cause::Legacy => texts::PAGE_TOO_OLD.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_says_what_to_do() {
        let microphone = [
            MicrophoneFailure::Denied,
            MicrophoneFailure::NotFound,
            MicrophoneFailure::Busy,
            MicrophoneFailure::NoWorklet,
            MicrophoneFailure::Other("OddError: odd".to_owned()),
        ];
        let token = [402, 403, 429, 500, 502, 503, 504].map(|status| TokenFailure::Status(status, None));
        let closes = [1006, 1008, 1009, 1011, 3005, 3006, 3007, 3008, 3009, 4001, 9999];
        let failures = (microphone.into_iter().map(Failure::Microphone))
            .chain(token.into_iter().map(Failure::Token))
            .chain(closes.map(|code| Failure::Closed { code, reason: String::new() }))
            .chain([
                Failure::NoBegin,
                Failure::NoTermination,
                Failure::Unsent,
                Failure::MicrophoneLost,
                Failure::AudioThread,
            ]);
        for failure in failures {
            let sentence = failure.sentence();
            let says_what = ["press Record", "Press Record", "must check", "must be updated", "Add one"];
            assert!(says_what.iter().any(|part| sentence.contains(part)), "{failure:?}: {sentence}");
        }
    }

    #[test]
    fn code_and_reason_of_a_close_are_shown() {
        let sentence = Failure::Closed { code: 3005, reason: "Server error".to_owned() }.sentence();
        assert!(sentence.contains("3005") && sentence.contains("Server error"), "{sentence}");
        let sentence =
            Failure::Service { code: Some(1008), text: "Insufficient funds".to_owned() }.sentence();
        assert!(sentence.contains("credit") && sentence.contains("1008, Insufficient funds"), "{sentence}");
    }

    #[test]
    fn the_wait_that_the_server_asks_for_is_passed_on() {
        assert!(TokenFailure::Status(429, Some(17)).sentence().contains("Wait 17 seconds"));
    }

    #[test]
    fn exceptions_are_told_apart_by_name() {
        assert_eq!(MicrophoneFailure::from_exception("NotAllowedError", ""), MicrophoneFailure::Denied);
        assert_eq!(MicrophoneFailure::from_exception("NotFoundError", ""), MicrophoneFailure::NotFound);
        assert_eq!(MicrophoneFailure::from_exception("NotReadableError", ""), MicrophoneFailure::Busy);
        let other = MicrophoneFailure::from_exception("OddError", "odd");
        assert_eq!(other, MicrophoneFailure::Other("OddError: odd".to_owned()));
    }
}
