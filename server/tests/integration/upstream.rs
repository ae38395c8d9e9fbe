//! `GET /token` with services that answer as the mock never does.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use serde_json::Value;
use test_result::TestResult;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tower::ServiceExt as _;
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

const LIMIT: Duration = Duration::from_secs(10);

/// The response of `GET /token` if the service gives this answer.
async fn token<A: IntoResponse>(
    answer: impl Fn() -> A + Clone + Send + Sync + 'static,
) -> TestResult<Response> {
    let service = Router::new()
        .route("/v3/token", get(async move || answer()))
        .route("/elsewhere", get(async || r#"{"token":"of somebody else"}"#));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let upstream = tokio::spawn(async { axum::serve(listener, service).await });

    let flags =
        ["transcription-server", "--assemblyai-base-url", &base_url, "--assemblyai-api-key", "the-key"];
    let settings = Settings::read(&command().get_matches_from(flags), |_| None)?;
    let state = AppState::new(&settings, Duration::from_millis(300))?;
    let request = Request::get("/token").header("host", "localhost").body(Body::empty())?;
    let response = timeout(LIMIT, app(state).oneshot(request)).await??;
    upstream.abort();
    Ok(response)
}

async fn json(response: Response) -> TestResult<Value> {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(serde_json::from_slice(&body)?)
}

#[tokio::test]
async fn a_token_without_an_expiry_has_the_requested_one() -> TestResult {
    let response = token(|| r#"{"token":"AQ"}"#).await?;
    assert_eq!(response.status(), 200);
    assert_eq!(json(response).await?, serde_json::json!({"token": "AQ", "expires_in_seconds": 20}));
    let response = token(|| r#"{"token":"AQ","expires_in_seconds":7}"#).await?;
    assert_eq!(json(response).await?["expires_in_seconds"], 7);
    Ok(())
}

#[tokio::test]
async fn a_token_is_used_whatever_surrounds_it() -> TestResult {
    let answers = [
        (StatusCode::CREATED, r#"{"token":"AQ","expires_in_seconds":7}"#, 7),
        (StatusCode::ACCEPTED, r#"{"token":"AQ"}"#, 20),
        (StatusCode::OK, r#"{"token":"AQ","expires_in_seconds":"soon"}"#, 20),
        (StatusCode::OK, r#"{"token":"AQ","expires_in_seconds":{"s":7}}"#, 20),
        (StatusCode::OK, "\u{feff}{\"token\":\"AQ\",\"expires_in_seconds\":7}", 7),
    ];
    for (status, body, expires_in_s) in answers {
        let response = token(move || (status, body)).await?;
        assert_eq!(response.status(), 200, "{status} {body}");
        let expected = serde_json::json!({"token": "AQ", "expires_in_seconds": expires_in_s});
        assert_eq!(json(response).await?, expected, "{status} {body}");
    }
    Ok(())
}

#[tokio::test]
async fn a_plausible_retry_after_is_passed_on() -> TestResult {
    for (given, expected) in [(Some("17"), "17"), (Some("0"), "60"), (Some("86400"), "60"), (None, "60")] {
        let mut headers = HeaderMap::new();
        if let Some(wait) = given {
            headers.insert(header::RETRY_AFTER, wait.parse()?);
        }
        let response = token(move || (StatusCode::TOO_MANY_REQUESTS, headers.clone())).await?;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], expected, "{given:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() -> TestResult {
    let response = token(|| (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")])).await?;
    assert_eq!(response.status(), 502);
    Ok(())
}

#[tokio::test]
async fn an_endless_answer_is_cancelled() -> TestResult {
    // Fast but endless: a time limit alone would not protect the memory.
    let endless = || Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(vec![b'a'; 16 * 1024])));
    assert_eq!(token(endless).await?.status(), 502);
    // Only headers, and then nothing.
    let stalled = || Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
    assert_eq!(token(stalled).await?.status(), 504);
    Ok(())
}

/// Method, path, query, headers and body of the request for a token.
async fn request_for_a_token(flags: &[&str]) -> TestResult<(String, HeaderMap, String)> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = std::sync::Arc::new(std::sync::Mutex::new(Some(sender)));
    let service = Router::new().fallback(async move |request: Request<Body>| {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        let sender = sender.lock().ok().and_then(|mut sender| sender.take());
        let request = (format!("{} {}", head.method, head.uri), head.headers, body);
        sender.and_then(|sender| sender.send(request).ok());
        r#"{"token":"AQ"}"#
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let upstream = tokio::spawn(async { axum::serve(listener, service).await });
    let key = ["transcription-server", "--assemblyai-base-url", &base_url, "--assemblyai-api-key", "the-key"];
    let flags = key.iter().chain(flags);
    let settings = Settings::read(&command().get_matches_from(flags), |_| None)?;
    let state = AppState::new(&settings, LIMIT)?;
    let request = Request::get("/token").header("host", "localhost").body(Body::empty())?;
    let response = timeout(LIMIT, app(state).oneshot(request)).await??;
    assert_eq!(json(response).await?, serde_json::json!({"token": "AQ", "expires_in_seconds": 20}));
    upstream.abort();
    Ok(receiver.await?)
}

#[tokio::test]
async fn a_token_is_minted_by_v3_unless_it_shall_be_narrowed() -> TestResult {
    let (request, headers, body) = request_for_a_token(&[]).await?;
    assert_eq!(request, "GET /v3/token?expires_in_seconds=20&max_session_duration_seconds=3600");
    assert_eq!((&headers["authorization"], body.as_str()), (&"the-key".parse()?, ""));
    Ok(())
}

#[tokio::test]
async fn a_narrowed_token_is_minted_by_post_with_the_bodys_own_fields_first() -> TestResult {
    let narrowed = r#"{"product":"a-product","access":{"a":["b"]},"max_session_duration_seconds":600}"#;
    let (request, headers, body) = request_for_a_token(&["--assemblyai-token-body", narrowed]).await?;
    assert_eq!(request, "POST /v1/token");
    assert_eq!(headers["authorization"], "the-key");
    assert_eq!(headers["content-type"], "application/json");
    let expected = serde_json::json!({
        "product": "a-product",
        "access": {"a": ["b"]},
        "expires_in_seconds": 20,
        "max_session_duration_seconds": 600,
    });
    assert_eq!(serde_json::from_str::<Value>(&body)?, expected);
    Ok(())
}
