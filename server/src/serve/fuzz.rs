//! More than a million inputs, most of them malformed, for the code that reads from the network: each gets a response or
//! ends the connection, in time, without a panic and without a 500.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::timeout;

use super::connections::Connections;
use super::{REQUEST_TIME_LIMIT, Shutdown, serve_http};
use crate::client_address::{Client, Peer};
use crate::hosts::Hosts;
use crate::origin::{AllowedOrigins, RequestOrigin, request_origin};
use crate::settings::{Settings, command};
use crate::{AppState, app, request_id};
use test_result::TestResult;

/// Connections of HTTP/1.1, and requests on each, one after the other.
const CONNECTIONS: usize = 10_000;
const REQUESTS: usize = 10;
/// Connections of HTTP/2, and frames on each.
const H2_CONNECTIONS: usize = 5_000;
const FRAMES: usize = 20;
/// Sets of headers, for every function that reads headers.
const HEADER_SETS: usize = 1_000_000;
/// How long a conversation may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A pseudorandom generator (SplitMix64) that gives the same inputs in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn choose(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.next() as u8).collect()
    }

    /// Changes, inserts or removes a few bytes, or truncates.
    fn corrupt(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len().max(1));
            match self.below(5) {
                _ if bytes.is_empty() => return,
                0 => bytes[at] = self.next() as u8,
                1 => bytes[at] ^= 1 << self.below(8),
                2 => bytes.insert(at, b"\0\r\n :,;%\"\xFF"[self.below(10)]),
                3 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
    }
}

const NAMES: [&str; 20] = [
    "host",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
    "origin",
    "sec-fetch-site",
    "cookie",
    "accept-encoding",
    "if-none-match",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "expect",
    "sec-websocket-key",
    "sec-websocket-version",
    "access-control-request-method",
    "te",
    "x",
    "",
];
const VALUES: [&str; 34] = [
    "localhost",
    "localhost:8000",
    "[::1]:8000",
    "evil.example",
    "10.0.0.1, 192.0.2.1",
    "[::1]:1, unknown",
    ",,,,",
    "::ffff:10.0.0.1",
    "https",
    "http, https",
    "http://localhost:8000",
    "https://friend.example",
    "null",
    "same-origin",
    "cross-site",
    "none",
    "session=1.0",
    "__Host-session=18446744073709551615.00",
    "a=b; c; =",
    "gzip, br;q=0.5, *;q=NaN",
    "identity;q=0",
    "\"0\", W/\"0\", *",
    "0",
    "5",
    "-1",
    "99999999999999999999",
    "chunked",
    "gzip, chunked",
    "close",
    "keep-alive, Upgrade",
    "websocket",
    "100-continue",
    "13",
    "dGhlIHNhbXBsZSBub25jZQ==",
];

