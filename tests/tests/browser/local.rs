//! The page of a server that recognises speech itself: a person speaks, and the page shows the words.

use std::path::Path;
use std::time::Duration;

use crate::limit::with_time_limit;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use end_to_end_tests::process::Process;
use end_to_end_tests::speech::{Speech, TWO_CITIES, word_errors};
use serde_json::Value;
use tokio::process::Command;

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::files::{PICK, write};
use super::page::Page;
use crate::ENGINE;

/// How long the reader reads, in s.
const SPEECH_S: usize = 44;
/// How much of it is transcribed as a file, in s.
const FILE_S: usize = 15;

/// Records the person who reads the whole recording, and reads the page. `of_words` of 119 words may differ: the
/// browser's microphone resamples, and "we're" for "we were" counts twice.
async fn speaks_and_reads(page: &mut Page, of_words: usize) -> Result<(), BrowserError> {
    page.press_record().await?;
    // Words are shown while the reader still reads the first sentences.
    page.wait_for_text_with("#transcript", "best of times").await?;
    page.screenshot("local").await?;
    // The recogniser is late on a busy machine.
    for _ in 0..2 * SPEECH_S {
        if page.browser.text("#transcript").await?.contains("degree of") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    page.wait_for_no_element("#transcript p:not([data-final])").await?;
    page.press_stop().await?;
    let text = page.finals().await?.join(" ");
    let errors = word_errors(TWO_CITIES, &text);
    assert!(errors <= of_words, "{errors} words differ: {text}");
    Ok(())
}

async fn note(page: &mut Page) -> Result<Value, BrowserError> {
    page.wait_for_property("#local", "hidden", false).await?;
    page.property("#local", "textContent").await
}

async fn a_person_speaks_to(model: &str, name: &str, of_words: usize) -> TestResult {
    // The words are judged where no sound is lost on a busy machine.
    if !ENGINE.captures_without_slips() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_local(model).await?;
        let expected =
            format!("Transcribed on this computer (Moonshine {name}, English). Nothing leaves it.");
        assert_eq!(note(&mut page).await?, expected);
        speaks_and_reads(&mut page, of_words).await?;
        // The details show what recognition has cost.
        page.press("#details summary").await?;
        page.wait_for_match("#details dl > :last-child dd", "^\\d+\\.\\d\\d$").await?;
        page.screenshot("local_details").await?;
        page.assert_nothing_is_held().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_person_speaks_and_reads_the_words_without_an_account() -> TestResult {
    a_person_speaks_to("base-en", "base", 8).await
}

#[tokio::test]
async fn a_person_speaks_to_the_smaller_model_and_reads_the_words() -> TestResult {
    a_person_speaks_to("tiny-en", "tiny", 12).await
}

#[tokio::test]
async fn the_page_of_another_machine_says_that_its_server_transcribes() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_local_elsewhere("tiny-en").await?;
        let expected = "Transcribed on this server (Moonshine tiny, English), by no other service.";
        assert_eq!(note(&mut page).await?, expected);
        page.reload_in_german().await?;
        let expected = "Die Mitschrift entsteht auf diesem Server (Moonshine tiny, Englisch), ohne einen anderen Dienst.";
        assert_eq!(note(&mut page).await?, expected);
        // Chromium warns that it ignores a header of the server on a page without https.
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

/// The longest that the first command may take: cargo builds the server and the page.
const BUILD_LIMIT: Duration = Duration::from_mins(20);

/// Types what the README says first. A check of its own runs it, because cargo builds the server for it, as it does for
/// a user: with other features than for the tests, which takes minutes.
#[tokio::test]
#[ignore = "builds the server"]
async fn the_first_command_of_the_readme_lets_a_person_speak_and_read_their_words() -> TestResult {
    let limit_s = BUILD_LIMIT.as_secs() + TEST_LIMIT_S;
    with_time_limit(limit_s, async {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let readme = std::fs::read_to_string(root.join("README.md"))?;
        let first =
            readme.split("```sh\n").nth(1).and_then(|block| block.lines().next()).ok_or("no command")?;
        let line = first.split('#').next().unwrap_or_default().trim();
        assert_eq!(line, "cargo xtask demo");
        let mut command = Command::new("sh");
        // A free port, since that of the command may be in use.
        command.args(["-c", line]).current_dir(root).env("PORT", "0");
        let (server, line) = Process::start(command, "Server is running at ", BUILD_LIMIT).await?;
        let (_, address) = line.split_once(" at ").ok_or("no address")?;
        let mut page = Page::open_at_address(format!("{address}/")).await?;
        let expected = "Transcribed on this computer (Moonshine base, English). Nothing leaves it.";
        assert_eq!(note(&mut page).await?, expected);
        speaks_and_reads(&mut page, 8).await?;
        page.finish().await?;
        drop(server);
        Ok(())
    })
    .await
}

/// Counts the samples that the page sends, in `window.__samples`, and the most by which it is ahead of time, in
/// `window.__lead_s`. The entry `paced` of the tab's storage makes the server look like one that does not recognise itself.
const WATCH_THE_PACE: &str = "__local.watchThePace();";

#[tokio::test]
async fn a_file_is_recognised_as_fast_as_the_server_can_with_the_words_of_real_time() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let speech = Speech::two_cities()?.first(FILE_S);
        let folder = tempfile::tempdir()?;
        let path = write(folder.path(), 1, speech.rate_hz, &speech.samples)?;
        let bytes = std::fs::read(path)?;
        let mut texts = Vec::new();
        for is_paced in [true, false] {
            let mut page = Page::open_local_with("tiny-en", &format!("{WATCH_THE_PACE}{PICK}")).await?;
            if is_paced {
                page.run("sessionStorage.setItem", ["paced", "true"]).await?;
                page.reload().await?;
            }
            page.hand_file(&bytes, "cities.wav").await?;
            page.press("#file").await?;
            page.wait_for_state("recording").await?;
            for _ in 0..4 * FILE_S {
                if page.browser.state().await? == "idle" {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            page.wait_for_state("idle").await?;
            assert_eq!(page.error().await?, "");
            // Silence may fill the last frame.
            let samples = page.global("__samples").await?.as_f64().unwrap_or_default();
            let whole = FILE_S as f64 * 16_000.0;
            assert!((whole..whole + 800.0).contains(&samples), "{samples} samples of {whole}");
            let lead_s = page.global("__lead_s").await?.as_f64().unwrap_or_default();
            println!("{lead_s} s ahead");
            assert_eq!(lead_s > 3.0, !is_paced, "{lead_s} s ahead");
            texts.push(page.finals().await?.join(" "));
            page.finish().await?;
        }
        assert_eq!(texts[0], texts[1]);
        assert!(texts[0].contains("best of times"), "{}", texts[0]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_settings_offer_only_what_the_recogniser_can_do() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_local("tiny-en").await?;
        page.press("#settings").await?;
        page.wait_for_element("#settings-panel[open]").await?;
        let names = page.run("__local.settings", ()).await?;
        let names = names.as_str().unwrap_or_default();
        assert!(names.contains("max_turn_silence") && !names.contains("speaker_labels"), "{names}");
        assert_eq!(page.property("#billed", "hidden").await?, true);
        page.screenshot("local-settings").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
