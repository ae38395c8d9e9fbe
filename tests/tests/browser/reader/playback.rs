//! The controls of playback: play, pause, 15 s back and forward, and the slider through all recordings of the page.

use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::Value;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::hear::CAPTURE_PLAYBACK;
use super::said;
use crate::ENGINE;
use crate::engines::Capabilities as _;
use crate::limit::with_time_limit;

const TIME: &str = "#playback span";
const SLIDER: &str = "#playback input";

impl Page {
    async fn move_slider(&mut self, position_ms: u64) -> Result<(), BrowserError> {
        self.run("__playback.moveSlider", [position_ms]).await.map(drop)
    }

    /// Records for a while with a turn whose words start every 500 ms from the beginning.
    async fn record_a_turn(&mut self, order: u64, text: &str, audio_ms: u64) -> TestResult {
        self.press_record().await?;
        self.receive(&said(order, 0, text)).await?;
        self.wait_for_audio_ms(audio_ms).await?;
        self.press_stop().await?;
        Ok(())
    }

    /// How often a sound was started.
    async fn count_played(&mut self) -> Result<u64, BrowserError> {
        self.global_as("__played.length").await
    }

    async fn wait_for_played(&mut self, count: u64) -> Result<(), BrowserError> {
        self.wait_for_global_of_at_least("__played.length", count).await
    }
}

/// The first half second of a sound that was played.
fn first_samples(played: &Value) -> Vec<i16> {
    let samples = played["first"].as_array().map(Vec::as_slice).unwrap_or_default();
    samples.iter().map(|sample| sample.as_f64().unwrap_or_default() as i16).collect()
}

