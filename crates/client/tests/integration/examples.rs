//! The examples, as programs against the mock.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, Script};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::support::program::{KEY, Printed, run};
use crate::support::{
    LIMIT, Machine, TestResult, audio, talk, talk_beginning, talk_samples, talk_words, words,
};

/// Seconds of the talk that an example gets where it takes them in real time.
const SECONDS: u32 = 9;

/// The folder of the examples that cargo has built beside the tests.
fn built() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_transcribe-live")).with_file_name("examples")
}

/// Whether an example is built from this source and others, and newer than all of them.
fn is_current(folder: &Path, name: &str, main: &Path) -> TestResult<bool> {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified());
    let Ok(built) = modified(&folder.join(name)) else { return Ok(false) };
    let Ok(list) = std::fs::read_to_string(folder.join(name).with_extension("d")) else { return Ok(false) };
    // As make reads it: the program, a colon, the sources; a backslash stands before a space in a name.
    let (_, sources) = list.split_once(": ").ok_or("a list of sources")?;
    let sources = sources.trim().replace("\\ ", "\0");
    let sources: Vec<_> = sources.split(' ').map(|source| PathBuf::from(source.replace('\0', " "))).collect();
    let is_older = |source: &PathBuf| modified(source).is_ok_and(|changed| changed <= built);
    Ok(sources.iter().any(|source| source == main) && sources.iter().all(is_older))
}

/// The path of an example that is built from the sources as they are. `cargo test` builds the examples, and
/// `cargo test --test` does not: only then they are built here.
async fn example_path(name: &str) -> TestResult<PathBuf> {
    static BUILDING: Mutex<()> = Mutex::const_new(());
    let _building = BUILDING.lock().await;
    let path = built().join(name);
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).with_extension("rs");
    if is_current(&built(), name, &main)? {
        return Ok(path);
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    cargo.args(["build", "--package", "assemblyai-streaming", "--examples", "--message-format=json"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit()).output().await?;
    assert!(output.status.success(), "the examples cannot be built");
    for line in String::from_utf8(output.stdout)?.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if message["target"]["name"] == name
            && let Some(path) = message["executable"].as_str()
        {
            return Ok(path.into());
        }
    }
    Err(format!("cargo has built no example {name}").into())
}

#[test]
fn an_example_that_is_older_than_one_of_its_sources_is_not_current() -> TestResult {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let is_current = || is_current(folder.path(), "example", &at("a source.rs"));
    let now = std::time::SystemTime::now();
    let write = |name: &str, age_s| -> TestResult {
        let file = std::fs::File::create(at(name))?;
        Ok(file.set_modified(now - Duration::from_secs(age_s))?)
    };
    assert!(!is_current()?);
    for (name, age_s) in [("example", 10), ("a source.rs", 20), ("other.rs", 30)] {
        write(name, age_s)?;
    }
    let source = at("a source.rs").display().to_string().replace(' ', "\\ ");
    let list = format!("{}: {source} {}\n", at("example").display(), at("other.rs").display());
    std::fs::write(at("example.d"), list)?;
    assert!(is_current()?);
    write("a source.rs", 5)?;
    assert!(!is_current()?);
    write("a source.rs", 20)?;
    std::fs::rename(at("other.rs"), at("renamed.rs"))?;
    assert!(!is_current()?);
    Ok(())
}

/// An example, with an environment of its own.
async fn example(name: &str, mock: &MockAssemblyAi) -> TestResult<Command> {
    let path = example_path(name).await?;
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
    Ok((talk_beginning(folder, SECONDS)?, complete_words()?))
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
    let printed = run(example("file_to_srt", &mock).await?.arg(path)).await?;
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
    let printed =
        run(example("several_at_once", &mock).await?.current_dir(folder.path()).args(names)).await?;
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
    let mut server = example("relay", &mock).await?.arg("127.0.0.1:0").spawn()?;
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
    let Some(sound) = crate::sound::Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let mut command = example("microphone", &mock).await?;
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

/// The code of QUICKSTARTS.md as its reader sees it, without the lines that rustdoc hides.
fn shown_quickstarts() -> TestResult<Vec<String>> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("QUICKSTARTS.md"))?;
    let blocks = page.split("```rust,no_run\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0));
    let shown =
        |block: &str| block.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    Ok(blocks.map(shown).collect())
}

