//! A client that can also break the protocol's rules.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::net::SocketAddr;
use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, SessionRecord};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use test_result::TestResult;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than any wait in these tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// 100 ms of silence at 16 kHz.
pub(crate) const FRAME: [u8; 3200] = [0; 3200];

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A message from the mock, or the end of the connection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Received {
    Json(Value),
    Text(String),
    Binary(Vec<u8>),
    Close(u16, String),
    /// The connection ended without a close frame.
    Dropped,
}

impl Received {
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Json(json) if json["type"] == "Turn" && json["end_of_turn"] == true => "final".to_owned(),
            Self::Json(json) => json["type"].as_str().unwrap_or("no type").to_owned(),
            Self::Text(_) => "not JSON".to_owned(),
            Self::Binary(_) => "binary".to_owned(),
            Self::Close(code, reason) => format!("close {code} {reason}").trim_end().to_owned(),
            Self::Dropped => "dropped".to_owned(),
        }
    }
}

/// `GET /v3/token` with a query string and a key: status and body.
pub(crate) async fn get_token(
    mock: &MockAssemblyAi,
    query: &str,
    key: Option<&str>,
) -> TestResult<(u16, String)> {
    let authorization = key.map(|key| format!("Authorization: {key}\r\n")).unwrap_or_default();
    let (status, _, body) =
        exchange(mock.address(), &format!("GET /v3/token?{query}"), &authorization, "").await?;
    Ok((status, body))
}

/// A request with a JSON body, such as `POST /path`: status and body.
pub(crate) async fn http(address: SocketAddr, line: &str, body: &str) -> TestResult<(u16, String)> {
    let (status, _, body) = exchange(address, line, "Content-Type: application/json\r\n", body).await?;
    Ok((status, body))
}

/// The head of the answer to a request, in lower case, and its body.
pub(crate) async fn head(address: SocketAddr, line: &str) -> TestResult<(String, String)> {
    let (_, head, body) = exchange(address, line, "", "").await?;
    Ok((head, body))
}

/// Status, head in lower case, and body.
async fn exchange(
    address: SocketAddr,
    line: &str,
    headers: &str,
    body: &str,
) -> TestResult<(u16, String, String)> {
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    let mut answer = Vec::new();
    let exchange = async {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(request.as_bytes()).await?;
        connection.read_to_end(&mut answer).await
    };
    timeout(LIMIT, exchange).await??;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no head and no body")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    Ok((status, head.to_ascii_lowercase(), body.to_owned()))
}

pub(crate) fn request(mock: &MockAssemblyAi, query: &str) -> TestResult<Request> {
    Ok(format!("{}?{query}", mock.websocket_url()).into_client_request()?)
}

impl Client {
    /// Connects with a key in the header.
    pub(crate) async fn connect(mock: &MockAssemblyAi, query: &str) -> TestResult<Self> {
        let mut request = request(mock, query)?;
        request.headers_mut().insert("authorization", "a-key".parse()?);
        Ok(Self::dial(request).await??)
    }

    pub(crate) async fn dial(request: Request) -> TestResult<Result<Self, Error>> {
        let connected = timeout(LIMIT, connect_async(request)).await?;
        Ok(connected.map(|(socket, _)| Self { socket }))
    }

    pub(crate) async fn begin(mock: &MockAssemblyAi, query: &str) -> TestResult<Self> {
        let mut client = Self::connect(mock, query).await?;
        assert_eq!(client.next().await?.kind(), "Begin");
        Ok(client)
    }

    pub(crate) async fn audio(&mut self, bytes: &[u8]) {
        // Fails if the mock has closed already, which some tests provoke.
        drop(self.socket.send(Message::binary(bytes.to_vec())).await);
    }

    /// Sends this many messages of 100 ms.
    pub(crate) async fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.audio(&FRAME).await;
        }
    }

    pub(crate) async fn text(&mut self, text: &str) {
        drop(self.socket.send(Message::text(text)).await);
    }

    pub(crate) async fn say(&mut self, kind: &str) {
        self.text(&json!({ "type": kind }).to_string()).await;
    }

    pub(crate) async fn close(&mut self) {
        drop(self.socket.close(None).await);
    }

    pub(crate) async fn next(&mut self) -> TestResult<Received> {
        loop {
            let message = timeout(LIMIT, self.socket.next()).await?;
            return Ok(match message {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(json) => Received::Json(json),
                    Err(_) => Received::Text(text.to_string()),
                },
                Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) =
                        frame.map_or((1005, String::new()), |f| (f.code.into(), f.reason.to_string()));
                    Received::Close(code, reason)
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Received::Dropped,
            });
        }
    }

    /// Whether nothing is received for this long.
    pub(crate) async fn is_silent_for(&mut self, limit: Duration) -> bool {
        timeout(limit, self.socket.next()).await.is_err()
    }

    /// All messages until the end of the connection.
    pub(crate) async fn rest(&mut self) -> TestResult<Vec<Received>> {
        let mut rest = Vec::new();
        loop {
            let next = self.next().await?;
            let last = matches!(next, Received::Close(..) | Received::Dropped);
            rest.push(next);
            if last {
                // Polls the socket once more, which sends the reply to the mock's close frame.
                drop(timeout(LIMIT, self.socket.next()).await);
                return Ok(rest);
            }
        }
    }

    /// The kinds of all messages until the end of the connection.
    pub(crate) async fn story(&mut self) -> TestResult<Vec<String>> {
        Ok(self.rest().await?.iter().map(Received::kind).collect())
    }
}

/// The violations of a session by their kinds.
pub(crate) fn kinds(session: &SessionRecord) -> Vec<String> {
    session.violations.iter().map(|violation| format!("{:?}", violation.kind)).collect()
}
