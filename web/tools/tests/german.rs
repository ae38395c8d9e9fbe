//! The language of all texts is one for the program, so this test has one of its own.

use transcription_common::texts::{german_file, load_german};
use transcription_tools::settings::{Offer, entered, field, shown};

#[test]
fn a_range_is_told_in_the_language_of_the_page() {
    load_german(german_file());
    let answer = r#"{"websocket_url":"wss://x/v3/ws","parameters":{},"allow_client_parameters":true}"#;
    let offer = Offer::read(answer).expect("it leaves a choice");
    let silence = field("min_turn_silence").expect("a field");
    assert_eq!(
        entered(silence, "7", &offer),
        Err("Bitte eine ganze Zahl von 50 bis 10000 eingeben.".to_owned())
    );
    assert_eq!(shown(field("speaker_labels").expect("a field"), &true.into()), "Ein");
}
