//! What records show only as `…`: keys, tokens and passwords.

use std::borrow::Cow;

use serde_json::Value;

use crate::record::Message;

/// Names of parameters and headers, in lower case, whose values are secret. Browsers can send a token in no other header
/// than the list of subprotocols.
const SECRET: [&str; 7] = [
    "token",
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "sec-websocket-protocol",
    "webhook_auth_header_value",
];

/// The value of a parameter or header as it may be shown.
pub(crate) fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)) { "…" } else { value }
}

/// A message as it may be shown, as JSON; `null` if it is not JSON.
pub(crate) fn shown_json(message: &Message) -> Value {
    let mut json = message.json();
    for (name, value) in json.as_object_mut().into_iter().flatten() {
        if !shown(name, "").is_empty() {
            *value = "…".into();
        }
    }
    json
}

/// The text of a message as it may be shown.
pub(crate) fn shown_text(message: &Message) -> Cow<'_, str> {
    let json = shown_json(message);
    if json == message.json() { Cow::from(&message.text) } else { json.to_string().into() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn secrets_are_shown_by_their_names_only() {
        for name in ["token", "Authorization", "Sec-WebSocket-Protocol", "webhook_auth_header_value"] {
            assert_eq!(shown(name, "S3"), "…", "{name}");
        }
        for name in ["tokens", "webhook_url", "webhook_auth_header_name", "speech_model"] {
            assert_eq!(shown(name, "S3"), "S3", "{name}");
        }
    }

    #[test]
    fn a_message_without_secrets_is_shown_as_it_was_sent() {
        let message = |text: &str| Message { at: Duration::ZERO, text: text.to_owned() };
        for text in ["{ \"type\":  \"KeepAlive\" }", "{not json", "null", "[\"token\"]"] {
            assert_eq!(shown_text(&message(text)), text);
        }
        let secret = message(r#"{"webhook_auth_header_value":"S3","prompt":"x"}"#);
        assert_eq!(shown_text(&secret), r#"{"prompt":"x","webhook_auth_header_value":"…"}"#);
        assert!(!shown_json(&secret).to_string().contains("S3"));
    }
}
