//! The parser meets whatever a network can bring.

use assemblyai_protocol::{Cause, ServerMessage, parse, parse_token_answer};
use proptest::prelude::*;

/// JSON of any shape whose keys are often ones that the protocol knows.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "(Begin|Turn|Termination|SpeechStarted|Heartbeat|Silence|SpeakerRevision|Warning|LLMGatewayResponse|Error|[a-z]{0,4}|\\PC{0,6})".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let key = "(type|error|error_code|turn_order|end_of_turn|transcript|words|text|start|total_audio_received_ms|revisions|speaker_label|warning_code|data|id|expires_at|token|detail|loc|msg|\\PC{0,4})";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(key, inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = parse(&text);
        let _ = parse_token_answer(&text);
    }

    #[test]
    fn no_json_panics_and_every_object_is_read_or_refused(value in json()) {
        let text = value.to_string();
        let _ = parse_token_answer(&text);
        match parse(&text) {
            Ok(message) => {
                prop_assert!(value.is_object());
                // What was understood is also written in a way that is understood.
                prop_assert_eq!(parse(&message.to_json()).expect("our own text"), message);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn an_object_of_an_unknown_type_is_a_value(kind in "[A-Z][a-z]{3,9}", extra in json()) {
        prop_assume!(!["Begin", "Turn", "Termination", "Heartbeat", "Silence", "Warning", "Error"].contains(&kind.as_str()));
        let text = serde_json::json!({ "later": extra, "type": kind }).to_string();
        match parse(&text) {
            Ok(ServerMessage::Unknown(unknown)) => prop_assert_eq!(unknown.kind, Some(kind)),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn every_close_has_a_cause(code in any::<u16>(), text in "\\PC{0,60}") {
        let _ = Cause::of(code, &text).retry();
    }
}
