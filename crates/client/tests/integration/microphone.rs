//! Microphones of a private PulseAudio daemon.

use std::time::{Duration, Instant};

use assemblyai_mock::{Fault, MockAssemblyAi, Script, ViolationKind};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::sound::{Sound, interrupt};
use crate::support::program::{assert_no_reader_is_needed, program_without_service, run, signal};
use crate::support::{LIMIT, TestResult, assert_all_received, talk, talk_words, words};

#[tokio::test]
async fn what_is_said_into_the_microphone_or_played_is_printed() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    for input in [&[][..], &["--loopback"], &["--device", "desk"]] {
        let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
        let child = sound.program(&mock.base_url()).args(input).spawn()?;
        mock.wait_for_audio_ms(0, 500, LIMIT).await?;
        let player = sound.play("talk.wav")?;
        mock.wait_for_audio_ms(0, 9_000, LIMIT).await?;
        let printed = interrupt(child).await?;
        drop(player);
        assert_eq!(printed.code, Some(0), "{input:?}: {}", printed.stderr);
        let heard = words(&printed.stdout);
        assert!(heard.len() >= 8, "{input:?}: {heard:?}");
        assert_eq!(heard, talk_words()?[..heard.len()], "{input:?}");
        mock.finish().await;
    }
    Ok(())
}

/// By ALSA, whose plug-in for PulseAudio stands for a sound card.
#[cfg(feature = "alsa")]
#[tokio::test]
async fn without_a_sound_server_alsa_captures() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let config = format!("pcm.!default {{ type pulse server \"{}\" device \"desk\" }}\n", sound.server());
    std::fs::write(sound.folder.path().join(".asoundrc"), config)?;
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let mut command = sound.program(&mock.base_url());
    // The program finds no sound server; the plug-in's is in the file.
    let child = command.env_remove("PULSE_SERVER").spawn()?;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;
    let player = sound.play("talk.wav")?;
    mock.wait_for_audio_ms(0, 9_000, LIMIT).await?;
    let printed = interrupt(child).await?;
    drop(player);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let heard = words(&printed.stdout);
    assert!(heard.len() >= 8, "{heard:?}");
    assert_eq!(heard, talk_words()?[..heard.len()]);
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn over_cuts_the_stored_audio_is_what_the_microphone_gave_and_all_of_it_is_sent() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let mut script = Script::recording(talk()?);
    for at_ms in [2_500, 6_000, 9_500] {
        script = script.fault_at_recording_ms(at_ms, Fault::Drop);
    }
    let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated).start().await;
    let child = sound.program(&mock.base_url()).args(["--wav", "a.wav"]).spawn()?;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;
    let player = sound.play("talk.wav")?;
    mock.wait_for_audio_ms(3, 3_000, LIMIT).await?;
    let printed = interrupt(child).await?;
    drop(player);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert_eq!(printed.stderr.matches("connected again").count(), 3, "{}", printed.stderr);
    let heard = words(&printed.stdout);
    assert!(heard.len() >= 8, "{heard:?}");
    assert_eq!(heard, talk_words()?[..heard.len()]);
    let mut wav = hound::WavReader::open(sound.folder.path().join("a.wav"))?;
    let stored = wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    assert_all_received(&mock.finish().await, &stored)?;
    Ok(())
}

/// The connection is cut every six seconds, for a minute.
#[tokio::test]
async fn over_ten_cuts_in_a_minute_of_speech_no_sample_and_no_word_of_the_microphone_is_lost() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let mut script = Script::recording(talk()?);
    for at_ms in (1..=10).map(|cut| cut * 6_000) {
        script = script.fault_at_recording_ms(at_ms, Fault::Drop);
    }
    let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated).start().await;
    let mut recorder = sound.record("desk", "given.raw")?;
    let child = sound.program(&mock.base_url()).args(["--wav", "a.wav"]).spawn()?;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;
    let mut player = sound.play("talk.wav")?;
    assert!(timeout(LIMIT, player.wait()).await??.success());
    // What was played last is still on its way to the microphone.
    let newest = mock.sessions().len() - 1;
    let received_ms = mock.wait_for_audio_ms(newest, 100, LIMIT).await?.audio_ms;
    mock.wait_for_audio_ms(newest, received_ms + 1_500, LIMIT).await?;
    let printed = interrupt(child).await?;
    recorder.kill().await?;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert!(printed.stderr.matches("connected again").count() >= 10, "{}", printed.stderr);
    assert_eq!(words(&printed.stdout), talk_words()?);
    let mut wav = hound::WavReader::open(sound.folder.path().join("a.wav"))?;
    let stored = wav.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    assert_all_received(&mock.finish().await, &stored)?;
    let given = std::fs::read(sound.folder.path().join("given.raw"))?;
    let given: Vec<i16> = given.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect();
    assert!(stored.len() >= 69 * 16_000, "{} samples", stored.len());
    assert!(contains(&given, &stored), "the file differs from what the microphone has given");
    Ok(())
}

