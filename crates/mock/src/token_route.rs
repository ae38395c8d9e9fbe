//! `GET /v3/token`: issues temporary tokens.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use assemblyai_protocol::MAX_SESSION_DURATION_S;
use assemblyai_service::{ErrorAnswer, ViolationKind, missing, token_request};

use crate::faults::TokenFault;
use crate::record::TokenRequest;
use crate::state::MockState;
use crate::violation::Violation;

pub(crate) async fn token(
    State(state): State<Arc<MockState>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let authorization =
        headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let at = state.age();
    let number = state.settings.keep_records.then(|| {
        state.record(|records| {
            let request = TokenRequest {
                at,
                parameters: parameters.clone(),
                authorization: authorization.clone(),
                status: None,
            };
            records.requested += 1;
            records.token_requests.insert(records.requested, request);
            records.requested
        })
    });
    let (status, body) = answer(&state, &parameters, authorization.as_deref()).await;
    if let Some(number) = number {
        state.record(|records| {
            if let Some(request) = records.token_requests.get_mut(&number) {
                request.status = Some(status.as_u16());
            }
        });
    }
    // These have no content and no Content-Length (RFC 9110, sections 8.6, 15.3.5 and 15.4.5).
    if [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) {
        return status.into_response();
    }
    let is_json = body.starts_with(['{', '[']);
    let kind = if is_json { "application/json" } else { "text/html; charset=utf-8" };
    (status, [(CONTENT_TYPE, kind)], body).into_response()
}

async fn answer(
    state: &Arc<MockState>,
    parameters: &[(String, String)],
    authorization: Option<&str>,
) -> (StatusCode, String) {
    match state.token_faults.take() {
        Some(TokenFault::Status(status)) => {
            return (
                StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY),
                documented_body(status),
            );
        }
        Some(TokenFault::Answer { status, body }) => {
            return (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), body);
        }
        Some(TokenFault::NotJson) => {
            return (StatusCode::OK, "<html><body>It works!</body></html>".to_owned());
        }
        Some(TokenFault::Hang) => {
            state.stopped().await;
            return (StatusCode::SERVICE_UNAVAILABLE, String::new());
        }
        Some(TokenFault::Late(late)) if state.stopped_within(late).await => {
            return (StatusCode::SERVICE_UNAVAILABLE, String::new());
        }
        Some(TokenFault::Late(_)) | None => {}
    }
    let answer = grant(state, parameters, authorization);
    if let Err((status, body)) = &answer
        && state.settings.keep_records
    {
        let text = format!("{} {body}", status.as_u16());
        let violation = Violation { kind: ViolationKind::TokenRequest, session: None, text };
        state.record(|records| records.token_violations.push(violation));
    }
    let (status, body) = answer.unwrap_or_else(|refusal| refusal);
    (status, body.to_string())
}

/// Issues a token, or rejects the request as the service does.
fn grant(
    state: &MockState,
    parameters: &[(String, String)],
    authorization: Option<&str>,
) -> Result<(StatusCode, Value), ErrorAnswer> {
    let request = token_request(parameters, authorization, |key| state.settings.accepts_key(key))?;
    let longest = *MAX_SESSION_DURATION_S.end();
    let session_s = request.max_session_duration_s.unwrap_or(longest);
    let token = state.tokens.issue(state.age(), request.expires_in_s, session_s);
    Ok((StatusCode::OK, json!({ "token": token, "expires_in_seconds": request.expires_in_s })))
}

/// The body that the service is known or documented to send with a status.
fn documented_body(status: u16) -> String {
    let error = match status {
        401 => "Invalid API key",
        402 => "This feature is paid-only, and requires you to add a credit card",
        403 => "Forbidden",
        422 => return json!({ "detail": [missing("query", "expires_in_seconds")] }).to_string(),
        429 => "Too many requests",
        500..=599 => "Internal server error",
        _ => "Error",
    };
    json!({ "error": error }).to_string()
}
