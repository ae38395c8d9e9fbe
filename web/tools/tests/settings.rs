//! The settings: entering and storing them, where they lead, and how a change takes effect.

use assemblyai_protocol::{Allowed, PARAMETERS, SpeechModel};
use proptest::prelude::*;
use serde_json::{Value, json};
use test_result::TestResult;
use transcription_common::{ConnectionChoice, STANDBY};
use transcription_tools::settings::{
    ActiveSession, Control, GROUPS, Preset, REGION, ServerConfig, UserSettings, control_text, field, label,
    parse, summary,
};

const WEBSOCKET: &str = "wss://streaming.assemblyai.com/v3/ws";

/// The configuration of a server with these parameters and two regions.
fn config(parameters: &Value) -> TestResult<ServerConfig> {
    Ok(ServerConfig::read(&answer(parameters, true)).ok_or("no configuration with a choice")?)
}

fn answer(parameters: &Value, allowed: bool) -> String {
    let region = |name: &str, url: &str| json!({ "name": name, "websocket_url": url });
    json!({
        "websocket_url": format!("{WEBSOCKET}?speech_model=u3-rt-pro"),
        "parameters": parameters,
        "allow_client_parameters": allowed,
        "regions": [
            region("global", WEBSOCKET),
            region("eu", "wss://streaming.eu.assemblyai.com/v3/ws"),
        ],
        "demo": false,
    })
    .to_string()
}

fn plain() -> TestResult<ServerConfig> {
    config(&json!({
        "speech_model": "u3-rt-pro", "sample_rate": 16_000, "encoding": "pcm_s16le", "inactivity_timeout": 60,
        "session_heartbeat": true,
    }))
}

/// The settings after a user has typed these texts.
fn settings(config: &ServerConfig, typed: &[(&str, &str)]) -> TestResult<UserSettings> {
    let mut settings = UserSettings::default();
    for (name, text) in typed {
        let field = field(name).ok_or("no field")?;
        settings.set(field, parse(field, text, config).map_err(|error| format!("{name}: {error}"))?, config);
    }
    Ok(settings)
}

/// Where the page connects: region, address, parameters.
fn connection(
    config: &ServerConfig,
    typed: &[(&str, &str)],
) -> TestResult<(Option<String>, String, Vec<String>)> {
    let ConnectionChoice { region, url } =
        config.connection(&settings(config, typed)?).ok_or("the server's own connection")?;
    let (base, query) = url.split_once('?').ok_or("no parameters")?;
    Ok((region, base.to_owned(), query.split('&').map(str::to_owned).collect()))
}

#[test]
fn every_parameter_is_in_the_dialog_or_left_out_with_a_reason() {
    let left_out: Vec<&str> =
        PARAMETERS.iter().map(|it| it.name).filter(|name| field(name).is_none()).collect();
    assert_eq!(
        left_out,
        [
            "language",
            "session_heartbeat",
            "acknowledge_silence",
            "llm_gateway",
            "webhook_url",
            "webhook_auth_header_name",
            "webhook_auth_header_value"
        ]
    );
    let source = include_str!("../src/settings/fields.rs");
    for name in &left_out[..4] {
        assert!(source.contains(&format!("`{name}`")), "{name}");
    }
    for field in GROUPS.iter().flat_map(|group| group.fields) {
        let is_known = [REGION, STANDBY].contains(&field.name) || field.parameter().is_some();
        assert!(is_known, "{}", field.name);
    }
}

#[test]
fn the_values_of_each_control_are_those_that_the_service_accepts() -> TestResult {
    let config = plain()?;
    for field in GROUPS.iter().flat_map(|group| group.fields) {
        let values: Vec<&str> = match field.control {
            Control::Switch => vec!["true", "false"],
            Control::Choice(values) => values.iter().map(|(name, _)| *name).collect(),
            Control::Line(names) => names.to_vec(),
            Control::Region => config.regions().collect(),
            Control::Standby => vec!["0", "10", "30", "60", "120"],
            _ => continue,
        };
        for value in values {
            let parsed = parse(field, value, &config)?.ok_or("no value")?;
            assert_eq!(control_text(field, &parsed), value, "{}", field.name);
            assert!(!label(field, &parsed).is_empty());
        }
        // The control offers all values that the service accepts.
        if let (Some(parameter), Control::Choice(values)) = (field.parameter(), field.control)
            && let Allowed::OneOf(words) = &parameter.allowed
        {
            let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            assert_eq!(&names, words, "{}", field.name);
        }
    }
    Ok(())
}

