//! Export: copies, files in each format, and the audio.

mod long;

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, Turn};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};
use serde_json::{Value, json};

use super::TEST_LIMIT_S;
use super::page::Page;
use super::recovery::CAPTURE_DOWNLOADS;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Samples in 200 ms: the captured audio that may not have reached the database yet.
const MISSING_SAMPLES: usize = 3_200;

/// Samples in 50 ms, the shortest frame: the silence that may pad the last one.
const PADDING_SAMPLES: usize = 800;

/// Stores copied text in `window.__copied` and passes it on to the browser.
const CAPTURE_CLIPBOARD: &str = "__export.captureClipboard();";

fn two_turns() -> Script {
    Script::new()
        .turn(Turn::words([("Good", 1_000, 1_200), ("afternoon.", 1_300, 1_700)]))
        .turn(Turn::words([("Seven", 3_000, 3_300), ("blue", 3_400, 3_600), ("boats.", 3_700, 4_100)]))
}

impl Page {
    /// Opens the dialog.
    pub(super) async fn open_export(&mut self) -> Result<(), BrowserError> {
        self.press("#export").await?;
        self.wait_for_property("#export-dialog", "open", true).await
    }

    /// Waits for a message in the dialog's status line and returns it.
    async fn dialog_status(&mut self) -> Result<String, BrowserError> {
        let status = "#export-dialog [role=status]";
        self.wait_for_other_property(status, "textContent", "").await?;
        self.browser.text(status).await
    }

    async fn save_text(&mut self, extension: &str) -> TestResult<String> {
        let (name, text) = self.save_file(&format!("#export-{extension}")).await?;
        assert!(name.starts_with("recording-20") && name.ends_with(&format!(".{extension}")), "{name}");
        let status = self.dialog_status().await?;
        assert_eq!(status, format!("Saved as {name}."));
        Ok(String::from_utf8(text)?)
    }

    async fn save_audio(&mut self) -> TestResult<Vec<i16>> {
        let (name, wav) = self.save_file("#export-wav").await?;
        assert!(name.ends_with(".wav"), "{name}");
        let mut wav = hound::WavReader::new(&wav[..])?;
        Ok(wav.samples().collect::<Result<_, _>>()?)
    }
}

/// Asserts that audio is what was sent, except for padding at the end.
fn assert_sent(audio: &[i16], sent: &[i16]) {
    assert!(
        is_sent(audio, sent),
        "{} samples were saved, {} were sent, or they differ",
        audio.len(),
        sent.len()
    );
}

fn is_sent(audio: &[i16], sent: &[i16]) -> bool {
    sent.strip_prefix(audio).is_some_and(|padding| padding.len() <= PADDING_SAMPLES)
}

