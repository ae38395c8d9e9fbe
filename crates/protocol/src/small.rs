//! What costs more lines here and saves bytes in a page, with what it saves.
//!
//! A page that is compiled to wasm can read and write messages without linking serde's code. Measured on the page of
//! this repository (96.7 kB without headers, compressed with brotli), each replaced alone:
//!
//! | here | instead of | saves, compressed | saves, raw |
//! | --- | --- | --- | --- |
//! | [`JsonValue`]: the caller parses the JSON, and one reader fits all parsers | derived `Deserialize`, `serde_json::from_str` | 21.3 kB | 64.5 kB |
//! | [`Signal::to_json`]: messages without fields as constants | derived `Serialize` of [`ClientMessage`](crate::ClientMessage) | 4.2 kB | 9.4 kB |

/// A JSON value, parsed by the caller: a browser's own parser, or [`parse_json`](crate::parse_json).
pub trait JsonValue: Sized {
    /// A field of an object; `None` if it is missing or `null`, or this is not an object.
    fn field(&self, name: &str) -> Option<Self>;
    /// Whether it is an object.
    fn is_object(&self) -> bool;
    /// The text of a string.
    fn text(&self) -> Option<String>;
    /// A number.
    fn number(&self) -> Option<f64>;
    /// `true` or `false`.
    fn switch(&self) -> Option<bool>;
    /// The items of an array.
    fn items(&self) -> Option<Vec<Self>>;
    /// The value as JSON text.
    fn json(&self) -> String;
}

/// A client message without fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// [`ClientMessage::Terminate`](crate::ClientMessage::Terminate).
    Terminate,
    /// [`ClientMessage::ForceEndpoint`](crate::ClientMessage::ForceEndpoint).
    ForceEndpoint,
    /// [`ClientMessage::KeepAlive`](crate::ClientMessage::KeepAlive).
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientMessage;

    #[test]
    fn a_signal_is_written_like_the_message_of_its_name() {
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
