//! Outages and half-open connections as a client sees them.

use std::time::Duration;

use crate::common::{Client, FRAME, LIMIT, Received, get_token};
use assemblyai_mock::{Fault, MockAssemblyAi, Script, SocketFault, TokenFault};
use test_result::TestResult;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

const QUERY: &str = "speech_model=u3-rt-pro&sample_rate=16000";

#[tokio::test]
async fn after_an_outage_address_tokens_and_records_are_the_same() -> TestResult {
    let mut mock = MockAssemblyAi::start(Script::new()).await;
    let address = mock.address();
    let token = mock.issue_token(60, None);
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(5).await;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;

    mock.go_down().await;
    assert_eq!(client.next().await?, Received::Dropped);
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
    assert_eq!(mock.open_sessions(), 0);
    mock.go_down().await;

    mock.come_up().await?;
    mock.come_up().await?;
    assert_eq!(mock.address(), address);
    let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let request = crate::common::request(&mock, &format!("{QUERY}&token={encoded}"))?;
    let mut client = Client::dial(request).await??;
    assert_eq!(client.next().await?.kind(), "Begin");
    client.frames(2).await;
    client.say("Terminate").await;
    assert_eq!(client.story().await?, ["Termination", "close 1000 Session Ended"]);
    let seen = mock.finish().await;
    let heard: Vec<u64> = seen.sessions.iter().map(|session| session.audio_ms).collect();
    assert_eq!(heard, [500, 200]);
    Ok(())
}

