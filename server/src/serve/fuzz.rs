//! More than a million inputs, most of them malformed, through the code that meets the network: whatever comes, there
//! is an answer or the end, in time, without a panic and without a 500.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::timeout;

use super::connections::Connections;
use super::{REQUEST_LIMIT, Stopping, http};
use crate::client_address::{Client, Peer};
use crate::config::{Config, command};
use crate::hosts::Hosts;
use crate::{AppState, app, origin, request_id};

/// Connections of HTTP/1.1, and requests on each, one after the other.
const CONNECTIONS: usize = 10_000;
const REQUESTS: usize = 10;
/// Connections of HTTP/2, and frames on each.
const H2_CONNECTIONS: usize = 5_000;
const FRAMES: usize = 20;
/// Sets of headers, read by all that read headers.
const HEADER_SETS: usize = 1_000_000;
const LIMIT: Duration = Duration::from_secs(20);

/// SplitMix64: enough to vary inputs, and the same in each run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.next() as u8).collect()
    }

    /// Changes, doubles, inserts or loses a byte here and there, or loses the end.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
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

/// A request, as it should be or nearly.
fn request(chance: &mut Chance) -> Vec<u8> {
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
    // The others end the connection, and with it the rest of its requests.
    const VERSIONS: [&str; 9] = [
        "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0",
        "HTTP/9",
    ];
    let (method, path, version) = (chance.of(&METHODS), chance.of(&PATHS), chance.of(&VERSIONS));
    let mut bytes = format!("{method} {path} {version}\r\n").into_bytes();
    if chance.below(4) > 0 {
        bytes.extend(b"Host: localhost\r\n");
    }
    for _ in 0..chance.below(5) {
        bytes.extend(format!("{}: {}\r\n", chance.of(&NAMES), chance.of(&VALUES)).into_bytes());
    }
    bytes.extend(b"\r\n");
    match chance.below(8) {
        0 => bytes.extend(chance.bytes(40)),
        1 => bytes.extend(b"5\r\nhello\r\n0\r\n\r\n"),
        2 => bytes.extend(b"ffffffffffffffff\r\n"),
        _ => {}
    }
    if chance.below(8) == 0 {
        chance.spoil(&mut bytes);
    }
    bytes
}

/// A frame of HTTP/2, as it should be or nearly.
fn frame(chance: &mut Chance) -> Vec<u8> {
    // GET, http, "/", ":authority: localhost".
    let request = [&[0x82, 0x86, 0x84, 0x41, 9][..], b"localhost"].concat();
    let kind = chance.below(11) as u8;
    let payload = match (kind, chance.below(3)) {
        (1, 0 | 1) => request,
        (4, 0 | 1) => vec![],
        (8, 0 | 1) => vec![0, 0, 0, 1],
        _ => chance.bytes(30),
    };
    let stream = [0, 1, 3, 5, 2, 1_000][chance.below(6)] as u32;
    let flags = [0, 1, 4, 5, 5, 5, 0xFF][chance.below(7)];
    let length = payload.len() as u32;
    let mut bytes = [&length.to_be_bytes()[1..], &[kind, flags], &stream.to_be_bytes(), &payload].concat();
    if chance.below(4) == 0 {
        chance.spoil(&mut bytes);
    }
    bytes
}

fn demo() -> AppState {
    let flags = [
        "server",
        "--demo",
        "--trusted-proxies",
        "10.0.0.0/8",
        "--allowed-origins",
        "https://friend.example",
    ];
    let config = Config::read(&command().get_matches_from(flags), |_| None).expect("good settings");
    AppState::new(&config, LIMIT).expect("it can start")
}

/// Sends the bytes through a connection and returns all that is answered, to the end.
async fn converse(app: axum::Router, bytes: Vec<u8>) -> Vec<u8> {
    let (ours, theirs) = duplex(64 * 1024);
    let slot = Connections::new(1, None).place(REQUEST_LIMIT).await;
    let peer = Peer { address: [10, 0, 0, 1].into(), tls: false };
    let serving =
        tokio::spawn(async move { http(ours, peer, &slot, app, &Arc::new(Stopping::default())).await });
    let (mut reader, mut writer) = tokio::io::split(theirs);
    let writing = async {
        // It may be refused before it is whole.
        let _ = writer.write_all(&bytes).await;
        let _ = writer.shutdown().await;
    };
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let (read, ()) = timeout(LIMIT, async { tokio::join!(reading, writing) }).await.unwrap_or_else(|_| {
        panic!("neither answer nor end: {:?}", String::from_utf8_lossy(&bytes));
    });
    // A connection that broke off is an end as well.
    let _ = read;
    timeout(LIMIT, serving).await.expect("it ends").expect("no panic");
    answer
}

/// How many panics there were, those in tasks of others too.
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
async fn malformed_requests_get_an_answer_or_the_end_and_no_panic() {
    let panics = count_panics();
    let state = demo();
    let app = app(state.clone());
    let halves: Vec<_> = (0..2)
        .map(|half| {
            let app = app.clone();
            tokio::spawn(async move {
                let mut chance = Chance(half);
                let mut answers = 0;
                for _ in 0..CONNECTIONS / 2 {
                    let bytes: Vec<u8> = (0..REQUESTS).flat_map(|_| request(&mut chance)).collect();
                    let answer = converse(app.clone(), bytes).await;
                    let text = String::from_utf8_lossy(&answer);
                    assert!(answer.is_empty() || text.starts_with("HTTP/1."), "{text}");
                    assert!(!text.contains("HTTP/1.1 500"), "{text}");
                    answers += text.matches("HTTP/1.1 ").count();
                }
                for _ in 0..H2_CONNECTIONS / 2 {
                    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
                    bytes.extend((0..FRAMES).flat_map(|_| frame(&mut chance)));
                    converse(app.clone(), bytes).await;
                }
                answers
            })
        })
        .collect();
    let mut answers = 0;
    for half in halves {
        answers += half.await.expect("no panic");
    }
    println!("{answers} answers over HTTP/1.1");
    assert!(answers > CONNECTIONS, "the inputs are too bad to test anything: {answers} answers");
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}

#[test]
fn a_million_sets_of_headers_are_read_to_an_end_by_all_that_read_them() {
    let mut chance = Chance(7);
    let proxies = ["10.0.0.0/8".parse().expect("a network")];
    let allowed = ["https://friend.example".to_owned()];
    let hosts = [Hosts::Loopback, Hosts::Named(vec!["localhost".to_owned()])];
    let peer = Peer { address: [10, 0, 0, 1].into(), tls: false };
    for _ in 0..HEADER_SETS {
        let mut headers = HeaderMap::new();
        for _ in 0..4 {
            let mut value = chance.of(&VALUES).as_bytes().to_vec();
            chance.spoil(&mut value);
            let name = HeaderName::from_bytes(chance.of(&NAMES).as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
                headers.append(name, value);
            }
        }
        let host = headers.get("host").and_then(|host| host.to_str().ok());
        let client = Client::new(peer, &headers, &proxies);
        let from = origin::from(&headers, host, client.https, &allowed);
        assert!(
            from != origin::From::Allowed
                || headers.get("origin").is_some_and(|it| it == "https://friend.example")
        );
        assert!(request_id::of(&headers, client.by_proxy).to_str().is_ok());
        for hosts in &hosts {
            assert!(!hosts.answers_to(Some("evil.example")) && !hosts.answers_to(None));
            hosts.answers_to(host);
        }
    }
}
