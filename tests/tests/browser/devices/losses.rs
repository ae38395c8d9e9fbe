//! Microphones that are lost, and audio threads that stall.

use crate::engines::hears_whole;
use crate::limit::{alone_with_time_limit, with_time_limit};
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::Recording;
use end_to_end_tests::browser::Microphone;

use super::super::page::Page;
use super::clock::gaps_ms;
use super::{BUILT_IN_AND_HEADSET, TEST_LIMIT_S, open};

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
        page.wait_until("return window.__seen.held().contexts === 1").await?;
        let heard = page.eval("return window.__seen.streams[1]?.getTracks()[0].label ?? 'headset'").await?;
        assert!(heard.as_str().is_some_and(|label| label.contains("headset")), "{heard}");
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
            let mut page = open(BUILT_IN_AND_HEADSET).await?;
            page.press_record().await?;
            page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await?;
            page.wait_for_audio_ms(1_500).await?;
            page.eval(&format!("window.__devices.{loss}('id-built-in')")).await?;
            page.wait_for_open_contexts(2, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
            let given = page.captured_chunks().await?;
            let seen = page.finish().await?;
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.eval("window.__seen.contexts[0].suspend()").await?;
        page.wait_until("return window.__seen.contexts[0].state === 'running'").await?;
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_050).await?;
        page.eval(
            "const context = window.__seen.contexts[0];
            context.resume = () => new Promise(() => {});
            context.suspend();",
        )
        .await?;
        page.wait_for_open_contexts(2, 1).await?;
        // The page has received the old context's last, incomplete chunk, although its clock stood still.
        assert_eq!(page.eval("return window.__seen.messages.includes('end')").await?, true);
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.eval("window.__seen.nodes[0].isSilent = true").await?;
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.eval("window.__seen.nodes[0].dispatchEvent(new Event('processorerror'))").await?;
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
            let mut page = open(BUILT_IN_AND_HEADSET).await?;
            page.press_record().await?;
            page.wait_for_audio_ms(1_000).await?;
            page.eval("for (const end = Date.now() + 4000; Date.now() < end;);").await?;
            page.wait_for_more_audio_ms(4_500).await?;
            page.wait_for_open_contexts(1, 1).await?;
            page.press_stop().await?;
            let given = page.captured_chunks().await?;
            let seen = page.finish().await?;
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
            let mut page =
                open("window.__devices.plug({id: 'id-built-in', label: 'Built-in', sign: 1})").await?;
            page.press_record().await?;
            page.wait_for_devices(&["Default microphone", "Built-in"]).await?;
            page.wait_for_audio_ms(1_000).await?;
            page.eval("window.__devices.unplug('id-built-in')").await?;
            page.wait_for_property("#status", "textContent", "Waiting for a microphone").await?;
            let notice = page.property("#notice:not([hidden])", "textContent").await?;
            assert!(notice.as_str().is_some_and(|text| text.contains("was disconnected")), "{notice}");
            page.eval("window.__devices.plug({id: 'id-headset', label: 'Headset', sign: -1})").await?;
            page.wait_for_state("recording").await?;
            page.wait_for_more_audio_ms(1_000).await?;
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
            let given = page.captured_chunks().await?;
            let seen = page.finish().await?;
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        // A phone call: the track is muted, and its context delivers nothing.
        let mute = "const [track] = window.__seen.streams[0].getTracks();
            window.__seen.nodes[0].isSilent = true;
            Object.defineProperty(track, 'muted', { value: true, configurable: true });
            track.dispatchEvent(new Event('mute'));";
        page.eval(mute).await?;
        page.wait_for_text_with("#notice:not([hidden])", "muted").await?;
        page.wait_s(5).await?;
        page.wait_for_open_contexts(1, 1).await?;
        page.eval(
            &mute
                .replace("= true", "= false")
                .replace("value: true", "value: false")
                .replace("'mute'", "'unmute'"),
        )
        .await?;
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.press("#pause").await?;
        page.wait_until("return window.__seen.streams[0].getTracks()[0].enabled === false").await?;
        page.eval("window.__seen.nodes[0].isSilent = true").await?;
        page.wait_s(5).await?;
        page.wait_for_open_contexts(1, 1).await?;
        page.eval("window.__seen.nodes[0].isSilent = false").await?;
        page.press("#pause").await?;
        page.wait_until("return window.__seen.streams[0].getTracks()[0].enabled === true").await?;
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
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        // Only Safari on iOS has the state `interrupted`.
        page.eval(
            "const context = window.__seen.contexts[0];
            window.resumed = 0;
            context.resume = async () => { window.resumed += 1; };
            window.go = (state) => {
              Object.defineProperty(context, 'state', {value: state, configurable: true});
              context.dispatchEvent(new Event('statechange'));
            };
            window.go('interrupted');",
        )
        .await?;
        assert_eq!(page.eval("return window.resumed").await?, 0);
        page.eval("window.go('suspended')").await?;
        assert_eq!(page.eval("return window.resumed").await?, 1);
        page.eval("window.go('running')").await?;
        page.press_stop().await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
