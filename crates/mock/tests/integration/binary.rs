//! The program `assemblyai-mock`.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Client, LIMIT};
use serde_json::Value;
use test_result::TestResult;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

fn mock(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assemblyai-mock"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running program that ends with the test.
struct Running {
    child: Child,
    /// Its further output.
    lines: Box<dyn Iterator<Item = std::io::Result<String>> + Send>,
    base: String,
}

impl Running {
    fn start(arguments: &[&str]) -> TestResult<Self> {
        Self::spawn(&mut mock(arguments))
    }

    fn spawn(command: &mut Command) -> TestResult<Self> {
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let first = lines.next().ok_or("no line")??;
        let base = first.strip_prefix("assemblyai-mock is running at ").ok_or("no address")?.to_owned();
        Ok(Self { child, lines: Box::new(lines), base })
    }

    async fn client(&self, query: &str) -> TestResult<Client> {
        let url = format!("{}/v3/ws?{query}", self.base.replace("http://", "ws://"));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("authorization", "good".parse()?);
        Ok(Client::dial(request).await??)
    }

    #[cfg(unix)]
    fn stop(mut self, signal: &str) -> TestResult<(Option<i32>, String)> {
        let ended = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(ended.is_ok_and(|status| status.success()));
        let mut said = String::new();
        for line in self.lines.by_ref().map_while(Result::ok) {
            said += &line;
            said.push('\n');
        }
        Ok((self.child.wait()?.code(), said))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn failed(arguments: &[&str]) -> TestResult<(Option<i32>, String)> {
    let Output { status, stderr, .. } = mock(arguments).output()?;
    Ok((status.code(), String::from_utf8(stderr)?))
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    folder
}

#[cfg(unix)]
#[tokio::test]
async fn sessions_are_written_as_wav_and_json_and_a_signal_ends_the_program() -> TestResult {
    let folder = folder("recorded");
    let path = folder.to_str().ok_or("the path is not text")?;
    let running = Running::start(&["--port", "0", "--api-key", "good", "--record", path])?;
    let mut client = running.client("speech_model=u3-rt-pro&sample_rate=16000").await?;
    client.frames(10).await;
    client.say("Terminate").await;
    assert_eq!(client.story().await?, ["Begin", "Termination", "close 1000 Session Ended"]);

    let (code, said) = running.stop("-TERM")?;
    assert_eq!(code, Some(0));
    assert!(said.contains("session-0000: 1000 ms of audio, 0 violations"), "{said}");
    let mut wav = Vec::new();
    let file = std::fs::File::open(folder.join("session-0000.wav"));
    file?.read_to_end(&mut wav)?;
    assert_eq!((&wav[..4], wav.len()), (&b"RIFF"[..], 44 + 32_000));
    let json = std::fs::read_to_string(folder.join("session-0000.json"))?;
    let story: Value = serde_json::from_str(&json)?;
    assert_eq!(story["audio_ms"], 1000);
    assert_eq!(story["received"][0]["message"]["type"], "Terminate");
    assert_eq!(story["end"]["server"]["code"], 1000);
    assert!(!json.contains("good"), "no key in the file: {json}");
    Ok(())
}

/// Runs a session of so many audio messages of 100 ms.
#[cfg(unix)]
async fn session(running: &Running, frames: usize) -> TestResult {
    let mut client = running.client("speech_model=u3-rt-pro&sample_rate=16000").await?;
    client.frames(frames).await;
    client.say("Terminate").await;
    assert_eq!(client.story().await?.last().map(String::as_str), Some("close 1000 Session Ended"));
    Ok(())
}

/// The duration of a recorded session, in ms.
#[cfg(unix)]
fn recorded_ms(folder: &std::path::Path, name: &str) -> Option<u64> {
    let json = std::fs::read_to_string(folder.join(name)).ok()?;
    serde_json::from_str::<Value>(&json).ok()?["audio_ms"].as_u64()
}

#[cfg(unix)]
#[tokio::test]
async fn all_sessions_are_written_after_the_reader_of_the_output_has_left() -> TestResult {
    let folder = folder("unread");
    let path = folder.to_str().ok_or("the path is not text")?;
    let mut running = Running::start(&["--port", "0", "--record", path])?;
    running.lines = Box::new(std::iter::empty());
    for frames in 1..=3 {
        session(&running, frames).await?;
    }
    assert_eq!(running.stop("-TERM")?.0, Some(0));
    let names = ["session-0000.json", "session-0001.json", "session-0002.json"];
    assert_eq!(names.map(|name| recorded_ms(&folder, name)), [Some(100), Some(200), Some(300)]);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_second_run_keeps_the_recordings_of_the_first() -> TestResult {
    let folder = folder("twice");
    let path = folder.to_str().ok_or("the path is not text")?;
    for (frames, name) in [(5, "session-0000"), (2, "session-0001")] {
        let running = Running::start(&["--port", "0", "--record", path])?;
        session(&running, frames).await?;
        let (_, said) = running.stop("-TERM")?;
        assert!(said.contains(&format!("{name}: {frames}00 ms of audio")), "{said}");
    }
    let names = ["session-0000.json", "session-0001.json", "session-0002.json"];
    assert_eq!(names.map(|name| recorded_ms(&folder, name)), [Some(500), Some(200), None]);
    assert_eq!(std::fs::metadata(folder.join("session-0000.wav")).map(|file| file.len()).ok(), Some(16_044));
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn mocks_that_share_a_folder_keep_each_others_recordings() -> TestResult {
    let folder = folder("shared");
    let path = folder.to_str().ok_or("the path is not text")?;
    let mut mocks = Vec::new();
    for _ in 0..3 {
        mocks.push(Running::start(&["--port", "0", "--record", path])?);
    }
    for (running, frames) in mocks.iter().zip(1..) {
        session(running, frames).await?;
        session(running, frames).await?;
    }
    for running in mocks {
        running.stop("-TERM")?;
    }
    let names = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.file_name());
    let json = names.filter_map(|name| name.into_string().ok().filter(|name| name.ends_with(".json")));
    let mut recorded: Vec<u64> = json.filter_map(|name| recorded_ms(&folder, &name)).collect();
    recorded.sort_unstable();
    assert_eq!(recorded, [100, 100, 200, 200, 300, 300]);
    Ok(())
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_program_at_once() -> TestResult {
    let running = Running::start(&["--port", "0"])?;
    let asked = Instant::now();
    let (code, said) = running.stop("-INT")?;
    assert_eq!(code, Some(0));
    assert!(said.contains("any API key is valid") && said.ends_with("stopping\n"), "{said}");
    assert!(asked.elapsed() < LIMIT.min(Duration::from_secs(4)));
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_one_line_and_exit_2() -> TestResult {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let (code, said) = failed(&["--port", &port])?;
    assert_eq!(code, Some(2));
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with(&format!("assemblyai-mock: cannot listen on 127.0.0.1:{port}: ")), "{said}");
    Ok(())
}

#[test]
fn a_folder_that_cannot_be_written_is_one_line_and_exit_2() -> TestResult {
    let (code, said) = failed(&["--port", "0", "--record", "/dev/null/folder"])?;
    assert_eq!(code, Some(2));
    assert!(said.starts_with("assemblyai-mock: cannot write to /dev/null/folder: "), "{said}");
    Ok(())
}

#[test]
fn an_option_that_does_not_exist_is_exit_2() -> TestResult {
    let (code, said) = failed(&["--bogus"])?;
    assert_eq!(code, Some(2));
    assert!(said.contains("--bogus"), "{said}");
    Ok(())
}

fn file(name: &str, text: &str) -> TestResult<String> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text)?;
    Ok(path.to_str().ok_or("the path is not text")?.to_owned())
}

#[test]
fn a_bad_scenario_is_one_line_with_line_and_column_and_exit_2() -> TestResult {
    let path = file("bad.toml", "[[turn]]\ntext = \"x\"\nfrom_ms = \"soon\"\n")?;
    let (code, said) = failed(&["--port", "0", "--scenario", &path])?;
    assert_eq!(code, Some(2));
    assert_eq!(said, format!("assemblyai-mock: {path}:3:11: invalid type: string \"soon\", expected u64\n"));
    let (code, said) = failed(&["--port", "0", "--scenario", "no/such.srt"])?;
    assert_eq!((code, said.lines().count()), (Some(2), 1), "{said}");
    let (code, said) = failed(&["--port", "0", "--refuse", "2"])?;
    assert!(code == Some(2) && said.contains("the fraction must be between 0 and 1"), "{said}");
    let (code, said) = failed(&["--port", "0", "--scenario", &path, "--bandwidth", "0"])?;
    assert!(code == Some(2) && said.contains("--bandwidth"), "{said}");
    Ok(())
}

#[test]
fn a_subtitle_file_in_another_encoding_is_read_or_named() -> TestResult {
    let text = "1\n00:00:00,000 --> 00:00:00,500\nGrüße\n\n2\n00:00:01,000 -> 00:00:02,000\nx\n";
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("encoded.srt");
    let name = path.to_str().ok_or("the path is not text")?;
    let refusal = |bytes: Vec<u8>| -> TestResult<_> {
        std::fs::write(&path, bytes)?;
        let (code, said) = failed(&["--port", "0", "--scenario", name])?;
        assert_eq!(code, Some(2), "{said}");
        Ok(said)
    };
    let little = || "\u{feff}".encode_utf16().chain(text.encode_utf16());
    let expected = format!("assemblyai-mock: {name}:6:1: the two times of a cue have --> between them\n");
    assert_eq!(refusal(little().flat_map(u16::to_le_bytes).collect())?, expected);
    assert_eq!(refusal(little().flat_map(u16::to_be_bytes).collect())?, expected);
    assert_eq!(refusal(text.into())?, expected);
    let western = text.chars().map(|c| c as u32 as u8).collect();
    let expected = format!("assemblyai-mock: {name}: line 3 has a byte (0xfc) that is not UTF-8\n");
    assert_eq!(refusal(western)?, expected);
    Ok(())
}

#[tokio::test]
async fn a_subtitle_file_is_played_in_the_profile_of_the_command_line() -> TestResult {
    let path = file("hello.srt", "1\n00:00:00,000 --> 00:00:00,500\nHello there.\n")?;
    let running = Running::start(&["--port", "0", "--scenario", &path, "--profile", "pro-docs"])?;
    let mut client = running.client("speech_model=universal-streaming-english").await?;
    client.frames(12).await;
    client.say("Terminate").await;
    let output = client.rest().await?;
    let texts: Vec<&str> = output
        .iter()
        .filter_map(|message| match message {
            crate::common::Received::Json(json) => json["transcript"].as_str(),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["Hello there.—", "Hello there."]);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn more_sessions_are_open_than_the_usual_limit_allows() -> TestResult {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 40 && exec \"$0\" --port 0", env!("CARGO_BIN_EXE_assemblyai-mock")]);
    let running = Running::spawn(command.stdout(Stdio::piped()))?;
    let mut clients = Vec::new();
    for number in 0..60 {
        let mut client = running.client("speech_model=u3-rt-pro").await?;
        assert_eq!(client.next().await?.kind(), "Begin", "session {number}");
        clients.push(client);
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn each_mock_writes_a_certificate_of_its_own() -> TestResult {
    let temporary = folder("certificates");
    std::fs::create_dir_all(&temporary)?;
    let start = || -> TestResult<_> {
        let mut command = mock(&["--port", "0", "--tls"]);
        let mut running = Running::spawn(command.env("TMPDIR", &temporary))?;
        let line =
            running.lines.by_ref().map_while(Result::ok).find(|line| line.contains("NODE_EXTRA_CA_CERTS="));
        let path = line.and_then(|line| Some(line.split_once('=')?.1.split_once(" or ")?.0.to_owned()));
        Ok((running, path.ok_or("no path was printed")?))
    };
    let (first, second) = (start()?, start()?);
    assert_ne!(first.1, second.1);
    let read = |path: &str| std::fs::read_to_string(path);
    assert_ne!(read(&first.1)?, read(&second.1)?);
    Ok(())
}

#[tokio::test]
async fn the_control_api_has_its_own_port() -> TestResult {
    let mut running = Running::start(&["--port", "0", "--control-port", "0"])?;
    let control = control(&mut running)?;
    let mut client = running.client("speech_model=u3-rt-pro").await?;
    assert_eq!(client.next().await?.kind(), "Begin");
    assert_eq!(crate::common::http(control, "POST /sessions/0/fault", r#""drop""#).await?.0, 204);
    assert_eq!(client.story().await?, ["dropped"]);
    Ok(())
}

/// The address of a program's control API.
fn control(running: &mut Running) -> TestResult<std::net::SocketAddr> {
    let mut lines = running.lines.by_ref().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("  control http://")).ok_or("no line with the address")?;
    Ok(line.trim_start_matches("  control http://").trim_end_matches('/').parse()?)
}

#[cfg(unix)]
#[tokio::test]
async fn sessions_that_are_written_can_be_read_over_the_control_api_too() -> TestResult {
    let folder = folder("both");
    let path = folder.to_str().ok_or("the path is not text")?;
    let mut running = Running::start(&["--port", "0", "--control-port", "0", "--record", path])?;
    let control = control(&mut running)?;
    for (number, frames) in [2, 3].into_iter().enumerate() {
        let mut client = running.client("speech_model=u3-rt-pro&bogus=1").await?;
        client.frames(frames).await;
        client.say("Terminate").await;
        client.rest().await?;
        let name = format!("session-000{number}");
        let said = running.lines.by_ref().map_while(Result::ok).find(|line| line.starts_with(&name));
        assert_eq!(said, Some(format!("{name}: {frames}00 ms of audio, 1 violations")));
    }
    let (status, body) = crate::common::http(control, "GET /sessions/1", "").await?;
    assert_eq!(status, 200, "{body}");
    let (_, violations) = crate::common::http(control, "GET /violations", "").await?;
    assert_eq!(violations.matches("UnknownParameter").count(), 2, "{violations}");
    assert_eq!(crate::common::http(control, "DELETE /sessions", "").await?.0, 200);
    session(&running, 4).await?;
    let (code, said) = running.stop("-TERM")?;
    assert!(code == Some(0) && said.contains("session-0002: 400 ms of audio"), "{said}");
    assert_eq!(recorded_ms(&folder, "session-0001.json"), Some(300));
    Ok(())
}

#[test]
fn the_schema_is_printed() -> TestResult {
    let Output { status, stdout, .. } = mock(&["--print-schema"]).output()?;
    assert!(status.success());
    let schema: Value = serde_json::from_slice(&stdout)?;
    assert!(schema["properties"]["turn"].is_object());
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() -> TestResult {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let Output { status, stderr, .. } = mock(&["--print-schema"]).stdout(writer).output()?;
    assert_eq!((status.code(), String::from_utf8_lossy(&stderr).as_ref()), (Some(0), ""));
    // Errors are reported by the exit code also where nobody reads their text.
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let status = mock(&["--port", "0", "--scenario", "no/such.srt"]).stderr(writer).status();
    assert_eq!(status?.code(), Some(2));
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_schema_that_cannot_be_written_is_one_line_and_exit_2() -> TestResult {
    let full = std::fs::File::options().write(true).open("/dev/full")?;
    let Output { status, stderr, .. } = mock(&["--print-schema"]).stdout(full).output()?;
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!((status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.starts_with("assemblyai-mock: cannot write to the standard output: "), "{said}");
    Ok(())
}

/// A recording at 8 kHz of three words, each a different chord: the path of the WAV file, and its samples.
fn chords(name: &str) -> TestResult<(String, Vec<i16>)> {
    let chord = |hz: [f64; 3], ms: usize| {
        let shape = move |n: usize| (n as f64 / (8.0 * ms as f64) * std::f64::consts::PI).sin();
        (0..8 * ms).map(move |n| {
            let tone = |hz: &f64| {
                (n as f64 / 8000.0 * hz * (1.0 + n as f64 / 40_000.0) * std::f64::consts::TAU).sin()
            };
            (hz.iter().map(tone).sum::<f64>() * 4000.0 * shape(n)) as i16
        })
    };
    let pause = |ms: usize| std::iter::repeat_n(0, 8 * ms);
    let samples: Vec<i16> = pause(300)
        .chain(chord([140.0, 420.0, 910.0], 400))
        .chain(pause(100))
        .chain(chord([190.0, 310.0, 700.0], 350))
        .chain(pause(100))
        .chain(chord([110.0, 560.0, 830.0], 450))
        .chain(pause(800))
        .collect();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&path, format)?;
    for sample in &samples {
        file.write_sample(*sample)?;
    }
    file.finalize()?;
    Ok((path.to_str().ok_or("the path is not text")?.to_owned(), samples))
}

const CHORDS: &str = "start_ms\tend_ms\ttext\n300\t700\tOne\n800\t1150\tof\n1250\t1700\tthree.\n";

/// Runs a session with this audio; returns the texts of its finals.
async fn finals_of(running: &Running, samples: &[i16]) -> TestResult<Vec<String>> {
    let mut client = running.client("speech_model=u3-rt-pro&sample_rate=8000").await?;
    for frame in samples.chunks(800) {
        let bytes: Vec<u8> = frame.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        client.audio(&bytes).await;
    }
    client.say("Terminate").await;
    let output = client.rest().await?;
    let texts = output.iter().filter_map(|message| match message {
        crate::common::Received::Json(json) if json["end_of_turn"] == true => json["transcript"].as_str(),
        _ => None,
    });
    Ok(texts.map(str::to_owned).collect())
}

#[tokio::test]
async fn the_words_of_a_recording_in_the_audio_are_transcribed() -> TestResult {
    let (audio, samples) = chords("chords.wav")?;
    let words = file("chords.tsv", CHORDS)?;
    let running = Running::start(&["--port", "0", "--recording", &audio, "--words", &words])?;
    assert_eq!(finals_of(&running, &samples).await?, ["One of three."]);
    assert_eq!(finals_of(&running, &samples[8 * 750..]).await?, ["Of three."]);
    assert_eq!(finals_of(&running, &vec![0; 16_000]).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_recordings_path_is_relative_to_its_scenario() -> TestResult {
    let (_, samples) = chords("named.wav")?;
    file("named.tsv", CHORDS)?;
    let scenario = file(
        "named.toml",
        "recording = \"named.wav\"\nwords = \"named.tsv\"\nprofile = \"universal_raw\"\n",
    )?;
    let running = Running::start(&["--port", "0", "--scenario", &scenario])?;
    assert_eq!(finals_of(&running, &samples).await?, ["one of three"]);
    Ok(())
}

#[test]
fn a_recording_that_cannot_be_used_is_one_line_and_exit_2() -> TestResult {
    let (audio, _) = chords("unused.wav")?;
    let (good, late) = (file("good.tsv", CHORDS)?, file("late.tsv", "9000\t9100\tlate\n")?);
    let (wrong, half) =
        (file("wrong.tsv", "0\t1\tx\nsoon\t2\tx\n")?, file("half.toml", "recording = \"unused.wav\"\n")?);
    let cases = [
        (
            vec!["--recording", &audio, "--words", &late],
            "\"late\" at 9000 ms is after the end of the audio at 2500 ms".to_owned(),
        ),
        (
            vec!["--recording", &audio, "--words", &wrong],
            format!("{wrong}:2: a line must start with two times in whole ms, separated by tabs"),
        ),
        (
            vec!["--recording", &good, "--words", &good],
            format!("{good}: Ill-formed WAVE file: no RIFF tag found"),
        ),
        (
            vec!["--scenario", &half],
            "`recording` and `words` must both be given: one of the two fields is missing".to_owned(),
        ),
    ];
    for (mut arguments, problem) in cases {
        arguments.extend(["--port", "0"]);
        assert_eq!(failed(&arguments)?, (Some(2), format!("assemblyai-mock: {problem}\n")));
    }
    let (code, said) = failed(&["--recording", &audio])?;
    assert!(code == Some(2) && said.contains("--words"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_fault_at_a_position_of_the_recording_occurs_once() -> TestResult {
    let (_, samples) = chords("cut.wav")?;
    file("cut.tsv", CHORDS)?;
    let recording = "recording = \"cut.wav\"\nwords = \"cut.tsv\"\n";
    let fault = "[[fault]]\nat_recording_ms = 1200\nfault = \"drop\"\n";
    let scenario = file("cut.toml", &format!("{recording}{fault}"))?;
    let running = Running::start(&["--port", "0", "--scenario", &scenario])?;
    // Without `Terminate` it has no finals.
    assert_eq!(finals_of(&running, &samples).await?, Vec::<String>::new());
    assert_eq!(finals_of(&running, &samples).await?, ["One of three."]);
    Ok(())
}
