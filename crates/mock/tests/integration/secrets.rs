//! Keys and tokens in what is shown of a session.

use crate::common::{Client, LIMIT, http};
use assemblyai_mock::{MockAssemblyAi, Script};
use test_result::TestResult;

const QUERY: &str = "speech_model=u3-rt-pro&sample_rate=16000";

/// Everything that is shown after a session with this query and this message.
async fn shown(query: &str, message: &str) -> TestResult<String> {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let control = listener.local_addr()?;
    let router = mock.control_router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut client = Client::begin(&mock, query).await?;
    client.text(message).await;
    client.text(message).await;
    client.say("Terminate").await;
    client.text(message).await;
    client.rest().await?;
    let session = mock.wait_for_end(0, LIMIT).await?;
    assert!(session.received[0].text.contains("S3CRET") || query.contains("S3CRET"), "a test sees it");
    let mut shown = format!("{session}\n{session:?}\n{}\n", session.to_json());
    for path in ["GET /sessions", "GET /sessions/0", "GET /violations"] {
        shown += &http(control, path, "").await?.1;
    }
    shown.extend(mock.violations().iter().map(ToString::to_string));
    let finished = tokio::spawn(async move { mock.finish().await });
    let panic = finished.await.expect_err("rules were broken").into_panic();
    Ok(shown + panic.downcast_ref::<String>().ok_or("a panic without a text")?)
}

#[tokio::test]
async fn a_message_that_is_refused_shows_no_secret_in_the_refusal() -> TestResult {
    let long = "S3CRET".repeat(100);
    for message in [
        r#"{"type":"Authenticate","token":"S3CRET"}"#,
        r#"{"token":"S3CRET","audio_data":"AAAA"}"#,
        r#"{"message":{"headers":{"Authorization":"S3CRET"}}}"#,
        r#"{"sessions":[{"api_key":"S3CRET"}]}"#,
        &format!(r#"{{"type":"Authenticate","access_token":"{long}"}}"#),
        r#"{"type":"UpdateConfiguration","llm_gateway":{"apiKey":"S3CRET"}}"#,
        r#"{"type":"UpdateConfiguration","webhook_url":"https://me:S3CRET@example.com/hook"}"#,
    ] {
        let shown = shown(QUERY, message).await?;
        assert!(!shown.contains("S3CRET"), "{message}: {shown}");
        assert!(shown.contains('…'), "{message}: {shown}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_under_another_name_in_the_address_is_not_shown() -> TestResult {
    for parameter in [
        "api_key=S3CRET",
        "apikey=S3CRET",
        "api-key=S3CRET",
        "key=S3CRET",
        "access_token=S3CRET",
        "password=S3CRET",
        "webhook_url=https%3A%2F%2Fme%3AS3CRET%40example.com%2Fhook",
        "webhook_url=https%3A%2F%2Fexample.com%2Fhook%3Fcode%3DS3CRET",
    ] {
        let shown = shown(&format!("{QUERY}&{parameter}"), r#"{"type":"Bogus"}"#).await?;
        assert!(!shown.contains("S3CRET"), "{parameter}: {shown}");
    }
    let shown =
        shown(&format!("{QUERY}&webhook_url=https%3A%2F%2Fexample.com%2Fhook&x=S3CRET"), "{}").await?;
    assert!(shown.contains("https://example.com/hook") && shown.contains("x=S3CRET"), "{shown}");
    Ok(())
}