#[test]
fn a_value_out_of_range_is_refused_with_the_range() -> TestResult {
    let config = plain()?;
    let long = "x".repeat(1_751);
    let terms = vec!["term"; 101].join("\n");
    for (name, text, expected) in [
        ("min_turn_silence", "49", "Please enter a whole number from 50 to 10000."),
        ("min_turn_silence", "100.5", "Please enter a whole number from 50 to 10000."),
        ("min_turn_silence", "soon", "Please enter a whole number from 50 to 10000."),
        ("max_turn_silence", "-1", "Please enter a whole number from 50 to 10000."),
        ("vad_threshold", "1.01", "Please enter a number from 0 to 1."),
        ("vad_threshold", "NaN", "Please enter a number from 0 to 1."),
        ("vad_threshold", "inf", "Please enter a number from 0 to 1."),
        ("end_of_turn_confidence_threshold", "40 %", "Please enter a number from 0 to 1."),
        ("interruption_delay", "1001", "Please enter a whole number from 0 to 1000."),
        ("max_speakers", "11", "Please enter a whole number from 1 to 10."),
        (
            "speaker_labels_revision_interval_ms",
            "60000",
            "Please enter 0, or a whole number from 120000 to 300000.",
        ),
        ("previous_context_n_turns", "101", "Please enter a whole number from 0 to 100."),
        ("inactivity_timeout", "4", "Please enter a whole number from 5 to 3600."),
        ("max_turn_duration", "1.5", "Please enter a whole number."),
        ("prompt", &long, "Please enter text of at most 1750\u{a0}characters."),
        ("agent_context", &long, "Please enter text of at most 1750\u{a0}characters."),
        (
            "keyterms_prompt",
            &terms,
            "Please enter at most 100\u{a0}terms of at most 50\u{a0}characters, one per line.",
        ),
        (
            "keyterms_prompt",
            &long,
            "Please enter at most 100\u{a0}terms of at most 50\u{a0}characters, one per line.",
        ),
        ("language_codes", "klingon", "Please enter at most 10 codes, or multi alone, out of en, es, de, "),
        ("language_codes", "multi, en", "Please enter at most 10 codes, or multi alone, out of en, es, de, "),
        ("speech_model", "u3&token=x", "Please enter a name of letters, digits, dots, "),
        (
            "redact_pii_policies",
            "Person Name",
            "Please enter names in small letters such as person_name, one per line.",
        ),
        ("encoding", "opus", "Please enter one of pcm_s16le, pcm_mulaw."),
        ("sample_rate", "44100", "Please enter one of 16000, 8000."),
        ("domain", "law", "Please enter one of medical-v1."),
        (REGION, "mars", "Please enter another value."),
        ("speaker_labels", "perhaps", "Please enter another value."),
    ] {
        let field = field(name).ok_or("no field")?;
        let refused = parse(field, text, &config).expect_err(name);
        assert!(refused.starts_with(expected), "{name} {text:.20}: {refused}");
    }
    Ok(())
}

#[test]
fn each_setting_is_in_the_address_as_the_service_expects_it() -> TestResult {
    let config = plain()?;
    let german = [("speech_model", "universal-3-6-pro"), ("language_codes", "de\nen"), (REGION, "eu")];
    let (region, base, parameters) = connection(&config, &german)?;
    assert_eq!((region.as_deref(), &*base), (Some("eu"), "wss://streaming.eu.assemblyai.com/v3/ws"));
    assert_eq!(
        parameters,
        [
            "speech_model=universal-3-6-pro",
            "sample_rate=16000",
            "encoding=pcm_s16le",
            "inactivity_timeout=60",
            "language_codes=%5B%22de%22%2C%22en%22%5D",
            "session_heartbeat=true"
        ]
    );
    for (name, typed, parameter) in [
        ("vad_threshold", " 0,25 ", "vad_threshold=0.25"),
        ("min_turn_silence", "160.0", "min_turn_silence=160"),
        (
            "keyterms_prompt",
            "Ann, Bob\n\n Kubernetes \n",
            "keyterms_prompt=%5B%22Ann%2C%20Bob%22%2C%22Kubernetes%22%5D",
        ),
        ("speaker_labels", "true", "speaker_labels=true"),
        ("sample_rate", "8000", "sample_rate=8000"),
        ("encoding", "pcm_mulaw", "encoding=pcm_mulaw"),
        ("prompt", "Names:\nAnn", "prompt=Names%3A%0AAnn"),
        ("speech_model", "a-model-of-2027", "speech_model=a-model-of-2027"),
    ] {
        let (region, base, parameters) = connection(&config, &[(name, typed)])?;
        assert_eq!((region, &*base), (None, WEBSOCKET));
        assert!(parameters.iter().any(|it| it == parameter), "{parameter} in {parameters:?}");
    }
    Ok(())
}

