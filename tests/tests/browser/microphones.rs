//! Denied, missing and muted microphones, and pages without https.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;

#[tokio::test]
async fn a_denied_microphone_ends_in_idle_with_advice() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Denied, "").await?;
        // Twice: the button must work after the first denial. The browser does not say whether the user denied it or
        // left the question unanswered, so the advice is for both.
        for _ in 0..2 {
            page.press_record_expecting_error("Press Record to be asked again", "denied").await?;
            assert!(page.error().await?.contains("allow it in the browser’s address bar"));
        }
        let seen = page.finish().await?;
        assert!(seen.token_requests.is_empty(), "a token was requested without a microphone");
        Ok(())
    })
    .await
}

/// The browser as a proxy's header `Permissions-Policy: microphone=()` leaves it.
const POLICY: &str = "__microphoneRequests.refuseByPolicy();";

#[tokio::test]
async fn a_microphone_that_a_header_forbids_is_not_blamed_on_the_user() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Denied, POLICY).await?;
        page.press_record_expecting_error("Permissions-Policy", "forbidden").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_computer_without_a_microphone_ends_in_idle_with_advice() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::None, "").await?;
        page.press("#record").await?;
        page.wait_for_failure("No microphone was found", "none").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_without_https_reports_that_https_is_needed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_insecurely(Script::new()).await?;
        page.press("#record").await?;
        page.wait_for_failure("https", "plain http").await?;
        // Chromium warns that it ignores a header of the server on such a page.
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_muted_microphone_shows_a_notice() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Muted, "").await?;
        page.press_record().await?;
        page.wait_for_element("#notice:not([hidden])").await?;
        let notice = page.property("#notice", "textContent").await?;
        assert!(notice.as_str().is_some_and(|text| text.contains("nothing is heard")), "{notice}");
        page.press_stop().await?;
        assert_eq!(page.property("#notice", "hidden").await?, true);
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Keeps what the page has asked the browser for; and the browser says that it does what `__does` names.
const PROCESSING: &str = "__microphoneRequests.noteConstraints();";

/// Records for a moment with a browser that does this; returns what it was asked for, and beside which switches the page
/// says that it does otherwise.
async fn record_with(page: &mut Page, does: &[&str]) -> Result<[serde_json::Value; 2], BrowserError> {
    page.set_global("__does", json!(does)).await?;
    page.press_record().await?;
    let seen = [
        page.run("__microphoneRequests.asked", ()).await?,
        page.run("__microphoneRequests.notes", ()).await?,
    ];
    page.press_stop().await?;
    Ok(seen)
}

#[tokio::test]
async fn the_browser_processes_the_sound_as_the_user_wants_or_the_page_says_that_it_does_not() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(PROCESSING).await?;
        let none = json!([false, false, false]);
        assert_eq!(record_with(&mut page, &[]).await?, [none.clone(), none.clone()]);
        // One that cannot switch it off.
        assert_eq!(
            record_with(&mut page, &["echoCancellation"]).await?,
            [none.clone(), json!([true, false, false])]
        );
        page.call("[data-processing=noiseSuppression]", "click").await?;
        page.reload().await?;
        let noise = json!([false, true, false]);
        assert_eq!(record_with(&mut page, &["noiseSuppression"]).await?, [noise.clone(), none.clone()]);
        // One that cannot do it.
        assert_eq!(record_with(&mut page, &[]).await?, [noise.clone(), noise.clone()]);
        page.set_property("#details", "open", true).await?;
        page.call("#processing", "scrollIntoView").await?;
        page.screenshot("sound-processing").await?;
        // Switched, the note says nothing of what comes next.
        page.call("[data-processing=noiseSuppression]", "click").await?;
        assert_eq!(record_with(&mut page, &[]).await?, [none.clone(), none]);
        page.finish().await?;
        Ok(())
    })
    .await
}
