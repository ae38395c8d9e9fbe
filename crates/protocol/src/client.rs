use serde::{Deserialize, Serialize};

use crate::parameters::Configuration;

/// A text message from the client; audio goes in binary messages. None is acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ClientMessage {
    /// That was all: the service answers with the last finals, `Termination` and close 1000.
    Terminate,
    /// Ends the current turn now; harmless where none is open.
    ForceEndpoint,
    /// Changes parameters for the audio that follows; a bad value ends the session with 3006.
    UpdateConfiguration(Configuration),
    /// Resets the inactivity timer, nothing else.
    KeepAlive,
}

/// A message that is nothing but its type: a page that sends no other spares itself the code that writes JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// [`ClientMessage::Terminate`].
    Terminate,
    /// [`ClientMessage::ForceEndpoint`].
    ForceEndpoint,
    /// [`ClientMessage::KeepAlive`].
    KeepAlive,
}

impl Signal {
    /// The message as JSON text.
    pub fn to_json(self) -> &'static str {
        match self {
            Self::Terminate => r#"{"type":"Terminate"}"#,
            Self::ForceEndpoint => r#"{"type":"ForceEndpoint"}"#,
            Self::KeepAlive => r#"{"type":"KeepAlive"}"#,
        }
    }
}

impl ClientMessage {
    /// The message as JSON text.
    pub fn to_json(&self) -> String {
        // Serializing strings, numbers and booleans with string keys cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_the_message_of_its_name() {
        let pairs = [
            (Signal::Terminate, ClientMessage::Terminate),
            (Signal::ForceEndpoint, ClientMessage::ForceEndpoint),
            (Signal::KeepAlive, ClientMessage::KeepAlive),
        ];
        for (signal, message) in pairs {
            assert_eq!(signal.to_json(), message.to_json());
        }
    }
}
