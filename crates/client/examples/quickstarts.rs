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
            Event::Turn(turn) if turn.is_final => eprintln!("\r\x1b[2K{}", turn.text),
            Event::Turn(turn) => eprint!("\r\x1b[2K{}", turn.text),
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
    let client = Client::builder_from_env().parameters(parameters).build()?;
    let mut session = client.transcribe(source);
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
    use assemblyai_streaming::{Client, Event, Part};
    use futures_util::StreamExt as _;
    use hound::{SampleFormat, WavSpec, WavWriter};
    let sample_format = SampleFormat::Int;
    let spec = WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: 16, sample_format };

    let mut file = WavWriter::create("recording.wav", spec)?;
    let source = source.inspect(move |part| {
        let samples = match part {
            Part::Samples(samples) => samples.clone(),
            Part::Lost(lost) => vec![0; *lost as usize],
            _ => vec![],
        };
        for sample in samples {
            file.write_sample(sample).expect("there is room");
        }
    });
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

    let mut recorder = Command::new("arecord");
    recorder.args(["-f", "S16_LE", "-r", "16000", "-t", "raw"]).stdout(Stdio::piped()).kill_on_drop(true);
    let mut recorder = recorder.spawn()?;
    let samples = recorder.stdout.take().ok_or("a pipe")?;
    let mut session = Client::from_env()?.transcribe(AudioSource::pcm(samples, 16_000, 1)?);
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) if turn.is_final => println!("{}", turn.text),
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    Ok(())
}
