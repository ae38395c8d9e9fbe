//! The driver of the browsers, on which the other tests rely.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::Microphone;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

#[tokio::test]
async fn stored_data_survives_a_crash() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        assert_eq!(page.run("__driver.store", ()).await?, true);
        page.browser.crash().await?;
        page.reload().await?;
        let kept = if ENGINE.keeps_data_after_a_crash() { json!("kept") } else { json!(null) };
        assert_eq!(page.run("__driver.stored", ()).await?, kept);
        // A browser that was killed reports errors about its own files.
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_script_runs_once_and_may_return_nothing_or_a_promise() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        for n in 1..=2 {
            let count =
                "window.__count = (window.__count ?? 0) + 1; return Promise.resolve([window.__count])";
            assert_eq!(page.eval(count).await?, json!([n]));
        }
        assert_eq!(page.eval("window.__count += 1").await?, json!(null));
        assert_eq!(page.eval("return window.__count").await?, 3);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_wait_goes_on_while_the_page_lacks_what_it_looks_for() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        // As in a page that is still loading.
        page.run("__driver.addLate", ()).await?;
        page.wait_for_property("#late", "textContent", "").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_list_of_microphones_follows_plugging_and_unplugging() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let microphone = Microphone::Pluggable(vec![("desk", Vec::new()), ("headset", Vec::new())]);
        let mut page = Page::open_with(Script::new(), microphone, "").await?;
        // Browsers reveal the names once the microphone is granted.
        page.press_record().await?;
        page.press_stop().await?;
        page.wait_for("__driver.isListed", ["desk"]).await?;
        page.wait_for("__driver.isListed", ["headset"]).await?;
        let sound = page.browser.sound().ok_or("microphones that can be unplugged")?;
        sound.unplug("headset").await?;
        sound.plug_in("webcam", Vec::new()).await?;
        page.wait_for("__driver.isListed", ["webcam"]).await?;
        assert_eq!(page.run("__driver.isListed", ["headset"]).await?, false);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_main_thread_is_blocked_for_as_long_as_asked() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.run("__driver.watchForBlocks", ()).await?;
        page.browser.block_main_thread(1_500).await?;
        page.wait_for_global_of_at_least("longest", 1_500).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
