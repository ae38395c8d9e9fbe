//! The messages in `fixtures/`, one in each file: what is read from them and written for them.

mod common;

use assemblyai_protocol::{ClientMessage, Configuration, Mode, ServerMessage, Turn, Word, parse};
use common::{TestResult, fixtures};

#[test]
fn every_server_message_is_read_as_its_snapshot() -> TestResult {
    for (name, text) in fixtures("server")? {
        insta::assert_debug_snapshot!(name, parse(&text)?);
    }
    Ok(())
}

#[test]
fn a_message_that_is_written_is_read_as_the_same_message() -> TestResult {
    for (name, text) in fixtures("server")? {
        let message = parse(&text)?;
        let written = message.to_json();
        assert_eq!(parse(&written)?, message, "{name}: {written}");
        if matches!(message, ServerMessage::Turn(_)) {
            assert!(written.ends_with(r#""type":"Turn"}"#), "{name}: {written}");
        }
    }
    Ok(())
}

#[test]
fn a_message_with_all_its_fields_is_written_to_the_letter() -> TestResult {
    let names = [
        "turn_pro_final",
        "turn_diarized_in_german",
        "turn_universal_first_word",
        "turn_with_a_pending_speaker",
        "llm_gateway_response",
    ];
    for (name, text) in fixtures("server")?.into_iter().filter(|(name, _)| names.contains(&name.as_str())) {
        assert_eq!(parse(&text)?.to_json(), text.trim_end(), "{name}");
    }
    Ok(())
}

#[test]
fn every_client_message_is_written_to_the_letter_and_read_back() -> TestResult {
    let update = ClientMessage::UpdateConfiguration(Configuration {
        end_of_turn_confidence_threshold: Some(0.7),
        min_turn_silence_ms: Some(160),
        max_turn_silence_ms: Some(2400),
        ..Configuration::default()
    });
    let everything = ClientMessage::UpdateConfiguration(Configuration {
        format_turns: Some(true),
        end_of_turn_confidence_threshold: Some(0.4),
        min_turn_silence_ms: Some(128),
        max_turn_silence_ms: Some(1280),
        mode: Some(Mode::Balanced),
        vad_threshold: Some(0.2),
        interruption_delay_ms: Some(500),
        continuous_partials: Some(true),
        turn_left_pad_ms: Some(100),
        keyterms_prompt: Some(vec!["Kubernetes".to_owned()]),
        prompt: Some(String::new()),
        agent_context: Some("Your name?".to_owned()),
        language_codes: Some(Vec::new()),
        filter_profanity: Some(false),
        session_heartbeat: Some(true),
        acknowledge_silence: Some(false),
    });
    let messages = [
        ("force_endpoint", ClientMessage::ForceEndpoint),
        ("keep_alive", ClientMessage::KeepAlive),
        ("terminate", ClientMessage::Terminate),
        ("update_configuration", update),
        ("update_configuration_complete", everything),
        ("update_configuration_empty", ClientMessage::UpdateConfiguration(Configuration::default())),
    ];
    let files = fixtures("client")?;
    assert_eq!(files.len(), messages.len());
    for ((file, text), (name, message)) in files.iter().zip(messages) {
        assert_eq!(file, name);
        assert_eq!(&message.to_json(), text);
        assert_eq!(serde_json::from_str::<ClientMessage>(text)?, message);
    }
    Ok(())
}

#[test]
fn pending_and_unknown_are_no_speakers() -> TestResult {
    let fixtures = fixtures("server")?;
    let message = |name: &str| {
        let (_, text) = fixtures.iter().find(|(file, _)| file == name).ok_or(name)?;
        TestResult::Ok(parse(text)?)
    };
    let turn = |name: &str| match message(name)? {
        ServerMessage::Turn(turn) => TestResult::Ok(turn),
        other => Err(format!("{other:?}").into()),
    };
    let pending = turn("turn_with_a_pending_speaker")?;
    assert_eq!((pending.speaker(), pending.words[0].speaker()), (None, None));
    let named = turn("turn_diarized_in_german")?;
    assert_eq!(
        (named.speaker(), named.words[0].speaker(), named.words[1].speaker()),
        (Some("B"), Some("B"), None)
    );
    let ServerMessage::SpeakerRevision(revision) = message("speaker_revision_with_gaps")? else {
        return Err("not a revision".into());
    };
    assert_eq!((revision.revisions[0].speaker(), revision.revisions[0].words[0].speaker()), (None, None));
    Ok(())
}

#[test]
fn a_turn_is_empty_only_without_words_and_text() {
    let empty = Turn { end_of_turn: true, ..Turn::default() };
    assert!(empty.is_empty());
    assert!(!Turn { transcript: "yes".to_owned(), ..empty.clone() }.is_empty());
    assert!(!Turn { utterance: "yes".to_owned(), ..empty.clone() }.is_empty());
    assert!(!Turn { words: vec![Word::default()], ..empty }.is_empty());
}
