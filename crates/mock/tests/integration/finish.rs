//! The report of a failed test.

use std::time::Duration;

use crate::common::{Client, LIMIT, get_token};
use assemblyai_mock::{MockAssemblyAi, Script, ViolationKind};
use test_result::TestResult;

async fn panic_of(mock: MockAssemblyAi) -> TestResult<String> {
    let finished = tokio::spawn(async move { mock.finish().await });
    panic_text(finished.await.expect_err("it panics"))
}

fn panic_text(error: tokio::task::JoinError) -> TestResult<String> {
    Ok(error.into_panic().downcast_ref::<String>().cloned().ok_or("a panic without a text")?)
}

/// Removes times, which differ between runs.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" ms  ") {
        Some((_, rest)) => format!("  {rest}"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn finish_shows_every_violation_and_what_was_received() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client =
        Client::begin(&mock, "speech_model=u3-rt-pro&sample_rate=16000&formatted_finals=true").await?;
    client.audio(&[0; 641]).await;
    client.say("Terminate").await;
    client.say("KeepAlive").await;
    client.rest().await?;
    mock.wait_for_end(0, LIMIT).await?;
    let expected = r#"rules were broken:
  session 0: UnknownParameter: formatted_finals
  session 0: OddBytes: 641 bytes (20.0 ms) at 20 ms of audio
  session 0: ShortFrame: 641 bytes (20.0 ms) at 20 ms of audio
  session 0: AfterTerminate: {"type":"KeepAlive"}
received:
session 0 with speech_model=u3-rt-pro sample_rate=16000 formatted_finals=true
  1 audio messages, 641 bytes, 20 ms counted
  ← {"type":"Terminate"}
  ← {"type":"KeepAlive"}
"#;
    let report = without_times(&panic_of(mock).await?);
    assert!(report.starts_with(expected.trim_end()), "{report}");
    assert!(
        report.ends_with(r#"ended: mock close 1000 "Session Ended", client close 1000 "Session Ended""#),
        "{report}"
    );
    Ok(())
}

#[tokio::test]
async fn finish_reports_missing_sessions_and_rejected_tokens() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    assert_eq!(get_token(&mock, "", None).await?.0, 422);
    let report = panic_of(mock).await?;
    assert!(report.starts_with("1 rule was broken:\n  TokenRequest: 422 {\"detail\":"), "{report}");
    assert!(report.ends_with("received:\nno session, 1 token requests"), "{report}");
    Ok(())
}

#[tokio::test]
async fn finish_ignores_allowed_violations() -> TestResult {
    let mock = MockAssemblyAi::builder().allow(ViolationKind::UnknownParameter).start().await;
    let mut client = Client::begin(&mock, "speech_model=u3-rt-pro&formatted_finals=true").await?;
    client.say("Terminate").await;
    client.rest().await?;
    assert_eq!(mock.finish().await.sessions.len(), 1);
    Ok(())
}

#[tokio::test]
async fn finish_waits_for_open_sessions_only_up_to_its_limit() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let client = Client::begin(&mock, "speech_model=u3-rt-pro").await?;
    let finished = tokio::spawn(async move { mock.finish_within(Duration::from_millis(50)).await });
    let report = panic_text(finished.await.expect_err("it panics"))?;
    assert!(report.contains("session 0: StillOpen: 50ms after the test ended"), "{report}");
    drop(client);
    Ok(())
}

#[tokio::test]
async fn a_timed_out_wait_shows_what_was_received() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut client = Client::begin(&mock, "speech_model=u3-rt-pro&voice_focus=near-field").await?;
    client.frames(2).await;
    mock.wait_for_audio_ms(0, 200, LIMIT).await?;
    let report =
        mock.wait_for_audio_ms(0, 300, Duration::from_millis(50)).await.expect_err("it does not come");
    let report = report.to_string();
    assert!(
        report.starts_with("300 ms of audio in session 0 did not come within 50ms; received:\nsession 0"),
        "{report}"
    );
    assert!(report.contains("2 audio messages, 6400 bytes, 200 ms counted"), "{report}");
    assert!(report.ends_with("still open"), "{report}");
    Ok(())
}

#[tokio::test]
async fn finish_does_not_panic_while_panicking() -> TestResult {
    struct FinishOnDrop(MockAssemblyAi);
    impl Drop for FinishOnDrop {
        fn drop(&mut self) {
            // As the clean-up of a test might do; a panic here would abort the process.
            let finish = self.0.finish();
            let mut finish = std::pin::pin!(finish);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(finish.as_mut().poll(&mut context).is_ready());
        }
    }
    let mock = MockAssemblyAi::start(Script::new()).await;
    assert_eq!(get_token(&mock, "", None).await?.0, 422);
    assert_eq!(mock.violations().len(), 1);
    let failed = tokio::spawn(async move {
        let _finish = FinishOnDrop(mock);
        panic!("the test's own failure");
    });
    let panic = failed.await.expect_err("it panics").into_panic();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the test's own failure"));
    Ok(())
}
