//! A machine that sleeps, a network that goes away, a screen that goes off.

use assemblyai_mock::Script;
use end_to_end_tests::browser::Microphone;
use end_to_end_tests::limit::with_time_limit;

use super::TEST_LIMIT_S;
use super::page::Page;

/// Records, does this to the page, and waits until the connection, which seems dead, is followed by another.
async fn is_followed_by_another_connection(init_script: &str, cause: &str) {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Recording, init_script).await;
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        assert_eq!(page.mock.sessions().len(), 1);
        page.eval(cause).await;
        page.wait_until("return window.__seen.sockets.length === 2").await;
        page.wait_for_state("recording").await;
        page.press_stop().await;
        page.assert_nothing_is_held().await;
        page.finish_despite_errors().await;
    })
    .await;
}

#[tokio::test]
async fn a_network_that_comes_back_makes_the_connection_doubtful() {
    is_followed_by_another_connection("", "window.dispatchEvent(new Event('online'))").await;
}

#[tokio::test]
async fn a_network_that_goes_away_makes_the_connection_doubtful() {
    is_followed_by_another_connection("", "window.dispatchEvent(new Event('offline'))").await;
}

#[tokio::test]
async fn a_machine_that_has_slept_makes_the_connection_doubtful() {
    // A clock that has gone on while nothing else did.
    let clock = "{ const now = Date.now; window.slept_ms = 0; Date.now = () => now() + window.slept_ms; }";
    is_followed_by_another_connection(clock, "window.slept_ms = 7000").await;
}

#[tokio::test]
async fn a_page_that_comes_out_of_the_back_forward_cache_can_record_anew() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        page.eval("window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))").await;
        page.wait_for_state("idle").await;
        page.assert_nothing_is_held().await;
        page.eval("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))").await;
        assert_eq!(page.browser.state().await.expect("a state"), "idle");
        assert_eq!(page.error().await, "");
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_screen_stays_on_while_recording_also_after_a_look_elsewhere() {
    with_time_limit(TEST_LIMIT_S, async {
        let locks = "window.locks = [];
            Object.defineProperty(navigator, 'wakeLock', {value: {request: async (kind) => {
              const lock = {kind, held: true, release: async () => { lock.held = false; }};
              window.locks.push(lock);
              return lock;
            }}});";
        let mut page = Page::open_with(Script::new(), Microphone::Recording, locks).await;
        assert_eq!(page.eval("return window.locks.length").await, 0);
        page.press_record().await;
        page.wait_until("return JSON.stringify(window.locks) === '[{\"kind\":\"screen\",\"held\":true}]'")
            .await;
        // The browser takes it away when the page is hidden.
        page.eval("window.locks[0].held = false; document.dispatchEvent(new Event('visibilitychange'))")
            .await;
        page.wait_until("return window.locks.filter(lock => lock.held).length === 1").await;
        page.press_stop().await;
        page.wait_until("return window.locks.every(lock => !lock.held)").await;
        page.eval("document.dispatchEvent(new Event('visibilitychange'))").await;
        assert_eq!(page.eval("return window.locks.length").await, 2);
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_refuses_to_keep_the_screen_on_records_all_the_same() {
    with_time_limit(TEST_LIMIT_S, async {
        for refusal in
            ["undefined", "{request: async () => { throw new DOMException('no', 'NotAllowedError'); }}"]
        {
            let locks = format!("Object.defineProperty(navigator, 'wakeLock', {{value: {refusal}}});");
            let mut page = Page::open_with(Script::new(), Microphone::Recording, &locks).await;
            page.press_record().await;
            page.wait_for_audio_ms(500).await;
            assert_eq!(page.error().await, "");
            page.press_stop().await;
            page.finish().await;
        }
    })
    .await;
}
