//! Single-key shortcuts, and the switch that turns them off.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{ESCAPE, said};
use crate::ENGINE;
use crate::engines::Capabilities as _;
use end_to_end_tests::TestResult;

#[tokio::test]
async fn single_key_shortcuts_work_are_listed_and_stay_off_once_turned_off() -> TestResult {
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        // The first key loads the tools.
        page.key("r").await?;
        page.wait_for_state("recording").await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        // Before the pause, which ends a turn too.
        page.key("t").await?;
        let heard_ms = page.mock.sessions()[0].audio_ms;
        page.wait_for_audio_ms(heard_ms + 500).await?;
        assert_eq!(page.mock.sessions()[0].received_of_type("ForceEndpoint").len(), 1);
        page.key("p").await?;
        page.wait_for_state("paused").await?;
        page.key("p").await?;
        page.wait_for_state("recording").await?;
        page.key("r").await?;
        page.wait_for_state("idle").await?;

        page.key("?").await?;
        page.wait_for_property("#keys", "open", true).await?;
        assert_eq!(
            page.texts("#keys kbd").await?.join(" "),
            "R P T K M O / C ? ← → ↑ ↓ Home End Enter E F2 Esc"
        );
        // Shortcuts do nothing while the dialog is open.
        page.key("r").await?;
        assert_eq!(page.browser.state().await?, "idle");
        // They do nothing either after a click beside the dialog has removed its focus.
        page.blur().await?;
        page.key("r").await?;
        assert_eq!(page.browser.state().await?, "idle");
        page.press("#keys input").await?;
        page.key(ESCAPE).await?;
        page.wait_for_property("#keys", "open", false).await?;
        page.key("r").await?;
        page.key("/").await?;
        assert_eq!(page.browser.state().await?, "idle");
        assert_eq!(page.property("#finder", "hidden").await?, true);

        page.reload().await?;
        // The button is hidden until the first turn, so this clicks by script.
        page.call("#shortcuts", "click").await?;
        page.wait_for_property("#keys", "open", true).await?;
        assert_eq!(page.property("#keys input", "checked").await?, false);
        page.press("#keys input").await?;
        page.press("#keys [type=submit]").await?;
        page.key("r").await?;
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_key_does_nothing_while_the_page_does_not_show_its_tool() -> TestResult {
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.key("?").await?;
        page.wait_for_property("#keys", "open", true).await?;
        page.key(ESCAPE).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_500).await?;
        page.key("c").await?;
        page.wait_for_property("#captions-view", "hidden", false).await?;
        page.key("r").await?;
        page.wait_for_state("idle").await?;
        // Nothing was said: there is nothing to search and no captions. Open ones can be closed.
        page.wait_for_element("body[data-wordless]").await?;
        page.key("c").await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        page.blur().await?;
        page.key("/").await?;
        page.key("c").await?;
        // Last, so that the others have had their time.
        page.key("?").await?;
        page.wait_for_property("#keys", "open", true).await?;
        page.key(ESCAPE).await?;
        page.wait_for_property("#keys", "open", false).await?;
        assert_eq!(page.property("#finder", "hidden").await?, true);
        assert_eq!(page.property("#captions-view", "hidden").await?, true);
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        page.blur().await?;
        page.key("/").await?;
        page.wait_for_property("#finder", "hidden", false).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
