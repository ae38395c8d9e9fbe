//! The dialogs: one layout for all.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::{LANGUAGES, Page};

#[tokio::test]
async fn dialogs_have_their_buttons_in_one_order_at_the_right_edge() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        for (language, ready) in LANGUAGES {
            page.reload_in(language, ready).await?;
            page.start_in_any_language().await?;
            page.receive_turn(0, Some("A"), true, "One.").await?;
            page.wait_for_finals(1).await?;
            page.wait_for_element("#off-record svg").await?;
            page.stop_in_any_language().await?;
            for (width, height) in [(1100, 660), (390, 844), (320, 640)] {
                page.browser.resize(width, height).await?;
                for opener in ["#new", "#recordings", "#settings", "#export", "#transcript .speaker"] {
                    page.press(opener).await?;
                    page.wait_for_element("dialog[open] .ends button").await?;
                    assert_eq!(
                        page.run("__dialogs.faults", ()).await?,
                        json!([]),
                        "{language}: {opener} at {width}"
                    );
                    page.call("dialog[open]", "close").await?;
                }
            }
            page.delete_transcript().await?;
        }
        page.reload_in("en", "Ready").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
