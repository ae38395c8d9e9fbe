//! Turns a WAV file into subtitles: `cargo run --example file_to_srt talk.wav > talk.srt`.

use std::collections::BTreeMap;

use assemblyai_streaming::{AudioSource, Client, Event, Turn, TurnId};
use futures_util::StreamExt as _;
use transcript_export::{Document, Format, Options, Recording};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a WAV file")?;
    let client = Client::from_env()?;
    let mut session = client.transcribe(AudioSource::wav(path)?);
    let mut turns: BTreeMap<TurnId, Turn> = BTreeMap::new();
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) => {
                turns.retain(|id, _| !turn.replaces.contains(id));
                turns.insert(turn.id, turn);
            }
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    let turns = turns.values().map(|turn| (turn.id.into(), turn.into())).collect();
    let document = Document::new(turns, vec![Recording::default()]);
    print!("{}", Format::Srt.write(&document, Options { speakers: true, times: true }));
    Ok(())
}
