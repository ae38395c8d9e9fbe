//! The parser returns a message or an error for any input.

mod common;

use assemblyai_protocol::{Cause, ParseError, ServerMessage, parse, parse_token_answer};
use common::any_json;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        drop((parse(&text), parse_token_answer(&text)));
    }

    #[test]
    fn no_json_panics_and_every_object_is_read_or_refused(value in any_json()) {
        let text = value.to_string();
        drop(parse_token_answer(&text));
        match parse(&text) {
            Ok(message) => {
                prop_assert!(value.is_object());
                // What is written from a message is read as the same message.
                prop_assert_eq!(parse(&message.to_json())?, message);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn an_object_of_an_unknown_type_is_a_value(kind in "[A-Z][a-z]{3,9}", extra in any_json()) {
        // The names of one word: the pattern makes no others.
        prop_assume!(!["Begin", "Turn", "Termination", "Heartbeat", "Silence", "Warning", "Error"].contains(&kind.as_str()));
        let text = serde_json::json!({ "later": extra, "type": kind }).to_string();
        match parse(&text) {
            Ok(ServerMessage::Unknown(unknown)) => prop_assert_eq!(unknown.kind, Some(kind)),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn every_close_code_has_a_cause(code in any::<u16>(), text in "\\PC{0,60}") {
        Cause::of(code, &text).retry();
    }
}

#[test]
fn a_number_is_read_and_written_to_the_last_digit() -> Result<(), ParseError> {
    // Found at random: read one digit off without `float_roundtrip` of serde_json.
    let text = r#"{"type":"Heartbeat","total_audio_received_ms":3.0046002048970212e209}"#;
    let message = parse(text)?;
    assert_eq!(parse(&message.to_json())?, message);
    Ok(())
}