#[test]
fn a_setting_that_the_model_does_not_accept_is_stored_but_not_sent() -> TestResult {
    let config = plain()?;
    let typed = [("speech_model", "universal-streaming-english"), ("prompt", "Names"), ("mode", "balanced")];
    let (.., parameters) = connection(&config, &typed)?;
    assert!(
        !parameters.iter().any(|it| it.starts_with("prompt=") || it.starts_with("mode=")),
        "{parameters:?}"
    );
    let kept = settings(&config, &typed)?;
    assert_eq!(UserSettings::read(&kept.to_json().ok_or("nothing to store")?, &config), kept);
    assert_eq!(kept.get(field("prompt").ok_or("no field")?), Some(json!("Names")));
    Ok(())
}

#[test]
fn only_differences_from_the_server_are_stored() -> TestResult {
    let config =
        config(&json!({ "speech_model": "u3-rt-pro", "min_turn_silence": 200, "vad_threshold": 1.0 }))?;
    let same = [
        ("speech_model", "u3-rt-pro"),
        ("min_turn_silence", "200"),
        ("vad_threshold", "1"),
        ("prompt", "  "),
        (REGION, "global"),
    ];
    let none = settings(&config, &same)?;
    assert_eq!((none.to_json(), config.connection(&none)), (None, None));
    let one = settings(&config, &[("min_turn_silence", "300")])?;
    let kept: Value = serde_json::from_str(&one.to_json().ok_or("nothing to store")?)?;
    assert_eq!(kept, json!({ "region": null, "parameters": { "min_turn_silence": 300 } }));
    Ok(())
}

#[test]
fn a_changed_default_applies_to_all_settings_that_were_not_changed() -> TestResult {
    let before = config(&json!({ "speech_model": "u3-rt-pro", "min_turn_silence": 200 }))?;
    let kept = settings(&before, &[("max_turn_silence", "900")])?.to_json().ok_or("nothing to store")?;
    let after = config(&json!({ "speech_model": "universal-3-6-pro", "min_turn_silence": 300 }))?;
    let text = after.connection(&UserSettings::read(&kept, &after)).ok_or("no difference")?.url;
    assert!(
        text.contains("speech_model=universal-3-6-pro")
            && text.contains("min_turn_silence=300")
            && text.contains("max_turn_silence=900"),
        "{text}"
    );
    // A value that the server has adopted is no difference any more.
    let same = config(&json!({ "speech_model": "u3-rt-pro", "max_turn_silence": 900 }))?;
    assert_eq!(UserSettings::read(&kept, &same), UserSettings::default());
    Ok(())
}

#[test]
fn invalid_stored_settings_are_skipped() -> TestResult {
    let config = plain()?;
    for garbage in
        ["", "null", "[]", "{", "\"x\"", r#"{"parameters":[]}"#, r#"{"region":7,"parameters":{"mode":1}}"#]
    {
        assert_eq!(UserSettings::read(garbage, &config), UserSettings::default(), "{garbage}");
    }
    let kept = r#"{"region":"mars","parameters":{"min_turn_silence":7,"max_turn_silence":700,"unheard_of":true,
        "webhook_url":"https://evil.example","prompt":null,"speech_model":"a b","mode":"balanced"}}"#;
    let read = UserSettings::read(kept, &config);
    assert_eq!(
        read.to_json().ok_or("nothing to store")?,
        r#"{"parameters":{"max_turn_silence":700,"mode":"balanced"},"region":null}"#
    );
    assert!(!config.connection(&read).ok_or("no difference")?.url.contains("evil"));
    Ok(())
}

