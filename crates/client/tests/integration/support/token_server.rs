//! A token server that tests can let refuse.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assemblyai_mock::MockAssemblyAi;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

use super::TestResult;

/// Answers like this project's token server; refuses the requests of tokens with these numbers, from 0, with a status.
pub(crate) async fn token_server(
    mock: &MockAssemblyAi,
    allows_parameters: bool,
    refused: Range<usize>,
    status: u16,
) -> TestResult<(String, Arc<AtomicUsize>)> {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    serve(mock, &config(mock, allows_parameters), refused, status.into_response()).await
}

/// As [`token_server`], with 503 and a `Retry-After` in s.
pub(crate) async fn busy_token_server(
    mock: &MockAssemblyAi,
    refused: Range<usize>,
    retry_after_s: u32,
) -> TestResult<(String, Arc<AtomicUsize>)> {
    let answer = (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, retry_after_s.to_string())]);
    serve(mock, &config(mock, false), refused, answer.into_response()).await
}

/// As [`token_server`], which says that it recognises speech itself.
pub(crate) async fn recognizing_server(mock: &MockAssemblyAi) -> TestResult<String> {
    let mut config = config(mock, false);
    config["local_model"] = "moonshine-base-en".into();
    Ok(serve(mock, &config, 0..0, StatusCode::OK.into_response()).await?.0)
}

fn config(mock: &MockAssemblyAi, allows_parameters: bool) -> Value {
    serde_json::json!({
        "websocket_url": format!("{}?speech_model=u3-rt-pro&session_heartbeat=true", mock.websocket_url()),
        "allow_client_parameters": allows_parameters,
    })
}

async fn serve(
    mock: &MockAssemblyAi,
    config: &Value,
    refused: Range<usize>,
    refusal: Response,
) -> TestResult<(String, Arc<AtomicUsize>)> {
    let (parts, _) = refusal.into_parts();
    let config = config.to_string();
    let requests = Arc::new(AtomicUsize::new(0));
    let (counted, issuer) = (requests.clone(), mock.mock().clone());
    let token = move || {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let token = serde_json::json!({ "token": issuer.issue_token(60, None), "expires_in_seconds": 60 });
        let is_refused = refused.contains(&number);
        let (status, headers) = (parts.status, parts.headers.clone());
        async move {
            if is_refused {
                (status, headers, "later").into_response()
            } else {
                token.to_string().into_response()
            }
        }
    };
    let router = Router::new()
        .route("/base/config", get(move || async move { config }))
        .route("/base/token", get(token));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/base", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, requests))
}
