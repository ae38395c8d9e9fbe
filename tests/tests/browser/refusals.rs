//! Refused tokens and sockets: each refusal shows a sentence with advice.

use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, SocketFault, TokenFault};

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;
use end_to_end_tests::TestResult;

/// Whether the page says that it could not start. Its server adds no helpers to it.
const DOES_NOT_START: &str = "
    const error = document.querySelector('#error'), style = getComputedStyle(error);
    return style.display !== 'none' && style.visibility === 'visible'
        && error.textContent.includes('This page could not start.')";

/// Whether the page shows no error. Its server adds no helpers to it.
const ERROR_IS_HIDDEN: &str = "
    const style = getComputedStyle(document.querySelector('#error'));
    return style.display === 'none' || style.visibility === 'hidden'";

#[tokio::test]
async fn every_refusal_of_a_token_ends_in_idle_with_advice() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_token_limit(Duration::from_secs(1)).await?;
        let refusals = [
            (TokenFault::Status(401), "often the API key"),
            (TokenFault::Status(402), "payment card or credit"),
            (TokenFault::Status(403), "often the API key"),
            (TokenFault::Status(422), "often the API key"),
            (TokenFault::Status(429), "Wait 60\u{a0}s,"),
            (TokenFault::Status(500), "(502)"),
            (TokenFault::NotJson, "(502)"),
            (TokenFault::Hang, "did not answer the server in time"),
        ];
        for (fault, sentence) in refusals {
            page.mock.token_faults().next(fault.clone());
            page.press_record_expecting_error(sentence, &format!("{fault:?}")).await?;
        }
        assert!(page.finish_despite_errors().await?.sessions.is_empty());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_without_its_scripts_says_that_it_could_not_start() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        for files in ["/assets/boot-", "/assets/page-"] {
            let mut page = Page::open_without(files).await?;
            page.wait_until(DOES_NOT_START).await?;
            page.finish_despite_errors().await?;
        }
        // Not while it starts, and not once it has started.
        let mut page = Page::open_without("/nothing").await?;
        assert_eq!(page.eval(ERROR_IS_HIDDEN).await?, true);
        page.reload().await?;
        assert_eq!(page.property("#error", "hidden").await?, true);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_unreachable_server_is_reported() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        // The page needs no network for capture once the audio thread's code is loaded.
        page.wait_for("__refusals.isAudioThreadLoaded", ()).await?;
        page.stop_server().await;
        page.press("#record").await?;
        let sentence =
            if ENGINE.has_a_disk_cache() { "The server cannot be reached" } else { "could not be loaded" };
        page.wait_for_failure(sentence, "no server").await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_refusal_of_a_socket_ends_in_idle_with_code_and_reason() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let refusals = [
            (SocketFault::Refuse(403), "1006"),
            (SocketFault::Drop, "1006"),
            (SocketFault::error(1008, "Unauthorized Connection: Invalid API key"), "check its API key"),
            (SocketFault::error(1008, "Unauthorized Connection: Insufficient funds"), "no credit left"),
            (
                SocketFault::error(1008, "Unauthorized Connection: Too many concurrent sessions"),
                "Wait a minute",
            ),
            (SocketFault::error(3006, "User Input Validation Error: Invalid 'speech_model'"), "3006"),
            (SocketFault::Close { code: 3005, reason: "Server error".to_owned() }, "3005: Server error"),
        ];
        for (fault, sentence) in refusals {
            page.mock.socket_faults().next(fault.clone());
            page.press_record_expecting_error(sentence, &format!("{fault:?}")).await?;
        }
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
