//! HTTPS and WSS.

use std::sync::Arc;

use crate::common::LIMIT;
use assemblyai_mock::{MockAssemblyAi, Script};
use futures_util::{SinkExt, StreamExt};
use test_result::TestResult;
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
) -> TestResult<std::io::Result<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = trusted {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes())?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(mock.address()).await?;
    let name = ServerName::try_from(name)?;
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await)
}

#[tokio::test]
async fn tokens_and_sessions_work_over_tls_with_the_authority_trusted() -> TestResult {
    let mock = MockAssemblyAi::builder().script(Script::new()).tls().start().await;
    let pem = mock.authority_pem().ok_or("no authority")?.to_owned();
    assert!(mock.token_url().starts_with("https://") && mock.websocket_url().starts_with("wss://"));

    let mut https = connect(&mock, Some(&pem), "localhost").await??;
    let request = "GET /v3/token?expires_in_seconds=60 HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\nConnection: close\r\n\r\n";
    https.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    timeout(LIMIT, https.read_to_string(&mut answer)).await??;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let tls = connect(&mock, Some(&pem), "127.0.0.1").await??;
    let token: String = form_urlencoded::byte_serialize(mock.issue_token(60, None).as_bytes()).collect();
    let url = format!("{}?speech_model=u3-rt-pro&token={token}", mock.websocket_url());
    let (mut socket, _) = tokio_tungstenite::client_async(url, tls).await?;
    let begin = timeout(LIMIT, socket.next()).await?.ok_or("no message")??;
    assert!(begin.to_text().is_ok_and(|text| text.contains(r#""type":"Begin""#)));
    socket.send(Message::text(r#"{"type":"Terminate"}"#)).await?;
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
    Ok(())
}

#[tokio::test]
async fn the_certificate_is_for_all_names_of_this_machine() -> TestResult {
    let mock = MockAssemblyAi::builder().tls().start().await;
    let pem = mock.authority_pem().ok_or("no authority")?.to_owned();
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(connect(&mock, Some(&pem), name).await?.is_ok(), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_failed_handshake_does_not_affect_other_clients() -> TestResult {
    let mock = MockAssemblyAi::builder().tls().start().await;
    let pem = mock.authority_pem().ok_or("no authority")?.to_owned();
    let mut plain = TcpStream::connect(mock.address()).await?;
    assert!(connect(&mock, None, "localhost").await?.is_err());
    assert!(connect(&mock, Some(&pem), "example.com").await?.is_err(), "the certificate is for localhost");
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
    assert!(connect(&mock, Some(&pem), "localhost").await?.is_ok());
    Ok(())
}

/// The days since 1970 of a time in a certificate, `YYMMDDhhmmssZ` (RFC 5280, section 4.1.2.5.1).
fn days(time: &[u8]) -> Option<u64> {
    let number = |at: usize| std::str::from_utf8(time.get(at..at + 2)?).ok()?.parse::<u64>().ok();
    let (year, month, day) = (2000 + number(0)?, number(2)?, number(4)?);
    // The days of the Gregorian calendar, with years that start in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

#[tokio::test]
async fn the_certificate_is_one_that_apples_systems_accept() -> TestResult {
    // Its rules for certificates of servers, also of a private authority: <https://support.apple.com/103769>.
    let mock = MockAssemblyAi::builder().tls().start().await;
    let pem = mock.authority_pem().ok_or("no authority")?.to_owned();
    let tls = connect(&mock, Some(&pem), "localhost").await??;
    let certificates = tls.get_ref().1.peer_certificates().ok_or("no certificate")?;
    let certificate = certificates[0].as_ref();
    let server_auth = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    assert!(certificate.windows(server_auth.len()).any(|part| part == server_auth), "for servers");
    // A time has 13 characters.
    let mut times =
        certificate.windows(15).filter(|part| part.starts_with(&[0x17, 13])).map(|part| &part[2..]);
    let (from, to) =
        (times.next().and_then(days).ok_or("no start")?, times.next().and_then(days).ok_or("no end")?);
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let today = since_1970.as_secs() / 86_400;
    assert!(from < today && today + 365 < to && to - from <= 825, "{from} {today} {to}");
    Ok(())
}
