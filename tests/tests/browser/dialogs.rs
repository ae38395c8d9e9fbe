//! The dialogs: one layout for all.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use serde_json::json;
use test_result::TestResult;

use super::TEST_LIMIT_S;
use super::page::Page;

#[tokio::test]
async fn dialogs_have_their_buttons_in_one_order_at_the_right_edge() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        for (tag, ready) in [("en", "Ready"), ("de", "Bereit")] {
            page.reload_in(tag, ready).await?;
            page.press("#record").await?;
            page.wait_for_state("recording").await?;
            page.receive_turn(0, Some("A"), true, "One.").await?;
            page.wait_for_finals(1).await?;
            page.wait_for_element("#off-record svg").await?;
            page.press("#record").await?;
            page.wait_for_state("idle").await?;
            for (width, height) in [(1100, 660), (390, 844), (320, 640)] {
                page.browser.resize(width, height).await?;
                let openers = [
                    "#new",
                    "#recordings",
                    "#settings",
                    "#export",
                    "#transcript .speaker",
                    "#recordings-list [data-action=rename]",
                ];
                for opener in openers {
                    if opener.starts_with("#recordings-list") {
                        page.press("#recordings").await?;
                        page.wait_for_element(opener).await?;
                        page.press(opener).await?;
                        page.wait_for_property("#rename-recording", "open", true).await?;
                        page.call("#recordings-list", "close").await?;
                    } else {
                        page.press(opener).await?;
                    }
                    page.wait_for_element("dialog[open] .ends button").await?;
                    assert_eq!(
                        page.run("__dialogs.faults", ()).await?,
                        json!([]),
                        "{tag}: {opener} at {width}"
                    );
                    page.call("dialog[open]", "close").await?;
                }
            }
            page.press("#new").await?;
            page.press("#clear-transcript button[value=delete]").await?;
            page.wait_for_no_element("#transcript p").await?;
        }
        page.reload_in("en", "Ready").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
