//! What browsers and extensions do to a page: they fill in fields, translate texts, print.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::super::recovery::CAPTURE_DOWNLOADS;
use super::said;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Wraps each text below `#transcript` in two elements and changes it, as a browser's translation does, also later ones.
const TRANSLATE: &str = "__surroundings.translate";

#[tokio::test]
async fn a_key_event_of_a_field_that_the_browser_fills_in_has_no_key_and_does_no_harm() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        page.press_stop().await?;
        page.key("/").await?;
        page.wait_for_property("#finder", "hidden", false).await?;
        page.run("__surroundings.sendKeylessEvents", ()).await?;
        page.type_into("#finder input", "morning").await?;
        page.wait_for_other_property("#finder .count", "textContent", "").await?;
        assert_eq!(page.browser.state().await?, "idle");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_translated_page_shows_later_words_too_and_exports_what_was_spoken() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        page.receive_turn(1, None, false, "How are").await?;
        page.run(TRANSLATE, ()).await?;
        page.receive_turn(1, None, false, "How are you").await?;
        page.wait_for_text_with("#transcript", "«How are you").await?;
        page.receive(&said(1, 2_000, "How are you?")).await?;
        page.receive(&said(2, 4_000, "Fine.")).await?;
        page.wait_for_text_with("#transcript", "Fine.").await?;
        page.press_stop().await?;
        let spoken = "Good morning.|How are you?|Fine.";
        let shown = page.finals().await?.join("|");
        assert_eq!(shown.replace(['«', '»'], ""), spoken);
        page.open_export().await?;
        let (_, text) = page.save_file("#export-txt").await?;
        let exported = "[0:00] Good morning.\n[0:02] How are you?\n[0:04] Fine.\n";
        assert_eq!(String::from_utf8(text)?, exported);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_focus_stays_on_the_page_when_the_transcript_is_gone() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        page.press_stop().await?;
        page.press("#new").await?;
        page.press("#clear-transcript [value=delete]").await?;
        page.wait_for_property("#transcript", "childNodes.length", 0).await?;
        page.wait_for("__surroundings.hasFocus", ()).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn on_paper_is_the_whole_transcript_and_nothing_to_press() -> TestResult {
    if !ENGINE.can_prefer_dark_colours() {
        return Ok(()); // It cannot show either how the page is printed.
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        // More than the window and than one group has.
        for order in 0..120 {
            page.receive(&said(order, order * 1_000, &format!("Sentence {order}."))).await?;
        }
        page.wait_for_finals(120).await?;
        page.press_stop().await?;
        page.key("/").await?;
        page.wait_for_property("#finder", "hidden", false).await?;
        page.browser.as_printed(true).await?;
        let on_paper = page.run("__surroundings.printed", ()).await?;
        page.browser.as_printed(false).await?;
        assert_eq!(on_paper, serde_json::json!({ "turns": 120, "tall": true, "pressed": [] }));
        page.finish().await?;
        Ok(())
    })
    .await
}
