//! Stored settings, and which source takes precedence.

use crate::limit::with_time_limit;
use assemblyai_mock::{MockAssemblyAi, Script};
use end_to_end_tests::TestResult;
use end_to_end_tests::server::{TestServer, settings};
use serde_json::json;
use transcription_server::assemblyai::{Region, Service};
use transcription_server::settings::Settings;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{of_server, with};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// The settings of a server for this mock.
fn server(mock: &MockAssemblyAi, flags: &[&str]) -> Settings {
    settings(&[&TestServer::flags(&mock.base_url())[..], flags].concat())
}

#[tokio::test]
async fn saved_settings_survive_a_reload_until_they_are_reset() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[("keyterms_prompt", "Ann\nBob"), ("mode", "balanced")]).await?;
        page.save().await?;
        page.reload().await?;
        page.record_briefly().await?;
        assert_eq!(
            page.parameters()?,
            with(&json!({ "keyterms_prompt": r#"["Ann","Bob"]"#, "mode": "balanced" }))
        );

        page.open_panel().await?;
        assert_eq!(page.entry("keyterms_prompt").await?, "Ann\nBob");
        page.press("#settings-panel [data-action=reset]").await?;
        assert_eq!(page.entry("keyterms_prompt").await?, "");
        assert_eq!(page.panel_status().await?, "Once you save, the server’s defaults apply again.");
        page.close_panel().await?;
        page.open_panel().await?;
        assert_eq!(page.entry("mode").await?, "balanced", "an unsaved reset was stored");
        page.press("#settings-panel [data-action=reset]").await?;
        page.save().await?;
        page.close_panel().await?;
        assert_eq!(page.run("__storage.formerKeys", ()).await?, json!([]));
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, of_server());
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_server_that_forbids_client_parameters_hides_the_panel_and_ignores_saved_settings() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let (open, shut) = (server(&mock, &[]), server(&mock, &["--allow-client-parameters", "false"]));
        let mut page = Page::open_with_settings(mock, &open).await?;
        page.open_panel().await?;
        page.enter(&[("prompt", "Names: Ann.")]).await?;
        page.save().await?;
        page.restart_server_with(&shut).await?;
        page.record_briefly().await?;
        assert_eq!(page.property("#settings", "hidden").await?, true);
        assert_eq!(page.parameters()?, of_server());
        // A stored connection for this server is ignored, too.
        page.run("__storage.storeFormerConnection", ()).await?;
        page.reload().await?;
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, of_server());
        page.restart_server_with(&open).await?;
        page.record_briefly().await?;
        assert_eq!(
            page.parameters()?,
            with(&json!({ "prompt": "Names: Ann." })),
            "the saved settings apply again"
        );
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Stores the switch of earlier versions as it was when it was off.
const FORMER_SWITCH: (&str, &str) = ("standby", "false");
/// The switch, and the choice that took its place.
const SWITCH_AND_CHOICE: &str = "__storage.switchAndChoice";

#[tokio::test]
async fn the_switch_of_an_earlier_version_that_kept_the_connection_open_becomes_the_choice_never_once()
-> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.store_item(FORMER_SWITCH.0, FORMER_SWITCH.1).await?;
        page.reload().await?;
        page.open_panel().await?;
        assert_eq!(page.entry("standby_after_s").await?, "0");
        assert_eq!(page.run(SWITCH_AND_CHOICE, ()).await?, json!([null, 0]));
        page.enter(&[("standby_after_s", "")]).await?;
        page.save().await?;
        page.reload().await?;
        page.open_panel().await?;
        assert_eq!(page.entry("standby_after_s").await?, "", "the switch was taken over again");
        // A choice of this version takes precedence.
        page.enter(&[("standby_after_s", "60"), ("prompt", "Names: Ann.")]).await?;
        page.save().await?;
        page.store_item(FORMER_SWITCH.0, FORMER_SWITCH.1).await?;
        page.reload().await?;
        page.open_panel().await?;
        assert_eq!(
            (page.entry("standby_after_s").await?, page.entry("prompt").await?),
            ("60".into(), "Names: Ann.".into())
        );
        assert_eq!(page.run(SWITCH_AND_CHOICE, ()).await?, json!([null, 60]));
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_changed_server_default_applies_at_the_next_start_beside_saved_settings() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let before = server(&mock, &["--min-turn-silence", "200"]);
        let after = server(&mock, &["--min-turn-silence", "400", "--speech-model", "universal-3-6-pro"]);
        let mut page = Page::open_with_settings(mock, &before).await?;
        page.open_panel().await?;
        assert_eq!(page.property("#setting-min_turn_silence", "placeholder").await?, "Server’s default: 200");
        page.enter(&[("max_turn_silence", "900")]).await?;
        page.save().await?;
        page.restart_server_with(&after).await?;
        // The panel has not been opened since.
        page.record_briefly().await?;
        assert_eq!(
            page.parameters()?,
            with(&json!({
                "speech_model": "universal-3-6-pro", "min_turn_silence": "400", "max_turn_silence": "900",
            }))
        );
        page.open_panel().await?;
        assert_eq!(page.property("#setting-min_turn_silence", "placeholder").await?, "Server’s default: 400");
        assert_eq!(page.entry("max_turn_silence").await?, "900");
        page.close_panel().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn invalid_stored_settings_fall_back_to_the_servers() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.store_item("settings", "{\"region\":7,\"parameters\":{\"min_turn_silence\":7,\"x\":[]}}")
            .await?;
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, of_server());
        // A stored URL that the server does not offer is ignored.
        page.run("__storage.storeFormerUrl", ()).await?;
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, of_server());
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_region_uses_its_own_tokens_and_socket() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (near, far) =
            (MockAssemblyAi::start(Script::new()).await, MockAssemblyAi::start(Script::new()).await);
        let region = |name, mock: &MockAssemblyAi| {
            Service::at(&mock.base_url()).map(|service| Region { name, service }).ok_or("no address")
        };
        let mut config = server(&near, &[]);
        config.assemblyai.regions = vec![region("global", &near)?, region("eu", &far)?];
        let mut page = Page::open_with_settings(near, &config).await?;
        page.open_panel().await?;
        assert_eq!(
            page.texts("#setting-region option").await?,
            ["Server’s default: Nearest (US or EU)", "Nearest (US or EU)", "European Union"]
        );
        page.enter(&[("region", "eu"), ("prompt", "Namen: Zoë.")]).await?;
        page.save().await?;
        page.close_panel().await?;
        page.press_record().await?;
        far.wait_for_audio_ms(0, 300, super::super::page::LIMIT).await?;
        page.press_stop().await?;
        let seen = page.finish().await?;
        assert_eq!(
            (seen.sessions.len(), seen.token_requests.len()),
            (0, 0),
            "requests went to the other region"
        );
        let seen = far.finish().await;
        assert_eq!(seen.token_requests.len(), 1);
        assert_eq!(seen.sessions[0].parameter("prompt"), Some("Namen: Zoë."));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn without_a_choice_of_regions_there_is_no_field_for_them() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        assert_eq!(page.count("#setting-region").await?, 0);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_panel_fits_a_phone_and_can_be_read_in_the_dark() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press("#settings").await?;
        page.wait_for_property("#settings-panel", "open", true).await?;
        page.screenshot("settings").await?;
        if ENGINE.can_prefer_dark_colours() {
            page.browser.dark(true).await?;
            page.screenshot("settings-dark").await?;
        }
        page.browser.resize(390, 780).await?;
        page.enter(&[("speech_model", "a b")]).await?;
        page.save().await?;
        page.screenshot("settings-phone").await?;
        page.run("__settings.openGroups", ()).await?;
        assert_eq!(page.run("__storage.fits", ()).await?, true);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn settings_that_another_tab_saves_while_the_panel_is_open_are_kept() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_panel().await?;
        page.enter(&[("mode", "balanced")]).await?;

        page.browser.open_tab().await?;
        page.reload().await?;
        // By script: the driver of WebKitGTK does not move the pointer in a second tab.
        page.call("#settings", "click").await?;
        page.wait_for_property("#settings-panel", "open", true).await?;
        page.enter(&[("keyterms_prompt", "Ann"), ("mode", "min_latency")]).await?;
        page.call("#settings-panel [data-action=save]", "click").await?;
        assert!(page.panel_status().await?.starts_with("Saved"));
        page.browser.close_tab().await?;

        // What was changed here is stored as it is here, and all else as the other tab has stored it.
        page.save().await?;
        page.close_panel().await?;
        page.record_briefly().await?;
        assert_eq!(page.parameters()?, with(&json!({ "keyterms_prompt": r#"["Ann"]"#, "mode": "balanced" })));
        page.finish().await?;
        Ok(())
    })
    .await
}
