//! Nobody speaks for a while: the page closes its connection, which is billed, and opens another at the first word.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{MockAssemblyAi, Recording as KnownRecording, Script, SessionRecord};
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::Recording;
use end_to_end_tests::browser::Microphone;

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use crate::ENGINE;

/// The name of the setting.
const STANDBY: &str = "standby_after_s";
/// Where the talk is cut in two, in ms: between two sentences.
const CUT_MS: usize = 8_000;
/// Where the second part ends, in ms.
const END_MS: usize = 14_200;
/// The silence between the parts, in ms.
const SILENCE_MS: usize = 14_000;
/// The loudest sample of the silence, after the browser's resampling; words have thousands.
const FAINT: u16 = 60;
/// Samples in one ms.
const MS: usize = 16;

/// The silence while the user changes the settings, in ms.
const LONG_SILENCE_MS: usize = 60_000;

/// Two sentences of the talk with a silence between them, as a WAV file and the table of its words, which it returns.
fn write_files(folder: &Path, silence_ms: usize) -> TestResult<(PathBuf, PathBuf, Vec<String>)> {
    let (wav, table) = (folder.join("standby.wav"), folder.join("standby.tsv"));
    let mut reader = hound::WavReader::open(Recording::talk_path())?;
    let talk: Vec<i16> = reader.samples::<i16>().collect::<Result<_, _>>()?;
    // Noise of a few steps: a room whose samples are all zero is a muted microphone.
    let noise = |ms: usize| (0..ms * MS).map(|at| i16::from((at * at / 7) % 5 == 0) * 4 - 1);
    let mut writer = hound::WavWriter::create(&wav, reader.spec())?;
    let part = |from: usize, to: usize| talk[from * MS..to * MS].iter().copied();
    for sample in part(0, CUT_MS).chain(noise(silence_ms)).chain(part(CUT_MS, END_MS)).chain(noise(10_000)) {
        writer.write_sample(sample)?;
    }
    writer.finalize()?;
    let mut rows = vec!["start_ms\tend_ms\ttext".to_owned()];
    let mut words = vec![];
    for line in std::fs::read_to_string(Recording::talk_words_path())?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (start, end): (usize, usize) = (columns[0].parse()?, columns[1].parse()?);
        if end > END_MS {
            break;
        }
        let later = if start > CUT_MS { silence_ms } else { 0 };
        rows.push(format!("{}\t{}\t{}", start + later, end + later, columns[2]));
        words.push(columns[2].to_owned());
    }
    std::fs::write(&table, rows.join("\n") + "\n")?;
    Ok((wav, table, words))
}

/// The page of a server that lets it close its connection after so many seconds, 0 for never, with the file as its
/// microphone; and the file's words.
async fn open(folder: &Path, silence_ms: usize, after_s: &str) -> TestResult<(Page, Vec<String>)> {
    let (wav, table, words) = write_files(folder, silence_ms)?;
    let known = KnownRecording::read(&wav, table)?;
    let mock = MockAssemblyAi::builder().script(Script::recording(known));
    let flags = ["--standby-after-seconds", after_s];
    Ok((Page::open_with_flags(mock, &flags, Microphone::File(wav)).await?, words))
}

/// Checks that the words are shown in order. Where sound slips, as in a first capture that begins late, a few may be
/// missing: what the page did with the sound that it had is judged by its samples.
fn assert_words(shown: &str, words: &[String]) {
    let shown: Vec<&str> = shown.split(' ').collect();
    if ENGINE.captures_without_slips() {
        assert_eq!(shown, words);
    }
    let mut rest = words.iter();
    let in_order = shown.iter().all(|word| rest.any(|spoken| spoken.eq_ignore_ascii_case(word)));
    assert!(in_order && shown.len() * 10 >= words.len() * 7, "{shown:?}");
}

/// Where a session's audio begins in what was captured, in samples.
fn place(session: &SessionRecord, captured: &[i16]) -> Result<usize, String> {
    let audio = session.pcm_i16();
    // A last frame may be padded.
    let audio = &audio[..audio.len() - 800];
    let place = captured.windows(audio.len()).position(|window| window == audio);
    place.ok_or_else(|| format!("session {} has other samples than were captured", session.number))
}

