//! Entry of values in the panel.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use serde_json::json;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::with;
use crate::ENGINE;
use crate::engines::Capabilities as _;

#[tokio::test]
async fn each_group_of_the_panel_reaches_the_service_as_its_parameters() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[
            // Settings on which others depend come first.
            ("speech_model", "universal-3-6-pro"),
            ("speaker_labels", "true"),
            ("redact_pii", "true"),
            ("voice_focus", "far-field"),
            ("language_detection", "true"),
            ("language_codes", "de, en"),
            ("keyterms_prompt", "Kubernetes\nAnn & Bob, Ltd."),
            ("prompt", "A talk on music.\nNames: Zoë."),
            ("domain", "medical-v1"),
            ("mode", "max_accuracy"),
            ("min_turn_silence", "300"),
            ("max_turn_silence", "900"),
            ("interruption_delay", "100"),
            ("vad_threshold", "0,3"),
            ("max_speakers", "2"),
            ("speaker_labels_revision_interval_ms", "120000"),
            ("filter_profanity", "true"),
            ("redact_pii_policies", "person_name\nphone_number"),
            ("redact_pii_sub", "entity_name"),
            ("customer_support_audio_capture", "false"),
            ("voice_focus_threshold", "0.75"),
            ("continuous_partials", "false"),
            ("include_partial_turns", "true"),
            ("max_turn_duration", "30"),
            ("turn_left_pad_ms", "200"),
            ("agent_context", "Your name?"),
            ("previous_context_n_turns", "3"),
            ("inactivity_timeout", "30"),
        ])
        .await?;
        assert_eq!(page.save().await?, "Saved. It applies from the next recording on.");
        page.close_panel().await?;
        page.record_briefly().await?;
        assert_eq!(
            page.parameters()?,
            with(&json!({
                "speech_model": "universal-3-6-pro", "language_detection": "true",
                "language_codes": r#"["de","en"]"#, "keyterms_prompt": r#"["Kubernetes","Ann & Bob, Ltd."]"#,
                "prompt": "A talk on music.\nNames: Zoë.", "domain": "medical-v1", "mode": "max_accuracy",
                "min_turn_silence": "300", "max_turn_silence": "900", "interruption_delay": "100",
                "vad_threshold": "0.3", "speaker_labels": "true", "max_speakers": "2",
                "speaker_labels_revision_interval_ms": "120000", "filter_profanity": "true", "redact_pii": "true",
                "redact_pii_policies": r#"["person_name","phone_number"]"#, "redact_pii_sub": "entity_name",
                "customer_support_audio_capture": "false", "voice_focus": "far-field",
                "voice_focus_threshold": "0.75", "continuous_partials": "false", "include_partial_turns": "true",
                "max_turn_duration": "30", "turn_left_pad_ms": "200", "agent_context": "Your name?",
                "previous_context_n_turns": "3", "inactivity_timeout": "30",
            }))
        );
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn unsupported_parameters_are_marked_and_not_sent() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[("prompt", "Names: Ann."), ("min_turn_silence", "300")]).await?;
        let not_taken = "The chosen model does not take this; it is not sent.";
        assert_eq!(page.part("end_of_turn_confidence_threshold", "unused").await?, not_taken);
        assert_eq!(
            page.part("max_speakers", "unused").await?,
            "Only with “Tell speakers apart”; otherwise it is not sent."
        );
        page.enter(&[("speech_model", "universal-streaming-english")]).await?;
        for name in ["prompt", "mode", "voice_focus", "language_codes", "language_detection"] {
            assert_eq!(page.part(name, "unused").await?, not_taken, "{name}");
            assert_eq!(page.property(&format!("#setting-{name}"), "disabled").await?, true);
        }
        assert_eq!(page.part("min_turn_silence", "unused").await?, "");
        page.enter(&[("end_of_turn_confidence_threshold", "0.7"), ("format_turns", "true")]).await?;
        page.save().await?;
        page.close_panel().await?;
        page.record_briefly().await?;
        assert_eq!(
            page.parameters()?,
            with(&json!({
                "speech_model": "universal-streaming-english", "min_turn_silence": "300",
                "end_of_turn_confidence_threshold": "0.7", "format_turns": "true",
            }))
        );
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_preset_fills_in_the_parameters_of_the_model() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[("min_turn_silence", "5000")]).await?;
        page.press_preset("fast").await?;
        assert_eq!(
            (page.entry("mode").await?, page.entry("min_turn_silence").await?),
            ("min_latency".into(), String::new())
        );
        page.enter(&[("speech_model", "universal-streaming-english")]).await?;
        page.press_preset("accurate").await?;
        page.save().await?;
        page.close_panel().await?;
        page.record_briefly().await?;
        assert_eq!(
            page.parameters()?,
            with(&json!({
                "speech_model": "universal-streaming-english", "min_turn_silence": "800",
                "max_turn_silence": "3600", "end_of_turn_confidence_threshold": "0.7",
            }))
        );
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_value_out_of_range_is_refused_at_its_field_with_the_range() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[("vad_threshold", "0.5"), ("max_turn_silence", "49"), ("language_codes", "klingon")])
            .await?;
        page.run("__entry.closeGroups", ()).await?;
        assert_eq!(page.save().await?, "", "invalid values were saved");
        let range = "Please enter a whole number from 50 to 10000.";
        assert_eq!(page.part("max_turn_silence", "wrong").await?, range);
        assert!(page.part("language_codes", "wrong").await?.starts_with("Please enter at most 10 codes"));
        assert_eq!(page.part("vad_threshold", "wrong").await?, "");
        let invalid = page.run("__entry.wrongControls", ()).await?;
        assert_eq!(invalid, json!([["setting-language_codes", true], ["setting-max_turn_silence", true]]));
        // The first invalid control has the focus and is visible.
        assert_eq!(page.run("__entry.focused", ()).await?, json!(["setting-language_codes", true]));
        assert_eq!(page.stored_item("settings").await?, json!(null));

        page.enter(&[("language_codes", "de")]).await?;
        assert_eq!(page.part("language_codes", "wrong").await?, "", "a corrected value is still marked");
        assert_eq!(page.part("max_turn_silence", "wrong").await?, range);
        page.enter(&[("max_turn_silence", "50")]).await?;
        assert_eq!(page.save().await?, "Saved. It applies from the next recording on.");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_panel_works_with_the_keyboard_alone() -> TestResult {
    if !ENGINE.has_focus() {
        println!("{:?} without a display presses no button by key", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let (tab, enter, escape) = ("\u{E004}", "\u{E007}", "\u{E00C}");
        let mut page = Page::open(Script::new()).await?;
        // Only the server's configuration shows it.
        page.wait_for_element("#settings:not([hidden])").await?;
        page.call("#settings", "focus").await?;
        page.key(enter).await?;
        page.wait_for_property("#settings-panel", "open", true).await?;
        // Tab reaches every visible control and button, and the focus does not leave the panel.
        let wanted: u64 = page.ask("__entry.controls", ()).await?;
        page.run("__entry.noteFocused", ()).await?;
        for _ in 0..wanted + 4 {
            page.key(tab).await?;
        }
        assert_eq!(page.run("__entry.metInPanel", ()).await?, wanted);
        assert_eq!(page.run("__entry.metElsewhere", ()).await?, 0);

        // Expands a group, types a number and saves with Enter.
        page.run("__entry.focusThirdGroup", ()).await?;
        page.key(enter).await?;
        for _ in 0..10 {
            if page.focused_id().await? != "setting-min_turn_silence" {
                page.key(tab).await?;
            }
        }
        for key in ["3", "0", "0", enter] {
            page.key(key).await?;
        }
        assert_eq!(page.panel_status().await?, "Saved. It applies from the next recording on.");

        // Escape closes the panel, drops unsaved values and restores the focus.
        page.enter(&[("inactivity_timeout", "30")]).await?;
        page.key(escape).await?;
        page.wait_for_no_element("#settings-panel").await?;
        assert_eq!(page.focused_id().await?, "settings");
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, with(&json!({ "min_turn_silence": "300" })));
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_heading_of_each_group_says_what_is_set_and_follows_changes() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        let headings = "__entry.headings";
        let before = page.run(headings, ()).await?;
        assert_eq!(before[1], "Speakers");
        page.enter(&[
            ("speech_model", "universal-3-5-pro"),
            ("speaker_labels", "true"),
            ("max_speakers", "3"),
        ])
        .await?;
        let after = page.run(headings, ()).await?;
        assert!(
            after[0].as_str().is_some_and(|text| text.starts_with("Model and region: universal-3-5-pro")),
            "{after}"
        );
        assert_eq!(after[1], "Speakers: Tell speakers apart: On, Maximum number of speakers: 3");
        page.screenshot("settings-headings").await?;
        page.browser.resize(390, 780).await?;
        page.screenshot("settings-headings-phone").await?;
        page.close_panel().await?;
        // What the browser does to the sound stands in the heading of the details.
        let voice = "__entry.voice";
        assert_eq!(page.run(voice, ()).await?, json!(["Details", "Voice processing: off"]));
        page.call("[data-processing=noiseSuppression]", "click").await?;
        assert_eq!(page.run(voice, ()).await?, json!(["Details", "Voice processing: on"]));
        page.call("[data-processing=noiseSuppression]", "click").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
