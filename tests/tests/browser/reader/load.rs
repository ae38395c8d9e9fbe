//! Loading the tools at their first use: actions meanwhile, and failures to load.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::server::{TestServer, settings};

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::super::recovery::CAPTURE_DOWNLOADS;
use super::said;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Delays the loading of the tools until the test calls `window.__letToolsCome`.
const DELAY_TOOLS: &str = "__load.delayTools();";

#[tokio::test]
async fn of_the_keys_pressed_while_the_tools_load_only_the_last_applies_unless_the_state_changed()
-> TestResult {
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(DELAY_TOOLS).await?;
        // A user who sees no reaction presses again.
        page.key("r").await?;
        page.key("r").await?;
        page.wait_for_global("__areAsked", true).await?;
        page.run("__letToolsCome", ()).await?;
        page.wait_for_state("recording").await?;
        page.press_stop().await?;

        page.reload().await?;
        page.key("r").await?;
        page.wait_for_global("__areAsked", true).await?;
        // A user who sees no reaction clicks instead.
        page.press_record().await?;
        page.run("__letToolsCome", ()).await?;
        page.wait_for_element("#finder").await?;
        assert_eq!(page.browser.state().await?, "recording");
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tools_that_failed_to_load_are_loaded_once_the_server_is_back() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let port = page.shut_down_server().await?;
        // The button is hidden until the first turn, so this clicks by script.
        page.call("#shortcuts", "click").await?;
        page.wait_for_property("#error", "hidden", false).await?;
        let error = page.error().await?;
        assert!(error.contains("This part of the page could not be loaded."), "{error}");
        // One of a newer version has other files, which are never found at this address.
        assert!(error.contains("reload the page"), "{error}");
        let service = page.mock.base_url();
        page.start_server(port, &settings(&TestServer::flags(&service))).await;
        page.call("#shortcuts", "click").await?;
        page.wait_for_property("#keys", "open", true).await?;
        // Requested under another URL, because a browser may cache the failure.
        let asked = page.run("__load.addresses", ()).await?;
        assert!(asked.as_array().is_some_and(|asked| asked.contains(&"?again=2".into())), "{asked}");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_transcript_is_exported_although_the_server_is_gone() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        // Sound comes later from a microphone that PulseAudio plays.
        page.wait_for_audio_ms(1_000).await?;
        page.wait_for_element("#finder").await?;
        page.press_stop().await?;
        page.stop_server().await;
        page.press("#export").await?;
        page.wait_for_property("#export-dialog", "open", true).await?;
        for (format, part) in [("txt", "Good morning."), ("srt", "00:00:00,300"), ("json", "Good")] {
            let (_, file) = page.save_file(&format!("#export-{format}")).await?;
            assert!(String::from_utf8_lossy(&file).contains(part), "{format}");
        }
        let (_, wav) = page.save_file("#export-wav").await?;
        assert!(wav.len() > 44 && page.error().await?.is_empty());
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recovered_recording_is_exported_although_the_server_is_gone() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        page.wait_for_stored_audio(8_000).await?;
        page.reload().await?;
        page.wait_for_property("#unfinished", "hidden", false).await?;
        page.wait_for_element("#finder").await?;
        page.stop_server().await;
        let (_, text) = page.save_file("#export-recovered-text").await?;
        assert!(String::from_utf8_lossy(&text).contains("Good morning."));
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
