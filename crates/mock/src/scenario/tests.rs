use super::*;
use assemblyai_service::Profile;
use test_result::TestResult;

const EVERYTHING: &str = include_str!("../../scenarios/everything.toml");

fn error(text: &str, format: ScenarioFormat) -> String {
    Scenario::parse(text, format).expect_err(text).to_string()
}

#[test]
fn the_same_scenario_reads_from_toml_and_from_json() -> TestResult {
    let toml = Scenario::parse(EVERYTHING, ScenarioFormat::Toml)?;
    let value: serde_json::Value = toml::from_str(EVERYTHING)?;
    let json = Scenario::parse(&value.to_string(), ScenarioFormat::Json)?;
    assert_eq!(format!("{toml:?}"), format!("{json:?}"));
    assert_eq!(toml.script.profile, Some(Profile::Diarized));
    assert_eq!((toml.script.turns.len(), toml.script.speech.len(), toml.script.cues.len()), (2, 1, 3));
    assert_eq!((toml.token_faults.len(), toml.socket_faults.len()), (2, 2));
    Ok(())
}

#[test]
fn columns_count_characters() {
    for name in ["aou", "äöü", "\u{1F600}\u{1F600}\u{1F600}"] {
        let json = format!("{{\n  \"turn\": [{{\"text\": \"{name}\", \"from_ms\": \"x\"}}]}}");
        assert!(
            error(&json, ScenarioFormat::Json).starts_with("scenario:2:41: "),
            "{}",
            error(&json, ScenarioFormat::Json)
        );
        let toml = format!("turn = [{{text = \"{name}\", from_ms = \"x\"}}]");
        assert!(
            error(&toml, ScenarioFormat::Toml).starts_with("scenario:1:34: "),
            "{}",
            error(&toml, ScenarioFormat::Toml)
        );
    }
}

#[test]
fn errors_have_line_and_column() {
    assert_eq!(
        error("profile = \"pro\"\n\n[[turn]]\ntext = 7\n", ScenarioFormat::Toml),
        "scenario:4:8: invalid type: integer `7`, expected a string"
    );
    let unknown = error("[[turn]]\ntext = \"x\"\ntxt = \"y\"\n", ScenarioFormat::Toml);
    assert!(unknown.starts_with("scenario:3:1: unknown field `txt`, expected one of `text`, "), "{unknown}");
    let unknown = error("[[fault]]\nat_ms = 5\nfault = \"explode\"\n", ScenarioFormat::Toml);
    assert!(
        unknown.starts_with("scenario:3:9: unknown variant `explode`, expected one of `drop`, "),
        "{unknown}"
    );
    assert!(error("[[turn]]\nfrom_ms = -1", ScenarioFormat::Toml).starts_with("scenario:2:11: "));
    assert!(error("a = = b", ScenarioFormat::Toml).starts_with("scenario:1:5: "));
    assert!(
        error("{\n  \"turn\": [\n    {}\n  ]\n}", ScenarioFormat::Json)
            .starts_with("scenario:3:6: missing field `text`")
    );
    assert_eq!(
        error("1\n00:00:01,000 --> 00:61:00,000\nHello\n", ScenarioFormat::Srt),
        "scenario:2:18: a time is written hh:mm:ss,mmm"
    );
    assert_eq!(
        error("00:00:02,000 --> 00:00:01,000\nHello\n", ScenarioFormat::Srt),
        "scenario:1:18: the cue ends before it starts"
    );
}

#[test]
fn a_file_is_parsed_by_its_extension_and_named_in_errors() {
    let error = Scenario::read("no/such/file.toml").expect_err("it does not exist").to_string();
    assert!(error.starts_with("no/such/file.toml: "), "{error}");
    let error = Scenario::read("scenario.yaml").expect_err("not a format").to_string();
    assert_eq!(error, "scenario.yaml: a scenario's name ends in .toml, .json, .srt, .vtt or .txt");
    assert!(Scenario::read(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/everything.toml")).is_ok());
}

#[test]
fn cues_of_subtitles_are_spoken_at_their_times() -> TestResult {
    let srt = "1\r\n00:00:01,000 --> 00:00:02,500\r\nBook a table\r\nfor two.\r\n\r\n2\r\n00:00:04,000 --> 00:00:05,000\r\n<i>Thank you.</i>\r\n";
    let vtt = "WEBVTT\n\nNOTE not said\nno\n\nfirst\n00:01.000 --> 00:02.500 align:start\n<v Ann>Book a table for two.\n\n00:04.000 --> 00:00:05.000\nThank you.\n";
    for (text, format, speaker) in [(srt, ScenarioFormat::Srt, None), (vtt, ScenarioFormat::Vtt, Some("Ann"))]
    {
        let script = Scenario::parse(text, format)?.script;
        let words = script.states().remove(0).words;
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["Book", "a", "table", "for", "two.", "Thank", "you."], "{format:?}");
        assert_eq!((words[0].start_ms, words[4].end_ms, words[5].start_ms), (1000, 2500, 4000));
        assert_eq!(words[0].speaker.as_deref(), speaker);
    }
    Ok(())
}

#[test]
fn plain_text_has_one_turn_per_line() -> TestResult {
    let script = Scenario::parse("\u{feff}Hello.\n\n  How are you?\n", ScenarioFormat::Text)?.script;
    let states = script.states();
    assert_eq!(states.len(), 2);
    assert_eq!(states[1].words.len(), 3);
    assert_eq!(states[1].words[0].start_ms, states[0].words[0].end_ms + 1500);
    Ok(())
}

#[test]
fn the_shipped_schema_matches_the_types() -> TestResult {
    let schema = serde_json::to_value(schemars::schema_for!(ScenarioFile))?;
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenario.schema.json");
        std::fs::write(path, format!("{schema:#}\n"))?;
    }
    let shipped: serde_json::Value = serde_json::from_str(SCENARIO_SCHEMA).unwrap_or_default();
    assert_eq!(shipped, schema, "run this test with UPDATE_SCHEMA=1 and commit scenario.schema.json");
    Ok(())
}

proptest::proptest! {
    #[test]
    fn no_file_panics(text in ".{0,200}", cue in "[0-9:.,>< v\n-]{0,80}") {
        for format in [ScenarioFormat::Toml, ScenarioFormat::Json, ScenarioFormat::Srt, ScenarioFormat::Vtt, ScenarioFormat::Text] {
            drop(Scenario::parse(&text, format));
            drop(Scenario::parse(&cue, format));
        }
    }
}