#[test]
fn without_the_servers_permission_there_are_no_settings() {
    assert_eq!(ServerConfig::read(&answer(&json!({}), false)), None);
    assert_eq!(ServerConfig::read(r#"{"websocket_url":"wss://x/v3/ws","parameters":{}}"#), None);
    assert_eq!(ServerConfig::read(""), None);
}

#[test]
fn live_parameters_change_at_once_and_the_rest_at_the_next_start() -> TestResult {
    let config = plain()?;
    let active = ActiveSession::new(&config, &UserSettings::default());
    let wanted =
        [("prompt", "Names"), ("min_turn_silence", "300"), ("speaker_labels", "true"), (REGION, "eu")];
    let plan = active.plan(&config, &settings(&config, &wanted)?);
    assert_eq!(plan.now, ["min_turn_silence", "prompt"]);
    assert_eq!(plan.next, ["speaker_labels", REGION]);
    assert_eq!(
        serde_json::from_str::<Value>(&plan.message.ok_or("no message")?)?,
        json!({ "type": "UpdateConfiguration", "min_turn_silence": 300, "prompt": "Names" })
    );
    // The same change is not sent again.
    let again = plan.session.plan(&config, &settings(&config, &wanted)?);
    assert_eq!((again.message, again.now, again.next), (None, vec![], vec!["speaker_labels", REGION]));
    Ok(())
}

#[test]
fn a_cleared_text_changes_at_once_and_a_cleared_number_at_the_next_start() -> TestResult {
    let config = plain()?;
    let with =
        settings(&config, &[("prompt", "Names"), ("keyterms_prompt", "Ann"), ("vad_threshold", "0.5")])?;
    let plan = ActiveSession::new(&config, &with).plan(&config, &UserSettings::default());
    assert_eq!(plan.now, ["keyterms_prompt", "prompt"]);
    assert_eq!((plan.next, plan.cannot_be_taken_back), (vec!["vad_threshold"], vec!["vad_threshold"]));
    assert_eq!(
        serde_json::from_str::<Value>(&plan.message.ok_or("no message")?)?,
        json!({ "type": "UpdateConfiguration", "keyterms_prompt": [], "prompt": "" })
    );
    let again = plan.session.plan(&config, &UserSettings::default());
    assert_eq!((again.message, again.next), (None, vec!["vad_threshold"]));
    Ok(())
}

#[test]
fn a_live_change_follows_the_model_of_the_open_session() -> TestResult {
    let config = plain()?;
    let active = ActiveSession::new(&config, &UserSettings::default());
    let wanted =
        [("speech_model", "universal-streaming-english"), ("prompt", "Names"), ("format_turns", "true")];
    let plan = active.plan(&config, &settings(&config, &wanted)?);
    assert_eq!(plan.now, ["prompt"], "the session still has u3-rt-pro");
    assert_eq!(plan.next, ["speech_model", "format_turns"]);
    assert!(plan.cannot_be_taken_back.is_empty());
    Ok(())
}

#[test]
fn a_change_and_its_reversal_leave_the_session_unchanged() -> TestResult {
    let config = plain()?;
    let active = ActiveSession::new(&config, &settings(&config, &[("mode", "balanced")])?);
    let there = active.plan(&config, &settings(&config, &[("mode", "max_accuracy")])?);
    let back = there.session.plan(&config, &settings(&config, &[("mode", "balanced")])?);
    assert_eq!((there.now, back.now, back.next), (vec!["mode"], vec!["mode"], vec![]));
    assert_eq!(back.session, active);
    Ok(())
}

#[test]
fn presets_are_modes_for_pro_models_and_numbers_for_universal_streaming() -> TestResult {
    let config = plain()?;
    for preset in [Preset::Fast, Preset::Balanced, Preset::Accurate] {
        for (model, filled) in [
            ("universal-3-6-pro", vec!["mode"]),
            ("a-later-model", vec!["mode"]),
            (
                "universal-streaming-english",
                vec!["min_turn_silence", "max_turn_silence", "end_of_turn_confidence_threshold"],
            ),
        ] {
            let entries = preset.entries(&model.parse::<SpeechModel>()?).ok_or("no preset")?;
            let chosen = settings(&config, &entries)?;
            assert_eq!(chosen.parameters().len(), filled.len());
            assert!(filled.iter().all(|name| chosen.parameters().contains_key(*name)), "{model}");
        }
    }
    assert_eq!(Preset::Fast.entries(&"whisper-rt".parse()?), None);
    Ok(())
}

proptest! {
    #[test]
    fn no_stored_or_typed_text_causes_a_panic(text in ".{0,60}", name in 0..40_usize) {
        let config = plain().map_err(|error| TestCaseError::fail(error.to_string()))?;
        UserSettings::read(&text, &config);
        let fields: Vec<_> = GROUPS.iter().flat_map(|group| group.fields).collect();
        let field = fields[name % fields.len()];
        if let Ok(Some(value)) = parse(field, &text, &config) {
            // A valid value survives the way to its control and back.
            prop_assert_eq!(parse(field, &control_text(field, &value), &config), Ok(Some(value)));
        }
    }

    #[test]
    fn stored_settings_are_read_back(silence in 50_u32..=10_000, prompt in "[a-zäß\n ]{1,40}[a-z]", on: bool) {
        let config = plain().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let chosen = settings(&config, &[
            ("min_turn_silence", &silence.to_string()), ("prompt", &prompt), ("speaker_labels", &on.to_string()),
        ]).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(UserSettings::read(&chosen.to_json().unwrap_or_default(), &config), chosen);
    }
}

#[test]
fn a_server_that_recognises_itself_offers_only_what_its_recogniser_follows() -> TestResult {
    let mut answer: Value = serde_json::from_str(&answer(&json!({}), true))?;
    answer["local_model"] = "base".into();
    answer["regions"] = json!([]);
    let config = ServerConfig::read(&answer.to_string()).ok_or("no configuration with a choice")?;
    let offered = GROUPS.iter().flat_map(|group| group.fields).filter(|field| config.offers(field));
    let offered: Vec<&str> = offered.map(|field| field.name).collect();
    assert_eq!(
        offered,
        [
            "mode",
            "min_turn_silence",
            "max_turn_silence",
            "encoding",
            "sample_rate",
            "include_partial_turns",
            "inactivity_timeout"
        ]
    );
    // What was stored for the service is not sent.
    let stored = r#"{"parameters":{"speaker_labels":true,"max_turn_silence":2000}}"#;
    let settings = UserSettings::read(stored, &config);
    assert_eq!(Value::Object(settings.parameters().clone()), json!({ "max_turn_silence": 2000 }));
    Ok(())
}

#[test]
fn a_key_term_is_added_where_server_and_model_take_it() -> TestResult {
    let own = config(&json!({ "speech_model": "u3-rt-pro", "keyterms_prompt": ["Server"] }))?;
    let config = plain()?;
    let with = UserSettings::default().with_key_term("Ann", &config).ok_or("the first term was not added")?;
    assert_eq!(with.with_key_term("Ann", &config), None, "it is there already");
    let with = with.with_key_term("Bob", &config).ok_or("the second term was not added")?;
    assert_eq!(with, settings(&config, &[("keyterms_prompt", "Ann\nBob")])?);
    // It is sent to the open session.
    let plan = ActiveSession::new(&config, &UserSettings::default()).plan(&config, &with);
    assert_eq!(plan.now, ["keyterms_prompt"]);
    assert_eq!(with.with_key_term(&"a".repeat(51), &config), None, "it is too long");
    let whisper = settings(&config, &[("speech_model", "whisper-rt")])?;
    assert_eq!(whisper.with_key_term("Ann", &config), None, "the model takes none");
    // The server's own terms stay.
    let with = UserSettings::default().with_key_term("Ann", &own).ok_or("no term was added")?;
    assert_eq!(with, settings(&own, &[("keyterms_prompt", "Server\nAnn")])?);
    Ok(())
}

#[test]
fn the_heading_of_a_group_says_what_is_set_in_it() -> TestResult {
    let config = plain()?;
    let mut settings = UserSettings::default();
    let line =
        |index: usize, settings: &UserSettings| summary(GROUPS[index].fields.iter(), &config, settings);
    assert_eq!(line(0, &settings), "u3-rt-pro, Nearest (US or EU)");
    assert_eq!(line(1, &settings), "");
    for (name, value) in [
        ("speech_model", json!("universal-3-5-pro")),
        (REGION, json!("eu")),
        ("language_detection", json!(true)),
        ("language_codes", json!(["de", "en"])),
        ("keyterms_prompt", json!(["Ada", "Grace"])),
        ("prompt", json!("A talk about computers.")),
    ] {
        settings.set(field(name).ok_or("no field")?, Some(value), &config);
    }
    assert_eq!(line(0, &settings), "universal-3-5-pro, European Union");
    assert_eq!(
        line(1, &settings),
        "Detect the language of each turn: On, Languages to expect: de, en, Key terms: 2, Prompt"
    );
    Ok(())
}

#[test]
fn numbers_and_commas_are_read_as_other_keyboards_write_them() -> TestResult {
    let config = plain()?;
    let read = |name: &str, text: &str| -> TestResult<_> {
        Ok(parse(field(name).ok_or("no field")?, text, &config))
    };
    // Full-width, as input methods for Japanese and Chinese write them; Arabic, Persian and Hindi digits.
    for digits in ["４００", "٤٠٠", "۴۰۰", "४००"] {
        assert_eq!(read("min_turn_silence", digits)?, Ok(Some(json!(400))), "{digits}");
    }
    for fraction in ["０．７", "０，７", "٠٫٧"] {
        assert_eq!(read("vad_threshold", fraction)?, Ok(Some(json!(0.7))), "{fraction}");
    }
    for words in ["person_name、phone_number", "person_name，phone_number", "person_name، phone_number"] {
        let read = read("redact_pii_policies", words)?;
        assert_eq!(read, Ok(Some(json!(["person_name", "phone_number"]))), "{words}");
    }
    assert!(read("min_turn_silence", "四百")?.is_err());
    Ok(())
}

#[test]
fn changes_are_made_to_what_another_tab_has_stored_meanwhile() -> TestResult {
    let config = plain()?;
    let opened = settings(&config, &[("mode", "balanced"), ("vad_threshold", "0.5")])?;
    let entered = settings(&config, &[("mode", "min_latency"), ("region", "eu")])?;
    let stored =
        settings(&config, &[("mode", "max_accuracy"), ("vad_threshold", "0.5"), ("keyterms_prompt", "Ann")])?;
    // The mode and the region were chosen here, and the threshold was emptied.
    let expected =
        settings(&config, &[("mode", "min_latency"), ("region", "eu"), ("keyterms_prompt", "Ann")])?;
    assert_eq!(stored.with_changes(&opened, &entered, &config), expected);
    assert_eq!(stored.with_changes(&opened, &opened, &config), stored);
    Ok(())
}

/// The answer of a server whose time of standby is 45 s.
fn answer_with_standby() -> Value {
    let mut answer: Value = serde_json::from_str(&answer(&json!({}), true)).unwrap_or_default();
    answer["standby_after_s"] = json!(45);
    answer
}

#[test]
fn the_time_of_standby_is_stored_with_the_settings_and_changes_no_address() -> TestResult {
    let config = ServerConfig::read(&answer_with_standby().to_string()).ok_or("no configuration")?;
    let standby = field(STANDBY).ok_or("no field")?;
    assert_eq!(label(standby, &config.default_value(standby).ok_or("no default")?), "After 45\u{a0}s");
    assert_eq!(label(standby, &json!(0)), "Never");
    let chosen = settings(&config, &[(STANDBY, "0")])?;
    assert_eq!(config.connection(&chosen), None);
    let stored = chosen.to_json().ok_or("nothing to store")?;
    // The page reads it by itself.
    assert_eq!(serde_json::from_str::<Value>(&stored)?[STANDBY], 0);
    assert_eq!(UserSettings::read(&stored, &config), chosen);
    for refused in ["7", "-10", "10.5", "soon"] {
        assert!(parse(standby, refused, &config).is_err(), "{refused}");
    }
    assert_eq!(UserSettings::read(r#"{"standby_after_s":7}"#, &config), UserSettings::default());
    Ok(())
}

#[test]
fn a_time_of_standby_is_offered_where_an_open_connection_is_billed() -> TestResult {
    let standby = field(STANDBY).ok_or("no field")?;
    assert!(plain()?.offers(standby));
    for (name, value) in [("demo", json!(true)), ("local_model", json!("base"))] {
        let mut answer = answer_with_standby();
        answer[name] = value;
        let config = ServerConfig::read(&answer.to_string()).ok_or("no configuration")?;
        assert!(!config.offers(standby), "{name}");
    }
    Ok(())
}

#[test]
fn another_time_of_standby_takes_effect_at_once_unless_speakers_are_labelled() -> TestResult {
    let config = ServerConfig::read(&answer_with_standby().to_string()).ok_or("no configuration")?;
    let chosen = settings(&config, &[(STANDBY, "10")])?;
    let plan = ActiveSession::new(&config, &UserSettings::default()).plan(&config, &chosen);
    assert_eq!((plan.message, plan.now, plan.next), (None, vec![STANDBY], vec![]));
    assert_eq!(plan.session.standby_after_s(), 10);
    assert_eq!(plan.session.plan(&config, &chosen).now, Vec::<&str>::new());
    let never = settings(&config, &[(STANDBY, "0")])?;
    assert_eq!(plan.session.plan(&config, &never).session.standby_after_s(), 0);
    let labelled = settings(&config, &[("speaker_labels", "true")])?;
    let plan = ActiveSession::new(&config, &labelled).plan(&config, &chosen);
    assert_eq!(plan.session.standby_after_s(), 0);
    Ok(())
}
