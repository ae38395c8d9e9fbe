//! The settings: what is entered, what is kept, what the page connects with, and what becomes of a change.

use assemblyai_protocol::{Allowed, PARAMETERS, SpeechModel};
use proptest::prelude::*;
use serde_json::{Value, json};
use transcription_tools::settings::{
    Choices, Control, GROUPS, Offer, Preset, REGION, Running, control, entered, field, shown,
};

const WEBSOCKET: &str = "wss://streaming.assemblyai.com/v3/ws";

/// A server with these parameters of its own, and the regions of AssemblyAI.
fn offer(parameters: &Value) -> Offer {
    Offer::read(&answer(parameters, true)).expect("it leaves a choice")
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

fn plain() -> Offer {
    offer(&json!({
        "speech_model": "u3-rt-pro", "sample_rate": 16_000, "encoding": "pcm_s16le", "inactivity_timeout": 60,
        "session_heartbeat": true,
    }))
}

/// What somebody chooses who types these.
fn choices(offer: &Offer, typed: &[(&str, &str)]) -> Choices {
    let mut choices = Choices::default();
    for (name, text) in typed {
        let field = field(name).expect("a field");
        let value = entered(field, text, offer).unwrap_or_else(|error| panic!("{name}: {error}"));
        choices.choose(field, value, offer);
    }
    choices
}

/// The address that the page connects with, split at its parameters.
fn connection(offer: &Offer, typed: &[(&str, &str)]) -> (String, Vec<String>) {
    let text = offer.connection(&choices(offer, typed)).expect("not the server's own");
    let (region, url) = text.split_once('\n').expect("two lines");
    let (base, query) = url.split_once('?').expect("parameters");
    (format!("{region} {base}"), query.split('&').map(str::to_owned).collect())
}

#[test]
fn every_parameter_is_in_the_panel_or_left_out_for_a_reason_that_is_told() {
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
        assert!(field.name == REGION || field.parameter().is_some(), "{}", field.name);
    }
}

#[test]
fn what_can_be_chosen_is_what_the_service_takes() {
    let offer = plain();
    for field in GROUPS.iter().flat_map(|group| group.fields) {
        let values: Vec<&str> = match field.control {
            Control::Switch => vec!["true", "false"],
            Control::Choice(values) => values.iter().map(|(name, _)| *name).collect(),
            Control::Line(names) => names.to_vec(),
            Control::Region => offer.regions().collect(),
            _ => continue,
        };
        for value in values {
            let entered = entered(field, value, &offer).expect("it is taken").expect("a value");
            assert_eq!(control(field, &entered), value, "{}", field.name);
            assert!(!shown(field, &entered).is_empty());
        }
        // And all of what the service takes can be chosen.
        if let (Some(parameter), Control::Choice(values)) = (field.parameter(), field.control)
            && let Allowed::OneOf(words) = &parameter.allowed
        {
            let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            assert_eq!(&names, words, "{}", field.name);
        }
    }
}

#[test]
fn what_is_out_of_range_is_refused_with_the_range() {
    let offer = plain();
    let long = "x".repeat(1_751);
    let terms = vec!["term"; 101].join("\n");
    for (name, text, asks) in [
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
        ("prompt", &long, "Please enter text of at most 1750 characters."),
        ("agent_context", &long, "Please enter text of at most 1750 characters."),
        ("keyterms_prompt", &terms, "Please enter at most 100 terms of at most 50 characters, one a line."),
        ("keyterms_prompt", &long, "Please enter at most 100 terms of at most 50 characters, one a line."),
        ("language_codes", "klingon", "Please enter at most 10 codes, or multi alone, out of en, es, de, "),
        ("language_codes", "multi, en", "Please enter at most 10 codes, or multi alone, out of en, es, de, "),
        ("speech_model", "u3&token=x", "Please enter a name of letters, digits, dots, "),
        (
            "redact_pii_policies",
            "Person Name",
            "Please enter names in small letters such as person_name, one a line.",
        ),
        ("encoding", "opus", "Please enter one of pcm_s16le, pcm_mulaw."),
        ("sample_rate", "44100", "Please enter one of 16000, 8000."),
        ("domain", "law", "Please enter one of medical-v1."),
        (REGION, "mars", "Please enter another value."),
        ("speaker_labels", "perhaps", "Please enter another value."),
    ] {
        let field = field(name).expect("a field");
        let refused = entered(field, text, &offer).expect_err(name);
        assert!(refused.starts_with(asks), "{name} {text:.20}: {refused}");
    }
}

