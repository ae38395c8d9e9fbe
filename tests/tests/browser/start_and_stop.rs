//! Record and Stop in every state, and in quick succession.

use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{Ending, Script, SocketFault, TokenFault, Turn};
use end_to_end_tests::TestResult;

use super::TEST_LIMIT_S;
use super::page::{LIMIT, Page};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Within this time the page takes two clicks for a double click, in ms.
const DOUBLE_CLICK_MS: f64 = 350.0;
/// A driver sends the second click once the page has handled the first, which takes too long now and then.
const DOUBLE_CLICK_ATTEMPTS: u32 = 10;
/// Notes the time and the count of each click.
const NOTE_CLICKS: &str = "__startAndStop.noteClicks();";

#[tokio::test]
async fn each_start_after_a_stop_opens_a_new_session() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new().turn(Turn::said("Again.").from_ms(100).to_ms(300).final_at_ms(400));
        let mut page = Page::open(script).await?;
        for round in 1..=3 {
            page.press_record().await?;
            page.wait_for_finals(round).await?;
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
        }
        assert_eq!(page.finals().await?, ["Again."; 3]);
        let seen = page.finish().await?;
        assert_eq!(seen.sessions.len(), 3);
        assert_eq!(seen.token_requests.len(), 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_double_click_starts_one_session_and_leaves_it_running() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for _ in 0..DOUBLE_CLICK_ATTEMPTS {
            let mut page = Page::open_with_init(NOTE_CLICKS).await?;
            page.browser.double_click("#record").await?;
            page.wait_for_global("__clicks.length", 2).await?;
            let clicks = page.global("__clicks").await?;
            let between_ms =
                clicks[1][0].as_f64().zip(clicks[0][0].as_f64()).map(|(second, first)| second - first);
            if clicks[1][1] != 2 || between_ms.is_none_or(|ms| ms > DOUBLE_CLICK_MS) {
                // The page was busy with the first click, and the driver waited for it. The second one is a Stop.
                println!("too slow for a double click: {clicks}");
                page.wait_for_state("idle").await?;
                page.finish().await?;
                continue;
            }
            page.wait_for_state("recording").await?;
            page.wait_for_audio_ms(500).await?;
            assert_eq!(page.browser.state().await?, "recording");
            page.press_stop().await?;
            page.assert_nothing_is_held().await?;
            let seen = page.finish().await?;
            assert_eq!(seen.sessions.len(), 1);
            return Ok(());
        }
        Err(format!("no double click in {DOUBLE_CLICK_ATTEMPTS} attempts").into())
    })
    .await
}

#[tokio::test]
async fn a_later_click_stops_or_starts_although_it_counts_as_a_double_click() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        // The second of two clicks within 0.5 s, as a browser reports it.
        let click = "__startAndStop.clickTwice";
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        // The click that started the recording was too long ago for a double click.
        page.run(click, ()).await?;
        page.wait_for_state("idle").await?;
        // The first of these two clicks was a Stop, so this one is a Start.
        page.run(click, ()).await?;
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        assert_eq!(page.finish().await?.sessions.len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_countdown_while_the_rest_is_sent_is_not_read_out() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.mock.socket_faults().next(SocketFault::AcceptLate(Duration::from_secs(8)));
        page.run("__startAndStop.noteStatus", ()).await?;
        page.press("#record").await?;
        page.wait_for_property("#elapsed", "textContent", "0:04").await?;
        page.press("#record").await?;
        page.wait_for_match("#time-left", "^[0-9]+:[0-9]+ to go$").await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.browser.text("#time-left").await?, "");
        let said = page.run("__startAndStop.saidNumbers", ()).await?;
        assert_eq!(said, serde_json::json!([]));
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_keyboard_starts_and_stops() -> TestResult {
    if !ENGINE.has_focus() {
        println!("{:?} without a display presses no button by key", *ENGINE);
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.call("#record", "focus").await?;
        page.browser.press_key(" ").await?;
        page.wait_for_state("recording").await?;
        page.browser.press_key("\u{e007}").await?;
        page.wait_for_state("idle").await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stop_before_the_socket_is_open_still_sends_what_was_said() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::pending_final("Said while it connected.")).await?;
        page.mock.socket_faults().next(SocketFault::AcceptLate(Duration::from_secs(4)));
        page.press("#record").await?;
        page.wait_for_other_property("#elapsed", "textContent", "0:00").await?;
        page.wait_for_state("connecting").await?;
        page.press("#record").await?;
        page.wait_for_state("stopping").await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.finals().await?, ["Said while it connected."]);
        assert_eq!(page.error().await?, "");
        page.assert_nothing_is_held().await?;
        let seen = page.finish().await?;
        assert!(seen.audio_ms >= 1_000, "{} ms", seen.audio_ms);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_call_that_hangs_can_be_stopped() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.mock.token_faults().always(TokenFault::Hang);
        page.press("#record").await?;
        page.wait_for_other_property("#elapsed", "textContent", "0:00").await?;
        page.wait_for_state("connecting").await?;
        page.press("#record").await?;
        // The microphone is released at once; the request ends by its own limit, and the reason is named.
        page.wait_for_global("__seen.held().tracks", 0).await?;
        page.wait_for_state("idle").await?;
        assert!(page.error().await?.contains("did not answer the server in time"), "{}", page.error().await?);
        page.assert_nothing_is_held().await?;

        // The next recording works.
        page.mock.token_faults().clear();
        page.press_record().await?;
        assert_eq!(page.error().await?, "");
        page.press_stop().await?;
        // The console has the answer of the server, 504.
        assert_eq!(page.finish_despite_errors().await?.sessions.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_unconfirmed_end_is_retried_once() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new().ending(Ending::NoTermination)).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(300).await?;
        page.press("#record").await?;
        // A silent connection may be dead: the page sends the end of the recording over another one, once.
        page.wait_for_failure("the last words may be missing", "no Termination").await?;
        assert_eq!(page.finish().await?.sessions.len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn leaving_the_page_terminates_the_session() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), "").await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        page.browser.open("about:blank").await?;
        let session = page.mock.wait_for_end(0, LIMIT).await?;
        if ENGINE.sends_while_leaving() {
            assert_eq!(session.received_of_type("Terminate").len(), 1, "{session}");
        }
        page.finish().await?;
        Ok(())
    })
    .await
}