#[tokio::test]
async fn playback_goes_on_where_it_was_paused_and_from_where_the_slider_is() -> TestResult {
    if !ENGINE.can_play() {
        println!("{:?} cannot play audio here", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_PLAYBACK).await?;
        page.press_record().await?;
        // The microphone would hear it.
        page.wait_for_property("#playback", "hidden", true).await?;
        page.receive(&said(0, 1_000, "The microphone opens before the first word.")).await?;
        page.wait_for_audio_ms(7_000).await?;
        page.press_stop().await?;

        page.wait_for_property("#playback", "hidden", false).await?;
        for button in ["play", "pause-playback", "play-back", "play-forward"] {
            assert_eq!(page.count(&format!("#{button} svg")).await?, 1, "{button}");
        }
        // From the start, which is before the first word.
        page.press("#play").await?;
        page.wait_for_property("[data-heard]", "dataset.start", "1500").await?;
        assert_eq!(page.focused_id().await?, "pause-playback");
        page.press("#pause-playback").await?;
        page.wait_for_no_element("[data-heard]").await?;
        assert_eq!(page.focused_id().await?, "play");
        page.assert_nothing_is_held().await?;
        // The key does the same.
        page.key("k").await?;
        page.wait_for_played(2).await?;
        page.key("k").await?;
        page.wait_for_property("#play", "hidden", false).await?;

        page.move_slider(4_000).await?;
        page.wait_for_text_with(TIME, "0:04 / ").await?;
        assert_eq!(page.count_played().await?, 2, "moving the slider starts nothing");
        page.press("#play").await?;
        page.wait_for_played(3).await?;
        // While it plays, the sound follows the slider.
        page.move_slider(2_000).await?;
        page.wait_for_played(4).await?;
        page.wait_for_property("[data-heard]", "dataset.start", "2000").await?;

        // 15 s are more than there is: the end, from which Play starts over.
        page.press("#play-forward").await?;
        page.wait_for_no_element("[data-heard]").await?;
        page.wait_for("__playback.isAtTheEnd", ()).await?;
        page.press("#play").await?;
        page.wait_for_played(5).await?;
        page.press("#play-back").await?;
        page.wait_for_played(6).await?;
        page.press("#pause-playback").await?;

        let played = page.global("__played").await?;
        let seen = page.finish().await?;
        let captured = seen.sessions[0].pcm_i16();
        for (nth, start_ms) in [(0, 0), (2, 4_000), (3, 2_000), (4, 0), (5, 0)] {
            assert_eq!(first_samples(&played[nth]), captured[start_ms * 16..][..8_000], "sound {nth}");
        }
        // The second sound began where the first was paused: after the word at 1.5 s, well before the end.
        let resumed = first_samples(&played[1]);
        let at = captured.windows(8_000).position(|samples| samples == resumed);
        let at_ms = at.ok_or("what was played is nowhere in the recording")? / 16;
        assert!((1_500..4_000).contains(&at_ms), "{at_ms} ms");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn playback_runs_through_all_recordings_of_the_page() -> TestResult {
    if !ENGINE.can_play() {
        println!("{:?} cannot play audio here", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_PLAYBACK).await?;
        page.record_a_turn(0, "The first of two", 2_500).await?;
        page.wait_for_property("#playback", "hidden", false).await?;
        let first_ms: u64 =
            page.property(SLIDER, "max").await?.as_str().unwrap_or_default().parse().unwrap_or_default();
        page.record_a_turn(0, "The second of two", 2_500).await?;
        page.wait_for("__playback.isLongerThan", [first_ms]).await?;

        page.press("#play").await?;
        page.wait_for_played(2).await?;
        // The word that is heard is one of the second recording, and the slider is there.
        page.wait_for_text_with("p:has([data-heard])", "second").await?;
        let at_ms = page.property(SLIDER, "valueAsNumber").await?.as_f64().unwrap_or_default();
        assert!(at_ms >= first_ms as f64 - 1_000.0, "{at_ms} of {first_ms}");
        page.wait_for_property("#play", "hidden", false).await?;
        page.assert_nothing_is_held().await?;

        // The whole bar is in one line on each screen.
        if ENGINE.can_take_screenshots() {
            for width in [320, 390, 1_200] {
                page.browser.resize(width, 800).await?;
                assert_eq!(page.run("__playback.outOfLine", ()).await?, serde_json::json!([]), "{width} px");
            }
        }
        // Without a transcript there is nothing to play, and the next one is played from its start.
        page.press("#new").await?;
        page.press("#clear-transcript button[value=delete]").await?;
        page.wait_for_property("#playback", "hidden", true).await?;
        assert_eq!(page.property(SLIDER, "valueAsNumber").await?, 0);
        let played = page.global("__played").await?;
        let seen = page.finish().await?;
        for nth in 0..2 {
            let captured = seen.sessions[nth].pcm_i16();
            assert_eq!(first_samples(&played[nth]), captured[..8_000], "recording {nth}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_slider_follows_again_once_it_is_let_go_and_names_only_what_the_user_chooses() -> TestResult {
    if !ENGINE.can_play() {
        println!("{:?} cannot play audio here", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_PLAYBACK).await?;
        page.record_a_turn(0, "The microphone opens before the first word.", 7_000).await?;
        page.wait_for_property("#playback", "hidden", false).await?;
        page.press("#play").await?;
        page.wait_for("__playback.valueIsAtLeast", [1_000]).await?;
        for (end, next_ms) in [("pointerup", 2_000), ("pointercancel", 3_000)] {
            page.run("__playback.moveSliderAndBack", [end]).await?;
            page.wait_for("__playback.valueIsAtLeast", [next_ms]).await?;
        }
        assert_eq!(page.count_played().await?, 1, "it has not been moved");

        page.move_slider(0).await?;
        page.call(SLIDER, "focus").await?;
        let named: String = page.ask("__playback.valueText", ()).await?;
        page.wait_for("__playback.valueIsAtLeast", [2_000]).await?;
        let heard: String = page.ask("__playback.valueText", ()).await?;
        assert_eq!(heard, named, "screen readers would read out each second");
        page.move_slider(3_000).await?;
        assert_eq!(page.run("__playback.valueText", ()).await?.as_str().map(|text| &text[..4]), Some("0:03"));
        page.blur().await?;
        // The slider shows the nearest second.
        page.wait_for("__playback.valueIsAtLeast", [5_000]).await?;
        let blurred: String = page.ask("__playback.valueText", ()).await?;
        assert!(!blurred.starts_with("0:03"), "{blurred}");

        let held = page.await_promise("__playback.moveAgain", [1_000, 4_000]).await?;
        assert_eq!(held, 4_000, "a second move is not taken back");

        // At the very end a marker is set there.
        page.press("#play-forward").await?;
        page.wait_for("__playback.isAtTheEnd", ()).await?;
        page.press("#marker").await?;
        page.wait_for_element(".marker").await?;
        let note = page.property("#status-line", "textContent").await?;
        let end = page.property(TIME, "textContent").await?;
        let end = end.as_str().and_then(|text| text.split(" / ").next()).unwrap_or_default().to_owned();
        assert!(note.as_str().is_some_and(|note| note.contains(&end)), "{note} for {end}");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_bar_is_there_for_each_recording_of_the_page_though_it_has_no_words() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_500).await?;
        page.press_stop().await?;
        page.wait_for_property("#playback", "hidden", false).await?;
        page.put_away().await?;
        page.wait_for_property("#playback", "hidden", true).await?;

        page.reload().await?;
        page.open_list(1).await?;
        page.press("#recordings-list [data-action=open]").await?;
        page.wait_for_property("#recordings-list", "open", false).await?;
        page.wait_for_property("#playback", "hidden", false).await?;
        page.open_list(1).await?;
        page.press("#recordings-list [data-action=delete]").await?;
        page.close_list().await?;
        page.wait_for_property("#playback", "hidden", true).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
