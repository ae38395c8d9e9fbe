//! A field of the wrong type costs only that field, in every message and wherever it is.

mod common;

use assemblyai_protocol::{Begin, ServerMessage, Token, TokenAnswer, Turn, Word, parse, parse_token_answer};
use common::{TestResult, any_json, fixtures};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a message cannot do without.
const ESSENTIAL: [&str; 2] = ["type", "turn_order"];

/// The JSON pointers of all fields in a value, those inside of arrays too.
fn pointers(value: &Value, prefix: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        _ => vec![],
    };
    let nested = children.into_iter().flat_map(|(name, child)| {
        let pointer = format!("{prefix}/{name}");
        let deeper = pointers(child, &pointer);
        std::iter::once(pointer).chain(deeper)
    });
    nested.collect()
}

/// Every message of the fixtures with every field that it can do without.
fn cases() -> TestResult<Vec<(Value, String)>> {
    let mut cases = Vec::new();
    for (_, text) in fixtures("server")? {
        let message: Value = serde_json::from_str(&text)?;
        let is_essential = |pointer: &str| {
            let name = pointer.rsplit('/').next().unwrap_or_default();
            // The text of an error is all of its JSON.
            let is_of_the_error = pointer.starts_with("/error/");
            ESSENTIAL.contains(&name) || is_of_the_error || (name == "error" && message["type"].is_null())
        };
        let optional = pointers(&message, "").into_iter().filter(|pointer| !is_essential(pointer));
        cases.extend(optional.map(|pointer| (message.clone(), pointer)));
    }
    Ok(cases)
}

/// What is read from a message, as JSON, without the field or, for an item of an array, without that array.
fn read_without(message: &Value, pointer: &str) -> TestResult<Value> {
    let mut read: Value = serde_json::from_str(&parse(&message.to_string())?.to_json())?;
    let (mut parent, mut name) = pointer.rsplit_once('/').ok_or("a pointer begins with a slash")?;
    while name.parse::<usize>().is_ok() {
        (parent, name) = parent.rsplit_once('/').ok_or("an array is in a message")?;
    }
    if let Some(fields) = read.pointer_mut(parent).and_then(Value::as_object_mut) {
        fields.remove(name);
    }
    Ok(read)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_field_of_any_type_leaves_the_rest_of_the_message_as_it_is(value in any_json()) {
        for (message, pointer) in cases().map_err(|error| TestCaseError::fail(error.to_string()))? {
            let mut changed = message.clone();
            let field = changed.pointer_mut(&pointer).ok_or_else(|| TestCaseError::fail(pointer.clone()))?;
            *field = value.clone();
            let read = read_without(&changed, &pointer);
            prop_assert!(read.is_ok(), "{} with {} at {}: {:?}", message, value, pointer, read.err());
            prop_assert_eq!(read.ok(), read_without(&message, &pointer).ok(), "{} at {}", value, pointer);
        }
    }

    #[test]
    fn a_token_is_read_beside_anything(value in any_json()) {
        let answer = json!({ "token": "AQ", "expires_in_seconds": value, "later": value }).to_string();
        let TokenAnswer::Granted(token) = parse_token_answer(&answer) else {
            return Err(TestCaseError::fail(answer));
        };
        prop_assert_eq!(&token.token, "AQ");
        prop_assert_eq!(serde_json::from_str::<Token>(&answer)?, token);
    }
}

#[test]
fn a_session_begins_without_a_readable_configuration() -> TestResult {
    let text =
        r#"{"type":"Begin","id":7,"expires_at":"later","configuration":{"mode":{"name":"x"},"model":"m"}}"#;
    let ServerMessage::Begin(Begin { id, expires_at, configuration }) = parse(text)? else {
        return Err("not a Begin".into());
    };
    let configuration = configuration.ok_or("the configuration is an object")?;
    assert_eq!((id.as_str(), expires_at), ("", f64::INFINITY));
    assert_eq!((configuration.mode, configuration.model), (None, Some("m".to_owned())));
    Ok(())
}

#[test]
fn only_the_words_that_cannot_be_read_are_missing() -> TestResult {
    let text = r#"{"type":"Turn","turn_order":0,"transcript":["?"],"words":[7,{"text":"yes","start":"0","end":160}]}"#;
    let word = Word { text: "yes".to_owned(), end_ms: 160.0, ..Word::default() };
    assert_eq!(parse(text)?, ServerMessage::Turn(Turn { words: vec![word], ..Turn::default() }));
    Ok(())
}

#[test]
fn a_turn_without_a_place_is_an_error() {
    for order in ["null", "-1", "0.5", r#""0""#, "[]"] {
        for kind in ["Turn", "LLMGatewayResponse"] {
            let text = format!(r#"{{"type":"{kind}","turn_order":{order},"transcript":"yes"}}"#);
            let error = parse(&text).expect_err(&text);
            assert_eq!(error.to_string(), "the message has no valid turn_order");
        }
    }
}

#[test]
fn a_token_is_read_after_a_byte_order_mark() {
    let token = Token { token: "AQ".to_owned(), expires_in_s: Some(60) };
    let answer = "\u{feff}{\"token\":\"AQ\",\"expires_in_seconds\":60}";
    assert_eq!(parse_token_answer(answer), TokenAnswer::Granted(token));
}
