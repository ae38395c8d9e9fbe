//! Clients that mean harm, over real sockets, against the program in a process of its own; and what others notice.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream as StdStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{KEY, LIMIT, Running, between, joined, program};
use assemblyai_mock::{MockAssemblyAi, Script, TokenFault};
use test_result::TestResult;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Slow connections at a time, if the system allows so many.
const CROWD: usize = 10_000;
/// Open files that the test itself needs.
const SPARE_FILES: u64 = 500;
/// How long a page may take while the same machine runs the attack and the server.
const PAGE_TIME_LIMIT: Duration = Duration::from_secs(2);

/// Raises the limit of open files to the maximum; returns how many the test can use.
fn raise_open_files() -> TestResult<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(usize::try_from(limit.maximum.unwrap_or(u64::MAX).saturating_sub(SPARE_FILES)).unwrap_or(usize::MAX))
}

/// Requests the page on a new connection; returns how long that took.
async fn page_within(address: &str, limit: Duration) -> TestResult<Duration> {
    let start = Instant::now();
    let answer = timeout(limit, async {
        let mut stream = TcpStream::connect(address).await?;
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        TestResult::Ok(answer)
    });
    let answer = answer.await.map_err(|_| format!("no page within {limit:?}"))??;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    Ok(start.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_slow_connections_neither_block_others_nor_fill_the_memory() -> TestResult {
    let crowd = CROWD.min(raise_open_files()?);
    let server = Running::start(program("crowd")?.arg("--demo").env("RUST_LOG", "warn"))?;
    page_within(&server.address, PAGE_TIME_LIMIT).await?;
    let mut slow = Vec::with_capacity(crowd);
    let mut slowest = Duration::ZERO;
    for n in 0..crowd {
        // From many addresses, like many machines.
        let socket = TcpSocket::new_v4()?;
        let from = format!("127.0.{}.{}:0", n / 200, 2 + n % 200);
        socket.bind(from.parse()?)?;
        let address = server.address.parse()?;
        let stream = timeout(LIMIT, socket.connect(address)).await??;
        // Some send nothing, some half a request, some half a preface of HTTP/2.
        let beginning: &[u8] = match n % 3 {
            0 => b"",
            1 => b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
            _ => b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
        };
        // The server may have closed it already.
        stream.try_write(beginning).ok();
        slow.push(stream);
        if n % 500 == 0 {
            slowest = slowest.max(page_within(&server.address, PAGE_TIME_LIMIT).await?);
        }
    }
    for round in 0..20 {
        for stream in slow.iter().skip(round % 7).step_by(7) {
            stream.try_write(b"a").ok();
        }
        slowest = slowest.max(page_within(&server.address, PAGE_TIME_LIMIT).await?);
    }
    let memory_kb = server.resident_kb()?;
    println!("{crowd} slow connections: the slowest page took {slowest:?}, the server holds {memory_kb} kB");
    assert!(memory_kb < 64 * 1024, "{memory_kb} kB");
    drop(slow);
    let (code, log) = server.stop("TERM")?;
    assert_eq!((code, log.contains("panicked")), (Some(0), false), "{log}");
    Ok(())
}

#[test]
fn a_request_that_is_not_complete_in_time_ends_the_connection() -> TestResult {
    let server = Running::start(program("slow")?.arg("--demo").env("RUST_LOG", "warn"))?;
    let beginnings: [&[u8]; 5] = [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"PRI * HTTP/2.0\r\n\r\n",
        // A complete one, and then nothing.
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    thread::scope(|scope| {
        let connections = beginnings.map(|beginning| {
            let address = &server.address;
            scope.spawn(move || -> TestResult {
                let mut stream = StdStream::connect(address)?;
                stream.write_all(beginning)?;
                stream.set_read_timeout(Some(Duration::from_secs(20)))?;
                let start = Instant::now();
                let mut answer = Vec::new();
                let ended = stream.read_to_end(&mut answer);
                let is_timeout = ended.as_ref().is_err_and(|it| it.kind() == ErrorKind::WouldBlock);
                assert!(!is_timeout, "{} is open after 20 s", String::from_utf8_lossy(beginning));
                assert!(start.elapsed() > Duration::from_secs(10), "cut off after {:?}", start.elapsed());
                Ok(())
            })
        });
        connections.into_iter().try_for_each(|it| joined(it.join()))
    })
}

#[tokio::test]
async fn a_socket_of_the_demo_is_not_closed_for_new_connections() -> TestResult {
    let server = Running::start(program("socket")?.args(["--demo", "--max-connections", "10"]))?;
    let answer = server.get("/token")?;
    let token = between(&answer, "\"token\":\"", '"')?;
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let mut socket = TcpStream::connect(&server.address).await?;
    let upgrade = format!(
        "GET /demo/v3/ws?speech_model=u3-rt-pro&sample_rate=16000&token={token} HTTP/1.1\r\nHost: localhost\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(upgrade.as_bytes()).await?;
    let mut answer = [0; 12];
    timeout(LIMIT, socket.read_exact(&mut answer)).await??;
    assert_eq!(&answer, b"HTTP/1.1 101");
    // The socket is now the longest idle connection.
    let mut slow = Vec::new();
    for _ in 0..50 {
        let connection = timeout(LIMIT, TcpStream::connect(&server.address)).await;
        slow.push(connection??);
    }
    page_within(&server.address, PAGE_TIME_LIMIT).await?;
    // A text frame with a mask of zeros (RFC 6455, section 5.2).
    let terminate = br#"{"type":"Terminate"}"#;
    let frame = [&[0x81, 0x80 | terminate.len() as u8, 0, 0, 0, 0][..], terminate].concat();
    socket.write_all(&frame).await?;
    let mut received = Vec::new();
    // If the connection is reset, what arrived before is still in the buffer.
    timeout(LIMIT, socket.read_to_end(&mut received)).await?.ok();
    let received = String::from_utf8_lossy(&received);
    assert!(received.contains("\"type\":\"Termination\""), "{received}");
    Ok(())
}

#[tokio::test]
async fn sockets_leave_room_for_probes_and_pages() -> TestResult {
    let server = Running::start(program("sockets")?.args(["--demo", "--max-connections", "20"]))?;
    let upgrade = "GET /demo/v3/ws?sample_rate=16000 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                   Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let answer = server.get("/token")?;
    let token = between(&answer, "\"token\":\"", '"')?;
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let upgrade = upgrade.replace("16000 ", &format!("16000&token={token} "));
    let (mut sockets, mut statuses) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let mut socket = TcpStream::connect(&server.address).await?;
        socket.write_all(upgrade.as_bytes()).await?;
        let mut answer = [0; 12];
        timeout(LIMIT, socket.read_exact(&mut answer)).await??;
        statuses.push(String::from_utf8_lossy(&answer[9..]).into_owned());
        sockets.push(socket);
    }
    assert_eq!(statuses[..18], vec!["101"; 18]);
    assert_eq!(statuses[18..], vec!["503"; 2]);
    page_within(&server.address, PAGE_TIME_LIMIT).await?;
    Ok(())
}

/// A request by HTTP/2 whose response may not have a single byte: preface, settings with a window of 0, headers
/// (RFC 9113, 3.4 and 6.5.2).
fn request_without_window() -> Vec<u8> {
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream][..], payload].concat()
    };
    // GET, http and / of the static table (RFC 7541, appendix A), then `:authority` as it is.
    let headers = [&[0x82, 0x86, 0x84, 0x01, 9][..], b"localhost"].concat();
    let settings = frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]);
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), settings, frame(1, 5, 1, &headers)].concat()
}

