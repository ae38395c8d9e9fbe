//! What records show only as `…`: keys, tokens and passwords.

use std::borrow::Cow;

use assemblyai_service::excerpt;
use serde_json::Value;

use crate::message::Message;

/// Names of parameters, headers and fields whose values are secret: in lower case, without hyphens and underscores.
/// Browsers can send a token in no other header than the list of subprotocols.
const SECRET: [&str; 14] = [
    "token",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "key",
    "apikey",
    "xapikey",
    "authorization",
    "proxyauthorization",
    "cookie",
    "password",
    "secret",
    "secwebsocketprotocol",
    "webhookauthheadervalue",
];

fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// The value of a parameter or header as it may be shown.
pub(crate) fn shown<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if is_secret(name) {
        "…".into()
    } else {
        address_without_secrets(value).map_or(value.into(), Cow::from)
    }
}

/// An address without the user and the query, which may have keys; `None` if the text is no address with either.
fn address_without_secrets(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map(|(_, host)| format!("…@{host}"));
    let route = path.split_once('?').map(|(route, _)| format!("{route}?…"));
    if host.is_none() && route.is_none() {
        return None;
    }
    Some(format!("{scheme}://{}{}", host.as_deref().unwrap_or(authority), route.as_deref().unwrap_or(path)))
}

/// Redacts secrets, however deep they are.
fn redact(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) {
                    *value = "…".into();
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => *text = address_without_secrets(text).unwrap_or_else(|| std::mem::take(text)),
        _ => {}
    }
}

/// A text that may quote the start of a message, with the message's secrets redacted there.
pub(crate) fn without_secrets_of(message: &Message, text: &str) -> String {
    match shown_text(message, &[]) {
        Cow::Owned(shown) => text.replace(&excerpt(&message.text), &excerpt(&shown)),
        Cow::Borrowed(_) => text.to_owned(),
    }
}

/// A message as it may be shown, as JSON; `null` if it is not JSON. An error can quote one of the received messages.
pub(crate) fn shown_json(message: &Message, received: &[Message]) -> Value {
    let mut json = message.json();
    redact(&mut json);
    if let Some(Value::String(error)) = json.get_mut("error") {
        *error =
            received.iter().fold(std::mem::take(error), |error, quoted| without_secrets_of(quoted, &error));
    }
    json
}

/// The text of a message as it may be shown.
pub(crate) fn shown_text<'a>(message: &'a Message, received: &[Message]) -> Cow<'a, str> {
    let json = shown_json(message, received);
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
        for name in ["api_key", "X-Api-Key", "apiKey", "access_token"] {
            assert_eq!(shown(name, "S3"), "…", "{name}");
        }
        for name in ["tokens", "keyterms_prompt", "webhook_url", "webhook_auth_header_name", "speech_model"] {
            assert_eq!(shown(name, "S3"), "S3", "{name}");
        }
    }

    #[test]
    fn an_address_is_shown_without_user_and_query() {
        let cases = [
            ("https://example.com/hook", "https://example.com/hook"),
            ("https://me:S3@example.com/hook#a", "https://…@example.com/hook#a"),
            ("http://example.com?code=S3", "http://example.com?…"),
            ("https://S3@[::1]:80/a/b?c=S3&d=@", "https://…@[::1]:80/a/b?…"),
            ("see https://example.com/?a=b", "see https://example.com/?a=b"),
            ("https://example.com/a@b", "https://example.com/a@b"),
        ];
        for (address, expected) in cases {
            assert_eq!(shown("webhook_url", address), expected);
        }
    }

    #[test]
    fn a_message_without_secrets_is_shown_as_it_was_sent() {
        let message = |text: &str| Message { at: Duration::ZERO, text: text.to_owned() };
        for text in ["{ \"type\":  \"KeepAlive\" }", "{not json", "null", "[\"token\"]"] {
            assert_eq!(shown_text(&message(text), &[]), text);
        }
        let secret = message(r#"{"webhook_auth_header_value":"S3","prompt":"x"}"#);
        assert_eq!(shown_text(&secret, &[]), r#"{"prompt":"x","webhook_auth_header_value":"…"}"#);
        assert!(!shown_json(&secret, &[]).to_string().contains("S3"));
    }
}
