//! The handshake of a WebSocket (RFC 6455, 4.1). tungstenite's own writes its request, with key and token, to the log.

use std::io;

use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::{Response, generate_key};
use tokio_tungstenite::tungstenite::handshake::{derive_accept_key, machine::TryParse as _};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Bytes, Socket};

/// The longest answer of a server that is read, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;

/// Asks for a WebSocket over an open stream, with an API key in the header if one is needed.
pub(super) async fn upgrade(
    mut stream: Box<dyn Bytes>,
    url: &Url,
    authorization: Option<&HeaderValue>,
) -> Result<Socket, Error> {
    let key = generate_key();
    stream.write_all(&request(url, &key, authorization)).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(1024);
    let (length, response) = loop {
        if answer.len() > ANSWER_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer has no end").into());
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(ProtocolError::HandshakeIncomplete.into());
        }
        if let Some(parsed) = Response::try_parse(&answer)? {
            break parsed;
        }
    };
    check(response, &key)?;
    // The first messages may have come with the answer.
    let messages = answer.split_off(length);
    Ok(WebSocketStream::from_partially_read(stream, messages, Role::Client, None).await)
}

fn request(url: &Url, key: &str, authorization: Option<&HeaderValue>) -> Vec<u8> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let mut request = format!(
        "GET {}{query} HTTP/1.1\r\n\
         Host: {}{port}\r\n\
         Connection: Upgrade\r\n\
         Upgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {key}\r\n\
         User-Agent: assemblyai-streaming-rs/{}\r\n",
        url.path(),
        url.host_str().unwrap_or_default(),
        env!("CARGO_PKG_VERSION"),
    )
    .into_bytes();
    if let Some(key) = authorization {
        request.extend(b"Authorization: ");
        request.extend(key.as_bytes());
        request.extend(b"\r\n");
    }
    request.extend(b"\r\n");
    request
}

/// Checks that the server has switched to WebSocket, for this request.
fn check(response: Response, key: &str) -> Result<(), Error> {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::Http(response.into()));
    }
    let headers = response.headers();
    if !names(headers, &header::UPGRADE, "websocket") {
        return Err(ProtocolError::MissingUpgradeWebSocketHeader.into());
    }
    if !names(headers, &header::CONNECTION, "upgrade") {
        return Err(ProtocolError::MissingConnectionUpgradeHeader.into());
    }
    let accepted = headers.get(header::SEC_WEBSOCKET_ACCEPT);
    if accepted.is_none_or(|accepted| *accepted != derive_accept_key(key.as_bytes())) {
        return Err(ProtocolError::SecWebSocketAcceptKeyMismatch.into());
    }
    // Nothing of these was asked for (RFC 6455, 4.1, steps 5 and 6).
    for name in [header::SEC_WEBSOCKET_EXTENSIONS, header::SEC_WEBSOCKET_PROTOCOL] {
        if headers.contains_key(&name) {
            return Err(ProtocolError::InvalidHeader(name.into()).into());
        }
    }
    Ok(())
}

/// Whether a header's list contains a token, in any case.
fn names(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|named| named.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    fn checked(answer: &str) -> Result<(), Error> {
        // The example of RFC 6455, 1.3.
        let (_, response) = Response::try_parse(answer.as_bytes())?.ok_or(Error::AttackAttempt)?;
        check(response, "dGhlIHNhbXBsZSBub25jZQ==")
    }

    #[test]
    fn only_an_answer_to_this_request_opens_a_websocket() -> Result<(), Error> {
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        checked(answer)?;
        for (part, other) in [("101", "200"), ("WebSocket", "h2c"), ("Upgrade\r", "close\r"), ("s3p", "S3p")]
        {
            assert!(checked(&answer.replace(part, other)).is_err(), "{part}");
        }
        for not_asked in ["Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"] {
            let answer = answer.replace("\r\n\r\n", &format!("\r\n{not_asked}\r\n\r\n"));
            assert!(checked(&answer).is_err(), "{not_asked}");
        }
        Ok(())
    }

    /// What `upgrade` makes of a server that sends these parts for the key that it expects, and then closes.
    async fn upgraded(parts: impl FnOnce(&str) -> Vec<Vec<u8>>) -> Result<Socket, Error> {
        let (ours, mut theirs) = tokio::io::duplex(256 * 1024);
        let url = Url::parse("ws://a/v3/ws").map_err(io::Error::other)?;
        let serve = async {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                theirs.read_buf(&mut request).await?;
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
            for part in parts(&derive_accept_key(key.unwrap_or_default().as_bytes())) {
                theirs.write_all(&part).await?;
                tokio::task::yield_now().await;
            }
            theirs.shutdown().await
        };
        let (served, socket) = tokio::join!(serve, upgrade(Box::new(ours), &url, None));
        served?;
        socket
    }

    #[tokio::test]
    async fn an_answer_may_come_in_parts_and_with_the_first_message() -> Result<(), Error> {
        use futures_util::StreamExt as _;
        use tokio_tungstenite::tungstenite::Message;

        let mut socket = upgraded(|key| {
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {key}\r\n\r\n"
            );
            let (start, end) = answer.as_bytes().split_at(40);
            // A text message of one frame (RFC 6455, 5.7).
            vec![start.to_vec(), [end, &[0x81, 5], b"Hello"].concat()]
        })
        .await?;
        assert_eq!(socket.next().await.transpose()?, Some(Message::text("Hello")));
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_that_ends_early_or_never_is_an_error() {
        assert!(upgraded(|_| vec![b"HTTP/1.1 101 Switching Protocols\r\n".to_vec()]).await.is_err());
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(2 * ANSWER_BYTES));
        let text = upgraded(|_| vec![endless.into_bytes()])
            .await
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(text.contains("no end"), "{text}");
    }

    #[test]
    fn the_request_names_the_path_the_port_and_the_key() -> TestResult {
        let url = Url::parse("wss://[::1]:9/v3/ws?token=a%20b")?;
        let text = String::from_utf8(request(&url, "nonce", Some(&HeaderValue::from_static("secret"))))?;
        assert!(text.starts_with("GET /v3/ws?token=a%20b HTTP/1.1\r\nHost: [::1]:9\r\n"), "{text}");
        assert!(text.ends_with("\r\nAuthorization: secret\r\n\r\n"), "{text}");
        let text = String::from_utf8(request(&Url::parse("wss://a:443")?, "nonce", None))?;
        assert!(
            text.starts_with("GET / HTTP/1.1\r\nHost: a\r\n") && !text.contains("Authorization"),
            "{text}"
        );
        Ok(())
    }
}