#[test]
fn each_setting_reaches_the_address_as_the_service_wants_it() {
    let offer = plain();
    let german = [("speech_model", "universal-3-6-pro"), ("language_codes", "de\nen"), (REGION, "eu")];
    let (to, parameters) = connection(&offer, &german);
    assert_eq!(to, "eu wss://streaming.eu.assemblyai.com/v3/ws");
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
        let (to, parameters) = connection(&offer, &[(name, typed)]);
        assert_eq!(to, format!(" {WEBSOCKET}"));
        assert!(parameters.iter().any(|it| it == parameter), "{parameter} in {parameters:?}");
    }
}

#[test]
fn what_the_model_does_not_take_is_kept_and_not_sent() {
    let offer = plain();
    let typed = [("speech_model", "universal-streaming-english"), ("prompt", "Names"), ("mode", "balanced")];
    let (_, parameters) = connection(&offer, &typed);
    assert!(
        !parameters.iter().any(|it| it.starts_with("prompt=") || it.starts_with("mode=")),
        "{parameters:?}"
    );
    let kept = choices(&offer, &typed);
    assert_eq!(Choices::read(&kept.to_json().expect("something"), &offer), kept);
    assert_eq!(kept.get(field("prompt").expect("a field")), Some(json!("Names")));
}

#[test]
fn only_differences_are_kept_and_an_empty_field_is_none() {
    let offer = offer(&json!({ "speech_model": "u3-rt-pro", "min_turn_silence": 200, "vad_threshold": 1.0 }));
    let same = [
        ("speech_model", "u3-rt-pro"),
        ("min_turn_silence", "200"),
        ("vad_threshold", "1"),
        ("prompt", "  "),
        (REGION, "global"),
    ];
    let none = choices(&offer, &same);
    assert_eq!((none.to_json(), offer.connection(&none)), (None, None));
    let one = choices(&offer, &[("min_turn_silence", "300")]);
    let kept: Value = serde_json::from_str(&one.to_json().expect("something")).expect("JSON");
    assert_eq!(kept, json!({ "region": null, "parameters": { "min_turn_silence": 300 } }));
}

#[test]
fn a_default_that_changes_rules_over_all_that_was_left_to_it() {
    let before = offer(&json!({ "speech_model": "u3-rt-pro", "min_turn_silence": 200 }));
    let kept = choices(&before, &[("max_turn_silence", "900")]).to_json().expect("something");
    let after = offer(&json!({ "speech_model": "universal-3-6-pro", "min_turn_silence": 300 }));
    let text = after.connection(&Choices::read(&kept, &after)).expect("a difference");
    assert!(
        text.contains("speech_model=universal-3-6-pro")
            && text.contains("min_turn_silence=300")
            && text.contains("max_turn_silence=900"),
        "{text}"
    );
    // What the server has by now itself is no difference any more.
    let same = offer(&json!({ "speech_model": "u3-rt-pro", "max_turn_silence": 900 }));
    assert_eq!(Choices::read(&kept, &same), Choices::default());
}

#[test]
fn what_cannot_be_what_was_kept_is_passed_over() {
    let offer = plain();
    for garbage in
        ["", "null", "[]", "{", "\"x\"", r#"{"parameters":[]}"#, r#"{"region":7,"parameters":{"mode":1}}"#]
    {
        assert_eq!(Choices::read(garbage, &offer), Choices::default(), "{garbage}");
    }
    let kept = r#"{"region":"mars","parameters":{"min_turn_silence":7,"max_turn_silence":700,"unheard_of":true,
        "webhook_url":"https://evil.example","prompt":null,"speech_model":"a b","mode":"balanced"}}"#;
    let read = Choices::read(kept, &offer);
    assert_eq!(
        read.to_json().expect("something"),
        r#"{"parameters":{"max_turn_silence":700,"mode":"balanced"},"region":null}"#
    );
    assert!(!offer.connection(&read).expect("a difference").contains("evil"));
}

