//! The ways to a server: token servers, proxies, TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assemblyai_mock::{Ending, Fault, MockAssemblyAi, Script, Turn, ViolationKind};
use assemblyai_streaming::{Client, Error, Event, StreamingParameters};
use futures_util::StreamExt as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::token_server::{busy_token_server, recognizing_server, token_server};
use crate::support::{LIMIT, Said, TestResult, client};

#[tokio::test]
async fn a_refusal_because_of_which_the_end_is_not_sent_in_time_is_named() -> TestResult {
    let mock = mock_of(cut_then_said()).await;
    let (url, _) = token_server(&mock, false, 1..usize::MAX, 401).await?;
    let client = Client::builder().token_server(url).no_proxy().finish_limit(Duration::from_secs(2));
    let (sink, mut session) = client.build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    while let Some(event) = session.next().await {
        if reconnecting(&event).is_some_and(|cause| cause.contains("401")) {
            break;
        }
    }
    drop(sink);
    let summary = timeout(LIMIT, session.finish()).await?;
    assert!(matches!(summary.error, Some(Error::Refused { code: 401, .. })), "{summary:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_recognises_itself_may_take_longer_for_the_last_words() -> TestResult {
    // AssemblyAI's service has 5 s.
    let script = Script::pending_final("The last words.").ending(Ending::Late(Duration::from_secs(7)));
    let mock = MockAssemblyAi::start(script).await;
    let client = Client::builder().token_server(recognizing_server(&mock).await?).no_proxy().build()?;
    let (sink, mut session) = client.start();
    sink.send(&vec![100; 32_000]).await?;
    drop(sink);
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert_eq!(said.words(), ["the", "last", "words"]);
    assert!(summary.is_complete(), "{summary:?}");
    mock.finish().await;
    Ok(())
}

fn cut_then_said() -> [Script; 2] {
    [
        Script::new().fault_at_ms(1_000, Fault::Drop),
        Script::new().turn(Turn::said("After the cut").from_ms(200).to_ms(900)),
    ]
}

async fn mock_of(scripts: [Script; 2]) -> MockAssemblyAi {
    let builder = MockAssemblyAi::builder().allow(ViolationKind::NotTerminated).single_use_tokens(true);
    scripts.into_iter().fold(builder, assemblyai_mock::Builder::script).start().await
}

#[tokio::test]
async fn each_connection_has_a_token_of_its_own_and_a_refused_one_is_asked_for_again() -> TestResult {
    let mock = mock_of(cut_then_said()).await;
    let (url, requests) = token_server(&mock, false, 1..3, 503).await?;
    let (sink, mut session) = Client::builder().token_server(url).no_proxy().build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    drop(sink);
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert_eq!(said.words(), ["after", "the", "cut"]);
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(requests.load(Ordering::Relaxed), 4);
    let causes: Vec<String> = said.events.iter().filter_map(reconnecting).collect();
    assert!(causes.iter().any(|cause| cause.contains("503")), "{causes:?}");
    let session = mock.session(0).ok_or("a session")?;
    assert!(session.header("authorization").is_none());
    Ok(())
}

#[tokio::test]
async fn a_token_server_that_names_a_wait_is_asked_again_after_it() -> TestResult {
    let mock = mock_of(cut_then_said()).await;
    let (url, _) = busy_token_server(&mock, 1..2, 3).await?;
    let (sink, mut session) = Client::builder().token_server(url).no_proxy().build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    drop(sink);
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert!(summary.is_complete(), "{summary:?}");
    let busy = said.events.iter().find_map(|event| match event {
        Event::Reconnecting(reconnecting) => {
            Some(reconnecting).filter(|it| matches!(it.cause, Error::Refused { code: 503, .. }))
        }
        _ => None,
    });
    let busy = busy.ok_or("the refusal was not reported")?;
    assert_eq!(busy.cause.retry_after(), Some(Duration::from_secs(3)));
    assert!(busy.wait >= Duration::from_secs(3), "{busy:?}");
    Ok(())
}

fn reconnecting(event: &Event) -> Option<String> {
    match event {
        Event::Reconnecting(reconnecting) => Some(reconnecting.cause.to_string()),
        _ => None,
    }
}

#[tokio::test]
async fn a_token_that_is_refused_after_a_session_is_named_and_asked_for_again() -> TestResult {
    let mock = mock_of(cut_then_said()).await;
    let (url, requests) = token_server(&mock, false, 1..usize::MAX, 401).await?;
    let (sink, mut session) = Client::builder().token_server(url).no_proxy().build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    let asked_again = async {
        let mut asked = None;
        while let Some(event) = session.next().await {
            let Event::Reconnecting(reconnecting) = event else { continue };
            if !matches!(reconnecting.cause, Error::Refused { code: 401, .. }) {
                continue;
            }
            // Somebody may sign in meanwhile: the audio is kept.
            assert!(reconnecting.wait >= Duration::from_secs(5), "{reconnecting:?}");
            let count = requests.load(Ordering::Relaxed);
            if asked.is_some_and(|asked| count > asked) {
                return Some(());
            }
            asked = Some(count);
        }
        None
    };
    timeout(LIMIT, asked_again).await?.ok_or("the session ended")?;
    Ok(())
}

#[tokio::test]
async fn own_parameters_are_used_only_where_the_token_server_allows_it() -> TestResult {
    for (allows, expected) in [(true, Some("true")), (false, None)] {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let (url, _) = token_server(&mock, allows, 0..0, 0).await?;
        let parameters = StreamingParameters { speaker_labels: Some(true), ..StreamingParameters::default() };
        let client = Client::builder().token_server(url).no_proxy().parameters(parameters).build()?;
        let (sink, session) = client.start();
        sink.send(&vec![100; 16_000]).await?;
        assert!(session.finish().await.is_complete());
        let record = mock.finish().await.sessions.remove(0);
        assert_eq!(record.parameter("speaker_labels"), expected);
    }
    Ok(())
}

/// A proxy that asks for a password and passes bytes on; counts its tunnels.
pub(crate) async fn proxy() -> TestResult<(SocketAddr, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let tunnels = Arc::new(AtomicUsize::new(0));
    let counted = tunnels.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = counted.clone();
            tokio::spawn(async move { tunnel(stream, &counted).await.ok() });
        }
    });
    Ok((address, tunnels))
}

