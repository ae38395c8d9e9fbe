use serde::{Deserialize, Serialize};

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

impl ClientMessage {
    /// The message as JSON text.
    pub fn to_json(&self) -> String {
        // Serializing strings, numbers and booleans with string keys cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What can change while a session runs; `None` leaves a value as it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Configuration {
    /// Punctuation and capitals; universal-streaming only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format_turns: Option<bool>,
    /// How sure the model must be that the turn has ended, 0 to 1; universal-streaming only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_of_turn_confidence_threshold: Option<f64>,
    /// Silence in ms that ends a turn when the model is sure.
    #[serde(
        rename = "min_turn_silence",
        alias = "min_end_of_turn_silence_when_confident",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_turn_silence_ms: Option<u32>,
    /// Silence in ms that ends a turn in any case.
    #[serde(rename = "max_turn_silence", skip_serializing_if = "Option::is_none")]
    pub max_turn_silence_ms: Option<u32>,
}
