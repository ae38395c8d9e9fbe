//! SIGTERM under load: every accepted request is answered.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::protocols::certify;
use crate::support::{KEY, LIMIT, Running, program};
use assemblyai_mock::{MockAssemblyAi, Script, TokenFault};

/// How long the service takes, so that responses are in progress whenever the signal arrives.
const DELAY: Duration = Duration::from_millis(30);

/// One response, and whether it closes the connection; `None` if the connection ended before its first byte.
fn answer(reader: &mut BufReader<TcpStream>) -> Option<(String, bool)> {
    let mut status = String::new();
    if !matches!(reader.read_line(&mut status), Ok(read) if read > 0) {
        return None;
    }
    let (mut length, mut closes) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("headers are whole");
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().expect("a number"),
            Some(("connection", "close")) => closes = true,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body is whole");
    Some((status, closes))
}

/// Sends one request after the other until the server accepts no more connections; returns the number of responses.
fn visitor(address: &str, path: &str, answered: &AtomicUsize) -> usize {
    let mut count = 0;
    'connections: loop {
        let Ok(stream) = TcpStream::connect(address) else { return count };
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let mut reader = BufReader::new(stream);
        let mut is_first = true;
        loop {
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let sent = reader.get_mut().write_all(request.as_bytes());
            match answer(&mut reader) {
                Some((status, closes)) => {
                    assert!(status.starts_with("HTTP/1.1 200"), "{status}");
                    count += 1;
                    answered.fetch_add(1, Ordering::Relaxed);
                    if closes {
                        continue 'connections;
                    }
                }
                // The system accepts connections while the server is ending; the server never saw those.
                None if is_first => return count,
                None => panic!("a request after others was lost, {sent:?}"),
            }
            is_first = false;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_under_load_loses_no_request() {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Late(DELAY));
    let base_url = mock.base_url();
    let tested = tokio::task::spawn_blocking(move || {
        let service = ["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY];
        let limits =
            ["--tokens-burst", "1000000", "--tokens-per-hour", "1000000", "--tokens-per-day", "1000000"];
        for round in 0..10 {
            let server = Running::start(program("stop").args(service).args(limits));
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
                let (code, log) = server.stop("TERM");
                // Clients that reconnect after each response must not prolong the stop.
                assert!(start.elapsed() < LIMIT / 4, "it stopped after {:?}", start.elapsed());
                let counts = visitors.into_iter().map(|it| it.join().expect("nothing was lost"));
                (counts.sum::<usize>(), code, log)
            });
            assert_eq!(code, Some(0), "{log}");
            assert!(!log.contains("stopped before"), "{log}");
            // Every response that the server has logged was received.
            assert_eq!(log.matches(" answered ").count(), counted, "round {round}");
        }
    });
    tested.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_that_exceed_the_shutdown_timeout_are_cut_off() {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Hang);
    let base_url = mock.base_url();
    let tested = tokio::task::spawn_blocking(move || {
        let service = ["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY];
        let mut command = program("cut-off");
        let server = Running::start(command.args(service).args(["--shutdown-timeout", "1"]));
        let mut stream = TcpStream::connect(&server.address).expect("a connection");
        stream.write_all(b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
        // This response shows that the server has accepted the first request too.
        assert!(server.get("/").starts_with("HTTP/1.1 200"));
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(server.stop("TERM")));
        let (code, log) = receiver.recv_timeout(LIMIT / 2).expect("it stops in time");
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("stopped before all responses were sent"), "{log}");
    });
    tested.await.expect("no panic");
}

#[test]
fn what_is_not_a_whole_request_does_not_delay_the_stop() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stop-half");
    certify(&folder);
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
        for (flags, beginning) in beginnings {
            scope.spawn(move || {
                let server = Running::start(program("stop-half").arg("--demo").args(flags));
                let mut half = TcpStream::connect(&server.address).expect("a connection");
                half.write_all(beginning).expect("it is taken");
                // This one is accepted after the first.
                drop(TcpStream::connect(&server.address).expect("a connection"));
                let start = Instant::now();
                let (code, log) = server.stop("TERM");
                let text = String::from_utf8_lossy(beginning);
                assert!(start.elapsed() < LIMIT / 2, "{text:?}: {:?}", start.elapsed());
                assert_eq!((code, log.contains("stopped before")), (Some(0), false), "{text:?}: {log}");
            });
        }
    });
}