/// A request that is valid or almost valid.
fn request(random: &mut Random) -> Vec<u8> {
    const METHODS: [&str; 9] = ["GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "CONNECT", "get", "PRI"];
    const PATHS: [&str; 14] = [
        "/",
        "/token",
        "/config",
        "/login",
        "/healthz",
        "/assets/x",
        "/demo/v3/ws?token=x",
        "/demo/v3/token",
        "*",
        "http://evil.example/token",
        "/%00%ff/..",
        "//",
        "/?\u{e9}",
        "",
    ];
    // Mostly 1.1: other versions end the connection, and with it the rest of its requests.
    const VERSIONS: [&str; 9] = [
        "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0",
        "HTTP/9",
    ];
    let (method, path, version) = (random.choose(&METHODS), random.choose(&PATHS), random.choose(&VERSIONS));
    let mut bytes = format!("{method} {path} {version}\r\n").into_bytes();
    if random.below(4) > 0 {
        bytes.extend(b"Host: localhost\r\n");
    }
    for _ in 0..random.below(5) {
        bytes.extend(format!("{}: {}\r\n", random.choose(&NAMES), random.choose(&VALUES)).into_bytes());
    }
    bytes.extend(b"\r\n");
    match random.below(8) {
        0 => bytes.extend(random.bytes(40)),
        1 => bytes.extend(b"5\r\nhello\r\n0\r\n\r\n"),
        2 => bytes.extend(b"ffffffffffffffff\r\n"),
        _ => {}
    }
    if random.below(8) == 0 {
        random.corrupt(&mut bytes);
    }
    bytes
}

/// A frame of HTTP/2 that is valid or almost valid.
fn frame(random: &mut Random) -> Vec<u8> {
    // GET, http, "/", ":authority: localhost".
    let request = [&[0x82, 0x86, 0x84, 0x41, 9][..], b"localhost"].concat();
    let kind = random.below(11) as u8;
    let payload = match (kind, random.below(3)) {
        (1, 0 | 1) => request,
        (4, 0 | 1) => vec![],
        (8, 0 | 1) => vec![0, 0, 0, 1],
        _ => random.bytes(30),
    };
    let stream = [0, 1, 3, 5, 2, 1_000][random.below(6)] as u32;
    let flags = [0, 1, 4, 5, 5, 5, 0xFF][random.below(7)];
    let length = payload.len() as u32;
    let mut bytes = [&length.to_be_bytes()[1..], &[kind, flags], &stream.to_be_bytes(), &payload].concat();
    if random.below(4) == 0 {
        random.corrupt(&mut bytes);
    }
    bytes
}

/// A server with the demo, a trusted proxy and an allowed origin.
fn demo() -> TestResult<AppState> {
    let flags = [
        "server",
        "--demo",
        "--trusted-proxies",
        "10.0.0.0/8",
        "--allowed-origins",
        "https://friend.example",
    ];
    let settings = Settings::read(&command().get_matches_from(flags), |_| None)?;
    Ok(AppState::new(&settings, TIME_LIMIT)?)
}

/// Sends bytes through a connection and returns everything that the server sends until it closes.
async fn converse(app: axum::Router, bytes: Vec<u8>) -> TestResult<Vec<u8>> {
    let (ours, theirs) = duplex(64 * 1024);
    let slot = Connections::new(10, None).open(REQUEST_TIME_LIMIT).await;
    let peer = Peer { address: [10, 0, 0, 1].into(), ..Peer::default() };
    let serving =
        tokio::spawn(async move { serve_http(ours, peer, &slot, app, &Arc::new(Shutdown::default())).await });
    let (mut reader, mut writer) = tokio::io::split(theirs);
    let writing = async {
        // The server may close the connection before it has read everything.
        writer.write_all(&bytes).await.ok();
        writer.shutdown().await.ok();
    };
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let (read, ()) = timeout(TIME_LIMIT, async { tokio::join!(reading, writing) })
        .await
        .map_err(|_| format!("neither a response nor the end: {:?}", String::from_utf8_lossy(&bytes)))?;
    // A connection that was reset has ended too.
    read.ok();
    timeout(TIME_LIMIT, serving).await??;
    Ok(answer)
}

/// Counts panics, in every task.
fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        others(info);
    }));
    &PANICS
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_get_a_response_or_end_the_connection_without_a_panic() -> TestResult {
    let panics = count_panics();
    let state = demo()?;
    let app = app(state.clone());
    let halves: Vec<_> = (0..2)
        .map(|half| {
            let app = app.clone();
            tokio::spawn(async move {
                let mut random = Random(half);
                let mut answers = 0;
                for _ in 0..CONNECTIONS / 2 {
                    let bytes: Vec<u8> = (0..REQUESTS).flat_map(|_| request(&mut random)).collect();
                    let answer = converse(app.clone(), bytes).await?;
                    let text = String::from_utf8_lossy(&answer);
                    assert!(answer.is_empty() || text.starts_with("HTTP/1."), "{text}");
                    assert!(!text.contains("HTTP/1.1 500"), "{text}");
                    answers += text.matches("HTTP/1.1 ").count();
                }
                for _ in 0..H2_CONNECTIONS / 2 {
                    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
                    bytes.extend((0..FRAMES).flat_map(|_| frame(&mut random)));
                    converse(app.clone(), bytes).await?;
                }
                TestResult::Ok(answers)
            })
        })
        .collect();
    let mut answers = 0;
    for half in halves {
        answers += half.await??;
    }
    println!("{answers} answers over HTTP/1.1");
    assert!(answers > CONNECTIONS, "the inputs are too bad to test anything: {answers} answers");
    assert_eq!(panics.load(Ordering::Relaxed), 0);
    Ok(())
}

#[test]
fn no_set_of_headers_makes_a_function_panic() -> TestResult {
    let mut random = Random(7);
    let proxies = ["10.0.0.0/8".parse()?];
    let allowed = AllowedOrigins::new(&["https://friend.example".to_owned()]);
    let hosts = [Hosts::Loopback, Hosts::new(&["localhost".to_owned()], "0.0.0.0")];
    let peer = Peer { address: [10, 0, 0, 1].into(), ..Peer::default() };
    for _ in 0..HEADER_SETS {
        let mut headers = HeaderMap::new();
        for _ in 0..4 {
            let mut value = random.choose(&VALUES).as_bytes().to_vec();
            random.corrupt(&mut value);
            let name = HeaderName::from_bytes(random.choose(&NAMES).as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
                headers.append(name, value);
            }
        }
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        let client = Client::new(peer, &headers, &proxies);
        let origin = request_origin(&headers, host, client.https, &allowed);
        assert!(
            origin != RequestOrigin::Allowed
                || headers.get("origin").is_some_and(|it| it == "https://friend.example")
        );
        assert!(request_id::of(&headers, client.by_proxy).to_str().is_ok());
        for hosts in &hosts {
            assert!(!hosts.answers_to(Some("evil.example")) && !hosts.answers_to(None));
            hosts.answers_to(host);
        }
    }
    Ok(())
}
