//! What can go wrong, and the sentence that tells the user what to do about it.

use assemblyai_protocol::{Cause, Retry};

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
            Self::MicrophoneLost => {
                "The microphone was disconnected, so the recording has ended. Check the microphone, then \
                 press Record."
                    .to_owned()
            }
            Self::AudioThread => {
                "The browser could not process the sound, so the recording has ended. Reload the page, \
                 then press Record."
                    .to_owned()
            }
            Self::Token(failure) => failure.sentence(),
            Self::Service { code, text } => {
                format!(
                    "{} (AssemblyAI: {}{text})",
                    advice(Cause::of(code.unwrap_or(0), text)),
                    prefix(*code)
                )
            }
            Self::Closed { code, reason } => {
                let reason = if reason.is_empty() { "no reason given" } else { reason };
                format!("{} (The socket closed with code {code}: {reason})", advice(Cause::of(*code, reason)))
            }
            Self::NoBegin => {
                "AssemblyAI did not open a session in time. Check the network, then press Record.".to_owned()
            }
            Self::NoTermination => {
                "AssemblyAI did not confirm the end of the recording, so the last words may \
                 be missing. Press Record to go on."
                    .to_owned()
            }
            Self::Unsent => {
                "The connection was not made in time, so what you said last could not be transcribed. \
                 Check the network, then press Record."
                    .to_owned()
            }
            Self::EndedByService => "AssemblyAI ended the session. Press Record to go on.".to_owned(),
            Self::Silent => "The connection went dead. Check the network, then press Record.".to_owned(),
        }
    }

    /// What happened, where something is being done about it.
    pub fn what(&self) -> String {
        match self {
            Self::Token(TokenFailure::Status(status, _)) => {
                format!("No new session could be opened yet ({status}).")
            }
            Self::Token(_) => "The server cannot be reached.".to_owned(),
            Self::Service { code, text } => {
                format!("AssemblyAI ended the session ({}{text}).", prefix(*code))
            }
            Self::Closed { code, .. } => format!("The connection was lost ({code})."),
            Self::EndedByService => "AssemblyAI ended the session.".to_owned(),
            _ => "The connection does not answer.".to_owned(),
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
            Self::Denied => {
                "The microphone is blocked. Allow it in the browser's address bar, then press Record."
                    .to_owned()
            }
            Self::NotFound => "No microphone was found. Connect one, then press Record.".to_owned(),
            Self::Busy => "The microphone could not be opened. Close other programs that use it, then press \
                 Record."
                .to_owned(),
            Self::InsecurePage => {
                "Browsers give the microphone only to pages on https or on localhost. Open \
                 this page at an https:// address or at http://localhost."
                    .to_owned()
            }
            Self::Unsupported => {
                "This browser cannot record audio in a page. Use a current Chrome, Edge, Firefox or Safari."
                    .to_owned()
            }
            Self::NoWorklet => {
                "A part of this page could not be loaded. Check the network and that the server \
                 runs, then press Record."
                    .to_owned()
            }
            Self::Other(what) => {
                format!("The microphone could not be started. Press Record to try again. ({what})")
            }
        }
    }
}

impl TokenFailure {
    fn sentence(&self) -> String {
        match self {
            Self::Status(402, _) => {
                "The AssemblyAI account behind this page needs a payment card or credit. \
                 Add one in AssemblyAI's dashboard, then press Record. (402)"
                    .to_owned()
            }
            Self::Status(401 | 403, _) => {
                "The server did not let you start a session. Reload the page, sign \
                 in if it asks, then press Record."
                    .to_owned()
            }
            Self::Status(429, Some(seconds)) => format!(
                "Too many recordings were started within a minute. Wait {seconds} seconds, then press Record. \
                 (429)"
            ),
            Self::Status(429, None) => {
                "Too many recordings were started within a minute. Wait a minute, then \
                 press Record. (429)"
                    .to_owned()
            }
            Self::Status(502, _) => {
                "AssemblyAI gave the server no token. Press Record to try again; if it stays so, the \
                 server's log says why: often it is its API key. (502)"
                    .to_owned()
            }
            Self::Status(504, _) => {
                "AssemblyAI did not answer the server in time. Wait a little, then press Record. (504)"
                    .to_owned()
            }
            Self::Status(status, _) => {
                format!("The server could not start a session. Wait a little, then press Record. ({status})")
            }
            Self::Unreachable => {
                "The server cannot be reached. Check the network and that it runs, then press Record."
                    .to_owned()
            }
            Self::Unreadable => {
                "The server's answer was not understood. Reload the page, then press Record.".to_owned()
            }
            Self::TooSlow => {
                "The server did not answer in time. Check the network, then press Record.".to_owned()
            }
        }
    }
}

fn prefix(code: Option<u16>) -> String {
    code.map(|code| format!("{code}, ")).unwrap_or_default()
}

/// What a user can do about a session that ended for this cause.
fn advice(cause: Cause) -> &'static str {
    match cause {
        Cause::Normal | Cause::Other => "The session ended. Press Record to go on.",
        Cause::ConnectionLost => "The connection was lost. Check the network, then press Record.",
        Cause::Unauthorized => {
            "AssemblyAI refused the session. Whoever runs this page must check its API key."
        }
        Cause::TokenExpired => "The session was opened too late. Press Record to try again.",
        Cause::InsufficientFunds => {
            "The AssemblyAI account behind this page has no credit left. Add some, then press Record."
        }
        Cause::TooManySessions => {
            "Too many sessions were opened within a minute. Wait a minute, then press Record."
        }
        Cause::ServiceFault => "AssemblyAI had a fault. Wait a little, then press Record.",
        Cause::InvalidInput => {
            "AssemblyAI did not take this page's settings. Whoever runs this page must check them."
        }
        Cause::Inactivity => "The session was closed because nothing was sent. Press Record to go on.",
        Cause::MessageTooLarge | Cause::FrameDuration | Cause::TooFast => {
            "AssemblyAI did not take the audio as it was sent. Press Record to go on."
        }
        Cause::SessionExpired => "The session lasted as long as one may. Press Record to go on.",
        Cause::Legacy => "This page is too old for AssemblyAI's service and must be updated.",
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
