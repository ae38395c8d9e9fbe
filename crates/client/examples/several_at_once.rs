//! Transcribes several WAV files at once over one client: `cargo run --example several_at_once a.wav b.wav`.

use assemblyai_streaming::{AudioSource, Client, Event};
use futures_util::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let mut sessions = futures_util::stream::SelectAll::new();
    for path in std::env::args().skip(1) {
        let session = client.transcribe(AudioSource::wav(&path)?);
        sessions.push(session.map(move |event| (path.clone(), event)).boxed());
    }
    while let Some((path, event)) = sessions.next().await {
        match event {
            Event::Turn(turn) if turn.is_final => println!("{path}: {}", turn.text),
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    Ok(())
}
