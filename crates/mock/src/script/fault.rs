use std::time::Duration;

use serde::Deserialize;

/// What goes wrong in the middle of a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The TCP connection ends without a close frame; a client sees 1006.
    Drop,
    /// An `Error` message, then a close with the same code.
    Error {
        /// Error and close code.
        code: u16,
        /// The text, see section 6.1 of the protocol for those of the service.
        text: String,
    },
    /// An `Error` message without `type`, then a close with the same code.
    ErrorWithoutType {
        /// Error and close code.
        code: u16,
        /// The text.
        text: String,
    },
    /// A close frame without an `Error` message before it, as until early 2026.
    Close {
        /// The close code.
        code: u16,
        /// The reason; one longer than 123 bytes is cut.
        reason: String,
    },
    /// Text that is not JSON; the session goes on.
    MalformedJson,
    /// A message of a type that no client knows; the session goes on.
    UnknownMessage,
    /// A binary message; the session goes on.
    Binary,
    /// From here on nothing is read and nothing is sent, and the connection stays open.
    HalfOpen,
    /// From here on audio is taken and nothing is said, not even after Terminate.
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

/// How the session ends once the client has said Terminate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Ending {
    /// The last finals, `Termination`, close 1000.
    #[default]
    Proper,
    /// The last finals, then nothing: no `Termination`, no close.
    NoTermination,
    /// The last finals and close 1000, but no `Termination`.
    CloseWithoutTermination,
    /// The last finals and `Termination`, but no close.
    NoClose,
    /// As `Proper`, but this much later.
    #[serde(rename = "late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    Late(Duration),
    /// Terminate is ignored altogether.
    Ignored,
}
