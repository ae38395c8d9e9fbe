//! Automatic scrolling to the end of the transcript.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use serde_json::json;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::said;
use crate::ENGINE;
use crate::engines::Capabilities as _;

const TEXT: &str =
    "What is said here is long enough for more than one line of the page, whatever its width may be.";
const IS_AT_THE_END: &str = "__follow.isAtTheEnd";

#[tokio::test]
async fn scrolling_up_stops_following_and_offers_a_button_to_the_end() -> TestResult {
    if !ENGINE.has_scroll_anchoring() {
        println!("{:?} has no scroll anchoring", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        for order in 0..120 {
            page.receive(&said(order, order * 10_000, TEXT)).await?;
        }
        page.wait_for(IS_AT_THE_END, ()).await?;
        assert_eq!(page.property("#to-the-end", "hidden").await?, true);

        // Scrolls to the middle, so that the turns there are laid out.
        page.run("__follow.scrollToTurn60", ()).await?;
        page.wait_for_property("#to-the-end", "hidden", false).await?;
        let positions = "__follow.positions";
        let before = page.run(positions, ()).await?;
        for count in 0..50_u64 {
            let mut message = said(120 + count / 10, 2_000_000 + count * 1_000, TEXT);
            message["end_of_turn"] = json!(count % 10 == 9);
            page.receive(&message).await?;
            let now = page.run(positions, ()).await?;
            for (before, now) in
                before.as_array().into_iter().flatten().zip(now.as_array().into_iter().flatten())
            {
                let moved = now.as_f64().unwrap_or(f64::NAN) - before.as_f64().unwrap_or(f64::NAN);
                assert!(moved.abs() <= 1.0, "message {count} moved it by {moved} px");
            }
        }
        page.press("#to-the-end").await?;
        page.wait_for(IS_AT_THE_END, ()).await?;
        page.receive(&said(125, 3_000_000, TEXT)).await?;
        page.wait_for(IS_AT_THE_END, ()).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
