//! The tooltip of a word, by pointer and by keyboard.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use serde_json::json;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{DOWN, END, ESCAPE, LEFT, RIGHT, said, said_by};
use crate::ENGINE;
use crate::engines::Capabilities as _;

const TOOLTIP: &str = "#word-tooltip:not([hidden])";

#[tokio::test]
async fn hovering_a_word_shows_its_confidence_time_and_speaker() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        let mut message = said_by("A", 0, 65_200, "Book a table");
        message["words"][1]["confidence"] = json!(0.43);
        message["words"][1]["speaker"] = json!("B");
        page.receive(&message).await?;
        page.press_stop().await?;

        // Hovering the first word loads the tools.
        page.hover("[data-start='65700']").await?;
        page.wait_for_text(TOOLTIP, "43% sure · at 1:05.7 · Speaker B").await?;
        let layout = page.run("__words.tooltip", ()).await?;
        // The tooltip touches the word, so that the pointer can move onto it.
        assert_eq!(layout, json!(["tooltip", true, "doubtful", true]));
        page.hover(TOOLTIP).await?;
        page.wait_for_text(TOOLTIP, "43% sure · at 1:05.7 · Speaker B").await?;
        page.hover("[data-start='65200']").await?;
        page.wait_for_text(TOOLTIP, "97% sure · at 1:05.2").await?;
        page.hover("#record").await?;
        page.wait_for_property("#word-tooltip", "hidden", true).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tooltip_and_edit_do_not_cover_each_other_and_go_when_the_window_is_resized() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said_by("A", 0, 1_000, "Each of these words is said at the edge of the window"))
            .await?;
        page.press_stop().await?;
        page.browser.resize(390, 780).await?;
        let words: Vec<String> = page.ask("__words.starts", ()).await?;
        for start in &words {
            page.hover(&format!("[data-start='{start}']")).await?;
            page.wait_for_property("#edit-turn", "hidden", false).await?;
            assert_eq!(page.run("__words.tooltipCoversEdit", ()).await?, false, "the word at {start} ms");
        }
        page.browser.resize(1100, 660).await?;
        page.wait_for_property("#word-tooltip", "hidden", true).await?;
        page.wait_for_property("#edit-turn", "hidden", true).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn text_that_is_written_differently_than_its_words_can_be_clicked_and_doubted() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        let mut japanese = said(0, 1_000, "今日 は 良い 天気 です 。");
        japanese["transcript"] = json!("今日は良い天気です。");
        page.receive(&japanese).await?;
        let mut price = said(1, 5_000, "that is twenty five fifty please");
        price["transcript"] = json!("That is $25.50, please.");
        price["words"][3]["confidence"] = json!(0.3);
        page.receive(&price).await?;
        let mut all_else = said(2, 10_000, "quite other words");
        all_else["transcript"] = json!("1234");
        page.receive(&all_else).await?;
        page.press_stop().await?;
        page.wait_for_count("#transcript p:has([data-start])", 3).await?;
        let expected = json!([
            [
                "今日は良い天気です。",
                [
                    ["今日", "1000", "1400", ""],
                    ["は", "1500", "1900", ""],
                    ["良い", "2000", "2400", ""],
                    ["天気", "2500", "2900", ""],
                    ["です", "3000", "3400", ""],
                    ["。", "3500", "3900", ""],
                ]
            ],
            [
                "That is $25.50, please.",
                [
                    ["That", "5000", "5400", ""],
                    ["is", "5500", "5900", ""],
                    ["$25.50,", "6000", "7400", "doubtful"],
                    ["please.", "7500", "7900", ""],
                ]
            ],
            ["1234", [["1234", "10000", "11400", ""]]],
        ]);
        assert_eq!(page.run("__words.ofEachTurn", ()).await?, expected);
        page.hover("[data-start='6000']").await?;
        page.wait_for_text(TOOLTIP, "30% sure · at 0:06.0").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_transcript_is_one_tab_stop_and_arrow_keys_move_through_its_words() -> TestResult {
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said_by("A", 0, 1_000, "Book a table")).await?;
        page.receive(&said(1, 3_000, "For two")).await?;
        page.receive(&said_by("A", 2, 5_000, "שולחן לשניים בבקשה")).await?;
        page.call("#transcript", "focus").await?;

        // The first arrow key loads the tools and then takes effect.
        page.key(RIGHT).await?;
        page.wait_for_focus("[class=speaker]").await?;
        page.key(RIGHT).await?;
        assert_eq!(page.focused().await?, "Book");
        page.wait_for_text(TOOLTIP, "97% sure · at 0:01.0").await?;
        page.key(END).await?;
        assert_eq!(page.focused().await?, "table");
        page.key(RIGHT).await?;
        assert_eq!(page.focused().await?, "For");
        page.key(LEFT).await?;
        assert_eq!(page.focused().await?, "table");
        page.key(DOWN).await?;
        assert_eq!(page.focused().await?, "For");
        page.key(DOWN).await?;
        assert_eq!(page.focused().await?, "Speaker A");
        // In right-to-left text, the left arrow moves forward.
        page.key(LEFT).await?;
        page.key(LEFT).await?;
        assert_eq!(page.focused().await?, "לשניים");
        assert_eq!(page.run("__words.tabStops", ()).await?, json!(["transcript"]));
        assert_eq!(page.texts("#transcript [role]").await?, ["לשניים"]);

        page.key(ESCAPE).await?;
        assert_eq!(page.focused_id().await?, "transcript");
        page.key(RIGHT).await?;
        assert_eq!(page.focused().await?, "לשניים", "the focus did not return to the last word");

        // A new speaker of the turn leaves the words in place; redrawn words keep the focus.
        page.run("__words.keepFocusedWord", ()).await?;
        let revision = |words: serde_json::Value| {
            json!({"type": "SpeakerRevision", "revisions": [
                {"turn_order": 2, "speaker_label": "B", "words": words},
            ]})
        };
        page.receive(&revision(json!([]))).await?;
        page.wait_for_text("#transcript p:nth-of-type(3) .speaker", "Speaker B").await?;
        assert_eq!(page.run("__words.isSameWord", ()).await?, true);
        let mut words = said_by("B", 2, 5_000, "שולחן לשניים בבקשה")["words"].clone();
        words[0]["speaker"] = json!("C");
        page.receive(&revision(words)).await?;
        page.wait_for("__words.isRedrawnWord", ()).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