#[tokio::test]
async fn clients_that_do_not_read_their_responses_give_way_to_others() -> TestResult {
    let server = Running::start(program("unread")?.args(["--demo", "--max-connections", "10"]))?;
    let mut unread = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(&server.address).await?;
        stream.write_all(&request_without_window()).await?;
        // The headers of the response, which have no window.
        let mut answer = [0; 400];
        timeout(LIMIT, stream.read_exact(&mut answer)).await??;
        unread.push(stream);
    }
    page_within(&server.address, Duration::from_secs(5)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_waits_is_served_when_another_becomes_idle() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Late(Duration::from_secs(1)));
    let service = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", KEY];
    let server = Running::start(program("busy")?.args(service).args(["--max-connections", "10"]))?;
    let mut busy = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(&server.address).await?;
        stream.write_all(b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
        busy.push(stream);
    }
    let start = Instant::now();
    while mock.mock().token_requests().len() < busy.len() {
        assert!(start.elapsed() < LIMIT, "the tokens are not requested");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The connections stay open when they have their tokens.
    page_within(&server.address, Duration::from_secs(5)).await?;
    Ok(())
}

#[tokio::test]
async fn idle_connections_give_way_when_the_system_allows_no_more_files() -> TestResult {
    let mut command = program("files")?;
    let (program, folder) = (command.get_program().to_owned(), command.get_current_dir().map(Into::into));
    command = std::process::Command::new("prlimit");
    command.env_clear().arg("--nofile=64:64").arg(program).args(["--demo", "--port", "0"]);
    command.current_dir(folder.unwrap_or_else(std::env::temp_dir));
    let server = Running::start(&mut command)?;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(TcpStream::connect(&server.address).await?);
    }
    page_within(&server.address, PAGE_TIME_LIMIT).await?;
    let (_, log) = server.stop("TERM")?;
    assert!(log.matches("no connection can be accepted").count() == 1, "{log}");
    Ok(())
}

