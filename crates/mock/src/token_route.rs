//! `GET /v3/token`: issues temporary tokens.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use assemblyai_protocol::{MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S};

use crate::faults::TokenFault;
use crate::record::TokenRequest;
use crate::state::MockState;
use crate::violation::{Violation, ViolationKind};

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
        Some(TokenFault::Late(late)) => tokio::time::sleep(late).await,
        None => {}
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

/// Issues a token, or rejects the request in one of the service's two formats: `detail` or `error`.
fn grant(
    state: &MockState,
    parameters: &[(String, String)],
    authorization: Option<&str>,
) -> Result<(StatusCode, Value), (StatusCode, Value)> {
    let mut details = Vec::new();
    let mut number = |name: &str, least: u32, most: u32| {
        let value = parameters.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let read = value.map(|value| read(name, value, least, most)).transpose();
        read.unwrap_or_else(|detail| {
            details.push(detail);
            None
        })
    };
    let (least, most) = TOKEN_EXPIRES_IN_S.into_inner();
    let expires_in_s = number("expires_in_seconds", least, most);
    let (shortest, longest) = MAX_SESSION_DURATION_S.into_inner();
    let session_s = number("max_session_duration_seconds", shortest, longest);
    if expires_in_s.is_none() && details.iter().all(|detail| detail["loc"][1] != "expires_in_seconds") {
        details.push(missing("query", "expires_in_seconds"));
    }
    if authorization.is_none() {
        details.push(missing("header", "authorization"));
    }
    let (Some(authorization), Some(expires_in_s), true) = (authorization, expires_in_s, details.is_empty())
    else {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, json!({ "detail": details })));
    };
    let key = authorization.strip_prefix("Bearer ").unwrap_or(authorization);
    if key.is_empty() || !state.settings.accepts_key(key) {
        return Err((StatusCode::UNAUTHORIZED, json!({ "error": "Invalid API key" })));
    }
    let token = state.tokens.issue(state.age(), expires_in_s, session_s.unwrap_or(longest));
    Ok((StatusCode::OK, json!({ "token": token, "expires_in_seconds": expires_in_s })))
}

/// Parses a number within its range; the error is the service's description of the problem.
fn read(name: &str, value: &str, least: u32, most: u32) -> Result<u32, Value> {
    let detail = |kind: &str, msg: String, ctx: Value| {
        let mut detail = json!({"type": kind, "loc": ["query", name], "msg": msg, "input": value});
        if !ctx.is_null() {
            detail["ctx"] = ctx;
        }
        detail
    };
    match value.trim().parse::<i64>() {
        Err(_) => {
            let msg = "Input should be a valid integer, unable to parse string as an integer".to_owned();
            Err(detail("int_parsing", msg, Value::Null))
        }
        Ok(number) if number < i64::from(least) => {
            let msg = format!("Input should be greater than or equal to {least}");
            Err(detail("greater_than_equal", msg, json!({ "ge": least })))
        }
        Ok(number) => u32::try_from(number).ok().filter(|number| *number <= most).ok_or_else(|| {
            let msg = format!("Input should be less than or equal to {most}");
            detail("less_than_equal", msg, json!({ "le": most }))
        }),
    }
}

fn missing(place: &str, name: &str) -> Value {
    json!({"type": "missing", "loc": [place, name], "msg": "Field required", "input": null})
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
