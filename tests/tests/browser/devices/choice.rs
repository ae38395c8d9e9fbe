//! The picker, and changes of the microphone.

use crate::limit::{alone_with_time_limit, with_time_limit};

use super::clock::{assert_gaps_ms, gaps_ms};
use super::{BUILT_IN_AND_HEADSET, TEST_LIMIT_S, open, record_beside, stop_and_finish};
use crate::ENGINE;
use crate::engines::{Capabilities as _, hears_whole};
use end_to_end_tests::TestResult;

#[tokio::test]
async fn a_change_of_microphone_in_mid_sentence_leaves_no_gap_of_100_ms() -> TestResult {
    hears_whole(async || {
        alone_with_time_limit(TEST_LIMIT_S, async {
            let mut page = record_beside(BUILT_IN_AND_HEADSET, "Headset").await?;
            page.wait_for_audio_ms(1_000).await?;
            page.choose("Headset").await?;
            page.wait_for_open_contexts(2, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            page.choose("Built-in").await?;
            page.wait_for_open_contexts(3, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            let (seen, given) = stop_and_finish(page).await?;
            assert_eq!(seen.sessions.len(), 1);
            assert_gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1, 1], &given, &(-100.0..100.0))?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_headset_that_starts_late_is_used_once_it_delivers_sound() -> TestResult {
    hears_whole(async || {
        alone_with_time_limit(TEST_LIMIT_S, async {
            let mut page = record_beside(
                "__devices.plugBuiltIn(); __devices.plugHeadset('id-headset', { late_s: 0.8 });",
                "Headset",
            )
            .await?;
            page.wait_for_audio_ms(1_000).await?;
            page.choose("Headset").await?;
            page.wait_for_open_contexts(2, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            let (seen, given) = stop_and_finish(page).await?;
            assert_gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1], &given, &(-100.0..100.0))?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_headset_with_another_sample_rate_is_resampled() -> TestResult {
    hears_whole(async || {
        alone_with_time_limit(TEST_LIMIT_S, async {
            // As Firefox did until 140: a context must have the sample rate of its source.
            let own_rates = format!("{BUILT_IN_AND_HEADSET}__devices.requireOwnRates();");
            let mut page = record_beside(&own_rates, "Headset").await?;
            page.wait_for_audio_ms(1_000).await?;
            page.choose("Headset").await?;
            page.wait_for_open_contexts(3, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            page.choose("Built-in").await?;
            // The page first tries a context of 16 kHz, or one of the browser's default rate.
            let made = if ENGINE.needs_resampling_by_the_page() { 4 } else { 5 };
            page.wait_for_open_contexts(made, 1).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            let (seen, given) = stop_and_finish(page).await?;
            let limits_ms = -ENGINE.max_delay_at_another_rate_ms()..100.0;
            assert_gaps_ms(&seen.sessions[0].pcm_i16(), &[1, -1, 1], &given, &limits_ms)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_failed_change_of_microphone_keeps_the_old_one_running() -> TestResult {
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = record_beside("__devices.plugBuiltIn(); __devices.plugBusy();", "Busy").await?;
            page.wait_for_audio_ms(500).await?;
            page.choose("Busy").await?;
            page.wait_for_global("__devices.asked.length", 2).await?;
            page.wait_for_more_audio_ms(1_000).await?;
            assert_eq!(page.property("#devices", "value").await?, "");
            page.wait_for_open_contexts(2, 1).await?;
            let (seen, given) = stop_and_finish(page).await?;
            gaps_ms(&seen.sessions[0].pcm_i16(), &[1], &given)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_chosen_microphone_is_recognized_under_another_id_after_a_reload() -> TestResult {
    hears_whole(async || {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = open(BUILT_IN_AND_HEADSET).await?;
            // Devices have no names before the microphone is granted.
            page.wait_for_devices(&["Default microphone"]).await?;
            page.press_record().await?;
            page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await?;
            page.choose("Headset").await?;
            page.wait_for_open_contexts(2, 1).await?;
            page.press_stop().await?;

            page.reload().await?;
            // The same headset under a new id.
            page.run("__devices.unplug", ["id-headset"]).await?;
            page.run("__devices.plugHeadset", ["id-new"]).await?;
            page.press_record().await?;
            page.wait_for_audio_ms(1_000).await?;
            let shown = page.property("#devices", "selectedOptions[0].text").await?;
            assert_eq!(shown, "Headset");
            let (seen, given) = stop_and_finish(page).await?;
            gaps_ms(&seen.sessions[1].pcm_i16(), &[-1], &given)?;
            Ok(())
        })
        .await
    })
    .await
}

#[tokio::test]
async fn a_chosen_microphone_that_is_gone_is_replaced_by_the_default() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = record_beside(BUILT_IN_AND_HEADSET, "Headset").await?;
        page.choose("Headset").await?;
        page.wait_for_open_contexts(2, 1).await?;
        page.wait_for_more_audio_ms(500).await?;
        page.run("__devices.unplug", ["id-headset"]).await?;
        page.wait_for_devices(&["Default microphone", "Built-in"]).await?;
        page.wait_for_open_contexts(3, 1).await?;
        page.wait_for_property(
            "#notice:not([hidden])",
            "textContent",
            "“Headset” was unplugged. The recording goes on with “Built-in”.",
        )
        .await?;
        page.wait_for_more_audio_ms(1_000).await?;
        assert_eq!(page.property("#devices", "value").await?, "");
        // Plugged in again, the headset is not used in this recording, and the picker stays at the default.
        page.run("__devices.plugHeadset", ["id-headset"]).await?;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await?;
        assert_eq!(page.property("#devices", "value").await?, "");
        page.press_stop().await?;
        // The next recording will use the headset.
        assert_eq!(page.property("#devices", "value").await?, "id-headset");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_picker_has_a_label_and_works_with_the_keyboard_while_recording() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        let name = page.property("#devices", "labels[0].textContent.trim()").await?;
        assert!(name.as_str().is_some_and(|name| name.starts_with("Microphone")), "{name}");
        page.press_record().await?;
        page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await?;
        page.wait_for_audio_ms(500).await?;
        page.call("#devices", "focus").await?;
        // The first letter of the device's name.
        page.browser.press_key("H").await?;
        page.wait_for_property("#devices", "value", "id-headset").await?;
        page.wait_for_open_contexts(2, 1).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn fifty_recordings_with_a_change_of_microphone_in_each_leave_nothing_behind() -> TestResult {
    with_time_limit(4 * TEST_LIMIT_S, async {
        let mut page = open(BUILT_IN_AND_HEADSET).await?;
        let mut listeners = None;
        for round in 0..50 {
            page.press_record().await?;
            page.wait_for_devices(&["Default microphone", "Built-in", "Headset"]).await?;
            // The tools, which have listeners too, are loaded during the first recording.
            page.wait_for_at_least("#tools svg", 6).await?;
            page.choose(["Headset", "Built-in"][round % 2]).await?;
            page.wait_for("__devices.isSettled", ()).await?;
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
            let now = page.run("__devices.kept", ()).await?;
            assert_eq!(*listeners.get_or_insert_with(|| now.clone()), now, "after {} recordings", round + 1);
        }
        page.finish().await?;
        Ok(())
    })
    .await
}
