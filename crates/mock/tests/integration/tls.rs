//! HTTPS and WSS.

use std::sync::Arc;

use crate::common::LIMIT;
use assemblyai_mock::{MockAssemblyAi, Script};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;

async fn connect(
    mock: &MockAssemblyAi,
    trusted: Option<&str>,
    name: &'static str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = trusted {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a PEM file")).expect("an authority");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(mock.address()).await?;
    let name = ServerName::try_from(name).expect("a good name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn tokens_and_sessions_work_over_tls_with_the_authority_trusted() {
    let mock = MockAssemblyAi::builder().script(Script::new()).tls().start().await;
    let pem = mock.authority_pem().expect("there is one").to_owned();
    assert!(mock.token_url().starts_with("https://") && mock.websocket_url().starts_with("wss://"));

    let mut https = connect(&mock, Some(&pem), "localhost").await.expect("a connection");
    let request = "GET /v3/token?expires_in_seconds=60 HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\nConnection: close\r\n\r\n";
    https.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    timeout(LIMIT, https.read_to_string(&mut answer)).await.expect("in time").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let tls = connect(&mock, Some(&pem), "127.0.0.1").await.expect("a connection");
    let token: String = form_urlencoded::byte_serialize(mock.issue_token(60, None).as_bytes()).collect();
    let url = format!("{}?speech_model=u3-rt-pro&token={token}", mock.websocket_url());
    let (mut socket, _) = tokio_tungstenite::client_async(url, tls).await.expect("101");
    let mut next =
        async || timeout(LIMIT, socket.next()).await.expect("in time").expect("a message").expect("whole");
    assert!(next().await.to_text().is_ok_and(|text| text.contains(r#""type":"Begin""#)));
    socket.send(Message::text(r#"{"type":"Terminate"}"#)).await.expect("it is sent");
    let mut rest = Vec::new();
    while let Ok(Some(Ok(message))) = timeout(LIMIT, socket.next()).await {
        rest.push(message);
    }
    assert!(
        matches!(&rest[..], [Message::Text(text), Message::Close(Some(close))]
        if text.contains("Termination") && u16::from(close.code) == 1000),
        "{rest:?}"
    );
    mock.finish().await;
}

#[tokio::test]
async fn the_certificate_is_for_all_names_of_this_machine() {
    let mock = MockAssemblyAi::builder().tls().start().await;
    let pem = mock.authority_pem().expect("there is one").to_owned();
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(connect(&mock, Some(&pem), name).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_failed_handshake_does_not_affect_other_clients() {
    let mock = MockAssemblyAi::builder().tls().start().await;
    let pem = mock.authority_pem().expect("there is one").to_owned();
    let mut plain = TcpStream::connect(mock.address()).await.expect("a connection");
    assert!(connect(&mock, None, "localhost").await.is_err());
    assert!(connect(&mock, Some(&pem), "example.com").await.is_err(), "the certificate is for localhost");
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("it is sent");
    assert!(connect(&mock, Some(&pem), "localhost").await.is_ok());
}
