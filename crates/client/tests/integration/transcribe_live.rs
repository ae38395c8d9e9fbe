//! The program `transcribe-live` against the mock: what it prints, what it stores, how it ends.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use assemblyai_mock::{Ending, Fault, MockAssemblyAi, Script, Turn, ViolationKind};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::{Instant, timeout};
use transcript_export::{Document, Format, Options};

use crate::support::program::{
    KEY, Printed, assert_no_reader_is_needed, path, program, program_without_service, run, signal,
};
use crate::support::token_server::{busy_token_server, token_server};
use crate::support::{
    LIMIT, TestResult, assert_all_received, audio, talk, talk_beginning, talk_samples, talk_words,
    talk_words_until, words,
};

/// A mock that recognises the talk.
async fn mock_of_the_talk() -> TestResult<MockAssemblyAi> {
    Ok(MockAssemblyAi::start(Script::recording(talk()?)).await)
}

#[tokio::test]
async fn a_file_is_printed_and_stored_in_every_format_and_its_audio_unchanged() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let mut command = program(folder.path(), &mock.base_url());
    command.arg("--fast").arg(audio("talk.wav")).args(["--wav", "a.wav"]);
    for format in Format::ALL {
        command.args(["-o", &format!("a.{}", format.extension())]);
    }
    let printed = run(&mut command).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    assert_eq!(words(&printed.stdout), talk_words()?);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name));
    let lines: Vec<String> =
        read("a.txt")?.lines().map(|line| line[line.find(']').map_or(0, |at| at + 1)..].to_owned()).collect();
    assert_eq!(words(&lines.join(" ")), talk_words()?);
    let mut document = Document::from_json(&read("a.json")?)?;
    // The program writes no date.
    document.recordings[0].recording.began.clear();
    for format in Format::ALL {
        let name = format!("a.{}", format.extension());
        assert_eq!(read(&name)?, format.write(&document, Options { speakers: true, times: true }), "{name}");
    }
    let mut wav = hound::WavReader::open(folder.path().join("a.wav"))?;
    let stored: Vec<i16> = wav.samples::<i16>().collect::<Result<_, _>>()?;
    assert_eq!(stored, talk_samples()?);
    // The subcommand converts as the program writes.
    let mut export = program(folder.path(), "");
    let export = tokio::process::Command::new(export.as_std_mut().get_program())
        .current_dir(folder.path())
        .args(["export", "a.json", "b.srt"])
        .output()
        .await?;
    assert!(export.status.success());
    assert_eq!(read("b.srt")?, read("a.srt")?);
    let names = std::fs::read_dir(folder.path())?.count();
    assert_eq!(names, Format::ALL.len() + 2, "temporary files are left");
    Ok(())
}

#[tokio::test]
async fn over_cuts_each_word_is_printed_once_and_in_order_and_all_audio_is_received_and_stored() -> TestResult
{
    let mut script = Script::recording(talk()?);
    for at_ms in [4_000, 13_300, 41_000] {
        script = script.fault_at_recording_ms(at_ms, Fault::Drop);
    }
    let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated).start().await;
    let folder = tempfile::tempdir()?;
    let mut command = program(folder.path(), &mock.base_url());
    let printed = run(command.arg("--fast").arg(audio("talk.wav")).args(["--wav", "a.wav"])).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert_eq!(words(&printed.stdout), talk_words()?);
    assert_eq!(printed.stderr.matches("reconnecting: ").count(), 3, "{}", printed.stderr);
    assert_eq!(printed.stderr.matches("connected again").count(), 3);
    assert!(assert_all_received(&mock.finish().await, &talk_samples()?)? > 0, "nothing was sent again");
    let mut wav = hound::WavReader::open(folder.path().join("a.wav"))?;
    assert_eq!(wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?, talk_samples()?);
    Ok(())
}

/// The rest of a file is sent while the program is finishing: most of these cuts fall into that time.
#[tokio::test]
async fn over_ten_cuts_a_file_that_is_read_at_once_is_complete() -> TestResult {
    let mut script = Script::recording(talk()?);
    for at_ms in (1..=10).map(|cut| cut * 6_300) {
        script = script.fault_at_recording_ms(at_ms, Fault::Drop);
    }
    let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated).start().await;
    let folder = tempfile::tempdir()?;
    let printed = run(program(folder.path(), &mock.base_url()).arg("--fast").arg(audio("talk.wav"))).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert_eq!(words(&printed.stdout), talk_words()?);
    assert_eq!(printed.stderr.matches("connected again").count(), 10, "{}", printed.stderr);
    assert_all_received(&mock.finish().await, &talk_samples()?)?;
    Ok(())
}

