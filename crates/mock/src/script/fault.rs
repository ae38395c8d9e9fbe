use std::time::Duration;

use serde::Deserialize;

/// A fault in the middle of a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The TCP connection ends without a close frame; the client reports code 1006.
    Drop,
    /// An `Error` message, then a close frame with the same code.
    Error {
        /// Code of the `Error` message and of the close frame.
        #[serde(deserialize_with = "crate::valid::close_code")]
        #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
        code: u16,
        /// Text of the `Error` message.
        text: String,
    },
    /// An `Error` message without `type`, then a close frame with the same code.
    ErrorWithoutType {
        /// Code of the `Error` message and of the close frame.
        #[serde(deserialize_with = "crate::valid::close_code")]
        #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
        code: u16,
        /// Text of the `Error` message.
        text: String,
    },
    /// A close frame without an `Error` message, as the service sent it until early 2026.
    Close {
        /// The close code.
        #[serde(deserialize_with = "crate::valid::close_code")]
        #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
        code: u16,
        /// The close reason, truncated to 123 bytes.
        reason: String,
    },
    /// A text message that is not JSON; the session continues.
    MalformedJson,
    /// A message of an unknown type; the session continues.
    UnknownMessage,
    /// A binary message; the session continues.
    Binary,
    /// From now on nothing is read or sent, and the connection stays open until it is dropped.
    HalfOpen,
    /// From now on audio is received but nothing is sent, not even after `Terminate`; a later fault that ends the
    /// session does.
    Mute,
}

impl Fault {
    /// [`Fault::Error`].
    pub fn error(code: u16, text: impl Into<String>) -> Self {
        Self::Error { code, text: text.into() }
    }

    /// [`Fault::Close`].
    pub fn close(code: u16, reason: impl Into<String>) -> Self {
        Self::Close { code, reason: reason.into() }
    }
}

/// How the session ends after the client has sent `Terminate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Ending {
    /// The last finals, `Termination`, then a close frame with code 1000.
    #[default]
    Proper,
    /// The last finals, then neither `Termination` nor a close frame.
    NoTermination,
    /// The last finals and a close frame with code 1000, but no `Termination`.
    CloseWithoutTermination,
    /// The last finals and `Termination`, but no close frame.
    NoClose,
    /// As `Proper`, after this delay.
    #[serde(rename = "late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    Late(Duration),
    /// `Terminate` is ignored.
    Ignored,
}
