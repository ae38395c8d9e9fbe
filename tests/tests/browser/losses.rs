//! Sessions that are lost while recording.

use std::time::Duration;

use assemblyai_mock::{Fault, MockAssemblyAi, Script, SocketFault, TokenFault, Turn, ViolationKind};
use end_to_end_tests::browser::Microphone;
use end_to_end_tests::limit::with_time_limit;

use super::TEST_LIMIT_S;
use super::page::Page;

#[tokio::test]
async fn a_temporary_loss_shows_a_notice_and_the_recording_reconnects() {
    with_time_limit(TEST_LIMIT_S, async {
        let losses = [
            (Fault::Drop, "The connection was lost (1006)"),
            (Fault::error(3005, "Session Cancelled: An error occurred"), "3005, Session Cancelled"),
            (
                Fault::ErrorWithoutType { code: 3005, text: "Session Cancelled".to_owned() },
                "Session Cancelled",
            ),
            (Fault::close(3008, "Session Expired: Maximum session duration exceeded"), "(3008)"),
            (Fault::close(1000, "Session Ended"), "(1000)"),
        ];
        let turn = || Turn::said("Kept.").from_ms(100).to_ms(300).final_at_ms(400);
        let mut page = Page::open(Script::new().turn(turn())).await;
        page.press_record().await;
        for (round, (fault, sentence)) in losses.into_iter().enumerate() {
            page.wait_for_finals(round + 1).await;
            // Delays the reconnect, so that the state `reconnecting` can be observed.
            page.mock.token_faults().next(TokenFault::Late(Duration::from_secs(1)));
            assert!(
                page.mock.inject_fault(round, fault.clone()),
                "{fault:?}: session {round} is not running"
            );
            page.wait_for_state("reconnecting").await;
            let notice =
                page.eval("return document.querySelector('#notice:not([hidden])')?.textContent").await;
            assert!(notice.as_str().is_some_and(|text| text.contains(sentence)), "{fault:?}: {notice}");
            page.wait_for_state("recording").await;
            // Another notice may be shown: the recording ends after 13 s, and then the page reports silence.
            let notice = page.eval("return document.querySelector('#notice').textContent").await;
            assert!(notice.as_str().is_some_and(|text| !text.contains("What you say is kept")), "{notice}");
        }
        page.wait_for_finals(6).await;
        page.press_stop().await;
        assert_eq!(page.error().await, "");
        page.assert_nothing_is_held().await;
        let seen = page.finish_despite_errors().await;
        // Each session has its own token.
        assert_eq!((seen.sessions.len(), seen.token_requests.len()), (6, 6));
    })
    .await;
}

#[tokio::test]
async fn a_permanent_loss_ends_in_idle_with_advice_and_keeps_the_transcript() {
    with_time_limit(TEST_LIMIT_S, async {
        let losses = [
            (Fault::error(1008, "Unauthorized Connection: Insufficient funds"), "no credit left"),
            (Fault::error(1008, "Unauthorized Connection: Invalid API key"), "check its API key"),
            (Fault::error(3006, "User Input Validation Error: Invalid 'prompt'"), "3006"),
        ];
        let mut page = Page::open(Script::new()).await;
        for (round, (fault, sentence)) in losses.into_iter().enumerate() {
            let turn = Turn::said("Kept.").from_ms(100).to_ms(300).final_at_ms(400);
            page.mock.set_script(Script::new().turn(turn).fault_at_ms(800, fault.clone()));
            page.press_record().await;
            page.wait_for_failure(sentence, &format!("{fault:?}")).await;
            assert_eq!(page.finals().await.len(), round + 1, "{fault:?}");
        }
        page.finish_despite_errors().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_reconnect_ends_in_idle_with_advice() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.wait_for_audio_ms(500).await;
        let text = "Unauthorized Connection: Insufficient funds";
        page.mock.socket_faults().next(SocketFault::error(1008, text));
        assert!(page.mock.inject_fault(0, Fault::Drop));
        page.wait_for_failure("no credit left", "a refused reconnect").await;
        page.finish_despite_errors().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_dies_right_before_stop_costs_no_last_word() {
    with_time_limit(TEST_LIMIT_S, async {
        for fault in [Fault::Drop, Fault::HalfOpen] {
            // A half-open connection stays open on the service's side.
            let script = Script::pending_final("The last words.");
            let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::StillOpen);
            let mut page = Page::open_at(mock, Microphone::Recording).await;
            page.press_record().await;
            page.wait_for_audio_ms(1_500).await;
            assert!(page.mock.inject_fault(0, fault.clone()));
            page.press("#record").await;
            page.wait_for_state("idle").await;
            assert_eq!(page.finals().await, ["The last words."], "{fault:?}");
            assert_eq!(page.error().await, "", "{fault:?}");
            page.assert_nothing_is_held().await;
            page.finish_despite_errors().await;
        }
    })
    .await;
}