#[tokio::test]
async fn samples_on_standard_input_are_transcribed_as_they_come_and_events_are_lines_of_json() -> TestResult {
    let script = Script::new().turn(Turn::said("From a pipe").from_ms(200).to_ms(900));
    let mock = MockAssemblyAi::start(script).await;
    let folder = tempfile::tempdir()?;
    let mut command = program(folder.path(), &mock.base_url());
    command.args(["-", "--rate", "8000", "--json"]).stdin(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("a pipe")?).lines();
    // 3 s at 8 kHz. The pipe stays open: the words must come without its end.
    stdin.write_all(&[100, 0].repeat(24_000)).await?;
    let mut last = serde_json::Value::Null;
    timeout(LIMIT, async {
        while let Some(line) = lines.next_line().await? {
            last = serde_json::from_str(&line)?;
            if last["is_final"] == true {
                break;
            }
        }
        TestResult::Ok(())
    })
    .await??;
    assert_eq!((&last["text"], &last["id"]), (&"From a pipe.".into(), &"1-0".into()));
    assert_eq!(last["words"].as_array().map(Vec::len), Some(3));
    drop(stdin);
    let mut ended = serde_json::Value::Null;
    while let Some(line) = lines.next_line().await? {
        ended = serde_json::from_str(&line)?;
    }
    assert_eq!((&ended["type"], &ended["is_complete"]), (&"ended".into(), &true.into()));
    assert_eq!(timeout(LIMIT, child.wait()).await??.code(), Some(0));
    let received = mock.finish().await.audio_ms;
    assert!((3_000..=3_100).contains(&received), "{received}");
    Ok(())
}

