//! What `transcribe-live` costs beside AssemblyAI's Python SDK: the same recording, the same mock, at the same time, so
//! that other load slows both.
//!
//! Needs `cargo xtask setup --sdks`, and a quiet machine. Fails if a ratio exceeds its limit.
#![cfg_attr(not(target_os = "linux"), allow(unused))]

#[cfg(target_os = "linux")]
mod process;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, Recording, Script};
use tokio::process::Command;

/// The most CPU that the program takes, as a part of the SDK's.
const MOST_CPU: f64 = 0.2;
/// The most memory that it takes, as a part of the SDK's.
const MOST_MEMORY: f64 = 0.25;
/// The key by which the program's session is known from the SDK's.
const OUR_KEY: &str = "key-of-transcribe-live";
/// The longest wait.
const LIMIT: Duration = Duration::from_secs(180);

/// The costs of a client.
#[derive(Debug, Clone, Copy)]
struct Costs {
    /// CPU time for a second of audio, in s.
    cpu: f64,
    /// The most memory that was resident, in MB.
    memory_mb: f64,
    /// From the start of the process until its first audio is received.
    to_first_frame: Duration,
    /// From the last audio until the process has ended.
    to_exit: Duration,
}

fn audio(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio").join(name)
}

/// Runs a client to its end; `number` is that of its session.
#[cfg(target_os = "linux")]
async fn costs(mock: &MockAssemblyAi, number: usize, command: Command) -> Result<Costs, Box<dyn Error>> {
    let process = process::Measured::start(command)?;
    let session = mock.wait_for_audio_ms(number, 1, LIMIT).await?;
    let to_first_frame = process.elapsed();
    let first_at = session.frames.first().ok_or("a frame")?.at;
    let ended = process.end(LIMIT).await?;
    let session = mock.wait_for_end(number, LIMIT).await?;
    let last_at = session.frames.last().ok_or("a frame")?.at;
    assert!(session.audio_ms >= 69_000, "{} ms of audio were received", session.audio_ms);
    assert!(ended.printed.starts_with("A long talk has"), "{}", ended.printed);
    Ok(Costs {
        cpu: ended.cpu.as_secs_f64() / (session.audio_ms as f64 / 1_000.0),
        memory_mb: ended.memory_bytes as f64 / 1e6,
        to_first_frame,
        to_exit: ended.elapsed.saturating_sub(to_first_frame + last_at.saturating_sub(first_at)),
    })
}

/// The file of samples that the SDK sends.
fn samples(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let samples = folder.join("talk.raw");
    let mut wav = hound::WavReader::open(audio("talk.wav"))?;
    let bytes: Vec<u8> = wav.samples::<i16>().flatten().flat_map(i16::to_le_bytes).collect();
    std::fs::write(&samples, bytes)?;
    Ok(samples)
}

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/sdks/python/bin/python");
    if !python.exists() {
        return Err("no Python SDK; type cargo xtask setup --sdks".into());
    }
    let folder = tempfile::tempdir()?;
    let script = Script::recording(Recording::read(audio("talk.wav"), audio("talk.tsv"))?);
    let mock = MockAssemblyAi::start(script).await;
    let base_url = mock.base_url();

    let mut ours = Command::new(env!("CARGO_BIN_EXE_transcribe-live"));
    ours.args(["--model", "u3-rt-pro", "--base-url", &base_url]).arg(audio("talk.wav"));
    ours.env("ASSEMBLYAI_API_KEY", OUR_KEY).env("NO_PROXY", "127.0.0.1");
    let mut sdk = Command::new(&python);
    sdk.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/beside_python_sdk/client.py"));
    sdk.arg(base_url.replacen("http", "ws", 1)).arg(samples(folder.path())?);
    sdk.env("NO_PROXY", "127.0.0.1");

    // The mock numbers sessions as they come: the SDK starts once the program is connected.
    let sdk = async {
        mock.wait_for_audio_ms(0, 1, LIMIT).await?;
        costs(&mock, 1, sdk).await
    };
    let (ours, sdk) = tokio::join!(costs(&mock, 0, ours), sdk);
    let (ours, sdk) = (ours?, sdk?);
    let keys = mock
        .sessions()
        .iter()
        .map(|session| session.header("authorization") == Some(OUR_KEY))
        .collect::<Vec<_>>();
    assert_eq!(keys, [true, false], "the sessions are those of other clients");
    report(ours, sdk);
    let (cpu, memory) = (ours.cpu / sdk.cpu, ours.memory_mb / sdk.memory_mb);
    assert!(cpu <= MOST_CPU, "{cpu:.2} of the SDK's CPU time");
    assert!(memory <= MOST_MEMORY, "{memory:.2} of the SDK's memory");
    assert!(ours.to_first_frame < sdk.to_first_frame, "it starts later than the SDK");
    assert!(ours.to_exit < sdk.to_exit, "it ends later than the SDK");
    Ok(())
}

fn report(ours: Costs, sdk: Costs) {
    let ms = |time: Duration| format!("{} ms", time.as_millis());
    let rows = [
        (
            "CPU for a second of audio",
            format!("{:.2} ms", ours.cpu * 1e3),
            format!("{:.2} ms", sdk.cpu * 1e3),
        ),
        ("memory", format!("{:.1} MB", ours.memory_mb), format!("{:.1} MB", sdk.memory_mb)),
        ("from the start to the first frame", ms(ours.to_first_frame), ms(sdk.to_first_frame)),
        ("from the last frame to the exit", ms(ours.to_exit), ms(sdk.to_exit)),
    ];
    println!("| | transcribe-live | Python SDK |\n| --- | --- | --- |");
    for (name, ours, sdk) in rows {
        println!("| {name} | {ours} | {sdk} |");
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("processes are measured on Linux alone");
}