async fn tunnel(stream: TcpStream, tunnels: &AtomicUsize) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut target, mut has_password) = (String::new(), false);
    stream.read_line(&mut target).await?;
    let mut request = target.clone();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        request += &line;
        // user:pass
        has_password |= line.trim_end().split_once(": ").is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("Proxy-Authorization") && value == "Basic dXNlcjpwYXNz"
        });
        if line == "\r\n" {
            break;
        }
    }
    if !has_password {
        return stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    }
    let target = target.split(' ').nth(1).unwrap_or_default();
    if let Some(rest) = target.strip_prefix("http://") {
        let mut server = TcpStream::connect(rest.split('/').next().unwrap_or_default()).await?;
        server.write_all(request.as_bytes()).await?;
        tokio::io::copy_bidirectional(&mut stream, &mut server).await?;
        return Ok(());
    }
    let mut server = TcpStream::connect(target).await?;
    tunnels.fetch_add(1, Ordering::Relaxed);
    stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await?;
    tokio::io::copy_bidirectional(&mut stream, &mut server).await?;
    Ok(())
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_with_its_password() -> TestResult {
    let script = Script::new().turn(Turn::said("Through a proxy").from_ms(200).to_ms(900));
    let mock = MockAssemblyAi::start(script).await;
    let (address, tunnels) = proxy().await?;
    let proxied = |proxy: String| {
        Client::builder().api_key("key-of-a-test").base_url(mock.base_url()).proxy(proxy).build()
    };
    let (sink, mut session) = proxied(format!("http://user:pass@{address}"))?.start();
    sink.send(&vec![100; 32_000]).await?;
    drop(sink);
    let (said, _) = Said::to_the_end(&mut session).await?;
    assert_eq!((said.words().len(), tunnels.load(Ordering::Relaxed)), (3, 1));

    let (_sink, session) = proxied(format!("http://{address}"))?.start();
    let summary = timeout(LIMIT, session.control().ended()).await?;
    let text = summary.error.ok_or("refused")?.to_string();
    assert!(text.contains("407"), "{text}");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn tls_is_checked_against_given_roots_and_no_process_wide_provider_is_installed() -> TestResult {
    let script = Script::new().turn(Turn::said("In secret").from_ms(200).to_ms(900));
    let mock = MockAssemblyAi::builder().script(script).tls().start().await;
    let authority = mock.authority_pem().ok_or("TLS")?.to_owned();
    let (sink, mut session) = client(&mock.base_url()).add_root_certificates(authority).build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    drop(sink);
    let (said, _) = Said::to_the_end(&mut session).await?;
    assert_eq!(said.words(), ["in", "secret"]);

    let (_sink, session) = client(&mock.base_url()).build()?.start();
    let summary = timeout(LIMIT, session.control().ended()).await?;
    let text = summary.error.ok_or("not trusted")?.to_string();
    assert!(text.starts_with("no TLS") && text.contains("native-roots"), "{text}");
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_no_websocket_server_is_an_error_that_says_so() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _read = stream.read(&mut request).await;
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.ok();
        }
    });
    let (_sink, session) = client(&format!("http://{address}")).build()?.start();
    let summary = timeout(LIMIT, session.control().ended()).await?;
    let text = summary.error.ok_or("refused")?.to_string();
    assert!(text.starts_with("refused") && text.contains("404"), "{text}");
    Ok(())
}
