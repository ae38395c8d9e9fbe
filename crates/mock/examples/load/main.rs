//! A load generator for any server that implements the protocol and accepts any key.
//!
//! `cargo run --release -p assemblyai-mock --example load -- ws://127.0.0.1:8765/v3/ws 2000 20` runs 2000 sessions of
//! 20 s. Each sends 100 ms of audio every 100 ms, with different start times. The audio is a synthetic voice that speaks
//! for 8 s and pauses for 2 s, so that a server with voice activity detection has something to detect.
//!
//! It prints the lateness of partials: the time from sending the audio of the last word to receiving the message.

mod generator;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, sessions, seconds) = match &arguments[..] {
        [url, sessions, seconds] => (url, sessions.parse(), seconds.parse()),
        _ => return usage(),
    };
    let (Ok(sessions), Ok(seconds)) = (sessions, seconds) else { return usage() };
    let outcome = generator::run(url, sessions, seconds).await;
    println!("{sessions} sessions of {seconds} s: {outcome}");
    if outcome.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("usage: load WEBSOCKET_URL SESSIONS SECONDS");
    ExitCode::from(2)
}
