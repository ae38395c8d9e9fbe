//! From an address to an open WebSocket: proxy, TLS, handshake.

mod handshake;
mod proxy;
mod tls;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_session::TokenFailure;
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error as WsError, error::ProtocolError};

use self::proxy::Proxy;
use crate::Error;
use crate::error::TLS_FAILURE;

/// The system's send buffer of a connection, in bytes. By default a system buffers minutes of audio, so that a connection
/// which takes nothing is not noticed.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// The longest wait for a TCP connection to one of a host's addresses.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);

/// Opens WebSockets and asks token servers. Its TLS settings are its own: no process-wide ones are read or installed.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    tls: Arc<rustls::ClientConfig>,
    proxy: Proxy,
    http: Result<reqwest::Client, TokenFailure>,
}

/// A byte stream: TCP, with TLS or without.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<Box<dyn Bytes>>;

/// Why a WebSocket could not be opened, as a close code and reason.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unopened {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl Connector {
    pub(crate) fn new(
        proxy: Option<&str>,
        is_direct: bool,
        authority_pem: Option<&str>,
    ) -> Result<Self, Error> {
        let tls = Arc::new(tls::config(authority_pem)?);
        let proxy = Proxy::new(proxy, is_direct)?;
        let http = http(&tls, &proxy).map_err(|error| Error::Tls(error.to_string()))?;
        Ok(Self { tls, proxy, http: Ok(http) })
    }

    /// The client for requests of a token server.
    pub(crate) fn http(&self) -> Result<&reqwest::Client, TokenFailure> {
        self.http.as_ref().map_err(Clone::clone)
    }

    /// Opens a WebSocket at an address, with an API key in its header if one is needed.
    pub(crate) async fn open(
        &self,
        url: &str,
        authorization: Option<HeaderValue>,
    ) -> Result<Socket, Unopened> {
        let lost = |reason: String| Unopened { code: 1006, reason };
        let parsed = Url::parse(url).map_err(|_| lost("the address is not one".to_owned()))?;
        let host = parsed.host_str().ok_or_else(|| lost("the address has no host".to_owned()))?;
        let is_tls = parsed.scheme() == "wss";
        let port = parsed.port().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = match self.proxy.towards(host, is_tls) {
            Some(proxy) => proxy.connect(host, port).await,
            None => tcp(host, port).await,
        };
        let tcp = stream.map_err(|error| lost(format!("{host}:{port}: {error}")))?;
        let stream: Box<dyn Bytes> =
            if is_tls { Box::new(self.tls(host, tcp).await?) } else { Box::new(tcp) };
        handshake::upgrade(stream, &parsed, authorization.as_ref()).await.map_err(|error| unopened(&error))
    }

    async fn tls(
        &self,
        host: &str,
        tcp: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Unopened> {
        let lost = |reason: String| Unopened { code: TLS_FAILURE, reason };
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = rustls::pki_types::ServerName::try_from(name).map_err(|error| lost(error.to_string()))?;
        let connector = TlsConnector::from(self.tls.clone());
        connector.connect(name, tcp).await.map_err(|error| lost(format!("{host}: {error}")))
    }
}

/// An HTTP client with the same proxy and roots as the sockets.
fn http(tls: &Arc<rustls::ClientConfig>, proxy: &Proxy) -> Result<reqwest::Client, reqwest::Error> {
    let mut config = (**tls).clone();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let builder = reqwest::Client::builder().tls_backend_preconfigured(config);
    proxy.apply(builder)?.build()
}

/// Connects to the first address of a host that answers.
async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.set_nodelay(true)?;
        match timeout(CONNECT_LIMIT, socket.connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

/// A refused handshake as a close code, so that its cause is found as for any other connection.
fn unopened(error: &WsError) -> Unopened {
    let (code, reason) = match error {
        WsError::Http(answer) => match answer.status().as_u16() {
            status @ (401 | 403) => {
                (1008, format!("the server refused the credential with HTTP status {status}"))
            }
            429 => (1008, "too many sessions: HTTP status 429".to_owned()),
            status @ 400..=499 => (1008, format!("the server refused with HTTP status {status}")),
            status => (1006, format!("the server answered with HTTP status {status}")),
        },
        WsError::Protocol(ProtocolError::WrongHttpMethod | ProtocolError::WrongHttpVersion) => {
            (1006, "the server does not speak WebSocket".to_owned())
        }
        error => (1006, error.to_string()),
    };
    Unopened { code, reason }
}
