//! Parses text messages from the client, with the service's error messages.

mod python_json;

use serde_json::{Map, Value};

use crate::parameters::REFUSAL;

/// A text message from the client.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Terminate,
    ForceEndpoint,
    KeepAlive,
    UpdateConfiguration(Map<String, Value>),
}

/// Parses a message.
///
/// # Errors
/// Returns the text of the service's error.
pub(super) fn read(text: &str) -> Result<Message, String> {
    let value = serde_json::from_str(text).or_else(|_| python_json::read(text));
    let value = value.map_err(|problem| format!("{REFUSAL}Invalid JSON: {problem}"))?;
    let Value::Object(fields) = value else {
        return Err(format!("{REFUSAL}Invalid Message: {}", excerpt(text)));
    };
    match fields.get("type").and_then(Value::as_str) {
        Some("Terminate") => Ok(Message::Terminate),
        Some("ForceEndpoint") => Ok(Message::ForceEndpoint),
        Some("KeepAlive") => Ok(Message::KeepAlive),
        Some("UpdateConfiguration") => Ok(Message::UpdateConfiguration(fields)),
        Some(other) => Err(format!("{REFUSAL}Invalid Message Type: {}", excerpt(other))),
        None => Err(format!("{REFUSAL}Invalid Message: {}", excerpt(text))),
    }
}

/// The first 200 characters of a text.
pub fn excerpt(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn errors_have_the_texts_that_were_observed() {
        let cases = [
            (
                "{not json",
                "User Input Validation Error: Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            (r#"{"type":"Bogus"}"#, "User Input Validation Error: Invalid Message Type: Bogus"),
            ("[]", "User Input Validation Error: Invalid Message: []"),
            ("{}", "User Input Validation Error: Invalid Message: {}"),
            ("", "User Input Validation Error: Invalid JSON: Expecting value: line 1 column 1 (char 0)"),
        ];
        for (text, refusal) in cases {
            assert_eq!(read(text), Err(refusal.to_owned()));
        }
    }

    #[test]
    fn what_python_reads_as_json_is_a_message() -> TestResult {
        let message = r#"{"type":"UpdateConfiguration","prompt":"a\ud83d","vad_threshold":NaN}"#;
        let Ok(Message::UpdateConfiguration(fields)) = read(message) else {
            return Err("it is refused".into());
        };
        assert_eq!(fields["prompt"], "a\u{fffd}");
        assert_eq!(read(r#"{"type":"KeepAlive","later":1e999}"#), Ok(Message::KeepAlive));
        Ok(())
    }

    #[test]
    fn an_error_does_not_repeat_a_long_message() {
        let refusal = read(&format!("[\"{}\"]", "ü".repeat(100_000))).expect_err("an array");
        assert!(refusal.len() < 600, "{}", refusal.len());
    }

    #[test]
    fn all_four_message_types_are_parsed() {
        assert_eq!(read(r#"{"type": "Terminate"}"#), Ok(Message::Terminate));
        assert_eq!(read(r#"{"type": "ForceEndpoint", "later": 1}"#), Ok(Message::ForceEndpoint));
        assert_eq!(read(r#"{"type": "KeepAlive"}"#), Ok(Message::KeepAlive));
        assert!(matches!(read(r#"{"type":"UpdateConfiguration"}"#), Ok(Message::UpdateConfiguration(_))));
    }
}
