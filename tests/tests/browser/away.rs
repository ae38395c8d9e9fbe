//! Sleep of the machine, changes of the network, the back-forward cache and the wake lock.

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, Turn};
use end_to_end_tests::TestResult;

use super::TEST_LIMIT_S;
use super::page::Page;

/// Records, calls `cause` in the page, and waits until the page has replaced the connection.
async fn assert_connection_is_replaced(init_script: &str, cause: &str) -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(init_script).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        assert_eq!(page.mock.sessions().len(), 1);
        page.run(cause, ()).await?;
        page.wait_for_global("__seen.sockets.length", 2).await?;
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        page.assert_nothing_is_held().await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

/// Asserts that the page works, and ends the test.
async fn records_again(mut page: Page) -> TestResult {
    page.press_record().await?;
    page.wait_for_audio_ms(500).await?;
    page.press_stop().await?;
    page.finish().await?;
    Ok(())
}

#[tokio::test]
async fn a_network_that_comes_back_replaces_the_connection() -> TestResult {
    assert_connection_is_replaced("", "__away.goOnline").await
}

#[tokio::test]
async fn a_network_that_goes_away_replaces_the_connection() -> TestResult {
    assert_connection_is_replaced("", "__away.goOffline").await
}

#[tokio::test]
async fn a_machine_that_has_slept_replaces_the_connection() -> TestResult {
    // A clock that jumps ahead.
    let clock = "__away.letTheClockJump();";
    assert_connection_is_replaced(clock, "__away.sleepFor7s").await
}

#[tokio::test]
async fn a_page_restored_from_the_back_forward_cache_can_record_again() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        page.run("__away.hidePage", ()).await?;
        page.wait_for_state("idle").await?;
        page.assert_nothing_is_held().await?;
        page.run("__away.showPage", ()).await?;
        assert_eq!(page.browser.state().await?, "idle");
        assert_eq!(page.error().await?, "");
        records_again(page).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_to_which_the_user_comes_back_shows_what_it_showed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let turn = Turn::said("Still here.").from_ms(100).to_ms(300).final_at_ms(400);
        let mut page = Page::open(Script::new().turn(turn)).await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        page.browser.open("about:blank").await?;
        page.browser.back().await?;
        page.wait_for_property("#status", "textContent", "Ready").await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.finals().await?, ["Still here."]);
        // Whether the browser has kept the page or loaded it again.
        records_again(page).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_screen_stays_on_while_recording_also_after_the_page_was_hidden() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let locks = "__away.fakeWakeLocks();";
        let mut page = Page::open_with_init(locks).await?;
        assert_eq!(page.run("__away.lockCount", ()).await?, 0);
        page.press_record().await?;
        page.wait_for("__away.holdsOneLock", ()).await?;
        // The browser releases the lock when the page is hidden.
        page.run("__away.loseTheLock", ()).await?;
        page.wait_for("__away.holdsOneOfItsLocks", ()).await?;
        page.press_stop().await?;
        page.wait_for("__away.holdsNoLock", ()).await?;
        page.run("__away.becomeVisible", ()).await?;
        assert_eq!(page.run("__away.lockCount", ()).await?, 2);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn recording_works_without_a_wake_lock() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for locks in ["__away.removeWakeLocks();", "__away.refuseWakeLocks();"] {
            let mut page = Page::open_with_init(locks).await?;
            page.press_record().await?;
            page.wait_for_audio_ms(500).await?;
            assert_eq!(page.error().await?, "");
            page.press_stop().await?;
            page.finish().await?;
        }
        Ok(())
    })
    .await
}