#[tokio::test]
async fn a_connection_is_closed_while_nobody_speaks_and_no_word_is_lost() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let folder = tempfile::tempdir()?;
        let (mut page, words) = open(folder.path(), SILENCE_MS, "5").await?;
        page.press_record().await?;
        page.wait_for_state("standby").await?;
        let status = page.browser.text("#status").await?;
        assert_eq!(status, "Listening, not connected");
        page.wait_for_global("__seen.held().sockets", 0).await?;
        page.screenshot("standby").await?;
        // The first word of the second sentence opens another connection.
        page.wait_for_state("recording").await?;
        // The lead-in of at most 4 s and the sentence.
        let second_ms = (5_000 + END_MS - CUT_MS) as u64;
        page.mock.wait_for_audio_ms(1, second_ms, Duration::from_secs(40)).await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        assert_eq!(page.property("#stat-reconnects", "textContent").await?, "0");
        let saved = page.property("#stat-standby", "textContent").await?;
        assert!(saved.as_str().is_some_and(|saved| saved.as_bytes() > b"0:03".as_slice()), "{saved}");
        let (shown, captured) = (page.finals().await?.join(" "), page.captured().await?);
        page.assert_nothing_is_held().await?;
        let seen = page.finish().await?;
        assert_words(&shown, &words);
        let [first, second] = &seen.sessions[..] else {
            return Err(format!("{} sessions", seen.sessions.len()).into());
        };
        assert_eq!(first.received_of_type("Terminate").len(), 1);
        // Between the two sessions there is nothing but noise, and the second one begins well before the first word.
        let first_end = place(first, &captured)? + first.pcm_i16().len();
        let second_start = place(second, &captured)?;
        assert!(second_start > first_end + 2_000 * MS, "{first_end} to {second_start} samples");
        let is_word = |sample: &i16| sample.unsigned_abs() > FAINT;
        assert!(!captured[first_end..second_start].iter().any(is_word), "a word was left out");
        let lead_in = captured[second_start..].iter().position(is_word).ok_or("no word")?;
        assert!((2_000 * MS..4_000 * MS).contains(&lead_in), "{lead_in} samples before the first word");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_user_can_keep_the_connection_open() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let folder = tempfile::tempdir()?;
        let (mut page, words) = open(folder.path(), SILENCE_MS, "5").await?;
        page.open_panel().await?;
        page.enter(&[(STANDBY, "0")]).await?;
        page.save().await?;
        page.reload().await?;
        page.press_record().await?;
        // Until after the second sentence: where sound slips, a turn may end within the first one.
        let end_ms = ENGINE.microphone_delay_ms() + (END_MS + SILENCE_MS + 2_000) as u64;
        page.mock.wait_for_audio_ms(0, end_ms, Duration::from_mins(1)).await?;
        page.press_stop().await?;
        let standby = page.property("#stat-standby", "textContent").await?;
        assert_eq!(standby, "0:00");
        let shown = page.finals().await?.join(" ");
        let sessions = page.finish().await?.sessions;
        assert_eq!(sessions.len(), 1);
        if ENGINE.captures_without_slips() {
            assert_eq!(shown, words.join(" "));
        }
        // The silence was sent too.
        let audio = sessions[0].pcm_i16();
        let is_word = |sample: &i16| sample.unsigned_abs() > FAINT;
        let mut parts = audio.split(is_word);
        assert!(parts.any(|faint| faint.len() > (SILENCE_MS - 2_000) * MS), "the silence is missing");
        assert!(parts.next().is_some(), "nothing is heard after the silence");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_killed_browser_keeps_the_time_of_standby() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), "").await?;
        page.open_panel().await?;
        page.enter(&[(STANDBY, "10")]).await?;
        page.save().await?;
        page.close_panel().await?;
        page.wait_until_settings_are_on_disk().await?;
        page.crash().await?;
        page.open_panel().await?;
        assert_eq!(page.entry(STANDBY).await?, "10");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn another_time_of_standby_holds_at_once_while_recording() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let folder = tempfile::tempdir()?;
        let (mut page, _) = open(folder.path(), LONG_SILENCE_MS, "0").await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.open_panel().await?;
        assert_eq!(
            page.property("#setting-standby_after_s", "options[0].textContent").await?,
            "Server’s default: Never"
        );
        page.enter(&[(STANDBY, "10")]).await?;
        assert_eq!(page.part(STANDBY, "when").await?, "Takes effect at once, while you record.");
        assert_eq!(page.save().await?, "Saved. In effect now: Standby when nobody speaks.");
        page.close_panel().await?;
        page.wait_for_state("standby").await?;
        page.open_panel().await?;
        page.enter(&[(STANDBY, "0")]).await?;
        page.save().await?;
        page.close_panel().await?;
        // Before anybody has spoken again.
        page.wait_for_state("recording").await?;
        let elapsed = page.browser.text("#elapsed").await?;
        assert!(*elapsed < *"1:05", "{elapsed}");
        page.wait_for_global("__seen.held().sockets", 1).await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        assert_eq!(page.finish().await?.sessions.len(), 2);
        Ok(())
    })
    .await
}