#[test]
fn the_quickstarts_that_are_run_are_those_that_are_shown() -> TestResult {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstarts.rs");
    let run = std::fs::read_to_string(example)?;
    let run: Vec<&str> = run.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let run = run.join("\n");
    let shown = shown_quickstarts()?;
    assert_eq!(shown.len(), 4);
    for code in shown {
        assert!(code.lines().count() <= 10, "more than ten lines: {code}");
        // From the last `use` to the end of the function.
        assert!(run.contains(&format!("\n\n{code}\nOk(())\n}}")), "not run: {code}");
    }
    Ok(())
}

/// Runs a quickstart with the beginning of the talk on standard input; returns what it has printed.
async fn run_quickstart(name: &str, mock: &MockAssemblyAi, folder: &Path) -> TestResult<Printed> {
    let mut command = example("quickstarts", mock).await?;
    let bytes = beginning_bytes()?;
    let mut child = command.arg(name).current_dir(folder).stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    let write = async move { stdin.write_all(&bytes).await };
    let (written, printed) = tokio::join!(write, Printed::read(child));
    written?;
    printed
}

/// The beginning of the talk as samples without a header.
fn beginning_bytes() -> TestResult<Vec<u8>> {
    let samples = talk_samples()?;
    Ok(samples[..(SECONDS * 16_000) as usize].iter().flat_map(|sample| sample.to_le_bytes()).collect())
}

#[tokio::test]
async fn the_quickstart_of_the_python_sdk_prints_an_event_each() -> TestResult {
    let (mock, folder) = (MockAssemblyAi::start(Script::recording(talk()?)).await, tempfile::tempdir()?);
    let printed = run_quickstart("python-sdk", &mock, folder.path()).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = printed.stdout.lines().collect();
    assert!(lines[0].starts_with("Session started: "), "{lines:?}");
    assert_eq!(lines.last(), Some(&"Session ended: 9s of audio"));
    let finals: Vec<&str> = lines.iter().filter_map(|line| line.strip_suffix(" (true)")).collect();
    assert_begins(&finals.join(" "), complete_words()?)?;
    assert!(lines.iter().any(|line| line.ends_with(" (false)")), "{lines:?}");
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn the_quickstart_of_javascript_prints_the_words_and_writes_the_audio() -> TestResult {
    let (mock, folder) = (MockAssemblyAi::start(Script::recording(talk()?)).await, tempfile::tempdir()?);
    let printed = run_quickstart("javascript", &mock, folder.path()).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    assert_begins(&printed.stdout, complete_words()?)?;
    let mut wav = hound::WavReader::open(folder.path().join("recording.wav"))?;
    let stored = wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(stored, talk_samples()?[..(SECONDS * 16_000) as usize]);
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn the_quickstart_of_the_javascript_sdk_prints_what_a_recorder_has_heard() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let (mock, folder) = (MockAssemblyAi::start(Script::recording(talk()?)).await, tempfile::tempdir()?);
    // It takes the place of ALSA's recorder, and is as slow: what kills it at once leaves no sound.
    let recorder = folder.path().join("arecord");
    std::fs::write(folder.path().join("sound"), beginning_bytes()?)?;
    std::fs::write(&recorder, "#!/bin/sh\nsleep 0.5\nexec cat sound\n")?;
    std::fs::set_permissions(&recorder, std::fs::Permissions::from_mode(0o755))?;
    let mut command = example("quickstarts", &mock).await?;
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let printed = run(command.arg("javascript-sdk").env("PATH", path).current_dir(folder.path())).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    assert_begins(&printed.stdout, complete_words()?)?;
    mock.finish().await;
    Ok(())
}

#[cfg(all(target_os = "linux", feature = "microphone"))]
#[tokio::test]
async fn the_quickstart_of_python_repaints_a_line_until_ctrl_c() -> TestResult {
    let Some(sound) = crate::sound::Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let mut command = example("quickstarts", &mock).await?;
    command.arg("python").env("PULSE_SERVER", sound.server()).env("HOME", sound.folder.path());
    let child = command.spawn()?;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;
    let player = sound.play("talk.wav")?;
    mock.wait_for_audio_ms(0, 9_000, LIMIT).await?;
    let printed = crate::sound::interrupt(child).await?;
    drop(player);
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(0), ""));
    // A final ends its line; what stays of each line is what was painted last.
    let lines = printed.stderr.lines().filter_map(|line| line.rsplit("\r\x1b[2K").next());
    assert_begins(&lines.collect::<Vec<_>>().join(" "), 8)?;
    assert!(printed.stderr.matches("\r\x1b[2K").count() > printed.stderr.lines().count());
    mock.finish().await;
    Ok(())
}
