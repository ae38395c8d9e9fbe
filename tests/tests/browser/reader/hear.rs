//! Playback of words from the recorded audio.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{ESCAPE, said};
use crate::ENGINE;
use crate::engines::Capabilities as _;
use end_to_end_tests::TestResult;

/// Stores the played samples in `window.__played`, scaled to 16 bits.
pub(super) const CAPTURE_PLAYBACK: &str = "__hear.notePlayed();";

const SILENT: &str = "The browser has not answered for 10\u{a0}seconds when asked for the stored recording. Close other tabs \
    of this page and try again; if that does not help, restart the browser. What is stored stays there.";

#[tokio::test]
async fn a_database_that_never_answers_is_named_after_10_seconds() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 100, "Book a table")).await?;
        page.wait_for_finals(1).await?;
        page.wait_for_audio_ms(1_000).await?;
        page.press_stop().await?;
        page.run("__hear.letReadsHang", ()).await?;
        if ENGINE.can_play() {
            page.press("[data-start='100']").await?;
            page.wait_for_text("#status-line", SILENT).await?;
        }
        page.press("#export").await?;
        page.press("#export-wav").await?;
        page.wait_for_text("#export-dialog [role=status]", SILENT).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_click_on_a_word_plays_its_audio_and_marks_the_playing_word() -> TestResult {
    if !ENGINE.can_play() {
        println!("{:?} cannot play audio here", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_PLAYBACK).await?;
        page.press_record().await?;
        page.receive(&said(0, 1_000, "The microphone opens before the first word.")).await?;
        page.receive(&said(1, 4_500, "Every sentence ends with a pause.")).await?;
        page.wait_for_audio_ms(8_000).await?;

        // Playback is refused while recording, because the microphone would pick it up.
        page.press("[data-start='1500']").await?;
        page.wait_for_text_with("#status-line", "would hear it").await?;
        assert_eq!(page.global("__played.length").await?, 0);

        page.press_stop().await?;
        page.press("[data-start='1500']").await?;
        page.wait_for_property("#play", "hidden", true).await?;
        page.wait_for_global_of_at_least("__played.length", 1).await?;
        // Playback continues through this turn and the next.
        for start in [2_000, 3_500, 4_500] {
            page.wait_for("__hear.isHeard", [start]).await?;
        }
        page.key(ESCAPE).await?;
        page.wait_for_no_element("[data-heard]").await?;
        page.assert_nothing_is_held().await?;
        assert!(page.property("#pause-playback", "hidden").await? == true);

        // A click on a second word while the first one's audio is read plays only the second.
        let before = page.global("__played.length").await?;
        page.run("__hear.playTwoWords", ()).await?;
        page.wait_for_property("[data-heard]", "dataset.start", "4500").await?;
        assert_eq!(page.global("__seen.held().contexts").await?, 1);
        let after = page.global("__played.length").await?;
        assert_eq!(after.as_u64(), before.as_u64().map(|count| count + 1));
        // The button is replaced by the one that plays, which gets the focus.
        page.run("__hear.stopByButton", ()).await?;
        page.wait_for_no_element("[data-heard]").await?;
        assert_eq!(page.focused_id().await?, "play");
        page.assert_nothing_is_held().await?;

        // A second click on the playing word stops it.
        page.press("[data-start='4500']").await?;
        page.wait_for_property("[data-heard]", "dataset.start", "4500").await?;
        page.press("[data-heard]").await?;
        page.wait_for_no_element("[data-heard]").await?;
        page.assert_nothing_is_held().await?;

        let played = page.global("__played").await?;
        let seen = page.finish().await?;
        let captured = seen.sessions[0].pcm_i16();
        let mut loudest = 0;
        for (nth, start_ms) in [(0, 1_500), (played.as_array().map_or(0, Vec::len) - 1, 4_500)] {
            let played_audio = &played[nth];
            assert_eq!(played_audio["rate"], 16_000.0);
            let first: Vec<i16> = played_audio["first"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .map(|sample| sample.as_f64().unwrap_or_default() as i16)
                .collect();
            assert_eq!(first.len(), 8_000);
            loudest = first.iter().map(|sample| sample.unsigned_abs()).fold(loudest, u16::max);
            assert_eq!(first, captured[start_ms * 16..][..8_000], "from {start_ms} ms");
        }
        assert!(loudest > 1_000, "the compared audio is silence");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn resuming_a_recording_stops_playback_and_missing_audio_is_reported() -> TestResult {
    if !ENGINE.can_play() {
        println!("{:?} cannot play audio here", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        // A browser without storage.
        let mut page = Page::open_with_init("__recovery.refuseDatabase();").await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Not kept")).await?;
        page.wait_for_audio_ms(1_000).await?;
        page.press_stop().await?;
        page.press("[data-start='300']").await?;
        page.wait_for_text_with("#status-line", "was not kept").await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;

        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Kept")).await?;
        page.wait_for_audio_ms(3_000).await?;
        page.press_pause().await?;
        page.press("[data-start='300']").await?;
        page.wait_for_element("[data-heard]").await?;
        page.press_resume().await?;
        page.wait_for_no_element("[data-heard]").await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
