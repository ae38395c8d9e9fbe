//! The dialogs: one layout for all.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;

/// What is not as in the other dialogs: a row of buttons that does not end at the right edge, a filled button that is not
/// the last, a button that is cut off.
const DIALOG_FAULTS: &str = "const faults = [];
    const dialog = document.querySelector('dialog[open]');
    const ends = dialog.querySelector('.ends');
    const buttons = [...ends.querySelectorAll('button')].filter((button) => button.checkVisibility());
    const right = Math.max(...buttons.map((button) => button.getBoundingClientRect().right));
    if (Math.abs(right - ends.getBoundingClientRect().right) > 1) faults.push(`ends at ${right}`);
    if (dialog.scrollWidth > dialog.clientWidth) faults.push(`the dialog scrolls by ${dialog.scrollWidth - dialog.clientWidth} px`);
    for (const button of buttons) {
        if (button.scrollWidth > button.clientWidth + 1) faults.push(`${button.textContent} is cut off`);
        const isPrimary = button.matches('.primary, .danger');
        const isFilled = !['rgba(0, 0, 0, 0)', getComputedStyle(dialog).backgroundColor]
            .includes(getComputedStyle(button).backgroundColor);
        if (isFilled && (button !== buttons.at(-1) || !isPrimary)) faults.push(`${button.textContent} is not the last`);
    }
    return faults";

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
                for opener in ["#new", "#recordings", "#settings", "#export", "#transcript .speaker"] {
                    page.press(opener).await?;
                    page.wait_for_element("dialog[open] .ends button").await?;
                    assert_eq!(page.eval(DIALOG_FAULTS).await?, json!([]), "{tag}: {opener} at {width}");
                    page.eval("document.querySelector('dialog[open]').close()").await?;
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
