//! The program with the recogniser inside, and human speech. Needs `cargo xtask setup --speech`.

#[path = "../../../speech/tests/common/score.rs"]
mod score;
#[path = "../../../speech/tests/common/speech.rs"]
mod speech;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use local_service::LoopbackService;
use rustix::process::Signal;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::program::{Printed, run, signal};
use crate::support::{LIMIT, Machine, TestResult};

/// The folder of a model, or of recordings.
fn models(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/models").join(name)
}

/// A person reads the first sentence of "A Tale of Two Cities".
fn recording() -> PathBuf {
    models("audio").join(speech::RECORDINGS[0].0)
}

/// The program in a folder, without a key.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_transcribe-live"));
    // A recogniser on this machine is not behind a proxy.
    command.current_dir(folder).env_clear().env("HTTP_PROXY", "http://127.0.0.1:9");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// What it prints of samples on standard input.
async fn from_standard_input(folder: &Path) -> TestResult<Printed> {
    let mut reader = hound::WavReader::open(recording())?;
    let rate = reader.spec().sample_rate.to_string();
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut command = program(folder);
    command.arg("--local").arg("--local-model").arg(models("tiny-en")).args(["-", "--rate", &rate]);
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    let write = async move { stdin.write_all(&bytes).await };
    let (written, printed) = tokio::join!(write, Printed::read(child));
    written?;
    printed
}

#[tokio::test]
async fn a_file_and_standard_input_have_the_words_that_the_service_of_a_server_has() -> TestResult {
    let _machine = Machine::alone().await;
    let folder = tempfile::tempdir()?;
    let service = LoopbackService::start(&models("tiny-en")).await?;
    let mut by_service = program(folder.path());
    by_service.args(["--base-url", &service.base_url(), "--fast"]).arg(recording());
    let by_service = by_service.env("ASSEMBLYAI_API_KEY", service.key()).env_remove("HTTP_PROXY");
    let expected = run(by_service).await?;
    assert_eq!((expected.code, expected.stderr.as_str()), (Some(0), ""));
    let errors = score::word_errors(speech::RECORDINGS[0].1, &expected.stdout);
    assert!(errors.percent() <= 8.0, "{errors:?}: {}", expected.stdout);

    let mut command = program(folder.path());
    let file = run(command.arg("--local-model").arg(models("tiny-en")).arg(recording())).await?;
    for (name, printed) in [("file", file), ("standard input", from_standard_input(folder.path()).await?)] {
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{name}");
        // When audio is decoded depends on how busy the machine is, and with it a word of which the model is not sure.
        let errors = score::word_errors(&expected.stdout, &printed.stdout);
        assert!(errors.percent() <= 2.0, "{name}: {errors:?}: {}", printed.stdout);
    }
    Ok(())
}

#[tokio::test]
async fn with_a_model_and_no_key_speech_is_recognised_here_faster_than_it_was_spoken() -> TestResult {
    let _machine = Machine::alone().await;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(".env"), format!("LOCAL_MODEL={}\n", models("tiny-en").display()))?;
    let start = std::time::Instant::now();
    let printed = run(program(folder.path()).arg(recording()).args(["--speakers", "-o", "a.srt"])).await?;
    let took = start.elapsed();
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let lines: Vec<&str> = printed.stderr.lines().collect();
    let [here, warning] = lines[..] else { return Err(format!("{lines:?}").into()) };
    assert!(here.contains("no key") && here.contains("moonshine-tiny-en"), "{here}");
    assert!(warning.contains("speaker labels"), "{warning}");
    let errors = score::word_errors(speech::RECORDINGS[0].1, &printed.stdout);
    assert!(errors.percent() <= 8.0, "{errors:?}: {}", printed.stdout);
    let spoken =
        Duration::from_secs_f64(f64::from(hound::WavReader::open(recording())?.duration()) / 48_000.0);
    assert!(took < spoken, "{took:?} for {spoken:?}");
    assert!(std::fs::read_to_string(folder.path().join("a.srt"))?.contains("-->"));
    Ok(())
}

#[tokio::test]
async fn a_model_that_is_not_there_or_not_known_is_named_with_code_2() -> TestResult {
    let folder = tempfile::tempdir()?;
    let printed = run(program(folder.path()).arg("--local").arg(recording())).await?;
    assert_eq!(printed.code, Some(2), "{}", printed.stderr);
    assert!(printed.stderr.contains("LOCAL_MODEL"), "{}", printed.stderr);
    let printed = run(program(folder.path()).args(["--local-model", "absent"]).arg(recording())).await?;
    assert_eq!(printed.code, Some(2), "{}", printed.stderr);
    assert!(printed.stderr.contains("encoder_model.ort"), "{}", printed.stderr);
    Ok(())
}

/// The finals among lines of JSON.
fn finals(lines: &[String]) -> TestResult<String> {
    let events = lines.iter().map(|line| serde_json::from_str::<serde_json::Value>(line));
    let events = events.collect::<Result<Vec<_>, _>>()?;
    let texts =
        events.iter().filter(|event| event["is_final"] == true).filter_map(|event| event["text"].as_str());
    Ok(texts.collect::<Vec<_>>().join(" "))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_person_who_reads_into_the_microphone_has_the_words_of_the_file() -> TestResult {
    use tokio::io::{AsyncBufReadExt as _, BufReader};

    let Some(sound) = crate::sound::Sound::start_on(Machine::alone().await, true).await? else {
        return Ok(());
    };
    let mut command = program(sound.folder.path());
    command.env("PULSE_SERVER", sound.server()).env("HOME", sound.folder.path());
    command.args(["--json", "--wav", "heard.wav", "--local-model"]).arg(models("tiny-en"));
    let mut child = command.spawn()?;
    let mut stdout = BufReader::new(child.stdout.take().ok_or("a pipe")?).lines();
    let begun = timeout(LIMIT, stdout.next_line()).await??.ok_or("it begins")?;
    assert!(begun.contains("\"begin\""), "{begun}");
    let mut player = sound.play(recording().to_str().ok_or("a path in UTF-8")?)?;
    assert!(timeout(LIMIT, player.wait()).await??.success());
    signal(&child, Signal::INT)?;
    let mut lines = vec![];
    while let Some(line) = timeout(LIMIT, stdout.next_line()).await?? {
        lines.push(line);
    }
    assert_eq!(timeout(LIMIT, child.wait()).await??.code(), Some(0), "{lines:?}");
    let heard = finals(&lines)?;
    let errors = score::word_errors(speech::RECORDINGS[0].1, &heard);
    assert!(errors.percent() <= 8.0, "{errors:?}: {heard}");
    // What was heard, as a file: when audio is decoded depends on how busy the machine is.
    let mut command = program(sound.folder.path());
    let file = run(command.arg("--local-model").arg(models("tiny-en")).arg("heard.wav")).await?;
    let errors = score::word_errors(&file.stdout, &heard);
    assert!(errors.percent() <= 2.0, "{errors:?}: {heard} instead of {}", file.stdout);
    Ok(())
}
