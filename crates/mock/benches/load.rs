//! The mock under load: 2000 real-time sessions, and the memory of an idle one.
//!
//! `cargo bench -p assemblyai-mock` prints the results and fails if they exceed the limits below. Without `--bench`, as
//! with `cargo test --benches`, it runs a few sessions and checks no limit.

#[path = "../examples/load/generator.rs"]
mod generator;

use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Limit of the 99th percentile of lateness.
const LATENESS_LIMIT_MS: f64 = 50.0;
/// Limit of the memory of an idle session.
const IDLE_LIMIT_KB: f64 = 64.0;

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let measures = std::env::args().any(|argument| argument == "--bench");
    let (sessions, seconds) = if measures { (2000, 20) } else { (5, 2) };
    let outcome = {
        let mock = Mock::start()?;
        generator::run(&mock.url, sessions, seconds).await
    };
    println!("{sessions} sessions of {seconds} s: {outcome}");
    let idle_kb = idle_kb(&Mock::start()?, sessions).await;
    match idle_kb {
        Some(kb) => println!("an idle session uses {kb:.1} kB"),
        None => println!("the memory of an idle session cannot be measured on this system"),
    }
    let kept = outcome.lateness_ms(0.99) < LATENESS_LIMIT_MS && idle_kb.is_none_or(|kb| kb < IDLE_LIMIT_KB);
    let is_good = outcome.failures.is_empty() && (kept || !measures);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Memory of the mock per idle session.
async fn idle_kb(mock: &Mock, sessions: u64) -> Option<f64> {
    // The first session allocates what all share.
    let mut open = vec![connect(&mock.url).await?];
    let before_kb = mock.resident_kb()?;
    for _ in 0..sessions {
        open.push(connect(&mock.url).await?);
    }
    let taken_kb = mock.resident_kb()?.saturating_sub(before_kb);
    drop(open);
    Some(taken_kb as f64 / sessions as f64)
}

async fn connect(url: &str) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
    let mut request = format!("{url}?speech_model=u3-rt-pro").into_client_request().ok()?;
    request.headers_mut().insert("authorization", "load".parse().ok()?);
    let config = WebSocketConfig::default().read_buffer_size(4096);
    let dialled = tokio_tungstenite::connect_async_with_config(request, Some(config), true);
    let (socket, _) = tokio::time::timeout(Duration::from_secs(10), dialled).await.ok()?.ok()?;
    Some(socket)
}

/// The mock in a separate process, so that the generator's memory is not counted.
struct Mock {
    child: Child,
    url: String,
}

impl Mock {
    fn start() -> io::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assemblyai-mock"));
        let mut child = command.args(["--port", "0"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let output = child.stdout.as_mut().ok_or_else(|| io::Error::other("no standard output"))?;
        BufReader::new(output).read_line(&mut line)?;
        let base = line.trim().rsplit(' ').next().unwrap_or_default();
        let url = format!("{}/v3/ws", base.replace("http://", "ws://"));
        Ok(Self { child, url })
    }

    fn resident_kb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