/// Waits until the faults that are planned for one socket and one token have met their requests.
async fn both_requests_arrive(mock: &MockAssemblyAi) -> TestResult {
    timeout(LIMIT, async {
        while mock.socket_faults().queued() + mock.token_faults().queued() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn hanging_requests_do_not_delay_an_outage() -> TestResult {
    let mut mock = MockAssemblyAi::start(Script::new().fault_at_ms(0, Fault::HalfOpen)).await;
    let mut half_open = Client::begin(&mock, QUERY).await?;
    mock.socket_faults().next(SocketFault::Hang);
    mock.token_faults().next(TokenFault::Hang);
    let request = crate::common::request(&mock, QUERY)?;
    let hanging = tokio::spawn(async move { Client::dial(request).await.map(|dialed| dialed.is_err()) });
    let address = mock.address();
    let waiting = tokio::spawn(async move {
        let mut connection = TcpStream::connect(address).await?;
        tokio::io::AsyncWriteExt::write_all(&mut connection, b"GET /v3/token HTTP/1.1\r\nHost: mock\r\n\r\n")
            .await?;
        connection.read_to_end(&mut Vec::new()).await
    });
    both_requests_arrive(&mock).await?;
    timeout(Duration::from_secs(4), mock.go_down()).await?;
    assert_eq!(half_open.next().await?, Received::Dropped);
    assert!(timeout(LIMIT, hanging).await???);
    drop(timeout(LIMIT, waiting).await?);
    Ok(())
}

#[tokio::test]
async fn late_answers_do_not_delay_an_outage_and_do_not_come_after_it() -> TestResult {
    let mut mock = MockAssemblyAi::start(Script::new()).await;
    let late = Duration::from_secs(6);
    mock.socket_faults().next(SocketFault::AcceptLate(late));
    mock.token_faults().next(TokenFault::Late(late));
    let request = crate::common::request(&mock, QUERY)?;
    let accepted = tokio::spawn(async move { Client::dial(request).await.map(|dialed| dialed.is_ok()) });
    let address = mock.address();
    let issued = tokio::spawn(async move {
        let mut connection = TcpStream::connect(address).await?;
        let request =
            b"GET /v3/token?expires_in_seconds=60 HTTP/1.1\r\nHost: mock\r\nAuthorization: k\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut connection, request).await?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.1 200"))
    });
    both_requests_arrive(&mock).await?;
    assert_eq!(mock.token_requests().len(), 1);
    timeout(Duration::from_secs(3), mock.go_down()).await?;
    mock.come_up().await?;
    assert!(!timeout(LIMIT, accepted).await???);
    assert!(!timeout(LIMIT, issued).await??.unwrap_or_default());
    assert!(mock.finish().await.sessions.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_client_that_does_not_read_does_not_delay_an_outage() -> TestResult {
    let long = "x".repeat(8_000_000);
    let script = Script::new().text_at_ms(0, long.clone()).text_at_ms(0, long);
    let mut mock = MockAssemblyAi::start(script).await;
    let client = Client::connect(&mock, QUERY).await?;
    // The mock is sending, and the buffers are full.
    mock.wait_for(0, LIMIT, "the first message", |session| session.sent.len() == 2).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    timeout(Duration::from_secs(3), mock.go_down()).await?;
    assert!(mock.sessions()[0].end.is_some());
    drop(client);
    Ok(())
}

#[tokio::test]
async fn connections_without_a_request_do_not_delay_an_outage() -> TestResult {
    let mut mock = MockAssemblyAi::start(Script::new()).await;
    // As browsers open them ahead of a request.
    let mut idle = TcpStream::connect(mock.address()).await?;
    assert_eq!(get_token(&mock, "expires_in_seconds=60", Some("k")).await?.0, 200);
    timeout(Duration::from_secs(3), mock.go_down()).await?;
    let rest = timeout(LIMIT, idle.read_to_end(&mut Vec::new())).await?;
    assert!(rest.is_err() || rest.is_ok_and(|bytes| bytes == 0));
    Ok(())
}

#[tokio::test]
async fn a_port_can_be_chosen_and_reused_by_the_next_mock() -> TestResult {
    let mut first = MockAssemblyAi::start(Script::new()).await;
    let port = first.address().port();
    let mut client = Client::begin(&first, QUERY).await?;
    first.go_down().await;
    assert_eq!(client.next().await?, Received::Dropped);
    let second = MockAssemblyAi::builder().port(port).start().await;
    assert_eq!(second.address().port(), port);
    assert!(first.come_up().await.is_err(), "it is taken");
    assert_eq!(get_token(&second, "expires_in_seconds=60", Some("a-key")).await?.0, 200);
    Ok(())
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_port_stays_reserved_while_the_mock_is_down() -> TestResult {
    let mut mock = MockAssemblyAi::start(Script::new()).await;
    mock.go_down().await;
    assert_eq!(
        TcpStream::connect(mock.address()).await.map_err(|error| error.kind()).err(),
        Some(std::io::ErrorKind::ConnectionRefused)
    );
    // Without SO_REUSEADDR, a bound socket is in the way.
    let socket = tokio::net::TcpSocket::new_v4()?;
    assert!(socket.bind(mock.address()).is_err(), "another socket could have had the port");
    mock.come_up().await?;
    assert_eq!(get_token(&mock, "expires_in_seconds=60", Some("a-key")).await?.0, 200);
    Ok(())
}

/// The number of bytes of audio that a client can send before sending blocks.
async fn sent_until_full(mock: &MockAssemblyAi) -> TestResult<usize> {
    let mut client = Client::begin(mock, QUERY).await?;
    // Some seconds of a healthy session, so that buffers have grown to their usual size.
    client.frames(30).await;
    mock.wait_for_audio_ms(0, 3000, LIMIT).await?;
    let mut sent = 0;
    while timeout(Duration::from_secs(1), client.audio(&FRAME)).await.is_ok() {
        sent += FRAME.len();
        if sent > 1_000_000 {
            break;
        }
    }
    Ok(sent)
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_half_open_connection_fills_the_clients_buffers_within_seconds() -> TestResult {
    let script = Script::new().fault_at_ms(3000, Fault::HalfOpen);
    let mock = MockAssemblyAi::builder()
        .script(script.clone())
        .receive_buffer_bytes(4096)
        .bandwidth(200_000)
        .start()
        .await;
    let sent = sent_until_full(&mock).await?;
    // Audio at 16 kHz has 32 kB per second, and 3 s of it were sent at once.
    assert!(sent < 5 * 32_000, "{sent} bytes");
    assert_eq!(mock.sessions()[0].audio_ms, 3000, "nothing more is read");
    let roomy = MockAssemblyAi::start(script).await;
    assert!(sent_until_full(&roomy).await? > 1_000_000, "by itself the system keeps megabytes");
    Ok(())
}

#[tokio::test]
async fn a_fault_for_the_newest_session_meets_no_other() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    assert_eq!(mock.inject_fault_into_newest(Fault::Drop), None);
    let mut first = Client::begin(&mock, QUERY).await?;
    let mut second = Client::begin(&mock, QUERY).await?;
    assert_eq!(mock.inject_fault_into_newest(Fault::Drop), Some(1));
    assert_eq!(second.next().await?, Received::Dropped);
    mock.wait_for_end(1, LIMIT).await?;
    first.say("Terminate").await;
    assert_eq!(first.story().await?, ["Termination", "close 1000 Session Ended"]);
    Ok(())
}
