//! Files in place of the microphone: picked or dropped, decoded by the browser, paced by the page.

use std::path::{Path, PathBuf};

use crate::limit::with_time_limit;
use assemblyai_mock::{Fault, Recording as KnownRecording, Script, SessionRecord};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::Recording;
use end_to_end_tests::browser::{Browser, BrowserError, Engine, Microphone, Setup};
use serde_json::json;

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use super::recovery::CAPTURE_DOWNLOADS;
use crate::ENGINE;

/// Samples in one ms.
const MS: usize = 16;
/// The first sentences of the talk, in ms.
const TALK_MS: usize = 8_000;
/// What one decoder's way from 16 bits to a float and back may change.
const ROUNDING: i32 = 1;
/// A file dialog in which the file at hand is chosen.
pub(super) const PICK: &str = "__files.pickByDialog();";
/// Drops the files at hand on the transcript; returns whether the browser would have left the page for them.
const DROP: &str = "__files.drop";

/// The first sentences of the talk, and the words in them.
fn talk() -> TestResult<(Vec<i16>, Vec<String>)> {
    first_of_talk(TALK_MS)
}

/// The start of the talk, and the words in it.
fn first_of_talk(length_ms: usize) -> TestResult<(Vec<i16>, Vec<String>)> {
    let mut reader = hound::WavReader::open(Recording::talk_path())?;
    let samples: Vec<i16> = reader.samples::<i16>().take(length_ms * MS).collect::<Result<_, _>>()?;
    let mut words = vec![];
    for line in std::fs::read_to_string(Recording::talk_words_path())?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        if columns[1].parse::<usize>()? < length_ms {
            words.push(columns[2].to_owned());
        }
    }
    Ok((samples, words))
}

/// Writes samples of several channels as a WAV file.
pub(super) fn write(
    folder: &Path,
    channels: u16,
    rate_hz: u32,
    samples: &[i16],
) -> Result<PathBuf, hound::Error> {
    let path = folder.join("file.wav");
    end_to_end_tests::write_wav(&path, channels, rate_hz, samples)?;
    Ok(path)
}

/// The bytes of a WAV file.
fn wav(channels: u16, rate_hz: u32, samples: &[i16]) -> TestResult<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    Ok(std::fs::read(write(folder.path(), channels, rate_hz, samples)?)?)
}

/// A page with this file at hand, against a service that knows the talk.
async fn open(bytes: &[u8], name: &str) -> TestResult<Page> {
    let known = KnownRecording::read(Recording::talk_path(), Recording::talk_words_path());
    let script = Script::recording(known?);
    let mut page = Page::open_with(script, Microphone::Recording, PICK).await?;
    page.hand_file(bytes, name).await?;
    Ok(page)
}

impl Page {
    /// Puts a file at hand for [`PICK`] and [`DROP`].
    pub(super) async fn hand_file(&mut self, bytes: &[u8], name: &str) -> Result<(), BrowserError> {
        self.run("__files.hand", (STANDARD.encode(bytes), name)).await.map(drop)
    }

    /// Waits until the page has sent this much of a file.
    pub(super) async fn wait_for_progress_s(&mut self, seconds: u64) -> Result<(), BrowserError> {
        self.wait_for("__files.hasProgress", [seconds]).await
    }
}

/// A page that offers the recording of a file whose tab was killed, of which the service has transcribed the first sentence,
/// which ends at 7.6 s, and a word of the second one.
pub(super) async fn open_unfinished_file() -> TestResult<Page> {
    let known = KnownRecording::read(Recording::talk_path(), Recording::talk_words_path());
    let script = Script::recording(known?);
    let script = script.fault_at_recording_ms(9_000, Fault::Mute);
    let mut page = Page::open_to_crash(script, &format!("{PICK}{CAPTURE_DOWNLOADS}")).await?;
    let (samples, _) = first_of_talk(3 * TALK_MS)?;
    page.hand_file(&wav(1, 16_000, &samples)?, "talk.wav").await?;
    page.press("#file").await?;
    page.wait_for_progress_s(13).await?;
    page.crash().await?;
    page.wait_for_recovery().await?;
    Ok(page)
}

