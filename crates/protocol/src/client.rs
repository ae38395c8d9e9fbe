use serde::{Deserialize, Serialize};

use crate::parameters::Mode;

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
    /// The turn detection preset, applied anew; Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// How much like speech sound must be, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vad_threshold: Option<f64>,
    /// How long the first partial of a turn is held back, 0 to 1000 ms; Pro models.
    #[serde(rename = "interruption_delay", skip_serializing_if = "Option::is_none")]
    pub interruption_delay_ms: Option<u32>,
    /// A partial about every second, and not only at pauses; Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuous_partials: Option<bool>,
    /// Audio before a turn that is looked at again, in ms; Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_left_pad_ms: Option<u32>,
    /// Words to expect, instead of those before; an empty list clears them. Universal-streaming and Pro.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyterms_prompt: Option<Vec<String>>,
    /// What the model is told of its task; empty text clears it. Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// What the other side of the conversation said last, at most 1750 characters: more ends the session. Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_context: Option<String>,
    /// The languages to expect from the next turn on; an empty list clears them. Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_codes: Option<Vec<String>>,
    /// Hides swearing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_profanity: Option<bool>,
    /// A heartbeat every 5 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_heartbeat: Option<bool>,
    /// A message about every second while nobody is heard; Pro models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledge_silence: Option<bool>,
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