/// Whether some samples are these, without one more or less between them.
fn contains(samples: &[i16], these: &[i16]) -> bool {
    /// Enough to find the place.
    const PROBE: usize = 1_000;
    let Some(sound) = these.iter().position(|sample| sample.unsigned_abs() > 300) else { return false };
    let probe = &these[sound..these.len().min(sound + PROBE)];
    let mut places = samples.windows(probe.len()).enumerate().filter(|(_, window)| *window == probe);
    places.any(|(at, _)| at.checked_sub(sound).is_some_and(|from| samples[from..].starts_with(these)))
}

#[tokio::test]
async fn a_microphone_that_delivers_zeros_is_reported_once_after_3_s() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::new()).await;
    let child = sound.program(&mock.base_url()).spawn()?;
    mock.wait_for_audio_ms(0, 5_000, LIMIT).await?;
    let printed = interrupt(child).await?;
    assert_eq!(printed.stderr.matches("only zeros").count(), 1, "{}", printed.stderr);
    assert_eq!(printed.code, Some(0));
    Ok(())
}

#[tokio::test]
async fn the_first_samples_come_soon_and_then_in_real_time() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::new()).await;
    let child = sound.program(&mock.base_url()).spawn()?;
    let session = mock.wait_for_audio_ms(0, 4_000, LIMIT).await?;
    interrupt(child).await?;
    let (first, last) = (session.frames[0].at, session.frames[session.frames.len() - 1].at);
    assert!(first < Duration::from_millis(2_500), "{first:?}");
    let lasted = last.saturating_sub(first);
    assert!((Duration::from_millis(2_500)..Duration::from_millis(5_500)).contains(&lasted), "{lasted:?}");
    Ok(())
}

#[tokio::test]
async fn devices_are_listed_and_an_absent_one_names_those_that_exist() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let list = Command::new(env!("CARGO_BIN_EXE_transcribe-live"))
        .env("PULSE_SERVER", sound.server())
        .arg("devices")
        .output()
        .await?;
    let list = String::from_utf8(list.stdout)?;
    assert!(list.lines().any(|line| line.contains("desk")), "{list}");
    assert!(list.lines().any(|line| line.contains("room.monitor")), "{list}");
    let mut devices = program_without_service(std::path::Path::new("."));
    assert_no_reader_is_needed(devices.env("PULSE_SERVER", sound.server()).arg("devices")).await?;
    let printed = run(sound.program("http://127.0.0.1:9").args(["--device", "absent"])).await?;
    assert_eq!(printed.code, Some(4));
    assert!(printed.stderr.contains("desk"), "{}", printed.stderr);
    Ok(())
}

#[tokio::test]
async fn without_a_microphone_or_a_sound_server_the_code_is_4() -> TestResult {
    let Some(sound) = Sound::start(false).await? else { return Ok(()) };
    let printed = run(&mut sound.program("http://127.0.0.1:9")).await?;
    assert_eq!(printed.code, Some(4), "{}", printed.stderr);
    let mut absent = sound.program("http://127.0.0.1:9");
    let printed = run(absent.env("PULSE_SERVER", "unix:/absent")).await?;
    assert_eq!(printed.code, Some(4), "{}", printed.stderr);
    assert!(printed.stderr.contains("PULSE_SERVER"), "{}", printed.stderr);
    Ok(())
}

/// A program whose standard error is read line by line.
struct Running {
    child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStderr>>,
    said: Vec<String>,
}

impl Running {
    fn start(command: &mut Command) -> TestResult<Self> {
        let mut child = command.spawn()?;
        let lines = BufReader::new(child.stderr.take().ok_or("a pipe")?).lines();
        Ok(Self { child, lines, said: vec![] })
    }

    /// Waits for a line of standard error.
    async fn wait_for(&mut self, text: &str) -> TestResult {
        timeout(LIMIT, async {
            while let Some(line) = self.lines.next_line().await? {
                self.said.push(line);
                if self.said.last().is_some_and(|line| line.contains(text)) {
                    return Ok(());
                }
            }
            Err(format!("{text:?} was not said: {:?}", self.said).into())
        })
        .await?
    }

    /// How many threads it has.
    fn threads(&self) -> TestResult<usize> {
        let id = self.child.id().ok_or("it has ended")?;
        Ok(std::fs::read_dir(format!("/proc/{id}/task"))?.count())
    }

    /// Waits for the end; the words that were printed, and the exit code.
    async fn end(mut self) -> TestResult<(Vec<String>, Option<i32>, Vec<String>)> {
        let output = timeout(LIMIT, self.child.wait_with_output()).await??;
        while let Some(line) = self.lines.next_line().await? {
            self.said.push(line);
        }
        Ok((words(&String::from_utf8(output.stdout)?), output.status.code(), self.said))
    }
}