async fn open_talk() -> TestResult<(Page, Vec<i16>, Vec<String>)> {
    let (samples, words) = talk()?;
    let page = open(&wav(1, 16_000, &samples)?, "talk.wav").await?;
    Ok((page, samples, words))
}

/// Asserts that a session's audio is the start of a file's, and returns how much of it; silence may fill the last frame.
fn assert_is_start_of(session: &SessionRecord, file: &[i16]) -> usize {
    let audio = session.pcm_i16();
    let differs = |(heard, sample): (&i16, &i16)| (i32::from(*heard) - i32::from(*sample)).abs() > ROUNDING;
    let length = match audio.iter().zip(file).position(differs) {
        Some(at) => at,
        None => audio.len().min(file.len()),
    };
    let rest = &audio[length..];
    assert!(rest.len() < 50 * MS && rest.iter().all(|it| *it == 0), "sample {length} of {}", audio.len());
    length
}

#[tokio::test]
async fn a_picked_file_is_transcribed_to_its_last_sample_and_ends_by_itself() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (mut page, samples, words) = open_talk().await?;
        page.press("#file").await?;
        page.wait_for_state("recording").await?;
        page.wait_for_progress_s(3).await?;
        let progress = page.browser.text("#file-progress").await?;
        assert!(progress.contains("talk.wav") && progress.contains("of 0:08 done, about 0:0"), "{progress}");
        page.screenshot("file").await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.error().await?, "");
        assert_eq!(page.property("#file-progress", "hidden").await?, true);
        assert_eq!(page.finals().await?.join(" "), words.join(" "));
        assert_eq!(page.global("__seen.streams.length").await?, 0, "the microphone was opened");
        let captured = page.property("#stat-captured", "textContent").await?;
        assert_eq!(captured, "8.0\u{a0}s");
        // A click on a word plays what was stored.
        if ENGINE.can_play() {
            page.press("#transcript [data-start]").await?;
            page.wait_for_element("[data-heard]").await?;
            page.press("#pause-playback").await?;
        }
        page.assert_nothing_is_held().await?;
        let seen = page.finish().await?;
        assert_eq!(seen.sessions.len(), 1);
        assert_eq!(assert_is_start_of(&seen.sessions[0], &samples), samples.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_tab_and_the_captions_say_of_a_file_that_it_is_transcribed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (samples, _) = first_of_talk(8 * TALK_MS)?;
        let mut page = open(&wav(1, 16_000, &samples)?, "talk.wav").await?;
        page.press("#file").await?;
        page.wait_for_state("recording").await?;
        page.wait_for("__files.titleStartsWith", ["Transcribing 0:0"]).await?;
        page.wait_for_finals(1).await?;
        page.press("#captions").await?;
        page.wait_for_property("#captions-view .bar p", "textContent", "Transcribing").await?;
        assert_eq!(page.count("#captions-view [data-recording]").await?, 0, "no microphone is open");
        page.press("#captions-view .close").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_pauses_and_stop_keeps_what_was_said() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (mut page, samples, _) = open_talk().await?;
        page.press("#file").await?;
        page.wait_for_progress_s(2).await?;
        page.press_pause().await?;
        // The samples right after Pause are captured, as from a microphone.
        page.wait_for("__files.hasWaited", [1_500]).await?;
        let paused_at = page.property("#stat-captured", "textContent").await?;
        page.wait_for("__files.hasWaited", [3_000]).await?;
        let captured = page.property("#stat-captured", "textContent").await?;
        assert_eq!(captured, paused_at, "the file went on during the pause");
        page.press("#pause").await?;
        page.wait_for_finals(1).await?;
        page.wait_for_progress_s(5).await?;
        page.press_stop().await?;
        page.wait_for_property("#file-progress", "hidden", true).await?;
        assert!(!page.finals().await?.is_empty());
        page.assert_nothing_is_held().await?;
        let seen = page.finish().await?;
        let length = assert_is_start_of(&seen.sessions[0], &samples);
        assert!((5_000 * MS..7_000 * MS).contains(&length), "{length} samples");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_dropped_file_of_two_channels_is_mixed_and_converted() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // Two seconds of 440 Hz on the left, nothing on the right, at 48 kHz.
        let tone =
            |at: u32| ((f64::from(at) * 440.0 * std::f64::consts::TAU / 48_000.0).sin() * 16_000.0) as i16;
        let samples: Vec<i16> = (0..96_000).flat_map(|at| [tone(at), 0]).collect();
        let mut page = open(&wav(2, 48_000, &samples)?, "tone.wav").await?;
        // The user has used the page before, and drops the file into it.
        page.press("h1").await?;
        page.run("__files.handAnother", ("second", "second.wav")).await?;
        assert_eq!(page.run(DROP, ()).await?, json!([false, false]), "the page would be left");
        page.wait_for_state("recording").await?;
        // Of two files, the page says that it takes one.
        page.wait_for_other_property("#file-progress p", "textContent", "").await?;
        let sentence = page.property("#file-progress p", "textContent").await?;
        assert!(sentence.as_str().is_some_and(|text| text.starts_with("Only tone.wav is transcribed")));
        page.wait_for_state("idle").await?;
        assert_eq!(page.error().await?, "");
        let seen = page.finish().await?;
        let audio = seen.sessions[0].pcm_i16();
        assert!((32_000..32_000 + 50 * MS).contains(&audio.len()), "{} samples", audio.len());
        let middle = &audio[8_000..24_000];
        let loudest = middle.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
        assert!((7_800..8_200).contains(&loudest), "half of 16000 became {loudest}");
        let crossings = middle.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
        assert!((878..=882).contains(&crossings), "{crossings} zero crossings in a second of 440 Hz");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_without_readable_sound_is_refused_with_a_sentence() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(b"Not sound at all, but a letter.", "letter.txt").await?;
        page.press("#file").await?;
        page.wait_for_property("#error", "hidden", false).await?;
        let error = page.error().await?;
        assert!(error.contains("finds no sound that it can read in letter.txt"), "{error}");
        assert_eq!(page.property("body", "dataset.state").await?, "idle");
        assert_eq!(page.property("#file-progress", "hidden").await?, true);
        page.screenshot("file-refused").await?;
        // The page can still record.
        page.press_record().await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_folder_or_a_file_that_is_gone_is_not_blamed_for_its_format() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(b"any", "talks").await?;
        page.run("__files.refuseToRead", ()).await?;
        assert_eq!(page.run(DROP, ()).await?, json!([false, false]), "the page would be left");
        page.wait_for_property("#error", "hidden", false).await?;
        let error = page.error().await?;
        assert!(error.contains("could not read talks") && error.contains("folder"), "{error}");
        assert_eq!(page.property("#file-progress", "hidden").await?, true);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_that_the_browser_never_ends_reading_gives_way_to_another() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (mut page, samples, _) = open_talk().await?;
        page.run("__files.holdNextDecoding", ()).await?;
        page.press("#file").await?;
        page.wait_for("__files.isDecodingHeld", ()).await?;
        let progress = page.browser.text("#file-progress p").await?;
        assert!(progress.starts_with("Reading talk.wav…"), "{progress}");
        page.press("#file").await?;
        page.wait_for_state("recording").await?;
        assert_eq!(page.run("__files.canCancel", ()).await?, false, "Stop ends a recording");
        // The first one is read after all.
        page.run("__files.decode", ()).await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.error().await?, "");
        let seen = page.finish().await?;
        assert_eq!(seen.sessions.len(), 1);
        assert_eq!(assert_is_start_of(&seen.sessions[0], &samples), samples.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_reading_of_a_file_can_be_cancelled() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let (mut page, _, _) = open_talk().await?;
        page.run("__files.holdDecoding", ()).await?;
        page.press("#file").await?;
        page.wait_for("__files.isDecodingHeld", ()).await?;
        assert_eq!(page.run("__files.canCancel", ()).await?, true);
        page.screenshot("file-reading").await?;
        page.press("#file-progress button").await?;
        page.wait_for_property("#file-progress", "hidden", true).await?;
        assert_eq!(page.focused_id().await?, "file");
        // The browser has read it after all.
        page.run("__files.decode", ()).await?;
        page.wait_for_global("__isDecoded", true).await?;
        assert_eq!(page.property("body", "dataset.state").await?, "idle");
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        page.press_stop().await?;
        assert_eq!(page.finish().await?.sessions.len(), 1);
        Ok(())
    })
    .await
}

