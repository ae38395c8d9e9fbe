//! What a client shows to open a session, and what it asks of the token endpoint.

use assemblyai_protocol::{MAX_SESSION_DURATION_S, TOKEN_EXPIRES_IN_S, TokenRequest};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::parameters::integer_in_text;
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
        (None, Some(header)) if without_bearer(&header).is_some() => Credential::Unknown,
        // The Python SDK sends tokens in the header.
        (None, Some(header)) => match redeem(&header) {
            Credential::Unknown if accepts_key(&header) => Credential::Key,
            other => other,
        },
        (None, None) => Credential::Missing,
    }
}

/// What follows the scheme `Bearer` in a header, in any case (RFC 9110, section 11.1); `None` without that scheme.
fn without_bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| key.trim_start())
}

/// The version of the API that a request names.
pub fn api_version(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("assemblyai-version")?.to_str().ok()?.to_owned())
}

/// A status and a body.
pub type ErrorAnswer = (StatusCode, Value);

/// Reads a request for a token.
///
/// # Errors
/// The service's answer to a bad request, in one of its two formats: `detail` or `error`.
pub fn token_request(
    parameters: &[(String, String)],
    authorization: Option<&str>,
    accepts_key: impl Fn(&str) -> bool,
) -> Result<TokenRequest, ErrorAnswer> {
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
    let key = without_bearer(authorization).unwrap_or(authorization);
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
    match integer_in_text(value) {
        None => {
            let msg = "Input should be a valid integer, unable to parse string as an integer".to_owned();
            Err(detail("int_parsing", msg, Value::Null))
        }
        Some(number) if number < i64::from(least) => {
            let msg = format!("Input should be greater than or equal to {least}");
            Err(detail("greater_than_equal", msg, json!({ "ge": least })))
        }
        Some(number) => u32::try_from(number).ok().filter(|number| *number <= most).ok_or_else(|| {
            let msg = format!("Input should be less than or equal to {most}");
            detail("less_than_equal", msg, json!({ "le": most }))
        }),
    }
}

/// The service's description of a field that is missing.
pub fn missing(place: &str, name: &str) -> Value {
    json!({"type": "missing", "loc": [place, name], "msg": "Field required", "input": null})
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn asked(query: &str, authorization: &str) -> Result<TokenRequest, ErrorAnswer> {
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        token_request(&parameters, Some(authorization), |key| key == "good")
    }

    fn opens_with(authorization: &str) -> TestResult<Credential> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", authorization.parse()?);
        Ok(credential("", &headers, |_| Err(TokenError::Unknown), |_| true))
    }

    #[test]
    fn the_scheme_of_a_key_is_accepted_in_any_case() {
        for key in ["good", "Bearer good", "bearer good", "BEARER  good"] {
            assert!(asked("expires_in_seconds=60", key).is_ok(), "{key}");
        }
        for key in ["Bearer", "bearer ", "Basic good", "bearergood", "bearer bad"] {
            let refused = asked("expires_in_seconds=60", key).expect_err(key);
            assert_eq!(refused.0, StatusCode::UNAUTHORIZED, "{key}");
        }
    }

    #[test]
    fn a_socket_accepts_no_key_with_a_scheme() -> TestResult {
        assert!(matches!(opens_with("good")?, Credential::Key));
        for header in ["Bearer good", "bearer good", "BEARER good"] {
            assert!(matches!(opens_with(header)?, Credential::Unknown), "{header}");
        }
        Ok(())
    }

    #[test]
    fn durations_are_read_as_pydantic_reads_them() {
        assert_eq!(asked("expires_in_seconds=60.0", "good").map(|request| request.expires_in_s), Ok(60));
        let kind = |value| {
            let refused = asked(&format!("expires_in_seconds={value}"), "good").expect_err(value);
            refused.1["detail"][0]["type"].as_str().map(str::to_owned)
        };
        assert_eq!(kind("99999999999999999999").as_deref(), Some("less_than_equal"));
        assert_eq!(kind("-99999999999999999999").as_deref(), Some("greater_than_equal"));
        assert_eq!(kind("60.5").as_deref(), Some("int_parsing"));
    }
}
