/// Why a session ended, from the close code and its text.
///
/// The text is that of the `Error` message, or the close reason if there was none. The service uses code 1008 for an
/// invalid key, an expired token, an empty account and too many sessions; only the text distinguishes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// 1000: the session ended normally.
    Normal,
    /// 1001, 1005, 1006 and other codes without a cause of their own: the connection broke.
    ConnectionLost,
    /// 1008: the key or token is missing or invalid.
    Unauthorized,
    /// 1008 `Signature has expired`: the token had expired when the socket opened.
    TokenExpired,
    /// 1008 `Insufficient funds`: the account cannot pay.
    InsufficientFunds,
    /// 1008 or 3009 `Too many concurrent sessions`: more new sessions in a minute than the account may open.
    TooManySessions,
    /// 1009: a message over [`MAX_MESSAGE_BYTES`](crate::MAX_MESSAGE_BYTES).
    MessageTooLarge,
    /// 3005, 1011, 1013: an error in the service.
    ServiceFault,
    /// 3006: an invalid parameter or message.
    InvalidInput,
    /// 3006 `Session terminated due to inactivity`.
    Inactivity,
    /// 3007: a frame shorter than 50 ms or longer than 1000 ms.
    FrameDuration,
    /// 3007 `Audio Transmission Rate Exceeded`: audio was sent much faster than real time.
    TooFast,
    /// 3008: the session reached its maximum duration.
    SessionExpired,
    /// 410 and 4000 to 4999: codes of version 2, not seen in version 3.
    Legacy,
    /// Any other code.
    Other,
}

/// How long to wait after too many sessions or requests if the answer does not say, in s: sessions that were opened back to
/// back were refused for so long (public test report, 2026-06).
pub const TOO_MANY_RETRY_AFTER_S: u32 = 12;

/// Whether a client should reconnect after a session that it did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Do not reconnect: it would fail in the same way until somebody acts. The crate `assemblyai-session` calls this a
    /// refusal, and tries again all the same once a session has worked, after 5 s or more.
    No,
    /// Reconnect with a new token, with backoff.
    Yes,
    /// Reconnect with a new token after at least this many seconds.
    AfterSeconds(u32),
}

impl Cause {
    /// The cause for a close code, or for the `error_code` of an `Error` message, and its text.
    pub fn of(code: u16, text: &str) -> Self {
        // `str::contains` takes 1 kB of code in the page.
        let contains = |part: &str| {
            let mut windows = text.as_bytes().windows(part.len());
            windows.any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
        };
        match code {
            1000 => Self::Normal,
            1001 | 1005 | 1006 | 1012 | 1014 | 1015 => Self::ConnectionLost,
            1008 if contains("expired") => Self::TokenExpired,
            1008 if contains("funds") => Self::InsufficientFunds,
            1008 if contains("concurrent") || contains("too many") => Self::TooManySessions,
            1008 => Self::Unauthorized,
            1009 => Self::MessageTooLarge,
            1011 | 1013 | 3005 => Self::ServiceFault,
            3006 if contains("inactivity") => Self::Inactivity,
            3006 => Self::InvalidInput,
            3007 if contains("rate exceeded") => Self::TooFast,
            3007 => Self::FrameDuration,
            3008 => Self::SessionExpired,
            3009 => Self::TooManySessions,
            410 | 4000..=4999 => Self::Legacy,
            _ => Self::Other,
        }
    }

    /// Whether and when a client should reconnect.
    ///
    /// Stricter than AssemblyAI's SDK, which retries nearly all causes: an invalid key or parameter stays invalid.
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
            Self::TooManySessions => Retry::AfterSeconds(TOO_MANY_RETRY_AFTER_S),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_distinguishes_causes_with_the_same_code() {
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
