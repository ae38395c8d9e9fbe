//! Failures, and the sentences that say what happened and what to do.

use assemblyai_protocol::{Cause, TOO_MANY_RETRY_AFTER_S};
pub use assemblyai_session::TokenFailure;
use transcription_common::texts;

/// Why the microphone could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MicrophoneFailure {
    /// The user, or the system, denied it.
    Denied,
    /// The header `Permissions-Policy`, or the frame that the page is in, forbids it: the user is not asked.
    Forbidden,
    /// There is no microphone.
    NotFound,
    /// The user shared no tab or screen, or shared one without its sound: the sentence of the tools, which asked.
    NotShared(String),
    /// Another program is using it.
    Busy,
    /// The page is neither on https nor on localhost.
    InsecurePage,
    /// The browser has no `AudioWorklet` or no `getUserMedia`.
    Unsupported,
    /// The code of the audio thread could not be loaded from the server.
    NoWorklet,
    /// Any other error: name and message of the exception.
    Other(String),
}

/// Why a recording ended without being stopped, or why a connection was lost.
pub type Failure = assemblyai_session::Failure<MicrophoneFailure>;

/// What happened and what to do, in one or two sentences.
pub fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Microphone(failure) => failure.sentence(),
        Failure::NoCapture => texts::WORKLET_NOT_LOADED.get().to_owned(),
        Failure::MicrophoneLost => texts::MICROPHONE_LOST.get().to_owned(),
        Failure::AudioThread => texts::AUDIO_THREAD_FAILED.get().to_owned(),
        Failure::Token(failure) => token_sentence(failure),
        Failure::Service { code, text } => {
            texts::SAID_BY_SERVICE.with(&[advice(Cause::of(code.unwrap_or(0), text)), &prefix(*code), text])
        }
        Failure::Closed { code, reason } => {
            let reason = if reason.is_empty() { texts::NO_REASON.get() } else { reason };
            texts::CLOSED_WITH.with(&[advice(Cause::of(*code, reason)), &code.to_string(), reason])
        }
        Failure::NoBegin => texts::NO_BEGIN.get().to_owned(),
        Failure::NoTermination => texts::NO_TERMINATION.get().to_owned(),
        Failure::Unsent => texts::UNSENT.get().to_owned(),
        Failure::EndedByService => texts::ENDED_BY_SERVICE.get().to_owned(),
        Failure::Silent => texts::CONNECTION_DEAD.get().to_owned(),
    }
}

/// Whether a login in front of the server may have expired: a refusal, or a login page in place of a token.
pub fn is_signed_out(failure: &Failure) -> bool {
    matches!(failure, Failure::Token(TokenFailure::Status(401 | 403, _) | TokenFailure::Unreadable))
}

/// What happened, for a failure from which the page recovers by itself.
pub fn reason(failure: &Failure) -> String {
    match failure {
        failure if is_signed_out(failure) => texts::SIGN_IN_AGAIN.get().to_owned(),
        Failure::Token(TokenFailure::Status(status, _)) => texts::NO_SESSION_YET.with(&[&status.to_string()]),
        Failure::Token(_) => texts::SERVER_AWAY.get().to_owned(),
        Failure::Service { code, text } => texts::ENDED_WITH.with(&[&prefix(*code), text]),
        Failure::Closed { code, .. } => texts::LOST_WITH.with(&[&code.to_string()]),
        Failure::EndedByService => texts::SESSION_ENDED_BY_SERVICE.get().to_owned(),
        _ => texts::NO_ANSWER.get().to_owned(),
    }
}

impl MicrophoneFailure {
    /// Classifies a `DOMException` of `getUserMedia` by its name (Media Capture and Streams, 10.2).
    pub fn from_exception(name: &str, message: &str) -> Self {
        match name {
            "NotShared" => Self::NotShared(message.to_owned()),
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => Self::Denied,
            // WebKitGTK throws OverconstrainedError if there is no device at all.
            "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => Self::NotFound,
            "NotReadableError" | "AbortError" | "TrackStartError" => Self::Busy,
            _ => Self::Other([name, ": ", message].concat()),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Forbidden => texts::MICROPHONE_FORBIDDEN.get().to_owned(),
            Self::Denied => texts::MICROPHONE_BLOCKED.get().to_owned(),
            Self::NotFound => texts::NO_MICROPHONE_FOUND.get().to_owned(),
            Self::NotShared(sentence) => sentence.clone(),
            Self::Busy => texts::MICROPHONE_BUSY.get().to_owned(),
            Self::InsecurePage => texts::INSECURE_PAGE.get().to_owned(),
            Self::Unsupported => texts::UNSUPPORTED_BROWSER.get().to_owned(),
            Self::NoWorklet => texts::WORKLET_NOT_LOADED.get().to_owned(),
            Self::Other(what) => texts::MICROPHONE_FAILED.with(&[what]),
        }
    }
}

fn token_sentence(failure: &TokenFailure) -> String {
    match failure {
        TokenFailure::Status(402, _) => texts::ACCOUNT_NEEDS_CREDIT.get().to_owned(),
        TokenFailure::Status(401 | 403, _) => texts::NOT_LET_IN.get().to_owned(),
        TokenFailure::Status(429, seconds) => {
            let (wait, unit) = readable_wait(seconds.unwrap_or(TOO_MANY_RETRY_AFTER_S));
            texts::TOO_MANY_RECORDINGS.with(&[&wait.to_string(), unit])
        }
        TokenFailure::Status(502, _) => texts::NO_TOKEN.get().to_owned(),
        TokenFailure::Status(504, _) => texts::TOKEN_TOO_LATE.get().to_owned(),
        TokenFailure::Status(status, _) => texts::NO_SESSION.with(&[&status.to_string()]),
        TokenFailure::Unreachable => texts::SERVER_UNREACHABLE.get().to_owned(),
        TokenFailure::Unreadable => texts::ANSWER_NOT_UNDERSTOOD.get().to_owned(),
        TokenFailure::TooSlow => texts::SERVER_TOO_SLOW.get().to_owned(),
    }
}