/// Records a video.
const VIDEO: &str = include_str!("../../src/video.js");

/// A video with a tone, as this browser records it, or else Chromium.
async fn video(page: &Page) -> TestResult<Vec<u8>> {
    let engine = if ENGINE.records_video() { *ENGINE } else { Engine::Chromium };
    let setup = Setup::new(Microphone::Muted);
    let recorder = Browser::start(engine, setup).await?;
    recorder.open(page.address()).await?;
    // Sound needs a click.
    recorder.click("h1").await?;
    recorder.eval(VIDEO).await?;
    let made = recorder.eval("return window.__makeVideo(2_000)").await?;
    let made = made.as_str().unwrap_or_default();
    let (kind, bytes) = made.split_once(";base64,").ok_or(made)?;
    assert!(kind.starts_with("data:video/"), "{kind}");
    recorder.close().await?;
    Ok(STANDARD.decode(bytes)?)
}

#[tokio::test]
async fn the_sound_of_a_video_is_transcribed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(PICK).await?;
        let video = video(&page).await?;
        page.hand_file(&video, "video").await?;
        page.press("#file").await?;
        page.wait_for_state("recording").await?;
        page.wait_for_state("idle").await?;
        assert_eq!(page.error().await?, "");
        let seen = page.finish().await?;
        let audio = seen.sessions[0].pcm_i16();
        assert!((1_500 * MS..3_000 * MS).contains(&audio.len()), "{} samples", audio.len());
        let middle = &audio[8_000..16_000];
        let crossings = middle.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
        assert!((430..=450).contains(&crossings), "{crossings} zero crossings in half a second of 440 Hz");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_a_file_that_was_broken_off_has_not_transcribed_is_a_gap_once_it_is_kept() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open_unfinished_file().await?;
        page.press("#continue").await?;
        page.wait_for_element("#transcript p[data-gap]").await?;
        page.screenshot("unfinished-file-kept").await?;
        assert_eq!(page.run("__files.gapIsLast", ()).await?, true);
        let text = page.property("#transcript p[data-gap]", "textContent").await?;
        let text = text.as_str().unwrap_or_default().to_owned();
        let gap_s: f64 =
            text.split_once("[0:").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("").parse()?;
        // From the last final in the first 9 s to where it was broken off: at 13 s, and later on a busy machine.
        assert!((2.0..=10.0).contains(&gap_s), "{text}");
        let dropped = page.property("#stat-dropped", "textContent").await?;
        let dropped_s: f64 =
            dropped.as_str().unwrap_or_default().split('\u{a0}').next().unwrap_or("").parse()?;
        assert!((dropped_s - gap_s).abs() <= 1.0, "{dropped} and {text}");
        // It stays, and is exported.
        page.reload().await?;
        page.wait_for_element("#transcript p[data-gap]").await?;
        page.open_export().await?;
        let (_, exported) = page.save_file("#export-txt").await?;
        let exported = String::from_utf8(exported)?;
        assert!(exported.contains(" not transcribed]"), "{exported}");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_link_that_is_dropped_does_not_make_the_browser_leave_the_page() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(b"any", "any.wav").await?;
        page.press_record().await?;
        // Dropped on the page, and on what takes text, or takes none.
        let (stays, takes) = ("false false", "true true");
        let expected = [stays, stays, stays, stays, takes, takes, takes];
        assert_eq!(page.run("__files.dropLink", ()).await?, json!(expected));
        assert_eq!(page.error().await?, "");
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_that_is_dropped_during_a_recording_does_not_disturb_it() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open(b"any", "any.wav").await?;
        page.press_record().await?;
        assert_eq!(page.run(DROP, ()).await?, json!([false, false]), "the page would be left");
        page.wait_for_property("#error", "hidden", false).await?;
        let error = page.error().await?;
        assert!(error.contains("Stop the recording"), "{error}");
        page.wait_for_state("recording").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_whose_tab_is_killed_is_offered_as_unfinished_with_all_that_was_transcribed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let known = KnownRecording::read(Recording::talk_path(), Recording::talk_words_path());
        let script = Script::recording(known?);
        let mut page = Page::open_to_crash(script, &format!("{PICK}{CAPTURE_DOWNLOADS}")).await?;
        let (samples, words) = first_of_talk(3 * TALK_MS)?;
        page.hand_file(&wav(1, 16_000, &samples)?, "talk.wav").await?;
        page.press("#file").await?;
        page.wait_for_finals(1).await?;
        page.wait_for_progress_s(6).await?;
        let shown = page.finals().await?;
        page.crash().await?;
        page.wait_for_recovery().await?;
        let offer = page.browser.text("#unfinished p").await?;
        let length = offer.strip_prefix("A recording (0:").and_then(|rest| rest.split_once(" long) from "));
        let offered_s: usize = length.ok_or_else(|| offer.clone())?.0.parse()?;
        assert!(offer.contains("was not finished"), "{offer}");
        assert!(offer.ends_with("It is of a file: keep what there is, or add the file again."), "{offer}");
        assert_eq!(page.browser.text("#continue").await?, "Keep as it is");
        assert_eq!(page.run("__files.showsNoProgress", ()).await?, true);
        let (_, text) = page.save_file("#export-recovered-text").await?;
        let text = String::from_utf8(text)?;
        assert!(shown.iter().all(|sentence| text.contains(sentence.as_str())), "{text}");
        assert!(text.split_whitespace().count() < words.len(), "{text}");
        let (_, wav) = page.save_file("#export-recovered-audio").await?;
        let kept: Vec<i16> = hound::WavReader::new(&wav[..])?.samples().collect::<Result<_, _>>()?;
        // The last second may be missing.
        assert!(kept.len() >= 5_000 * MS && kept.len() < samples.len(), "{} samples", kept.len());
        assert!(kept.len().abs_diff(offered_s * 1_000 * MS) <= 1_000 * MS, "{} samples: {offer}", kept.len());
        let differs = |(kept, sample): (&i16, &i16)| (i32::from(*kept) - i32::from(*sample)).abs() > ROUNDING;
        assert!(!kept.iter().zip(&samples).any(differs), "the stored samples differ from the file's");
        // It is kept without the microphone, and is finished from then on.
        page.press("#continue").await?;
        page.wait_for_finals(shown.len()).await?;
        assert_eq!(page.property("#unfinished", "hidden").await?, true);
        assert_eq!(page.property("body", "dataset.state").await?, "idle");
        page.reload().await?;
        page.wait_for_finals(shown.len()).await?;
        assert_eq!(page.property("#unfinished", "hidden").await?, true);
        assert_eq!(page.global("__seen.streams.length").await?, 0);
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
