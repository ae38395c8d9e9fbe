use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize};

use crate::parameters::{Query, split_message};
use crate::server::parse_json;
use crate::small::JsonValue;

/// The path of the token endpoint below the service's base URL.
pub const TOKEN_PATH: &str = "/v3/token";
/// Seconds within which a token opens a socket (API reference, `expires_in_seconds`).
pub const TOKEN_EXPIRES_IN_S: RangeInclusive<u32> = 1..=600;
/// The longest duration of a session that can be requested, in seconds (API reference, `max_session_duration_seconds`).
pub const MAX_SESSION_DURATION_S: RangeInclusive<u32> = 60..=10_800;

/// The parameters of `GET /v3/token`; the API key goes in the `Authorization` header, without a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRequest {
    /// Seconds within which the token opens a socket, see [`TOKEN_EXPIRES_IN_S`].
    pub expires_in_s: u32,
    /// The longest duration of the session in seconds, see [`MAX_SESSION_DURATION_S`]; the service's default is 10 800.
    pub max_session_duration_s: Option<u32>,
}

impl TokenRequest {
    /// The query string, without the question mark.
    pub fn to_query(&self) -> String {
        let mut query = Query::default();
        query.pair("expires_in_seconds", &self.expires_in_s.to_string());
        if let Some(seconds) = &self.max_session_duration_s {
            query.pair("max_session_duration_seconds", &seconds.to_string());
        }
        query.0
    }
}

/// A temporary token, with which sessions can be opened on its owner's account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Opaque text of about 2.6 kB; [`StreamingParameters::to_query`](crate::StreamingParameters::to_query)
    /// and [`Token::added_to`] encode it.
    pub token: String,
    /// Seconds within which it opens a socket; `None` if missing or not a number, the SDKs do not rely on it either.
    #[serde(
        rename = "expires_in_seconds",
        default,
        deserialize_with = "seconds_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_in_s: Option<u32>,
}

impl Token {
    /// Reads the answer of a token server; `None` if it has no token.
    pub fn read(json: &impl JsonValue) -> Option<Self> {
        let expires_in_s = json.field("expires_in_seconds").and_then(|seconds| seconds.number());
        Some(Self { token: json.field("token")?.text()?, expires_in_s: expires_in_s.and_then(whole_seconds) })
    }

    /// Appends this token to an address that already has a query, before the message behind it: see
    /// [`StreamingParameters::to_short_query`](crate::StreamingParameters::to_short_query).
    pub fn added_to(&self, url: &str) -> String {
        let (address, message) = split_message(url);
        let mut query = Query([address, "&token="].concat());
        query.encoded(&self.token);
        // Not by slicing, whose panic takes 3 kB of a page.
        if let Some(message) = message {
            query.0 += "#";
            query.0 += message;
        }
        query.0
    }
}

fn seconds_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_f64().and_then(whole_seconds))
}

fn whole_seconds(seconds: f64) -> Option<u32> {
    // `as` saturates.
    (seconds >= 0.0).then_some(seconds as u32)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("token", &"…").field("expires_in_s", &self.expires_in_s).finish()
    }
}

/// The answer of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenAnswer {
    /// The token.
    Granted(Token),
    /// A refusal with the service's text, from `{"error": …}` or `{"detail": …}`.
    ///
    /// The text may repeat what was sent: log it, but do not show it to users.
    Refused(String),
    /// Not an answer of the service, perhaps a proxy's page.
    Unreadable,
}

/// Reads the body of a token answer: `{"token"}`, `{"error"}`, `{"detail": […]}` or none of these, perhaps after a
/// byte order mark.
pub fn parse_token_answer(body: &str) -> TokenAnswer {
    #[derive(Deserialize)]
    struct Detail {
        #[serde(default)]
        msg: String,
        #[serde(default)]
        loc: Vec<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct ErrorBody {
        error: Option<serde_json::Value>,
        detail: Option<serde_json::Value>,
    }
    let body = body.trim_start_matches(['\u{feff}']);
    let token = parse_json(body).and_then(|json| Token::read(&json));
    if let Some(token) = token.filter(|token| !token.token.is_empty()) {
        return TokenAnswer::Granted(token);
    }
    let text_or_json =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match serde_json::from_str::<ErrorBody>(body) {
        Ok(ErrorBody { error: Some(error), .. }) => TokenAnswer::Refused(text_or_json(&error)),
        Ok(ErrorBody { detail: Some(detail), .. }) => {
            let Ok(details) = Vec::<Detail>::deserialize(&detail) else {
                return TokenAnswer::Refused(text_or_json(&detail));
            };
            let lines = details.iter().map(|Detail { msg, loc }| {
                let place: Vec<String> = loc.iter().map(text_or_json).collect();
                format!("{}: {msg}", place.join("."))
            });
            TokenAnswer::Refused(lines.collect::<Vec<_>>().join("; "))
        }
        _ => TokenAnswer::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn the_query_has_both_durations() {
        let request = TokenRequest { expires_in_s: 60, max_session_duration_s: Some(3600) };
        assert_eq!(request.to_query(), "expires_in_seconds=60&max_session_duration_seconds=3600");
        let request = TokenRequest { max_session_duration_s: None, ..request };
        assert_eq!(request.to_query(), "expires_in_seconds=60");
    }

    #[test]
    fn each_shape_of_answer_is_recognized() -> TestResult {
        let granted = parse_token_answer(r#"{"token":"AQ","expires_in_seconds":60,"later":1}"#);
        assert_eq!(granted, TokenAnswer::Granted(Token { token: "AQ".to_owned(), expires_in_s: Some(60) }));
        let bare = parse_token_answer(r#"{"token":"AQ"}"#);
        assert!(matches!(bare, TokenAnswer::Granted(Token { expires_in_s: None, .. })));

        let refused = |body: &str| -> TestResult<_> {
            Ok(match parse_token_answer(body) {
                TokenAnswer::Refused(text) => text,
                other => return Err(format!("{body} became {other:?}").into()),
            })
        };
        assert_eq!(refused(r#"{"error":"Invalid API key"}"#)?, "Invalid API key");
        assert_eq!(refused(r#"{"detail":"Not Found"}"#)?, "Not Found");
        assert_eq!(
            refused(
                r#"{"detail":[{"type":"greater_than_equal","loc":["query","expires_in_seconds"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}}]}"#
            )?,
            "query.expires_in_seconds: Input should be greater than or equal to 1"
        );
        assert_eq!(refused(r#"{"error":null,"detail":{"odd":1}}"#)?, r#"{"odd":1}"#);

        for body in ["<html>", "", "[]", "{}", r#"{"token":""}"#, r#"{"token":7}"#] {
            assert_eq!(parse_token_answer(body), TokenAnswer::Unreadable, "{body}");
        }
        Ok(())
    }

    #[test]
    fn a_token_is_not_shown_by_debug() {
        let token = Token { token: "AQsecret".to_owned(), expires_in_s: Some(60) };
        assert!(!format!("{:?}", TokenAnswer::Granted(token)).contains("secret"));
    }
}