#[tokio::test]
async fn each_format_contains_what_the_page_shows() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(two_turns(), Microphone::Recording, CAPTURE_DOWNLOADS).await?;
        assert!(!page.is_visible("#export").await?, "Export is shown although there is nothing to export");
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;

        page.open_export().await?;
        page.screenshot("export").await?;
        assert_eq!(page.save_text("txt").await?, "[0:01] Good afternoon.\n[0:03] Seven blue boats.\n");
        let markdown = page.save_text("md").await?;
        let lines: Vec<&str> = markdown.lines().collect();
        assert!(lines[2].starts_with("## "), "{markdown}");
        assert_eq!(
            (lines[0], lines[4], lines[6]),
            ("# Transcript", "(0:01) Good afternoon.", "(0:03) Seven blue boats.")
        );
        assert_eq!(
            page.save_text("srt").await?,
            "1\r\n00:00:01,000 --> 00:00:01,882\r\nGood afternoon.\r\n\r\n\
             2\r\n00:00:03,000 --> 00:00:04,100\r\nSeven blue boats.\r\n\r\n"
        );
        assert_eq!(
            page.save_text("vtt").await?,
            "WEBVTT\n\n00:00:01.000 --> 00:00:01.882\nGood afternoon.\n\n\
             00:00:03.000 --> 00:00:04.100\nSeven blue boats.\n"
        );
        let json: Value = serde_json::from_str(&page.save_text("json").await?)?;
        assert_eq!((&json["version"], &json["turns"][1]["text"]), (&json!(1), &json!("Seven blue boats.")));
        let words = json["turns"][1]["words"].as_array().cloned().unwrap_or_default();
        let words: Vec<[&Value; 3]> =
            words.iter().map(|word| [&word["text"], &word["start_ms"], &word["end_ms"]]).collect();
        let expected = [("Seven", 3_000, 3_300), ("blue", 3_400, 3_600), ("boats.", 3_700, 4_100)];
        assert_eq!(json!(words), json!(expected));
        let audio = page.save_audio().await?;
        assert_eq!(json["recordings"][0]["samples"], audio.len());

        page.press("#export-speakers").await?;
        page.press("#export-times").await?;
        assert_eq!(page.save_text("txt").await?, "Good afternoon.\nSeven blue boats.\n");
        let seen = page.finish().await?;
        assert_sent(&audio, &seen.sessions[0].pcm_i16());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_running_recording_can_be_exported() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = two_turns().turn(Turn::said("And now for something else.").from_ms(5_000).to_ms(12_000));
        let mut page = Page::open_with(script, Microphone::Recording, CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.wait_for_element(".unsettled:not(:empty)").await?;
        page.open_export().await?;
        let text = page.save_text("txt").await?;
        assert!(text.starts_with("[0:01] Good afternoon.\n[0:03] Seven blue boats.\n[0:05] And"), "{text}");
        let captured = page.mock.sessions()[0].pcm_i16().len();
        let audio = page.save_audio().await?;
        assert!(audio.len() + MISSING_SAMPLES >= captured, "{} of {captured}", audio.len());
        page.press("#export-close").await?;
        page.press_stop().await?;
        let seen = page.finish().await?;
        let sent = seen.sessions[0].pcm_i16();
        assert!(
            audio.len() < sent.len() && audio == sent[..audio.len()],
            "the saved samples differ from the sent ones"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_second_recording_continues_the_timeline_of_the_first() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(two_turns(), Microphone::Recording, CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;
        page.press_record().await?;
        page.wait_for_finals(3).await?;
        page.press_stop().await?;

        page.open_export().await?;
        let json: Value = serde_json::from_str(&page.save_text("json").await?)?;
        let first_ms = json["recordings"][0]["end_ms"].as_u64().ok_or("no end of the first")?;
        assert_eq!(json["recordings"][1]["start_ms"], first_ms);
        assert_eq!(json["turns"][2]["words"][0]["start_ms"], first_ms + 1_000);
        let subtitles = page.save_text("vtt").await?;
        let starts: Vec<&str> =
            subtitles.lines().filter_map(|line| line.split_once(" --> ")).map(|(start, _)| start).collect();
        let third = format!("00:00:{:02}.{:03}", (first_ms + 1_000) / 1000, first_ms % 1000);
        assert_eq!(starts[..3], ["00:00:01.000", "00:00:03.000", &*third]);
        let audio = page.save_audio().await?;
        let seen = page.finish().await?;
        let sent = [0, 1].map(|nth: usize| seen.sessions[nth].pcm_i16());
        // `end_ms` is rounded down: the first recording may end within that millisecond.
        let first_ms = usize::try_from(first_ms)?;
        let end = (first_ms * 16..(first_ms + 1) * 16).find(|&end| is_sent(&audio[end..], &sent[1]));
        let (first, second) = audio.split_at(end.unwrap_or(first_ms * 16));
        assert_sent(first, &sent[0]);
        assert_sent(second, &sent[1]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_copy_has_the_text_of_the_file() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(two_turns(), Microphone::Recording, CAPTURE_CLIPBOARD).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;
        page.open_export().await?;
        page.press("#export-copy").await?;
        assert_eq!(page.dialog_status().await?, "Copied to the clipboard.");
        assert_eq!(page.global("__copied").await?, "[0:01] Good afternoon.\n[0:03] Seven blue boats.\n");
        page.run("__export.refuseClipboard", ()).await?;
        page.press("#export-copy").await?;
        page.wait_for_text_with("#export-dialog", "did not let").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn without_storage_the_transcript_is_exported_and_the_audio_reported_missing() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let refused = "__recovery.refuseDatabase();";
        let mut page =
            Page::open_with(two_turns(), Microphone::Recording, &format!("{CAPTURE_DOWNLOADS}\n{refused}"))
                .await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;
        page.open_export().await?;
        page.press("#export-wav").await?;
        page.wait_for_text_with("#export-dialog", "keeps no audio").await?;
        let text = page.save_text("txt").await?;
        assert_eq!(text, "[0:01] Good afternoon.\n[0:03] Seven blue boats.\n");
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recovered_recording_without_words_saves_no_text_and_says_so() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.wait_for_stored_audio(8_000).await?;
        page.reload().await?;
        page.wait_for_property("#unfinished", "hidden", false).await?;
        page.press("#export-recovered-text").await?;
        page.wait_for_property("#unfinished p", "textContent", "There are no words to save yet.").await?;
        assert_eq!(page.global("__saved.length").await?, 0);
        let (_, wav) = page.save_file("#export-recovered-audio").await?;
        assert!(wav.len() > 44 + 2 * 16_000 / 4, "{} bytes", wav.len());
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_can_be_saved_with_the_keyboard_alone() -> TestResult {
    /// Code points of special keys (WebDriver, 17.4.2).
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    const ESCAPE: &str = "\u{e00c}";
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(two_turns(), Microphone::Recording, CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;
        tab_to(&mut page, TAB, "export").await?;
        page.browser.press_key(ENTER).await?;
        page.wait_for_property("#export-dialog", "open", true).await?;
        tab_to(&mut page, TAB, "export-srt").await?;
        page.browser.press_key(ENTER).await?;
        page.wait_for_global("__saved.length", 1).await?;
        page.browser.press_key(ESCAPE).await?;
        page.wait_for_property("#export-dialog", "open", false).await?;
        assert_eq!(page.focused_id().await?, "export");
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Presses Tab until an element has the focus.
async fn tab_to(page: &mut Page, tab: &str, id: &str) -> TestResult {
    for _ in 0..40 {
        page.browser.press_key(tab).await?;
        if page.focused_id().await? == id {
            return Ok(());
        }
    }
    Err(format!("Tab does not reach #{id}").into())
}

/// Takes down the addresses of files that are let go.
const SEE_REVOKED: &str = "__export.noteRevoked();";

#[tokio::test]
async fn a_file_stays_for_a_browser_that_asks_before_it_saves_also_if_another_is_saved() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(two_turns(), Microphone::Recording, SEE_REVOKED).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;
        page.open_export().await?;
        for format in ["txt", "srt", "md"] {
            page.press(&format!("#export-{format}")).await?;
        }
        page.wait_for_global("__addresses.length", 3).await?;
        page.wait_for("__export.aSecondHasPassed", ()).await?;
        assert_eq!(page.run("__export.revoked", ()).await?, json!([]));
        page.finish().await?;
        Ok(())
    })
    .await
}
