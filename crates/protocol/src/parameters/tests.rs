use super::wire::Value;
use super::*;
use test_result::TestResult;

#[test]
fn the_defaults_name_model_rate_encoding_and_timeout() {
    assert_eq!(
        StreamingParameters::default().to_query(None),
        "speech_model=u3-rt-pro&sample_rate=16000&encoding=pcm_s16le&inactivity_timeout=60"
    );
}

#[test]
fn long_lists_and_texts_are_behind_the_query_as_the_message_that_sets_them() -> TestResult {
    let terms: Vec<String> = (0..100).map(|at| format!("{at:02}{}", "言".repeat(22))).collect();
    let long = StreamingParameters {
        keyterms_prompt: Some(terms.clone()),
        prompt: Some("短い文".to_owned()),
        ..StreamingParameters::default()
    };
    assert!(long.to_query(None).len() > 20_000);
    let token = crate::Token { token: "A/B".to_owned(), expires_in_s: None };
    let url = token.added_to(&format!("wss://host/v3/ws?{}", long.to_short_query()));
    let (address, message) = split_message(&url);
    assert!(address.len() < MAX_QUERY_BYTES && address.ends_with("&token=A%2FB"), "{address}");
    assert!(address.contains("&prompt=") && !address.contains("keyterms_prompt"), "{address}");
    let message: crate::ClientMessage = serde_json::from_str(message.ok_or("no message")?)?;
    let update = Configuration { keyterms_prompt: Some(terms), ..Configuration::default() };
    assert_eq!(message, crate::ClientMessage::UpdateConfiguration(update));
    // Both are too long, and a model that takes neither is not sent them late.
    let mut both = StreamingParameters { prompt: Some("長".repeat(1_750)), ..long };
    let query = both.to_short_query();
    assert!(split_message(&query).0.len() < MAX_QUERY_BYTES && query.contains(r#""prompt":"長"#), "{query}");
    both.speech_model = "whisper-rt".parse()?;
    assert_eq!(both.to_short_query(), both.to_query(None));
    let short = StreamingParameters { prompt: Some("a # b".to_owned()), ..StreamingParameters::default() };
    assert_eq!(short.to_short_query(), short.to_query(None));
    assert_eq!(split_message(&short.to_query(None)).1, None);
    Ok(())
}

/// The names in the query.
fn names(parameters: &StreamingParameters) -> Vec<String> {
    let query = parameters.to_query(None);
    query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_owned()).collect()
}

fn everything(model: &str) -> TestResult<StreamingParameters> {
    Ok(StreamingParameters {
        speech_model: model.parse()?,
        format_turns: Some(true),
        end_of_turn_confidence_threshold: Some(0.5),
        min_turn_silence_ms: Some(160),
        max_turn_silence_ms: Some(2400),
        ..StreamingParameters::default()
    })
}

#[test]
fn a_parameter_is_sent_only_to_models_that_take_it() -> TestResult {
    let names = |model: &str| TestResult::Ok(names(&everything(model)?));
    let always = ["speech_model", "sample_rate", "encoding"];
    let silence = ["min_turn_silence", "max_turn_silence"];
    let universal = ["format_turns", "end_of_turn_confidence_threshold"];
    let timeout = ["inactivity_timeout"];

    for model in ["universal-streaming-english", "universal-streaming-multilingual", "a-later-model"] {
        assert_eq!(names(model)?, [&always[..], &universal, &silence, &timeout].concat(), "{model}");
    }
    for model in ["u3-rt-pro", "universal-3-5-pro", "universal-3-6-pro", "universal-3-6"] {
        assert_eq!(names(model)?, [&always[..], &silence, &timeout].concat(), "{model}");
    }
    assert_eq!(names("whisper-rt")?, [&always[..], &timeout].concat());
    Ok(())
}

#[test]
fn the_token_is_percent_encoded() {
    let query = StreamingParameters::default().to_query(Some("AQ/+=&ü~"));
    assert!(query.ends_with("&token=AQ%2F%2B%3D%26%C3%BC~"), "{query}");
}

#[test]
fn the_former_name_of_the_minimal_silence_is_read() -> TestResult {
    let old: StreamingParameters =
        serde_json::from_str(r#"{"min_end_of_turn_silence_when_confident": 160}"#)?;
    assert_eq!(old.min_turn_silence_ms, Some(160));
    assert!(old.to_query(None).contains("min_turn_silence=160"));
    Ok(())
}

#[test]
fn a_models_name_cannot_inject_parameters() {
    assert_eq!("u3&token=x".parse::<SpeechModel>(), Err(SpeechModelError));
    assert_eq!("".parse::<SpeechModel>(), Err(SpeechModelError));
    assert!("universal-3-7-preview".parse::<SpeechModel>().is_ok());
}

/// All parameters, with values that are not the service's defaults.
fn all(model: &str) -> TestResult<StreamingParameters> {
    let json = r#"{
        "format_turns": true, "end_of_turn_confidence_threshold": 0.5, "min_turn_silence": 160,
        "max_turn_silence": 2400, "mode": "max_accuracy", "max_turn_duration": 30, "vad_threshold": 0.25,
        "interruption_delay": 100, "continuous_partials": false, "include_partial_turns": true,
        "turn_left_pad_ms": 200, "keyterms_prompt": ["Kubernetes", "a, \"b\""], "prompt": "Names: Ann & Bob",
        "agent_context": "Your name?", "previous_context_n_turns": 3, "language_detection": true,
        "language_codes": ["de", "en"], "language": "multi", "domain": "medical-v1", "speaker_labels": true,
        "max_speakers": 2, "speaker_labels_revision_interval_ms": 120000, "filter_profanity": true,
        "redact_pii": true, "redact_pii_policies": ["person_name"], "redact_pii_sub": "entity_name",
        "voice_focus": "far-field", "voice_focus_threshold": 0.75, "session_heartbeat": true,
        "acknowledge_silence": true, "llm_gateway": "{\"model\":\"m\"}", "webhook_url": "https://example.org/hook",
        "webhook_auth_header_name": "x-key", "webhook_auth_header_value": "value",
        "customer_support_audio_capture": true
    }"#;
    let parameters: StreamingParameters = serde_json::from_str(json)?;
    Ok(StreamingParameters { speech_model: model.parse()?, ..parameters })
}

#[test]
fn the_query_has_every_row_of_the_table_in_its_order() -> TestResult {
    let unknown = all("a-later-model")?;
    let rows: Vec<&str> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
    assert_eq!(names(&unknown), rows, "an unknown model takes all");
    // JSON has each value under the same name.
    let json = serde_json::to_value(&unknown)?;
    for (parameter, value) in PARAMETERS.iter().zip(unknown.values()) {
        let written = &json[parameter.name];
        let same = match value.ok_or("a parameter is not set")? {
            Value::Switch(on) => *written == on,
            Value::Whole(number) => *written == number,
            Value::Fraction(number) => *written == number,
            Value::Text(text) => *written == text,
            Value::Texts(texts) => *written == serde_json::json!(texts),
        };
        assert!(same, "{} is {written}, not {value:?}", parameter.name);
    }
    Ok(())
}

#[test]
fn each_family_is_sent_the_parameters_that_it_takes() -> TestResult {
    let sent = |model: &str| TestResult::Ok(names(&all(model)?));
    let pro = sent("universal-3-6-pro")?;
    for name in ["format_turns", "end_of_turn_confidence_threshold", "language"] {
        assert!(!pro.contains(&name.to_owned()), "{name}");
    }
    assert_eq!(pro.len(), PARAMETERS.len() - 3);
    let english = sent("universal-streaming-english")?;
    for name in ["mode", "prompt", "agent_context", "language_codes", "voice_focus", "voice_focus_threshold"]
    {
        assert!(!english.contains(&name.to_owned()), "{name}");
    }
    assert!(!english.contains(&"language_detection".to_owned()));
    assert!(sent("universal-streaming-multilingual")?.contains(&"language_detection".to_owned()));
    let whisper = sent("whisper-rt")?;
    assert!(
        whisper.contains(&"language_detection".to_owned())
            && whisper.contains(&"session_heartbeat".to_owned())
    );
    assert!(!whisper.contains(&"keyterms_prompt".to_owned()) && !whisper.contains(&"redact_pii".to_owned()));
    Ok(())
}

#[test]
fn a_list_is_one_json_array_and_text_is_percent_encoded() -> TestResult {
    let query = all("u3-rt-pro")?.to_query(None);
    let pairs: Vec<&str> = query.split('&').collect();
    assert!(
        pairs.contains(&"keyterms_prompt=%5B%22Kubernetes%22%2C%22a%2C%20%5C%22b%5C%22%22%5D"),
        "{query}"
    );
    assert!(pairs.contains(&"prompt=Names%3A%20Ann%20%26%20Bob"), "{query}");
    assert!(pairs.contains(&"vad_threshold=0.25"), "{query}");
    assert!(pairs.contains(&"speaker_labels=true"), "{query}");
    Ok(())
}

#[test]
fn a_parameter_that_needs_another_is_not_sent_without_it() -> TestResult {
    let alone = StreamingParameters {
        speaker_labels: Some(false),
        redact_pii: None,
        voice_focus: None,
        webhook_url: None,
        ..all("universal-3-6-pro")?
    };
    let query = alone.to_query(None);
    for parameter in PARAMETERS.iter().filter(|parameter| parameter.needs.is_some()) {
        assert!(!query.contains(&format!("{}=", parameter.name)), "{}", parameter.name);
    }
    Ok(())
}

#[test]
fn the_error_for_a_bad_value_has_the_allowed_range() -> TestResult {
    assert_eq!(all("u3-rt-pro")?.validate(), Ok(()));
    assert_eq!(StreamingParameters::default().validate(), Ok(()));
    let cases = [
        (r#"{"sample_rate": 7999}"#, "sample_rate takes a whole number from 8000 to 96000"),
        (r#"{"min_turn_silence": 49}"#, "min_turn_silence takes a whole number from 50 to 10000"),
        (r#"{"max_turn_silence": 10001}"#, "max_turn_silence takes a whole number from 50 to 10000"),
        (r#"{"vad_threshold": 1.01}"#, "vad_threshold takes a number from 0 to 1"),
        (r#"{"interruption_delay": 1001}"#, "interruption_delay takes a whole number from 0 to 1000"),
        (r#"{"max_speakers": 0}"#, "max_speakers takes a whole number from 1 to 10"),
        (
            r#"{"speaker_labels_revision_interval_ms": 60000}"#,
            "speaker_labels_revision_interval_ms takes 0 or a whole number from 120000 to 300000",
        ),
        (
            r#"{"keyterms_prompt": [""]}"#,
            "keyterms_prompt takes a list of at most 100 texts of 1 to 50 characters each",
        ),
        (
            r#"{"language_codes": ["multi", "en"]}"#,
            "language_codes takes a list of at most 10 language codes, or multi alone",
        ),
        (
            r#"{"language_codes": ["tlh"]}"#,
            "language_codes takes a list of at most 10 language codes, or multi alone",
        ),
        (r#"{"domain": "law"}"#, "domain takes one of medical-v1"),
    ];
    for (json, text) in cases {
        let parameters: StreamingParameters = serde_json::from_str(json)?;
        assert_eq!(parameters.validate().map_err(|error| error.to_string()), Err(text.to_owned()), "{json}");
    }
    let long = StreamingParameters { prompt: Some("ü".repeat(1751)), ..Default::default() };
    let error = long.validate().expect_err("too long");
    assert_eq!((error.parameter.name, &error.parameter.allowed), ("prompt", &Allowed::Text(1750)));
    let none = StreamingParameters { speaker_labels_revision_interval_ms: Some(0), ..Default::default() };
    assert_eq!(none.validate(), Ok(()));
    Ok(())
}

#[test]
fn changes_are_listed_with_whether_they_can_change_live() {
    let old = StreamingParameters::default();
    let new = StreamingParameters {
        prompt: Some("Names".to_owned()),
        speaker_labels: Some(true),
        format_turns: Some(true), // Pro models do not take it.
        ..old.clone()
    };
    let changes: Vec<_> =
        old.changes_to(&new).map(|parameter| (parameter.name, parameter.changes_live)).collect();
    assert_eq!(changes, [("prompt", true), ("speaker_labels", false)]);
}

#[test]
fn an_update_has_only_the_changes_that_can_change_live() {
    let old = StreamingParameters {
        keyterms_prompt: Some(vec!["Kubernetes".to_owned()]),
        prompt: Some("Names".to_owned()),
        ..StreamingParameters::default()
    };
    let new = StreamingParameters {
        mode: Some(Mode::MinLatency),
        speaker_labels: Some(true), // Not while a session runs.
        format_turns: Some(true),   // Pro models do not take it.
        ..StreamingParameters::default()
    };
    let update = old.update_to(&new);
    let expected = Configuration {
        mode: Some(Mode::MinLatency),
        keyterms_prompt: Some(Vec::new()),
        prompt: Some(String::new()),
        ..Configuration::default()
    };
    assert_eq!(update, expected);
    assert_eq!(new.update_to(&new), Configuration::default());
}

#[test]
fn an_update_can_have_every_live_parameter_under_its_name() -> TestResult {
    let new = all("a-later-model")?;
    let old =
        StreamingParameters { speech_model: new.speech_model.clone(), ..StreamingParameters::default() };
    let update = serde_json::to_value(old.update_to(&new))?;
    let json = serde_json::to_value(&new)?;
    let live: Vec<&Parameter> = PARAMETERS.iter().filter(|parameter| parameter.changes_live).collect();
    assert_eq!(update.as_object().map(serde_json::Map::len), Some(live.len()));
    for parameter in live {
        assert_eq!(update[parameter.name], json[parameter.name], "{}", parameter.name);
    }
    Ok(())
}

#[test]
fn parameters_are_read_from_the_json_that_they_write_and_unknown_ones_are_ignored() -> TestResult {
    let parameters = all("universal-3-6-pro")?;
    let mut json = serde_json::to_value(&parameters)?;
    assert_eq!(json.as_object().map(serde_json::Map::len), Some(PARAMETERS.len()));
    json["of_a_later_version"] = serde_json::json!({ "deep": [1, { "er": null }] });
    json["another"] = serde_json::json!([7, { "a": "b" }]);
    assert_eq!(serde_json::from_value::<StreamingParameters>(json)?, parameters);
    let defaults = StreamingParameters::default();
    assert_eq!(serde_json::from_str::<StreamingParameters>("{}")?, defaults);
    let written =
        r#"{"speech_model":"u3-rt-pro","sample_rate":16000,"encoding":"pcm_s16le","inactivity_timeout":60}"#;
    assert_eq!(serde_json::to_string(&defaults)?, written);
    Ok(())
}

#[test]
fn null_is_not_sent() -> TestResult {
    for parameter in &PARAMETERS[3..] {
        let mut json = serde_json::to_value(all("u3-rt-pro")?)?;
        json[parameter.name] = serde_json::Value::Null;
        let parameters: StreamingParameters = serde_json::from_value(json)?;
        let query = parameters.to_query(None);
        assert!(!query.contains(&format!("&{}=", parameter.name)), "{query}");
    }
    Ok(())
}

#[test]
fn the_error_for_a_value_of_the_wrong_type_begins_with_its_name() {
    for parameter in PARAMETERS {
        let wrong = match parameter.name {
            "keyterms_prompt" | "language_codes" | "redact_pii_policies" => "7",
            _ => "[\"x\"]",
        };
        let error =
            serde_json::from_str::<StreamingParameters>(&format!("{{\"{}\": {wrong}}}", parameter.name))
                .expect_err(parameter.name);
        assert!(error.to_string().starts_with(parameter.name), "{error}");
    }
    for wrong in
        [r#"{"sample_rate": -1}"#, r#"{"inactivity_timeout": 5.5}"#, r#"{"mode": "hasty"}"#, "[]", "7"]
    {
        assert!(serde_json::from_str::<StreamingParameters>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_parameter_that_is_needed_is_a_row_of_the_table() {
    for needed in PARAMETERS.iter().filter_map(|parameter| parameter.needs) {
        assert!(PARAMETERS.iter().any(|parameter| parameter.name == needed), "{needed}");
    }
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction() -> serde_json::Result<()> {
    let parameters: StreamingParameters = serde_json::from_str(r#"{"sample_rate": 8000.0}"#)?;
    assert_eq!(parameters.sample_rate_hz, 8000);
    Ok(())
}
