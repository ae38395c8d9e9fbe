/// Why a session ended, read from the close code and the text that came with it.
///
/// The text is that of the `Error` message where one came, else the close reason: the service uses code 1008
/// for a bad key, an old token, an empty account and too many sessions alike, and only the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// 1000: the session ended as it should, or the other side chose to end it.
    Normal,
    /// 1001, 1005, 1006 and what else has no code of its own: the connection broke.
    ConnectionLost,
    /// 1008: no key or token, or one that the service does not know.
    Unauthorized,
    /// 1008 `Signature has expired`: the token's window was over when the socket opened.
    TokenExpired,
    /// 1008 `Insufficient funds`: the account cannot pay.
    InsufficientFunds,
    /// 1008 or 3009 `Too many concurrent sessions`: more new sessions in a minute than the account may open.
    TooManySessions,
    /// 1009: a message over [`MAX_MESSAGE_BYTES`](crate::MAX_MESSAGE_BYTES).
    MessageTooLarge,
    /// 3005, 1011, 1013: a fault of the service.
    ServiceFault,
    /// 3006: a parameter or a message that the service does not take.
    InvalidInput,
    /// 3006 `Session terminated due to inactivity`.
    Inactivity,
    /// 3007: a frame shorter than 50 ms or longer than 1000 ms.
    FrameDuration,
    /// 3007 `Audio Transmission Rate Exceeded`: audio came much faster than real time.
    TooFast,
    /// 3008: the session lasted as long as it may.
    SessionExpired,
    /// 410 and the 4000s: codes of version 2 that no capture of version 3 shows.
    Legacy,
    /// Any other code.
    Other,
}

/// What a client should do after a session that ended unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Nothing: trying again would fail in the same way.
    No,
    /// Connect again with a fresh token and a growing pause.
    Yes,
    /// Connect again with a fresh token, but wait at least this many seconds.
    AfterSeconds(u32),
}

impl Cause {
    /// Reads a close code, or the `error_code` of an `Error` message, with its text.
    pub fn of(code: u16, text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let says = |part: &str| text.contains(part);
        match code {
            1000 => Self::Normal,
            1001 | 1005 | 1006 | 1012 | 1014 | 1015 => Self::ConnectionLost,
            1008 if says("expired") => Self::TokenExpired,
            1008 if says("funds") => Self::InsufficientFunds,
            1008 if says("concurrent") || says("too many") => Self::TooManySessions,
            1008 => Self::Unauthorized,
            1009 => Self::MessageTooLarge,
            1011 | 1013 | 3005 => Self::ServiceFault,
            3006 if says("inactivity") => Self::Inactivity,
            3006 => Self::InvalidInput,
            3007 if says("rate exceeded") => Self::TooFast,
            3007 => Self::FrameDuration,
            3008 => Self::SessionExpired,
            3009 => Self::TooManySessions,
            410 | 4000..=4999 => Self::Legacy,
            _ => Self::Other,
        }
    }

    /// Whether connecting again can help.
    ///
    /// AssemblyAI's own SDK retries nearly everything; a bad key or a bad parameter stays bad.
    pub fn retry(self) -> Retry {
        match self {
            Self::Normal
            | Self::Unauthorized
            | Self::InsufficientFunds
            | Self::MessageTooLarge
            | Self::InvalidInput
            | Self::FrameDuration
            | Self::TooFast
            | Self::Legacy => Retry::No,
            Self::ConnectionLost
            | Self::TokenExpired
            | Self::ServiceFault
            | Self::Inactivity
            | Self::SessionExpired
            | Self::Other => Retry::Yes,
            // Sessions opened back to back were refused until 12 s had passed (public test report, 2026-06).
            Self::TooManySessions => Retry::AfterSeconds(12),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_tells_apart_what_shares_a_code() {
        let cases = [
            (1000, "Session Ended", Cause::Normal, Retry::No),
            (1006, "", Cause::ConnectionLost, Retry::Yes),
            (1008, "Unauthorized Connection: Missing Authorization header", Cause::Unauthorized, Retry::No),
            (1008, "Unauthorized Connection: Invalid API key", Cause::Unauthorized, Retry::No),
            (1008, "Unauthorized Connection: Signature has expired", Cause::TokenExpired, Retry::Yes),
            (1008, "Unauthorized Connection: Insufficient funds", Cause::InsufficientFunds, Retry::No),
            (
                1008,
                "Unauthorized Connection: Too many concurrent sessions",
                Cause::TooManySessions,
                Retry::AfterSeconds(12),
            ),
            (3009, "", Cause::TooManySessions, Retry::AfterSeconds(12)),
            (1009, "", Cause::MessageTooLarge, Retry::No),
            (1011, "", Cause::ServiceFault, Retry::Yes),
            (1013, "", Cause::ServiceFault, Retry::Yes),
            (3005, "Session Cancelled: An error occurred", Cause::ServiceFault, Retry::Yes),
            (
                3006,
                "User Input Validation Error: Invalid Message Type: Bogus",
                Cause::InvalidInput,
                Retry::No,
            ),
            (
                3006,
                "Session terminated due to inactivity: No messages received for 5 seconds",
                Cause::Inactivity,
                Retry::Yes,
            ),
            (
                3007,
                "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms",
                Cause::FrameDuration,
                Retry::No,
            ),
            (
                3007,
                "Audio Transmission Rate Exceeded: Received 314.9 sec. audio in 1.312326 sec",
                Cause::TooFast,
                Retry::No,
            ),
            (3008, "Session Expired: Maximum session duration exceeded", Cause::SessionExpired, Retry::Yes),
            (410, "Deprecated endpoint", Cause::Legacy, Retry::No),
            (4001, "", Cause::Legacy, Retry::No),
            (2999, "", Cause::Other, Retry::Yes),
        ];
        for (code, text, cause, retry) in cases {
            assert_eq!(Cause::of(code, text), cause, "{code} {text}");
            assert_eq!(cause.retry(), retry, "{code} {text}");
        }
    }
}