/// A wait in the unit in which it is read most easily, rounded up.
fn readable_wait(seconds: u32) -> (u32, &'static str) {
    if seconds < 120 { (seconds, "s") } else { (seconds.div_ceil(60), "min") }
}

fn prefix(code: Option<u16>) -> String {
    code.map(|code| code.to_string() + ", ").unwrap_or_default()
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
    use assemblyai_protocol::Retry;
    use test_result::TestResult;

    use super::*;

    #[test]
    fn every_failure_says_what_to_do() {
        let microphone = [
            MicrophoneFailure::Denied,
            MicrophoneFailure::Forbidden,
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
                Failure::NoCapture,
                Failure::NoBegin,
                Failure::NoTermination,
                Failure::Unsent,
                Failure::MicrophoneLost,
                Failure::AudioThread,
            ]);
        for failure in failures {
            let sentence = sentence(&failure);
            let says_what = [
                "press Record",
                "Press Record",
                "must check",
                "ask the operator",
                "must be updated",
                "Add one",
            ];
            assert!(says_what.iter().any(|part| sentence.contains(part)), "{failure:?}: {sentence}");
        }
    }

    #[test]
    fn code_and_reason_of_a_close_are_shown() {
        let sentence = super::sentence(&Failure::Closed { code: 3005, reason: "Server error".to_owned() });
        assert!(sentence.contains("3005") && sentence.contains("Server error"), "{sentence}");
        let failure = Failure::Service { code: Some(1008), text: "Insufficient funds".to_owned() };
        let sentence = super::sentence(&failure);
        assert!(sentence.contains("credit") && sentence.contains("1008, Insufficient funds"), "{sentence}");
    }

    #[test]
    fn what_a_local_model_or_the_demo_can_cause_does_not_name_assemblyai() {
        let closes = [1000, 1006, 1009, 1011, 3005, 3006, 3007, 3008, 3009, 4001, 4101, 9999];
        let failures = (closes.map(|code| Failure::Closed { code, reason: String::new() }).into_iter())
            .chain(closes.map(|code| Failure::Service { code: Some(code), text: "odd".to_owned() }))
            .chain([
                Failure::NoBegin,
                Failure::NoTermination,
                Failure::Unsent,
                Failure::EndedByService,
                Failure::Silent,
            ]);
        for failure in failures {
            for text in [sentence(&failure), reason(&failure)] {
                assert!(!text.contains("AssemblyAI"), "{failure:?}: {text}");
            }
        }
        assert!(!texts::MISCOUNTED.get().contains("AssemblyAI"));
    }

    #[test]
    fn the_wait_that_the_server_asks_for_is_shown() {
        for (seconds, wait, unit) in [
            (17, "17", "s"),
            (119, "119", "s"),
            (121, "3", "min"),
            (7199, "120", "min"),
            (43_200, "720", "min"),
        ] {
            let sentence = token_sentence(&TokenFailure::Status(429, Some(seconds)));
            assert!(sentence.contains(&format!("Wait {wait}\u{a0}{unit}, then")), "{sentence}");
        }
    }

    #[test]
    fn the_wait_that_the_server_does_not_name_is_that_of_the_session() -> TestResult {
        let failure = TokenFailure::Status(429, None);
        let sentence = token_sentence(&failure);
        let Retry::AfterSeconds(seconds) = Failure::Token(failure).retry() else {
            return Err("the session does not wait".into());
        };
        assert!(sentence.contains(&format!("Wait {seconds}\u{a0}s, then")), "{sentence}");
        Ok(())
    }

    #[test]
    fn a_login_that_may_have_expired_is_named_while_the_recording_goes_on() {
        for failure in
            [TokenFailure::Status(401, None), TokenFailure::Status(403, None), TokenFailure::Unreadable]
        {
            let failure = Failure::Token(failure);
            assert!(is_signed_out(&failure) && reason(&failure).contains("sign in again"), "{failure:?}");
        }
        for failure in
            [TokenFailure::Status(402, None), TokenFailure::Status(429, None), TokenFailure::Unreachable]
        {
            assert!(!is_signed_out(&Failure::Token(failure.clone())), "{failure:?}");
        }
    }

    #[test]
    fn exceptions_are_classified_by_name() {
        assert_eq!(MicrophoneFailure::from_exception("NotAllowedError", ""), MicrophoneFailure::Denied);
        assert_eq!(MicrophoneFailure::from_exception("NotFoundError", ""), MicrophoneFailure::NotFound);
        assert_eq!(MicrophoneFailure::from_exception("NotReadableError", ""), MicrophoneFailure::Busy);
        let not_shared = MicrophoneFailure::from_exception("NotShared", "Share it.");
        assert_eq!(not_shared.sentence(), "Share it.");
        let other = MicrophoneFailure::from_exception("OddError", "odd");
        assert_eq!(other, MicrophoneFailure::Other("OddError: odd".to_owned()));
    }
}
