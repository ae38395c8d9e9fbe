//! AssemblyAI's four quickstarts, as QUICKSTARTS.md shows them.
//!
//! ```text
//! cargo run -p assemblyai-streaming --example quickstarts -- python
//! ```
//!
//! `python` and `javascript-sdk` capture from a microphone; `python-sdk` and `javascript` take samples from standard input:
//! 16 kHz, 16 bits, one channel.

use assemblyai_streaming::AudioSource;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stdin = || AudioSource::pcm(tokio::io::stdin(), 16_000, 1);
    match std::env::args().nth(1).as_deref() {
        Some("python") => python().await,
        Some("python-sdk") => python_sdk(stdin()?).await,
        Some("javascript") => javascript(stdin()?).await,
        Some("javascript-sdk") => javascript_sdk().await,
        _ => Err("name one: python, python-sdk, javascript or javascript-sdk".into()),
    }
}

async fn python() -> Result<(), Box<dyn std::error::Error>> {
    use assemblyai_streaming::microphone::{self, Input};
    use assemblyai_streaming::{Client, Event};
    use futures_util::StreamExt as _;

    let mut session = Client::from_env()?.transcribe(microphone::open(Input::Default).await?);
    let control = session.control();
    tokio::spawn(async move { tokio::signal::ctrl_c().await.map(|()| control.stop()) });
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) => eprint!("\r\x1b[2K{}{}", turn.text, if turn.is_final { "\n" } else { "" }),
            Event::Ended(summary) => summary.into_result()?, // After the last words.
            _ => {}
        }
    }
    Ok(())
}

async fn python_sdk(source: AudioSource) -> Result<(), Box<dyn std::error::Error>> {
    use assemblyai_streaming::{Client, Event, StreamingParameters};
    use futures_util::StreamExt as _;

    let parameters = StreamingParameters { format_turns: Some(true), ..Default::default() };
    let mut session = Client::builder_from_env().parameters(parameters).build()?.transcribe(source);
    while let Some(event) = session.next().await {
        match event {
            Event::Begin(begin) => println!("Session started: {}", begin.id),
            Event::Turn(turn) => println!("{} ({})", turn.text, turn.is_final),
            Event::Ended(summary) => println!("Session ended: {:?} of audio", summary.captured),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}

async fn javascript(source: AudioSource) -> Result<(), Box<dyn std::error::Error>> {
    use assemblyai_streaming::{Client, Event, WavFile};
    use futures_util::StreamExt as _;

    let source = source.stored(WavFile::create("recording.wav")?);
    let mut session = Client::from_env()?.transcribe(source);
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) if turn.is_final => println!("{}", turn.text),
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    Ok(())
}

async fn javascript_sdk() -> Result<(), Box<dyn std::error::Error>> {
    use assemblyai_streaming::{Client, Event};
    use futures_util::StreamExt as _;
    use std::process::Stdio;
    use tokio::process::Command;

    let child = Command::new("arecord").args(["-fS16_LE", "-r16", "-traw"]).stdout(Stdio::piped()).spawn()?;
    let source = AudioSource::pcm(child.stdout.ok_or("a pipe")?, 16_000, 1)?;
    let mut session = Client::from_env()?.transcribe(source);
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) if turn.is_final => println!("{}", turn.text),
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    Ok(())
}