#[test]
fn a_server_that_leaves_no_choice_leaves_none() {
    assert_eq!(Offer::read(&answer(&json!({}), false)), None);
    assert_eq!(Offer::read(r#"{"websocket_url":"wss://x/v3/ws","parameters":{}}"#), None);
    assert_eq!(Offer::read(""), None);
}

#[test]
fn what_the_service_can_change_changes_at_once_and_the_rest_at_the_next_start() {
    let offer = plain();
    let running = Running::new(&offer, &Choices::default());
    let wanted =
        [("prompt", "Names"), ("min_turn_silence", "300"), ("speaker_labels", "true"), (REGION, "eu")];
    let effect = running.effect(&offer, &choices(&offer, &wanted));
    assert_eq!(effect.now, ["min_turn_silence", "prompt"]);
    assert_eq!(effect.next, ["speaker_labels", REGION]);
    assert_eq!(
        serde_json::from_str::<Value>(&effect.message.expect("a message")).expect("JSON"),
        json!({ "type": "UpdateConfiguration", "min_turn_silence": 300, "prompt": "Names" })
    );
    // Told once, it is not told again.
    let again = effect.running.effect(&offer, &choices(&offer, &wanted));
    assert_eq!((again.message, again.now, again.next), (None, vec![], vec!["speaker_labels", REGION]));
}

#[test]
fn a_text_that_is_emptied_is_cleared_at_once_and_a_number_waits() {
    let offer = plain();
    let with = choices(&offer, &[("prompt", "Names"), ("keyterms_prompt", "Ann"), ("vad_threshold", "0.5")]);
    let effect = Running::new(&offer, &with).effect(&offer, &Choices::default());
    assert_eq!(effect.now, ["keyterms_prompt", "prompt"]);
    assert_eq!((effect.next, effect.cannot_be_taken_back), (vec!["vad_threshold"], vec!["vad_threshold"]));
    assert_eq!(
        serde_json::from_str::<Value>(&effect.message.expect("a message")).expect("JSON"),
        json!({ "type": "UpdateConfiguration", "keyterms_prompt": [], "prompt": "" })
    );
    let again = effect.running.effect(&offer, &Choices::default());
    assert_eq!((again.message, again.next), (None, vec!["vad_threshold"]));
}

#[test]
fn a_session_is_told_what_its_own_model_takes_until_there_is_another() {
    let offer = plain();
    let running = Running::new(&offer, &Choices::default());
    let wanted =
        [("speech_model", "universal-streaming-english"), ("prompt", "Names"), ("format_turns", "true")];
    let effect = running.effect(&offer, &choices(&offer, &wanted));
    assert_eq!(effect.now, ["prompt"], "the session is one of u3-rt-pro still");
    assert_eq!(effect.next, ["speech_model", "format_turns"]);
    assert!(effect.cannot_be_taken_back.is_empty());
}

#[test]
fn a_change_and_back_leave_nothing_to_tell() {
    let offer = plain();
    let running = Running::new(&offer, &choices(&offer, &[("mode", "balanced")]));
    let there = running.effect(&offer, &choices(&offer, &[("mode", "max_accuracy")]));
    let back = there.running.effect(&offer, &choices(&offer, &[("mode", "balanced")]));
    assert_eq!((there.now, back.now, back.next), (vec!["mode"], vec!["mode"], vec![]));
    assert_eq!(back.running, running);
}

#[test]
fn presets_are_modes_for_pro_models_and_numbers_for_universal_streaming() {
    let offer = plain();
    for preset in [Preset::Fast, Preset::Balanced, Preset::Accurate] {
        for (model, filled) in [
            ("universal-3-6-pro", vec!["mode"]),
            ("a-later-model", vec!["mode"]),
            (
                "universal-streaming-english",
                vec!["min_turn_silence", "max_turn_silence", "end_of_turn_confidence_threshold"],
            ),
        ] {
            let entries = preset.entries(&model.parse::<SpeechModel>().expect("a name")).expect("a preset");
            let chosen = choices(&offer, &entries);
            assert_eq!(chosen.parameters().len(), filled.len());
            assert!(filled.iter().all(|name| chosen.parameters().contains_key(*name)), "{model}");
        }
    }
    assert_eq!(Preset::Fast.entries(&"whisper-rt".parse().expect("a name")), None);
}

proptest! {
    #[test]
    fn nothing_that_is_kept_or_typed_panics(text in ".{0,60}", name in 0..40_usize) {
        let offer = plain();
        let _ = Choices::read(&text, &offer);
        let fields: Vec<_> = GROUPS.iter().flat_map(|group| group.fields).collect();
        let field = fields[name % fields.len()];
        if let Ok(Some(value)) = entered(field, &text, &offer) {
            // What is taken comes back as it is.
            prop_assert_eq!(entered(field, &control(field, &value), &offer), Ok(Some(value)));
        }
    }

    #[test]
    fn what_is_kept_is_read_back(silence in 50_u32..=10_000, prompt in "[a-zäß\n ]{1,40}[a-z]", on: bool) {
        let offer = plain();
        let chosen = choices(&offer, &[
            ("min_turn_silence", &silence.to_string()), ("prompt", &prompt), ("speaker_labels", &on.to_string()),
        ]);
        prop_assert_eq!(Choices::read(&chosen.to_json().unwrap_or_default(), &offer), chosen);
    }
}