/// The lines of JSON that a program has printed.
fn json_lines(printed: &Printed) -> TestResult<Vec<serde_json::Value>> {
    Ok(printed.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn every_kind_of_event_is_a_line_of_json_and_corrected_speakers_are_stored() -> TestResult {
    let warning = serde_json::json!({ "type": "Warning", "warning": "a test", "warning_code": 3006 });
    let turn = Turn::said("Who is it").from_ms(200).to_ms(900).speaker("B").first_attributed_to("A");
    let mock = MockAssemblyAi::builder()
        .script(Script::new().fault_at_ms(500, Fault::Drop))
        .script(Script::new().turn(turn).message_at_ms(500, &warning))
        .allow(ViolationKind::NotTerminated)
        .start()
        .await;
    let folder = tempfile::tempdir()?;
    let talk = talk_beginning(folder.path(), 4)?;
    let mut command = program(folder.path(), &mock.base_url());
    let printed = run(command.arg(&talk).args(["--speakers", "--json", "-o", "a.json"])).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let lines = json_lines(&printed)?;
    let of = |kind: &str| lines.iter().find(|line| line["type"] == kind).ok_or_else(|| format!("no {kind}"));
    assert!(of("begin")?["session"].is_string());
    let reconnecting = of("reconnecting")?;
    assert!(reconnecting["cause"].as_str().is_some_and(|cause| cause.contains("lost")), "{reconnecting}");
    assert!(reconnecting["wait_ms"].is_u64());
    of("reconnected")?;
    assert_eq!(of("message")?["message"]["warning"], "a test");
    let first_final = lines.iter().find(|line| line["is_final"] == true).ok_or("no final")?;
    assert_eq!((&first_final["type"], &first_final["speaker"]), (&"turn".into(), &"A".into()));
    let revised = &of("speakers_revised")?["turns"][0];
    assert_eq!((&revised["speaker"], &revised["text"]), (&"B".into(), &"Who is it.".into()));
    assert_eq!(lines.last().ok_or("a line")?["type"], "ended");
    let text = std::fs::read_to_string(folder.path().join("a.json"))?;
    let document = transcript_export::Document::from_json(&text)?;
    assert_eq!(document.turns[0].turn.speaker.label, "B");

    // Audio is captured before the refusal comes.
    let latency = Duration::from_millis(500);
    let mock = MockAssemblyAi::builder().api_key("another").latency(latency, Duration::ZERO).start().await;
    let mut command = program(folder.path(), &mock.base_url());
    let printed = run(command.arg(&talk).arg("--json")).await?;
    let lines = json_lines(&printed)?;
    let [gap, ended] = &lines[..] else { return Err(printed.stdout.into()) };
    assert_eq!((&gap["type"], &gap["start_ms"]), (&"gap".into(), &0.into()));
    assert_eq!((&gap["end_ms"], &ended["is_complete"]), (&ended["dropped_ms"], &false.into()));
    assert_eq!(gap["end_ms"], ended["captured_ms"]);
    Ok(())
}

#[tokio::test]
async fn a_wav_file_on_standard_input_is_read_by_its_header_whatever_rate_is_named() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let mut command = program(folder.path(), &mock.base_url());
    command.args(["-", "--rate", "8000", "--fast", "--wav", "a.wav"]).stdin(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    let mut file = std::fs::read(audio("talk.wav"))?;
    // As a program writes it that cannot go back to the header, such as ffmpeg.
    file[4..8].copy_from_slice(&[0xff; 4]);
    file[40..44].copy_from_slice(&[0xff; 4]);
    let write = async move { stdin.write_all(&file).await };
    let (written, output) = tokio::join!(write, timeout(LIMIT, child.wait_with_output()));
    written?;
    let output = output??;
    assert_eq!((output.status.code(), String::from_utf8(output.stderr)?.as_str()), (Some(0), ""));
    assert_eq!(words(&String::from_utf8(output.stdout)?), talk_words()?);
    let mut wav = hound::WavReader::open(folder.path().join("a.wav"))?;
    assert_eq!(wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?, talk_samples()?);
    Ok(())
}

#[tokio::test]
async fn ctrl_c_and_sigterm_wait_for_the_last_words_and_a_second_one_does_not() -> TestResult {
    let late = Ending::Late(Duration::from_millis(800));
    for (ending, kind, signals, code) in
        [(late, Signal::INT, 1, 0), (late, Signal::TERM, 1, 0), (Ending::Ignored, Signal::INT, 2, 130)]
    {
        let script = Script::new()
            .turn(Turn::said("The last words").from_ms(200).final_after_terminate())
            .ending(ending);
        let mock = MockAssemblyAi::start(script).await;
        let folder = tempfile::tempdir()?;
        let mut command = program(folder.path(), &mock.base_url());
        command.args(["-", "--wav", "a.wav", "-o", "a.txt"]).stdin(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().ok_or("a pipe")?;
        stdin.write_all(&[100, 0].repeat(32_000)).await?;
        mock.wait_for_audio_ms(0, 2_000, LIMIT).await?;
        let start = Instant::now();
        for _ in 0..signals {
            signal(&child, kind)?;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let output = timeout(LIMIT, child.wait_with_output()).await??;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        if code == 0 {
            assert_eq!(String::from_utf8_lossy(&output.stdout), "The last words.\n");
            assert!(std::fs::read_to_string(folder.path().join("a.txt"))?.ends_with("The last words.\n"));
        }
        let samples = hound::WavReader::open(folder.path().join("a.wav"))?.len();
        assert_eq!(samples, 32_000);
        assert_eq!(mock.wait_for_end(0, LIMIT).await?.received_of_type("Terminate").len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_killed_program_leaves_files_that_can_be_read() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let mut command = program(folder.path(), &mock.base_url());
    command.arg(audio("talk.wav")).args(["--wav", "a.wav", "-o", "a.json"]);
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("a pipe")?).lines();
    let first = timeout(LIMIT, lines.next_line()).await??.ok_or("a final")?;
    // A final is stored before the next one is printed.
    timeout(LIMIT, lines.next_line()).await??.ok_or("a second final")?;
    signal(&child, Signal::KILL)?;
    timeout(LIMIT, child.wait()).await??;
    let wav = std::fs::read(folder.path().join("a.wav"))?;
    let counted = u32::from_le_bytes(wav[40..44].try_into()?) as usize;
    assert!(counted > 32_000 && counted <= wav.len() - 44, "{counted} of {}", wav.len());
    let text = std::fs::read_to_string(folder.path().join("a.json"))?;
    let document = transcript_export::Document::from_json(&text)?;
    assert_eq!(document.turns[0].turn.display_text(), first);
    Ok(())
}

#[tokio::test]
async fn a_reader_that_is_gone_ends_the_transcription_as_complete() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let mut command = program(folder.path(), &mock.base_url());
    command.arg(audio("talk.wav")).args(["-o", "a.txt"]);
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("a pipe")?).lines();
    timeout(LIMIT, lines.next_line()).await??.ok_or("a final")?;
    drop(lines);
    let output = timeout(LIMIT, child.wait_with_output()).await??;
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    mock.finish().await;
    assert!(std::fs::read_to_string(folder.path().join("a.txt"))?.lines().count() >= 2);
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_said_once_and_the_transcription_goes_on() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    for output in ["--wav", "-o"] {
        // The name says the format; the device says that the disk is full.
        let full = path(folder.path(), "full.txt");
        if !std::path::Path::new(&full).exists() {
            std::os::unix::fs::symlink("/dev/full", &full)?;
        }
        let mut command = program(folder.path(), &mock.base_url());
        command.arg("--fast").arg(audio("talk.wav"));
        match output {
            "--wav" => command.args(["--wav", &full]),
            _ => command.args(["-o", &full, "-o", "good.txt"]),
        };
        let printed = run(&mut command).await?;
        assert_eq!(printed.code, Some(6), "{output}: {}", printed.stderr);
        assert_eq!(printed.stderr.matches("No space left").count(), 1, "{output}: {}", printed.stderr);
        if output == "-o" {
            assert_eq!(words(&printed.stdout), talk_words()?);
        }
    }
    assert!(std::fs::read_to_string(folder.path().join("good.txt"))?.lines().count() > 5);
    Ok(())
}

#[tokio::test]
async fn a_full_device_as_standard_output_is_said_once_and_the_transcription_goes_on() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
    let mut command = program(folder.path(), &mock.base_url());
    command.arg("--fast").arg(audio("talk.wav")).args(["-o", "a.txt"]).stdout(full);
    let printed = Printed::read(command.spawn()?).await?;
    assert_eq!(printed.code, Some(6), "{}", printed.stderr);
    let said: Vec<&str> = printed.stderr.lines().collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("transcribe-live: cannot write standard output: No space left"), "{said:?}");
    let text = std::fs::read_to_string(folder.path().join("a.txt"))?;
    let lines: Vec<&str> =
        text.lines().map(|line| line.split_once(']').map_or(line, |(_, text)| text)).collect();
    assert_eq!(words(&lines.join(" ")), talk_words()?);
    Ok(())
}

/// Runs a program whose folder `disk` is a file system of this size; what is left there is copied to the folder `kept`.
/// `None`, with a message, where no file system may be mounted.
async fn run_on_small_disk(
    folder: &Path,
    size: &str,
    command: &tokio::process::Command,
) -> TestResult<Option<Printed>> {
    const NOT_MOUNTED: i32 = 99;
    let script = format!(
        "mount -t tmpfs -o size={size} tmpfs disk || exit {NOT_MOUNTED}
         \"$@\"; code=$?; cp disk/* kept/ && exit $code"
    );
    for name in ["disk", "kept"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let inner = command.as_std();
    let mut outer = tokio::process::Command::new("unshare");
    outer
        .args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(folder)
        .env("ASSEMBLYAI_API_KEY", KEY)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let printed = match run(&mut outer).await {
        Ok(printed) => printed,
        Err(error) if find("unshare").is_none() => {
            eprintln!("skipped: the program unshare (Debian package util-linux) is not installed: {error}");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if printed.code == Some(NOT_MOUNTED) || printed.stderr.starts_with("unshare: ") {
        eprintln!("skipped: this system lets no user mount a file system: {}", printed.stderr);
        return Ok(None);
    }
    Ok(Some(printed))
}

#[tokio::test]
async fn what_was_stored_before_the_disk_was_full_can_be_read() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    // Room for 16 s.
    let seconds = 22;
    let talk = talk_beginning(folder.path(), seconds)?;
    let mut command = program(folder.path(), &mock.base_url());
    command.arg(talk).args(["--wav", "disk/a.wav", "-o", "disk/a.json", "-o", "disk/a.srt"]);
    let Some(printed) = run_on_small_disk(folder.path(), "512k", &command).await? else { return Ok(()) };
    assert_eq!(printed.code, Some(6), "{}", printed.stderr);
    // The audio, and each transcript.
    let said: Vec<&str> = printed.stderr.lines().collect();
    assert_eq!(said.len(), 3, "{said:?}");
    for subject in ["the audio", "disk/a.json", "disk/a.srt"] {
        let line = said.iter().find(|line| line.contains(subject)).ok_or(subject)?;
        assert!(line.contains("No space left on device"), "{line}");
        assert!(line.ends_with("; transcription goes on"), "{line}");
    }
    // Words are printed to the end.
    let heard = words(&printed.stdout);
    assert_eq!(heard, talk_words()?[..heard.len()]);
    let finished = mock.finish().await;
    assert_all_received(&finished, &talk_samples()?[..(seconds * 16_000) as usize])?;
    let kept = folder.path().join("kept");
    let mut wav = hound::WavReader::open(kept.join("a.wav"))?;
    let stored = wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    assert!(stored.len() > 14 * 16_000, "{} samples", stored.len());
    assert_eq!(stored, talk_samples()?[..stored.len()]);
    assert_eq!(std::fs::metadata(kept.join("a.wav"))?.len(), 44 + 2 * stored.len() as u64);
    let document = transcript_export::Document::from_json(&std::fs::read_to_string(kept.join("a.json"))?)?;
    let texts: Vec<String> = document.turns.iter().map(|timed| timed.turn.display_text()).collect();
    let before = words(&texts.join(" "));
    assert!(before.len() > 10 && before.len() < heard.len(), "{before:?}");
    assert_eq!(before, heard[..before.len()]);
    let options = transcript_export::Options { speakers: true, times: true };
    let subtitles = transcript_export::Format::Srt.write(&document, options);
    assert_eq!(std::fs::read_to_string(kept.join("a.srt"))?, subtitles);
    // Nothing else: no temporary file is left.
    assert_eq!(std::fs::read_dir(kept)?.count(), 3);
    Ok(())
}

#[tokio::test]
async fn without_a_key_both_ways_out_are_named() -> TestResult {
    let folder = tempfile::tempdir()?;
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_transcribe-live"));
    command.env_clear().current_dir(folder.path()).arg(audio("talk.wav"));
    let printed = run(&mut command).await?;
    assert_eq!(printed.code, Some(2));
    assert!(
        printed.stderr.contains("ASSEMBLYAI_API_KEY") && printed.stderr.contains("--server"),
        "{}",
        printed.stderr
    );
    Ok(())
}

#[tokio::test]
async fn the_key_of_the_env_file_is_used_and_neither_printed_nor_in_the_list_of_processes() -> TestResult {
    let (mock, folder) = (MockAssemblyAi::start(Script::new()).await, tempfile::tempdir()?);
    std::fs::write(folder.path().join(".env"), format!("OTHER=1\nASSEMBLYAI_API_KEY={KEY}\n"))?;
    let mut command = program(folder.path(), &mock.base_url());
    command.env_remove("ASSEMBLYAI_API_KEY").env("RUST_LOG", "trace").arg("-").stdin(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().ok_or("a pipe")?;
    stdin.write_all(&[1, 0].repeat(16_000)).await?;
    let session = mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
    assert_eq!(session.header("authorization"), Some(KEY));
    let id = child.id().ok_or("it runs")?;
    let arguments = std::fs::read(format!("/proc/{id}/cmdline"))?;
    let environment = std::fs::read(format!("/proc/{id}/environ"))?;
    for text in [arguments, environment] {
        assert!(!String::from_utf8_lossy(&text).contains(KEY));
    }
    drop(stdin);
    let output = timeout(LIMIT, child.wait_with_output()).await??;
    assert_eq!(output.status.code(), Some(0));
    assert!(!format!("{output:?}").contains(KEY));
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_refusal_an_absent_service_and_an_absent_file_have_codes_of_their_own() -> TestResult {
    let folder = tempfile::tempdir()?;
    let mock = MockAssemblyAi::builder().api_key("another").start().await;
    let printed = run(program(folder.path(), &mock.base_url()).arg(audio("talk.wav"))).await?;
    assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    assert!(printed.stderr.contains("check the API key"), "{}", printed.stderr);
    let url = mock.base_url();
    drop(mock);
    let printed = run(program(folder.path(), &url).arg(audio("talk.wav"))).await?;
    assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    assert!(printed.stderr.contains("not reachable"), "{}", printed.stderr);
    let printed = run(program(folder.path(), &url).arg("absent.wav")).await?;
    assert_eq!(printed.code, Some(4), "{}", printed.stderr);
    let printed = run(program(folder.path(), &url).arg(audio("talk.wav")).args(["-o", "a.doc"])).await?;
    assert_eq!(printed.code, Some(2), "{}", printed.stderr);
    assert!(printed.stderr.contains(".srt"), "{}", printed.stderr);
    Ok(())
}

#[tokio::test]
async fn with_a_token_server_no_key_is_needed_and_one_that_refuses_ends_with_a_code_of_its_own() -> TestResult
{
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let talk = talk_beginning(folder.path(), 4)?;
    let (url, requests) = token_server(&mock, false, 1..usize::MAX, 401).await?;
    let with_server = || {
        let mut command = program_without_service(folder.path());
        command.arg(&talk).args(["--server", &url]);
        command
    };
    let printed = run(&mut with_server()).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    assert_eq!(words(&printed.stdout), talk_words_until(4_000)?);
    let session = mock.session(0).ok_or("a session")?;
    assert!(session.parameter("token").is_some() && session.header("authorization").is_none());

    let printed = run(&mut with_server()).await?;
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""), "{}", printed.stderr);
    assert!(printed.stderr.ends_with("or the address of the token server\n"), "{}", printed.stderr);
    assert_eq!((requests.load(Ordering::Relaxed), mock.finish().await.sessions.len()), (2, 1));
    Ok(())
}

#[tokio::test]
async fn the_wait_that_a_token_server_asks_for_is_shown() -> TestResult {
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let talk = talk_beginning(folder.path(), 4)?;
    let (url, requests) = busy_token_server(&mock, 0..1, 2).await?;
    let mut command = program_without_service(folder.path());
    let printed = run(command.arg(&talk).args(["--server", &url])).await?;
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""), "{}", printed.stderr);
    assert!(printed.stderr.ends_with("(503); try again in 2 s\n"), "{}", printed.stderr);
    assert_eq!(requests.load(Ordering::Relaxed), 1);
    mock.finish().await;
    Ok(())
}

#[cfg(feature = "native-roots")]
#[tokio::test]
async fn what_the_system_trusts_is_trusted() -> TestResult {
    let mock = MockAssemblyAi::builder().script(Script::recording(talk()?)).tls().start().await;
    let folder = tempfile::tempdir()?;
    let talk = talk_beginning(folder.path(), 4)?;
    std::fs::write(folder.path().join("mock.pem"), mock.authority_pem().ok_or("TLS")?)?;
    // It names the system's roots.
    let mut command = program(folder.path(), &mock.base_url());
    let printed = run(command.arg(&talk).env("SSL_CERT_FILE", path(folder.path(), "mock.pem"))).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    assert_eq!(words(&printed.stdout), talk_words_until(4_000)?);

    let printed = run(program(folder.path(), &mock.base_url()).arg(&talk)).await?;
    assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    assert!(printed.stderr.contains("no TLS"), "{}", printed.stderr);
    Ok(())
}

#[tokio::test]
async fn a_reader_that_is_gone_is_no_fault_of_completions_and_the_manual_page() -> TestResult {
    for arguments in [&["completions", "bash"][..], &["completions", "zsh"], &["man"]] {
        assert_no_reader_is_needed(program_without_service(Path::new(".")).args(arguments)).await?;
    }
    Ok(())
}

/// On a terminal the partial line is repainted, cut to the width, and leaves only the finals.
#[tokio::test]
async fn on_a_terminal_the_partial_is_repainted_within_the_width() -> TestResult {
    let Some(script) = find("script") else {
        eprintln!(
            "skipped: the program script (Debian package bsdutils) makes the terminal, and is not installed"
        );
        return Ok(());
    };
    let (mock, folder) = (mock_of_the_talk().await?, tempfile::tempdir()?);
    let mut inner = program(folder.path(), &mock.base_url());
    let inner = inner.as_std_mut();
    let arguments: Vec<String> = inner.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
    let command = format!(
        "stty cols 40; exec {} {} --fast {}",
        inner.get_program().display(),
        arguments.join(" "),
        audio("talk.wav").display()
    );
    let mut terminal = tokio::process::Command::new(script);
    terminal
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(folder.path())
        .env("ASSEMBLYAI_API_KEY", KEY)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let printed = run(&mut terminal).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.stdout);
    let repaints: Vec<&str> = printed.stdout.split("\r\x1b[2K").skip(1).collect();
    assert!(repaints.len() > 3, "{repaints:?}");
    for line in repaints.iter().filter_map(|paint| paint.split(['\r', '\n']).next()) {
        let is_final = printed.stdout.contains(&format!("{line}\r\n"));
        assert!(is_final || line.chars().count() < 40, "{line:?}");
    }
    // What stays on the screen: each line as it was after its last repaint.
    let lines = printed.stdout.split("\r\n").map(|line| line.rsplit("\r\x1b[2K").next().unwrap_or_default());
    let shown: Vec<&str> = lines.collect();
    assert_eq!(words(&shown.join(" ")), talk_words()?);
    Ok(())
}

fn find(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
