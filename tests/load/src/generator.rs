//! The load generator: connections that repeat a GET request with a browser's headers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Failure;

/// The headers of a page's requests in Chromium, without `accept-encoding`: Express does not compress.
const HEADERS: [(&str, &str); 8] = [
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    ("accept", "*/*"),
    ("accept-language", "en-GB,en;q=0.9"),
    ("sec-ch-ua", "\"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\""),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
];
/// The longest that a response may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The result of a load.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The latency of each response in µs, sorted.
    latency_us: Vec<u64>,
}

impl Outcome {
    /// The number of requests, all answered.
    pub(crate) fn requests(&self) -> usize {
        self.latency_us.len()
    }

    /// The latency in ms at `quantile` (0 to 1).
    pub(crate) fn latency_ms(&self, quantile: f64) -> f64 {
        let last = self.latency_us.len().saturating_sub(1);
        let index = ((self.latency_us.len() as f64 * quantile) as usize).min(last);
        self.latency_us.get(index).map_or(f64::NAN, |us| *us as f64 / 1000.0)
    }
}

/// Requests `path` over `connections` connections for `time`; any status but 200 is an error.
pub(crate) async fn run(
    address: SocketAddr,
    path: &'static str,
    connections: usize,
    time: Duration,
) -> Result<Outcome, Failure> {
    let until = Instant::now() + time;
    let mut running = JoinSet::new();
    for _ in 0..connections {
        running.spawn(request_until(address, path, until));
    }
    let mut latency_us = Vec::new();
    while let Some(ended) = running.join_next().await {
        latency_us.append(&mut ended??);
    }
    latency_us.sort_unstable();
    Ok(Outcome { latency_us })
}

async fn request_until(address: SocketAddr, path: &str, until: Instant) -> Result<Vec<u64>, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut latency_us = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        connection.get(path).await?;
        latency_us.push(start.elapsed().as_micros() as u64);
    }
    Ok(latency_us)
}

/// A connection that stays open from request to request.
pub(crate) struct Connection {
    sender: http1::SendRequest<Empty<Bytes>>,
    host: String,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // An error of the connection is also reported by the request.
        tokio::spawn(connection);
        Ok(Self { sender, host: format!("localhost:{}", address.port()) })
    }

    /// Sends a GET request and returns the body; any status but 200 is an error.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Bytes, Failure> {
        let mut request = Request::get(path).header("host", &self.host);
        for (name, value) in HEADERS {
            request = request.header(name, value);
        }
        let request = request.body(Empty::new())?;
        let answer = async {
            let response = self.sender.send_request(request).await?;
            let status = response.status();
            Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
        };
        match tokio::time::timeout(LIMIT, answer).await?? {
            (StatusCode::OK, body) => Ok(body),
            (status, body) => Err(format!("{path}: {status}: {}", String::from_utf8_lossy(&body)).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;
    use crate::upstream::Upstream;

    #[test]
    fn percentiles_are_taken_from_the_sorted_times() {
        let outcome = Outcome { latency_us: (1..=100).map(|ms| ms * 1000).collect() };
        assert!((outcome.latency_ms(0.99) - 100.0).abs() < 1e-9);
        assert!((outcome.latency_ms(0.5) - 51.0).abs() < 1e-9);
        assert!(Outcome::default().latency_ms(0.99).is_nan());
    }

    #[tokio::test]
    async fn generator_and_upstream_count_the_same_requests() -> TestResult {
        let upstream = Upstream::start()?;
        let path = "/v3/token?expires_in_seconds=60";
        let outcome = run(upstream.address(), path, 2, Duration::from_millis(50)).await?;
        assert!(outcome.requests() >= 2);
        assert_eq!(outcome.requests(), upstream.requests());
        Ok(())
    }

    #[tokio::test]
    async fn a_status_other_than_200_is_an_error() -> TestResult {
        let upstream = Upstream::start()?;
        let error =
            run(upstream.address(), "/nothing", 1, LIMIT).await.expect_err("the upstream answers 404");
        assert!(error.to_string().starts_with("/nothing: 404"), "{error}");
        Ok(())
    }
}
