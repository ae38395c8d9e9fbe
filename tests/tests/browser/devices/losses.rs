//! Microphones that are lost, and audio threads that stall.

use crate::engines::hears_whole;
use crate::limit::{alone_with_time_limit, with_time_limit};
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::Recording;
use end_to_end_tests::browser::Microphone;

use super::super::page::Page;
use super::clock::gaps_ms;
use super::{BUILT_IN_AND_HEADSET, TEST_LIMIT_S, open, record_beside, record_ms, stop_and_finish};

#[tokio::test]
async fn a_microphone_that_ends_is_followed_by_another_in_the_same_session() -> TestResult {
    // Firefox ends the track of an unplugged microphone.
    assert!(gap_ms_after("end").await? < 1_000.0);
    Ok(())
}

#[tokio::test]
async fn a_microphone_that_is_no_longer_listed_is_followed_by_another() -> TestResult {
    // WebKit only updates the list, which the page checks once a second.
    assert!(gap_ms_after("unplug").await? < 2_500.0);
    Ok(())
}

#[tokio::test]
async fn a_microphone_that_delivers_zeros_and_is_unlisted_is_followed_by_another() -> TestResult {
    // WebKitGTK delivers zeros and sends no `devicechange` event.
    assert!(gap_ms_after("vanish").await? < 3_500.0);
    Ok(())
}

#[tokio::test]
async fn an_unplugged_system_microphone_is_followed_by_another() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let speech = Recording::speech()?.pcm_at(48_000);
        let microphones = Microphone::Pluggable(vec![("desk", speech.clone()), ("headset", speech)]);
        let mut page = Page::open_with(Script::new(), microphones, "").await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        let sound = page.browser.sound().ok_or("microphones that can be unplugged")?;
        sound.unplug("desk").await?;
        // One browser ends the track, another delivers no more sound, the third delivers zeros; or PulseAudio moves the
        // stream to the headset without any event.
        page.wait_for_more_audio_ms(6_000).await?;
        page.wait_for_global("__seen.held().contexts", 1).await?;
        let heard: Option<String> = page.ask("__seen.secondLabel", ()).await?;
        assert!(heard.as_deref().is_none_or(|label| label.contains("headset")), "{heard:?}");
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        assert_eq!(page.finish().await?.sessions.len(), 1);
        Ok(())
    })
    .await
}

async fn gap_ms_after(loss: &str) -> TestResult<f64> {
    hears_whole(async || {
        alone_with_time_limit(TEST_LIMIT_S, async {
            let mut page = record_beside(BUILT_IN_AND_HEADSET, "Headset").await?;
            page.wait_for_audio_ms(1_500).await?;
            page.run(&format!("__devices.{loss}"), ["id-built-in"]).await?;
            page.wait_for_open_contexts(2, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            let (seen, given) = stop_and_finish(page).await?;
            assert_eq!(seen.sessions.len(), 1);
            Ok(gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1], &given)?[0])
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_context_that_is_suspended_is_resumed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(1_000).await?;
        page.run("__devices.suspend", ()).await?;
        page.wait_for_global("__seen.contexts[0].state", "running").await?;
        page.wait_for_more_audio_ms(1_000).await?;
        page.wait_for_open_contexts(1, 1).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_context_that_does_not_run_again_is_replaced_by_a_new_one() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(1_050).await?;
        page.run("__devices.suspendForGood", ()).await?;
        page.wait_for_open_contexts(2, 1).await?;
        // The page has received the old context's last, incomplete chunk, although its clock stood still.
        assert_eq!(page.run("__seen.messages.includes", ["end"]).await?, true);
        page.wait_for_more_audio_ms(1_000).await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        assert_eq!(page.finish().await?.sessions.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_audio_thread_that_stops_delivering_is_replaced() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(1_000).await?;
        page.set_global("__seen.nodes[0].isSilent", true).await?;
        page.wait_for_open_contexts(2, 1).await?;
        page.wait_for_more_audio_ms(1_000).await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        assert_eq!(page.finish().await?.sessions.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_audio_thread_that_fails_is_replaced() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(1_000).await?;
        page.run("__devices.failProcessor", ()).await?;
        page.wait_for_open_contexts(2, 1).await?;
        page.wait_for_more_audio_ms(1_000).await?;
        page.press_stop().await?;
        assert_eq!(page.finish().await?.sessions.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_that_is_blocked_for_4_s_loses_nothing_and_replaces_nothing() -> TestResult {
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = record_ms(1_000).await?;
            page.browser.block_main_thread(4_000).await?;
            page.wait_for_more_audio_ms(4_500).await?;
            page.wait_for_open_contexts(1, 1).await?;
            let (seen, given) = stop_and_finish(page).await?;
            assert_eq!(seen.sessions.len(), 1, "a blocked page was mistaken for a sleeping machine");
            gaps_ms(&seen.sessions[0].pcm_i16(), &[1], &given)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_recording_without_a_microphone_waits_for_one_and_continues() -> TestResult {
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = open("__devices.plugBuiltIn();").await?;
            page.press_record().await?;
            page.wait_for_devices(&["Default microphone", "Built-in"]).await?;
            page.wait_for_audio_ms(1_000).await?;
            page.run("__devices.unplug", ["id-built-in"]).await?;
            page.wait_for_property("#status", "textContent", "Waiting for a microphone").await?;
            let notice = page.property("#notice:not([hidden])", "textContent").await?;
            assert!(notice.as_str().is_some_and(|text| text.contains("was disconnected")), "{notice}");
            page.run("__devices.plugHeadset", ["id-headset"]).await?;
            page.wait_for_state("recording").await?;
            page.wait_for_more_audio_ms(1_000).await?;
            let (seen, given) = stop_and_finish(page).await?;
            assert_eq!(seen.sessions.len(), 1);
            gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1], &given)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_microphone_muted_by_the_system_shows_a_notice_and_is_not_replaced() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(500).await?;
        // A phone call: the track is muted, and its context delivers nothing.
        page.run("__devices.mute", [true]).await?;
        page.wait_for_text_with("#notice:not([hidden])", "muted").await?;
        page.wait_s(5).await?;
        page.wait_for_open_contexts(1, 1).await?;
        page.run("__devices.mute", [false]).await?;
        page.wait_for_property("#notice", "hidden", true).await?;
        page.wait_for_more_audio_ms(500).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_pause_silences_the_microphone_and_is_no_stall() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(1_000).await?;
        page.press("#pause").await?;
        page.wait_for_global("__seen.streams[0].getTracks()[0].enabled", false).await?;
        page.set_global("__seen.nodes[0].isSilent", true).await?;
        page.wait_s(5).await?;
        page.wait_for_open_contexts(1, 1).await?;
        page.set_global("__seen.nodes[0].isSilent", false).await?;
        page.press("#pause").await?;
        page.wait_for_global("__seen.streams[0].getTracks()[0].enabled", true).await?;
        page.wait_for_more_audio_ms(500).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_interrupted_context_is_resumed_when_it_is_suspended_and_not_before() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_ms(500).await?;
        // Only Safari on iOS has the state `interrupted`.
        page.run("__devices.interrupt", ()).await?;
        assert_eq!(page.global("__devices.resumed").await?, 0);
        page.run("__devices.setContextState", ["suspended"]).await?;
        assert_eq!(page.global("__devices.resumed").await?, 1);
        page.run("__devices.setContextState", ["running"]).await?;
        page.press_stop().await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