/// A header bomb of HTTP/1.1: too large, too many, or in the path.
fn bomb(n: usize) -> Vec<u8> {
    let start = b"GET / HTTP/1.1\r\nHost: localhost\r\n";
    match n % 4 {
        0 => [&start[..], b"X-Bomb: ", &b"a".repeat(17 * 1024), b"\r\n\r\n"].concat(),
        1 => [&start[..], &b"A: b\r\n".repeat(2_000), b"\r\n"].concat(),
        2 => [b"GET /?", &b"a".repeat(20 * 1024)[..], b" HTTP/1.1\r\nHost: localhost\r\n\r\n"].concat(),
        _ => [&start[..], b"X-Bomb: ", &[b'a'; 15 * 1024], b"\r\nCookie: ", &[b'b'; 15 * 1024], b"\r\n\r\n"]
            .concat(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_header_bombs_are_refused_and_do_not_block_others() -> TestResult {
    const BY_HTTP1: usize = 10_000;
    const BY_HTTP2: usize = 90_000;
    // After 1 024 of them the server would close the connection.
    const PER_CONNECTION: usize = 1_000;
    let server = Running::start(program("bombs")?.arg("--demo").env("RUST_LOG", "error"))?;
    let address = server.address.clone();
    let one = tokio::spawn({
        let address = address.clone();
        async move {
            for n in 0..BY_HTTP1 {
                let socket = TcpSocket::new_v4()?;
                // The server closes first, which occupies a pair of ports for a minute: hence many addresses.
                let from = format!("127.1.0.{}:0", 2 + n % 100);
                socket.bind(from.parse()?)?;
                let mut stream = socket.connect(address.parse()?).await?;
                // It may be refused before it is complete, which resets the connection.
                stream.write_all(&bomb(n)).await.ok();
                let mut answer = Vec::new();
                timeout(LIMIT, stream.read_to_end(&mut answer)).await?.ok();
                let status = answer.get(9..12).unwrap_or_default();
                assert!(
                    matches!(status, b"" | b"400" | b"414" | b"431"),
                    "{}",
                    String::from_utf8_lossy(&answer)
                );
            }
            TestResult::Ok(())
        }
    });
    let two = tokio::spawn(async move {
        for _ in 0..BY_HTTP2 / PER_CONNECTION {
            // 24 kB each: refused one by one.
            let refusals = h2_bombs(&address, PER_CONNECTION, 6).await?;
            assert_eq!(refusals.statuses + refusals.streams, PER_CONNECTION, "{refusals:?}");
        }
        // 2 MB in 600 bytes ends the connection.
        let refusals = h2_bombs(&address, 2, 500).await?;
        assert_eq!(refusals, Refusals { connections: 1, ..Refusals::default() });
        TestResult::Ok(())
    });
    let mut slowest = Duration::ZERO;
    while !(one.is_finished() && two.is_finished()) {
        slowest = slowest.max(page_within(&server.address, PAGE_TIME_LIMIT).await?);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    one.await??;
    two.await??;
    let memory_kb = server.resident_kb()?;
    println!(
        "{} bombs: the slowest page took {slowest:?}, the server holds {memory_kb} kB",
        BY_HTTP1 + BY_HTTP2
    );
    assert!(memory_kb < 64 * 1024, "{memory_kb} kB");
    let (code, log) = server.stop("TERM")?;
    assert_eq!((code, log.contains("panicked")), (Some(0), false), "{log}");
    Ok(())
}

/// The server's answers to bombs of HTTP/2, by the kind of frame.
#[derive(Debug, Default, PartialEq, Eq)]
struct Refusals {
    /// HEADERS: a status, which must not be 200.
    statuses: usize,
    /// RST_STREAM: one request is refused.
    streams: usize,
    /// GOAWAY: the connection is closed.
    connections: usize,
}

/// Sends requests on one connection until all are refused or the connection is closed. The first puts a header of 4 kB
/// into the connection's table; each request then refers to it `names` times, with one byte each.
async fn h2_bombs(address: &str, requests: usize, names: usize) -> TestResult<Refusals> {
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| -> TestResult<_> {
        let length = u32::try_from(payload.len())?.to_be_bytes();
        Ok([&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat())
    };
    // GET, http, "/", and the authority.
    let request = [&[0x82, 0x86, 0x84, 0x41, 9][..], b"localhost"].concat();
    // With incremental indexing: the name "x", and a value of 3 900 bytes, its length as an HPACK integer.
    let fill = [&[0x40, 1, b'x', 0x7F, 0xBD, 0x1D][..], &[b'a'; 3_900]].concat();
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, &[])?);
    for n in 0..requests {
        let fill = if n == 0 { &fill[..] } else { &[] };
        // The newest entry of the table is 62, as an indexed field 0xBE (RFC 7541, sections 2.3.3 and 6.1).
        let headers = [&request[..], fill, &vec![0xBE; names]].concat();
        bytes.extend(frame(1, 0x5, u32::try_from(2 * n + 1)?, &headers)?);
    }
    let (mut reader, mut writer) = TcpStream::connect(address).await?.into_split();
    // Its answers are read meanwhile; otherwise the server would stop reading.
    let writing = tokio::spawn(async move {
        // The connection may be closed before everything is written.
        writer.write_all(&bytes).await.ok();
        writer
    });
    let mut refusals = Refusals::default();
    while refusals.connections == 0 && refusals.statuses + refusals.streams < requests {
        let mut head = [0; 9];
        timeout(LIMIT, reader.read_exact(&mut head)).await??;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        timeout(LIMIT, reader.read_exact(&mut payload)).await??;
        match head[3] {
            // 0x88 is ":status: 200" (RFC 7541, appendix A).
            1 => {
                assert_ne!(payload[0], 0x88, "a bomb was answered with 200");
                refusals.statuses += 1;
            }
            3 => refusals.streams += 1,
            7 => refusals.connections += 1,
            _ => {}
        }
    }
    writing.await?;
    Ok(refusals)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_service_hangs_the_page_is_fast_and_excess_requests_are_refused() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Hang);
    let service = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", KEY];
    let mut command = program("hanging")?;
    let server =
        Running::start(command.args(service).args(["--tokens-burst", "100000"]).env("RUST_LOG", "off"))?;
    let url = format!("http://{}/token", server.address);
    // The client needs a crypto provider even for http; an error means that another test has installed it.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::new();
    let asking: Vec<_> = (0..300)
        .map(|_| {
            let call = client.get(&url).send();
            tokio::spawn(async move { call.await.map(|response| response.status().as_u16()) })
        })
        .collect();
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        took.push(page_within(&server.address, PAGE_TIME_LIMIT).await?);
    }
    took.sort_unstable();
    println!("while 300 calls hang, a page takes {:?}, the slowest {:?}", took[100], took[199]);
    let mut statuses = Vec::new();
    for call in asking {
        statuses.push(timeout(LIMIT * 2, call).await???);
    }
    let count = |status: u16| statuses.iter().filter(|it| **it == status).count();
    // 64 requests hang until their time limit; the others are refused.
    assert_eq!((count(504), count(503)), (64, 236), "{statuses:?}");
    Ok(())
}