/// Checks that the words begin as the talk does, with so many words at least, and go on, if they do, later in it.
fn assert_beginning_and_later(heard: &[String], at_least: usize, goes_on: bool) -> TestResult {
    let talk = talk_words()?;
    let begins = heard.iter().zip(&talk).take_while(|(heard, spoken)| heard == spoken).count();
    assert!(begins >= at_least, "{begins} words before the loss: {heard:?}");
    let later = &heard[begins..];
    let is_in_talk = talk[begins..].windows(later.len().max(1)).any(|window| window == later);
    assert_eq!((!later.is_empty(), is_in_talk), (goes_on, goes_on), "{later:?}");
    Ok(())
}

#[tokio::test]
async fn a_microphone_that_is_lost_is_awaited_and_nothing_before_is_lost() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    for (input, plugged_in) in [(&[][..], "desk"), (&["--device", "desk"], "phone")] {
        let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
        let mut program = Running::start(sound.program(&mock.base_url()).args(input))?;
        mock.wait_for_audio_ms(0, 500, LIMIT).await?;
        let player = sound.play("talk.wav")?;
        let before_ms = mock.wait_for_audio_ms(0, 9_000, LIMIT).await?.audio_ms;
        sound.pull_out().await?;
        program.wait_for("the microphone is lost").await?;
        sound.plug_in(plugged_in).await?;
        program.wait_for(&format!("recording goes on, with {plugged_in}")).await?;
        // On a busy machine the connection may have been replaced meanwhile.
        let start = Instant::now();
        let has_gone_on = || {
            let sessions = mock.sessions();
            let (first, others) = sessions.split_first().ok_or("a session")?;
            // A replacement that was not needed gets no audio.
            let replaced = others.iter().any(|session| session.audio_ms >= 9_000);
            Ok::<_, &str>(replaced || first.audio_ms >= before_ms + 9_000)
        };
        while !has_gone_on()? {
            assert!(start.elapsed() < LIMIT, "{}", mock.received());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        signal(&program.child, Signal::INT)?;
        let (heard, code, said) = program.end().await?;
        drop(player);
        // What was said meanwhile is not in the transcript; the program reports the gap.
        assert_eq!(code, Some(5), "{said:?}");
        let gaps: Vec<&String> = said.iter().filter(|line| line.contains("were not transcribed")).collect();
        let [gap] = gaps[..] else { return Err(format!("{said:?}").into()) };
        let seconds = gap.split_whitespace().find_map(|word| word.parse::<f64>().ok()).ok_or("a duration")?;
        assert!((2.5..12.0).contains(&seconds), "{gap}");
        assert!(!said.iter().any(|line| line.contains("only zeros")), "{said:?}");
        assert_beginning_and_later(&heard, 8, true)?;
        mock.finish().await;
        sound.pull_out().await?;
        sound.plug_in("desk").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_microphone_that_stays_away_ends_the_recording_with_code_4_and_all_words_before() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let mut program = Running::start(&mut sound.program(&mock.base_url()))?;
    mock.wait_for_audio_ms(0, 500, LIMIT).await?;
    let player = sound.play("talk.wav")?;
    mock.wait_for_audio_ms(0, 9_000, LIMIT).await?;
    sound.pull_out().await?;
    program.wait_for("the microphone was lost; there is no such microphone").await?;
    let (heard, code, said) = program.end().await?;
    drop(player);
    assert_eq!(code, Some(4), "{said:?}");
    assert_beginning_and_later(&heard, 8, false)?;
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_sound_server_that_hangs_is_awaited_without_a_thread_for_each_attempt() -> TestResult {
    let Some(sound) = Sound::start(true).await? else { return Ok(()) };
    let mock = MockAssemblyAi::start(Script::new()).await;
    let mut program = Running::start(&mut sound.program(&mock.base_url()))?;
    let before_ms = mock.wait_for_audio_ms(0, 1_000, LIMIT).await?.audio_ms;
    let threads = program.threads()?;
    signal(&sound.daemon, Signal::STOP)?;
    program.wait_for("the microphone is lost").await?;
    // Three attempts, of which the last asks for two devices.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let most = program.threads()?;
    signal(&sound.daemon, Signal::CONT)?;
    program.wait_for("recording goes on, with desk").await?;
    mock.wait_for_audio_ms(0, before_ms + 12_000, LIMIT).await?;
    assert!(most <= threads + 2, "{most} threads instead of {threads}");
    signal(&program.child, Signal::INT)?;
    let (_, code, said) = program.end().await?;
    assert_eq!(code, Some(5), "{said:?}");
    Ok(())
}
