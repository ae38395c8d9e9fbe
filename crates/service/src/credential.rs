//! What a client shows to open a session, and what it asks of the token endpoint.

use assemblyai_protocol::{MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S, TokenRequest};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::session::Credential;
use crate::token::{Grant, TokenError};

/// Checks the credential of a request for a socket: a token in the query or the header, or an API key in the header.
pub fn credential(
    query: &str,
    headers: &HeaderMap,
    redeem: impl Fn(&str) -> Result<Grant, TokenError>,
    accepts_key: impl Fn(&str) -> bool,
) -> Credential {
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    let header = headers.get("authorization").map(|value| String::from_utf8_lossy(value.as_bytes()));
    let redeem = |token: &str| match redeem(token) {
        Ok(grant) => Credential::Token { max_session_s: grant.max_session_duration_s },
        Err(TokenError::Unknown) => Credential::Unknown,
        Err(TokenError::Expired) => Credential::Expired,
        Err(TokenError::Used) => Credential::Used,
    };
    match (token, header) {
        (Some((_, token)), _) => redeem(&token),
        (None, Some(header)) if header.is_empty() => Credential::Missing,
        // The token endpoint accepts this, the socket does not (observed).
        (None, Some(header)) if header.starts_with("Bearer ") => Credential::Unknown,
        // The Python SDK sends tokens in the header.
        (None, Some(header)) => match redeem(&header) {
            Credential::Unknown if accepts_key(&header) => Credential::Key,
            other => other,
        },
        (None, None) => Credential::Missing,
    }
}

/// The version of the API that a request names.
pub fn api_version(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("assemblyai-version")?.to_str().ok()?.to_owned())
}

/// A status and a body.
pub type Refusal = (StatusCode, Value);

/// Reads a request for a token.
///
/// # Errors
/// The service's answer to a bad request, in one of its two formats: `detail` or `error`.
pub fn token_request(
    parameters: &[(String, String)],
    authorization: Option<&str>,
    accepts_key: impl Fn(&str) -> bool,
) -> Result<TokenRequest, Refusal> {
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
    if key.is_empty() || !accepts_key(key) {
        return Err((StatusCode::UNAUTHORIZED, json!({ "error": "Invalid API key" })));
    }
    Ok(TokenRequest { expires_in_s, max_session_duration_s: session_s })
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

/// The service's description of a field that is missing.
pub fn missing(place: &str, name: &str) -> Value {
    json!({"type": "missing", "loc": [place, name], "msg": "Field required", "input": null})
}
