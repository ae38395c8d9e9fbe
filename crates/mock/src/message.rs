use std::time::Duration;

use serde_json::Value;

/// One text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Time of arrival or sending, from the opening of the socket.
    pub at: Duration,
    /// The text.
    pub text: String,
}

impl Message {
    /// The message parsed as JSON; `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}
