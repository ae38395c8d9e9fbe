//! Sessions that are lost while recording.

use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{Fault, Finished, MockAssemblyAi, Script, SocketFault, TokenFault, ViolationKind};
use axum::Router;
use axum::response::Redirect;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};
use end_to_end_tests::server::{TestServer, settings};
use tokio::net::TcpListener;

use super::TEST_LIMIT_S;
use super::page::Page;
use super::recordings::one_turn;

/// Ends a recording that has reconnected: there is no error, and nothing is held. Lost connections are in the console.
async fn finish_after_losses(mut page: Page) -> Result<Finished, BrowserError> {
    page.press_stop().await?;
    assert_eq!(page.error().await?, "");
    page.assert_nothing_is_held().await?;
    page.finish_despite_errors().await
}

#[tokio::test]
async fn a_temporary_loss_shows_a_notice_and_the_recording_reconnects() -> TestResult {
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
        let mut page = Page::open(one_turn("Kept.")).await?;
        page.press_record().await?;
        for (round, (fault, sentence)) in losses.into_iter().enumerate() {
            page.wait_for_finals(round + 1).await?;
            // Delays the reconnect, so that the state `reconnecting` can be observed.
            page.mock.token_faults().next(TokenFault::Late(Duration::from_secs(1)));
            assert!(
                page.mock.inject_fault(round, fault.clone()),
                "{fault:?}: session {round} is not running"
            );
            page.wait_for_state("reconnecting").await?;
            let notice = page.run("__losses.notice", ()).await?;
            assert!(notice.as_str().is_some_and(|text| text.contains(sentence)), "{fault:?}: {notice}");
            page.wait_for_state("recording").await?;
            // Another notice may be shown: the recording ends after 13 s, and then the page reports silence.
            let notice = page.property("#notice", "textContent").await?;
            assert!(notice.as_str().is_some_and(|text| !text.contains("What you say is kept")), "{notice}");
        }
        page.wait_for_finals(6).await?;
        let seen = finish_after_losses(page).await?;
        // Each session has its own token.
        assert_eq!((seen.sessions.len(), seen.token_requests.len()), (6, 6));
        Ok(())
    })
    .await
}

/// Makes each token request fail with the status in `window.__refusal` as long as that is set, as an expired login does.
const REFUSE_TOKENS: &str = "__losses.refuseTokens();";

impl Page {
    async fn notice(&mut self) -> Result<String, BrowserError> {
        self.browser.text("#notice:not([hidden])").await
    }
}

#[tokio::test]
async fn a_login_that_expires_in_mid_recording_costs_no_word() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(one_turn("Before."), Microphone::Recording, REFUSE_TOKENS).await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        for (round, status) in [401, 403].into_iter().enumerate() {
            page.set_global("__refusal", status).await?;
            assert!(page.mock.inject_fault_into_newest(Fault::Drop).is_some());
            page.wait_for_visible("#sign-in", true).await?;
            assert_eq!(page.browser.state().await?, "reconnecting");
            let notice = page.notice().await?;
            assert!(notice.contains("sign in again") && notice.contains("What you say is kept"), "{notice}");
            assert_eq!(page.run("__losses.signInLink", ()).await?[1], "_blank");
            page.mock.set_script(one_turn("After."));
            page.set_global("__refusal", 0).await?;
            page.wait_for_finals(round + 2).await?;
            assert!(!page.is_visible("#sign-in").await?);
        }
        page.press_stop().await?;
        assert_eq!(page.finals().await?, ["Before.", "After.", "After."]);
        assert_eq!(page.error().await?, "");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_login_page_in_front_of_the_server_is_named_as_such_and_the_recording_goes_on() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        let port = page.shut_down_server().await?;
        let proxy = TcpListener::bind(("127.0.0.1", port)).await?;
        let proxy = tokio::spawn(async move {
            // As proxies with a login do, on a site of its own.
            let login = async || Redirect::to("http://login.invalid/");
            axum::serve(proxy, Router::new().fallback(login)).await
        });
        assert!(page.mock.inject_fault(0, Fault::Drop));
        page.wait_for_visible("#sign-in", true).await?;
        assert!(page.notice().await?.contains("sign in again"));
        assert_eq!(page.browser.state().await?, "reconnecting");
        proxy.abort();
        assert!(proxy.await.is_err_and(|error| error.is_cancelled()));
        let service = page.mock.base_url();
        page.start_server(port, &settings(&TestServer::flags(&service))).await;
        page.wait_for_state("recording").await?;
        finish_after_losses(page).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refusal_of_the_service_in_mid_recording_is_named_and_the_recording_goes_on() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let refusals = [
            Fault::error(1008, "Unauthorized Connection: Insufficient funds"),
            Fault::error(3006, "User Input Validation Error: Invalid 'prompt'"),
        ];
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        for (round, fault) in refusals.into_iter().enumerate() {
            page.wait_for_audio_ms(500).await?;
            let text = "Unauthorized Connection: Insufficient funds";
            page.mock.socket_faults().next(SocketFault::error(1008, text));
            assert!(page.mock.inject_fault_into_newest(fault.clone()).is_some());
            page.wait_for_state("reconnecting").await?;
            let code = if round == 0 { "1008" } else { "3006" };
            assert!(page.notice().await?.contains(code), "{fault:?}");
            page.wait_for_state("recording").await?;
        }
        finish_after_losses(page).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_that_dies_right_before_stop_costs_no_last_word() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for fault in [Fault::Drop, Fault::HalfOpen] {
            // A half-open connection stays open on the service's side.
            let script = Script::pending_final("The last words.");
            let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::StillOpen);
            let mut page = Page::open_at(mock, Microphone::Recording).await?;
            page.press_record().await?;
            page.wait_for_audio_ms(1_500).await?;
            assert!(page.mock.inject_fault(0, fault.clone()));
            page.press_stop().await?;
            assert_eq!(page.finals().await?, ["The last words."], "{fault:?}");
            assert_eq!(page.error().await?, "", "{fault:?}");
            page.assert_nothing_is_held().await?;
            page.finish_despite_errors().await?;
        }
        Ok(())
    })
    .await
}
