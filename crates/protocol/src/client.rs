use serde::{Deserialize, Serialize};

use crate::parameters::Configuration;

/// A text message from the client; audio is sent in binary messages. The service acknowledges none but
/// `Terminate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ClientMessage {
    /// Ends the session: the service answers with the last finals, `Termination` and close 1000.
    Terminate,
    /// Ends the current turn now; without effect if none is open.
    ForceEndpoint,
    /// Changes parameters for the audio that follows; a bad value ends the session with 3006.
    UpdateConfiguration(Configuration),
    /// Resets the inactivity timer.
    KeepAlive,
}

impl ClientMessage {
    /// The message as JSON text.
    pub fn to_json(&self) -> String {
        // Serializing strings, numbers and booleans with string keys cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
