//! The language is global to the program, so this test is a program of its own.

use test_result::TestResult;
use transcription_common::texts::{german_file, load_german};
use transcription_tools::settings::{ServerConfig, field, label, parse};

#[test]
fn an_error_is_in_the_language_of_the_interface() -> TestResult {
    load_german(german_file());
    let answer = r#"{"websocket_url":"wss://x/v3/ws","parameters":{},"allow_client_parameters":true}"#;
    let config = ServerConfig::read(answer).ok_or("no configuration with a choice")?;
    let silence = field("min_turn_silence").ok_or("no field")?;
    assert_eq!(parse(silence, "7", &config), Err("Gib eine ganze Zahl von 50 bis 10000 ein.".to_owned()));
    assert_eq!(label(field("speaker_labels").ok_or("no field")?, &true.into()), "Ein");
    Ok(())
}
