//! The turns on the page: in order, partial or final, and read out.

use crate::limit::with_time_limit;
use assemblyai_mock::{Fault, Script, Turn};

use super::TEST_LIMIT_S;
use super::page::Page;
use end_to_end_tests::TestResult;

#[tokio::test]
async fn a_final_that_comes_after_terminate_is_shown() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::pending_final("The last words.")).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_500).await?;
        assert!(page.finals().await?.is_empty());
        page.press_stop().await?;
        assert_eq!(page.finals().await?, ["The last words."]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn turns_that_come_out_of_order_are_shown_in_order() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let said = |text, order, from_ms: u64| {
            Turn::said(text).order(order).from_ms(from_ms).to_ms(from_ms + 200).final_at_ms(from_ms + 300)
        };
        let script = Script::new()
            .turn(said("Third.", 2, 100))
            .turn(said("First.", 0, 500))
            .turn(said("Fourth.", 3, 900))
            .turn(said("Second.", 1, 1_300));
        let mut page = Page::open(script).await?;
        page.press_record().await?;
        page.wait_for_finals(4).await?;
        assert_eq!(page.finals().await?, ["First.", "Second.", "Third.", "Fourth."]);
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_partial_turn_is_unsettled_and_only_finals_are_read_out() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new().turn(Turn::said("Book a table for two").from_ms(100).to_ms(1_500));
        let mut page = Page::open(script).await?;
        page.press_record().await?;
        page.wait_for("__transcript.hasUnannouncedPartial", ()).await?;
        page.press_stop().await?;
        let texts = page.run("__transcript.texts", ());
        let texts = texts.await?;
        assert_eq!(texts[0], texts[1]);
        assert!(texts[0].as_str().is_some_and(|text| text.starts_with("Book a table")), "{texts}");
        assert_eq!(texts[2], "");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn invalid_messages_do_not_end_a_session() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new()
            .fault_at_ms(100, Fault::MalformedJson)
            .fault_at_ms(200, Fault::UnknownMessage)
            .fault_at_ms(300, Fault::Binary)
            .turn(Turn::said("Still here.").from_ms(400).to_ms(600).final_at_ms(700));
        let mut page = Page::open(script).await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_records_below_a_path() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_demo_below_a_path().await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        // The tools are loaded from there too.
        page.press("#recordings").await?;
        page.wait_for_element("dialog[open]").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_demo_shows_its_banner_and_ends_turns_at_pauses() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_demo().await?;
        page.wait_for_property("#demo", "hidden", false).await?;
        page.press_record().await?;
        // Each of the recording's sentences is followed by a pause of 1.1 s, which ends its turn.
        page.wait_for_finals(2).await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
