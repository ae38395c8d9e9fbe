//! The examples, as programs against the mock.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, Script};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::support::program::{KEY, run};
use crate::support::{LIMIT, Machine, TestResult, audio, talk, talk_samples, talk_words, words};

/// Seconds of the talk that an example gets where it takes them in real time.
const SECONDS: u32 = 9;

/// An example, as cargo has built it beside the tests, with an environment of its own.
fn example(name: &str, mock: &MockAssemblyAi) -> TestResult<Command> {
    let program = Path::new(env!("CARGO_BIN_EXE_transcribe-live"));
    let path = program.with_file_name("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    if !path.is_file() {
        let advice = "run cargo test without --test, or cargo build --examples before it";
        return Err(format!("{} is not built: {advice}", path.display()).into());
    }
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("ASSEMBLYAI_API_KEY", KEY)
        .env("ASSEMBLYAI_BASE_URL", mock.base_url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

/// The beginning of the talk as a file, and its words.
fn beginning(folder: &Path) -> TestResult<(std::path::PathBuf, usize)> {
    let path = folder.join("beginning.wav");
    let mut reader = hound::WavReader::open(audio("talk.wav"))?;
    let mut writer = hound::WavWriter::create(&path, reader.spec())?;
    for sample in reader.samples::<i16>().take((SECONDS * 16_000) as usize) {
        writer.write_sample(sample?)?;
    }
    writer.finalize()?;
    Ok((path, complete_words()?))
}

/// How many words the beginning has whole.
fn complete_words() -> TestResult<usize> {
    let table = std::fs::read_to_string(audio("talk.tsv"))?;
    let ends = table.lines().skip(1).filter_map(|line| line.split('\t').nth(1)?.parse::<f64>().ok());
    Ok(ends.take_while(|end_ms| *end_ms < f64::from(SECONDS) * 1000.0).count())
}

/// Checks that these are the first words of the talk, and how many at least.
fn assert_begins(text: &str, at_least: usize) -> TestResult {
    let (heard, spoken) = (words(text), talk_words()?);
    assert!(heard.len() >= at_least, "{} words instead of {at_least}: {text}", heard.len());
    assert_eq!(heard, spoken[..heard.len()]);
    Ok(())
}

#[tokio::test]
async fn file_to_srt_prints_subtitles_with_the_times_of_the_words() -> TestResult {
    let (mock, folder) = (MockAssemblyAi::start(Script::recording(talk()?)).await, tempfile::tempdir()?);
    let (path, complete) = beginning(folder.path())?;
    let printed = run(example("file_to_srt", &mock)?.arg(path)).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    let subtitles = printed.stdout.replace("\r\n", "\n");
    let segments: Vec<Vec<&str>> =
        subtitles.trim().split("\n\n").map(|segment| segment.lines().collect()).collect();
    let mut text = String::new();
    for (at, segment) in segments.iter().enumerate() {
        assert_eq!(segment[0], (at + 1).to_string());
        assert!(segment[1].starts_with("00:00:0") && segment[1].contains(" --> 00:00:0"), "{segment:?}");
        text += &segment[2..].join(" ");
        text += " ";
    }
    assert_begins(&text, complete)?;
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn several_at_once_prints_the_words_of_each_file_with_its_name() -> TestResult {
    let (mock, folder) = (MockAssemblyAi::start(Script::recording(talk()?)).await, tempfile::tempdir()?);
    let (path, complete) = beginning(folder.path())?;
    let names = ["a.wav", "b.wav"];
    for name in names {
        std::fs::copy(&path, folder.path().join(name))?;
    }
    let printed = run(example("several_at_once", &mock)?.current_dir(folder.path()).args(names)).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    for name in names {
        let of_it = printed.stdout.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        assert_begins(&of_it.collect::<Vec<_>>().join(" "), complete)?;
    }
    let sessions = mock.finish().await.sessions;
    assert_eq!(sessions.len(), 2);
    Ok(())
}

#[tokio::test]
async fn relay_sends_back_what_is_said_and_ends_with_its_client() -> TestResult {
    let _machine = Machine::shared().await;
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let mut server = example("relay", &mock)?.arg("127.0.0.1:0").spawn()?;
    let mut lines = BufReader::new(server.stdout.take().ok_or("a pipe")?).lines();
    let url = timeout(LIMIT, lines.next_line()).await??.ok_or("it prints its address")?;
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    let samples = talk_samples()?;
    let mut in_real_time = interval(Duration::from_millis(100));
    in_real_time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for chunk in samples[..(SECONDS * 16_000) as usize].chunks(1_600) {
        in_real_time.tick().await;
        let bytes: Vec<u8> = chunk.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        socket.send(Message::binary(bytes)).await?;
    }
    socket.send(Message::text("stop")).await?;
    let mut said = String::new();
    timeout(LIMIT, async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                said += &text;
                said += " ";
            }
        }
    })
    .await?;
    assert_begins(&said, complete_words()?)?;
    let finished = mock.finish().await;
    assert_eq!(finished.sessions[0].received_of_type("Terminate").len(), 1);
    assert_eq!(finished.audio_ms, u64::from(SECONDS) * 1000);
    server.kill().await?;
    Ok(())
}

#[cfg(all(target_os = "linux", feature = "microphone"))]
#[tokio::test]
async fn microphone_prints_what_is_said_until_enter_is_pressed() -> TestResult {
    use tokio::io::AsyncWriteExt as _;

    let Some(sound) = crate::sound::Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let mut command = example("microphone", &mock)?;
    command.env("PULSE_SERVER", sound.server()).env("HOME", sound.folder.path()).stdin(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;
    let player = sound.play("talk.wav")?;
    mock.wait_for_audio_ms(0, 9_000, LIMIT).await?;
    stdin.write_all(b"\n").await?;
    let output = timeout(LIMIT, child.wait_with_output()).await??;
    drop(player);
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert_begins(&String::from_utf8(output.stdout)?, 8)?;
    mock.finish().await;
    Ok(())
}
