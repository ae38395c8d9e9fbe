//! SIGTERM under load: every accepted request is answered.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::protocols::certify;
use crate::support::{KEY, LIMIT, Running, joined, program};
use assemblyai_mock::{MockAssemblyAi, Script, TokenFault};
use test_result::TestResult;

/// How long the service takes, so that responses are in progress whenever the signal arrives.
const DELAY: Duration = Duration::from_millis(30);

/// One response, and whether it closes the connection; `None` if the connection ended before its first byte.
fn answer(reader: &mut BufReader<TcpStream>) -> TestResult<Option<(String, bool)>> {
    let mut status = String::new();
    if !matches!(reader.read_line(&mut status), Ok(read) if read > 0) {
        return Ok(None);
    }
    let (mut length, mut closes) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse()?,
            Some(("connection", "close")) => closes = true,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((status, closes)))
}

/// Sends one request after the other until the server accepts no more connections; returns the number of responses.
fn visitor(address: &str, path: &str, answered: &AtomicUsize) -> TestResult<usize> {
    let mut count = 0;
    'connections: loop {
        let Ok(stream) = TcpStream::connect(address) else { return Ok(count) };
        stream.set_read_timeout(Some(LIMIT))?;
        let mut reader = BufReader::new(stream);
        let mut is_first = true;
        loop {
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let sent = reader.get_mut().write_all(request.as_bytes());
            match answer(&mut reader)? {
                Some((status, closes)) => {
                    assert!(status.starts_with("HTTP/1.1 200"), "{status}");
                    count += 1;
                    answered.fetch_add(1, Ordering::Relaxed);
                    if closes {
                        continue 'connections;
                    }
                }
                // The system accepts connections while the server is ending; the server never saw those.
                None if is_first => return Ok(count),
                None => return Err(format!("a request after others was lost, {sent:?}").into()),
            }
            is_first = false;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_under_load_loses_no_request() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Late(DELAY));
    let base_url = mock.base_url();
    let tested = tokio::task::spawn_blocking(move || -> TestResult {
        let service = ["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY];
        let limits =
            ["--tokens-burst", "1000000", "--tokens-per-hour", "1000000", "--tokens-per-day", "1000000"];
        for round in 0..10 {
            let server = Running::start(program("stop")?.args(service).args(limits))?;
            let address = server.address.clone();
            let answered = AtomicUsize::new(0);
            let (counted, code, log) = thread::scope(|scope| {
                let visitors: Vec<_> = (0..12)
                    .map(|n| {
                        let path = if n % 2 == 0 { "/token" } else { "/" };
                        let (address, answered) = (&address, &answered);
                        scope.spawn(move || visitor(address, path, answered))
                    })
                    .collect();
                while answered.load(Ordering::Relaxed) < 100 + 10 * round {
                    thread::yield_now();
                }
                let start = Instant::now();
                let (code, log) = server.stop("TERM")?;
                // Clients that reconnect after each response must not prolong the stop.
                assert!(start.elapsed() < LIMIT / 4, "it stopped after {:?}", start.elapsed());
                let counts = visitors.into_iter().map(|it| joined(it.join()));
                TestResult::Ok((counts.sum::<TestResult<usize>>()?, code, log))
            })?;
            assert_eq!(code, Some(0), "{log}");
            assert!(!log.contains("stopped before"), "{log}");
            // Every response that the server has logged was received.
            assert_eq!(log.matches(" answered ").count(), counted, "round {round}");
        }
        Ok(())
    });
    tested.await?
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_that_exceed_the_shutdown_timeout_are_cut_off() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Hang);
    let base_url = mock.base_url();
    let tested = tokio::task::spawn_blocking(move || -> TestResult {
        let service = ["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY];
        let mut command = program("cut-off")?;
        let server = Running::start(command.args(service).args(["--shutdown-timeout", "1"]))?;
        let mut stream = TcpStream::connect(&server.address)?;
        stream.write_all(b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        // This response shows that the server has accepted the first request too.
        assert!(server.get("/")?.starts_with("HTTP/1.1 200"));
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(server.stop("TERM")));
        let (code, log) = receiver.recv_timeout(LIMIT / 2)??;
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("stopped before all responses were sent"), "{log}");
        Ok(())
    });
    tested.await?
}

#[test]
fn what_is_not_a_whole_request_does_not_delay_the_stop() -> TestResult {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stop-half");
    certify(&folder)?;
    let tls = ["--tls-cert", "certificate.pem", "--tls-key", "key.pem"];
    let beginnings: [(&[&str], &[u8]); 5] = [
        (&tls, b""),
        // The beginning of a handshake.
        (&tls, &[22, 3, 1]),
        (&[], b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half: "),
        (&[], b"PRI * HTTP/2.0\r\n\r\nSM"),
        (&[], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ];
    thread::scope(|scope| {
        let stops = beginnings.map(|(flags, beginning)| {
            scope.spawn(move || -> TestResult {
                let server = Running::start(program("stop-half")?.arg("--demo").args(flags))?;
                let mut half = TcpStream::connect(&server.address)?;
                half.write_all(beginning)?;
                // This one is accepted after the first.
                drop(TcpStream::connect(&server.address)?);
                let start = Instant::now();
                let (code, log) = server.stop("TERM")?;
                let text = String::from_utf8_lossy(beginning);
                assert!(start.elapsed() < LIMIT / 2, "{text:?}: {:?}", start.elapsed());
                assert_eq!((code, log.contains("stopped before")), (Some(0), false), "{text:?}: {log}");
                Ok(())
            })
        });
        stops.into_iter().try_for_each(|it| joined(it.join()))
    })
}
