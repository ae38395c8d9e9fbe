//! Recovery of a recording after its page was closed or crashed: export, resume, discard.

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, Turn};
use end_to_end_tests::TestResult;
use end_to_end_tests::audio::{Recording, Reference};
use end_to_end_tests::browser::{BrowserError, Microphone};
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;
use super::recordings::of_row;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Stores downloads in `window.__saved` instead of saving them: names and bytes.
pub(super) const CAPTURE_DOWNLOADS: &str = "__recovery.captureDownloads();";

/// Samples in a second: the captured audio that may be lost when the page crashes.
const MISSING_SAMPLES: usize = 16_000;

/// The recording's first three sentences; the page crashes during the third.
fn three_sentences() -> Script {
    Script::new()
        .turn(Turn::said("The microphone opens before the first word.").from_ms(1_000).to_ms(3_400))
        .turn(Turn::said("Every sentence ends with a pause.").from_ms(4_500).to_ms(6_400))
        .turn(Turn::said("Seven blue boats left the harbour.").from_ms(7_000).to_ms(9_600))
}

/// A page that has recorded 9 s, with two final turns and a partial one that is stored.
async fn page_in_mid_talk() -> TestResult<Page> {
    let mut page = Page::open_to_crash(three_sentences(), CAPTURE_DOWNLOADS).await?;
    page.press_record().await?;
    page.wait_for_finals(2).await?;
    page.wait_for_element(".unsettled:not(:empty)").await?;
    // A partial is stored with the audio, within a second.
    page.wait_for_audio_ms(9_000).await?;
    Ok(page)
}

impl Page {
    /// Waits until the page offers a recording that was not finished.
    pub(super) async fn wait_for_recovery(&mut self) -> Result<(), BrowserError> {
        self.wait_for_property("#unfinished", "hidden", false).await
    }

    /// Whether the page offers no recording, once it has read the database.
    async fn offers_no_recovery(&mut self) -> Result<bool, BrowserError> {
        // The page reads the database when it loads, so this later request is answered after the page's.
        self.run("__recovery.askAfterThePage", ()).await?;
        self.wait_for_global("__looked", true).await?;
        Ok(self.property("#unfinished", "hidden").await? == true)
    }

    /// Clicks an element and returns the file that the page saves: its name and its bytes.
    pub(super) async fn save_file(&mut self, selector: &str) -> Result<(String, Vec<u8>), BrowserError> {
        self.set_global("__saved", json!([])).await?;
        self.press(selector).await?;
        self.wait_for_global("__saved.length", 1).await?;
        self.global_as("__saved[0]").await
    }

    /// The words on the page, each with its start in ms.
    async fn words(&mut self) -> Result<Vec<(String, u64)>, BrowserError> {
        self.ask("__recovery.words", ()).await
    }
}

/// Asserts that audio captured for `heard_ms` contains the beginning of the recording.
fn assert_speech(pcm: &[i16], heard_ms: u64) -> TestResult {
    let first_ms = heard_ms - ENGINE.microphone_delay_ms();
    let recording = Recording::speech()?;
    match Reference::new(&recording.first_ms(first_ms)).check(pcm) {
        Ok(alignment) => println!("{alignment}"),
        // The engine loses audio before the page receives it.
        Err(misalignment) if !ENGINE.captures_a_long_talk() => println!("{misalignment}"),
        Err(misalignment) => Err(misalignment.to_string())?,
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_that_is_killed_in_mid_talk_loses_no_final_and_no_audio() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = page_in_mid_talk().await?;
        page.crash().await?;
        page.wait_for_recovery().await?;
        let offer = page.browser.text("#unfinished p").await?;
        // 9 s, of which the last second may be missing.
        let length = offer.strip_prefix("A recording (0:0").and_then(|rest| rest.split_once(" long) from "));
        assert!(length.is_some_and(|(seconds, _)| ["8", "9"].contains(&seconds)), "{offer}");
        page.screenshot("unfinished").await?;

        let (name, text) = page.save_file("#export-recovered-text").await?;
        assert!(name.starts_with("recording-20") && name.ends_with(".txt"), "{name}");
        let text = String::from_utf8(text)?;
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..2],
            [
                "[0:01] The microphone opens before the first word.",
                "[0:04] Every sentence ends with a pause."
            ]
        );
        assert!(lines[2].contains("Seven"), "{text}");

        let (name, wav) = page.save_file("#export-recovered-audio").await?;
        assert!(name.ends_with(".wav"), "{name}");
        let mut wav = hound::WavReader::new(&wav[..])?;
        let kept: Vec<i16> = wav.samples().collect::<Result<_, _>>()?;
        let sent = page.mock.sessions()[0].pcm_i16();
        println!("sent {} samples before the end, kept {}", sent.len(), kept.len());
        assert!(kept.len() + MISSING_SAMPLES >= sent.len(), "{} of {} samples", kept.len(), sent.len());
        let both = kept.len().min(sent.len());
        assert!(kept[..both] == sent[..both], "the stored samples differ from the captured ones");
        assert_speech(&kept, 8_000)?;
        // A browser that was killed reports errors about its own files.
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recording_resumes_after_a_crash_with_each_word_once_and_on_the_same_clock() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = page_in_mid_talk().await?;
        page.crash().await?;
        page.wait_for_recovery().await?;
        // The service receives the audio since the last final word again, and then the new audio.
        let rest = Script::new()
            .turn(Turn::said("Seven blue boats left the harbour.").from_ms(1_200).to_ms(2_200))
            .turn(Turn::said("It goes on.").from_ms(5_000).to_ms(6_000));
        page.mock.set_script(rest);
        page.press("#continue").await?;
        page.wait_for("__recovery.hasElapsed", ["0:08"]).await?;
        assert_eq!(page.property("#unfinished", "hidden").await?, true);
        assert_eq!(page.focused_id().await?, "record");
        page.wait_for_finals(4).await?;
        let enough_s = 12 + ENGINE.microphone_delay_ms() / 1_000;
        page.wait_for("__recovery.hasElapsed", [format!("0:{enough_s}")]).await?;
        page.press_stop().await?;

        assert_eq!(
            page.finals().await?,
            [
                "The microphone opens before the first word.",
                "Every sentence ends with a pause.",
                "Seven blue boats left the harbour.",
                "It goes on."
            ]
        );
        assert_eq!(page.count("#transcript p").await?, 4);
        let words = page.words().await?;
        page.assert_nothing_is_held().await?;
        page.reload().await?;
        assert!(page.offers_no_recovery().await?, "a finished recording is offered");

        let seen = page.finish_despite_errors().await?;
        let [before, after] = &seen.sessions[..] else {
            return Err(format!("{} sessions", seen.sessions.len()).into());
        };
        let (before, after) = (before.pcm_i16(), after.pcm_i16());
        // The second session begins at the end of the last final word or up to 400 ms before it.
        let begins =
            before.windows(1_600).position(|samples| *samples == after[..1_600]).ok_or("audio again")?;
        let begins_ms = begins as u64 / 16;
        assert!((6_000..=6_400).contains(&begins_ms), "{begins_ms} ms");
        for (word, at_ms) in [("Seven", 1_200), ("It", 5_000)] {
            let start_ms = words.iter().find(|(text, _)| text == word).ok_or("the word")?.1;
            assert!(
                start_ms.abs_diff(begins_ms + at_ms) <= 50,
                "{word} at {start_ms} ms, from {begins_ms} ms"
            );
        }
        let again = before[begins..].iter().zip(&after).take_while(|(before, after)| before == after).count();
        println!("from {begins_ms} ms on, {again} of {} samples again", before.len() - begins);
        assert!(again + MISSING_SAMPLES >= before.len() - begins, "{again} of {}", before.len() - begins);
        // The new audio is the same speech from its beginning.
        assert_speech(&after[again..], 3_500 + ENGINE.microphone_delay_ms())?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_discarded_recording_is_not_offered_again() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // Firefox sends nothing from a page that is being left.
        let mut page = Page::open_to_crash(Script::pending_final("Never mind."), "").await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        page.reload().await?;
        page.wait_for_recovery().await?;
        // Without a choice of the user, the recording is offered again.
        page.reload().await?;
        page.wait_for_recovery().await?;
        // A click by mistake costs nothing, also before the tools are there.
        for (answer, is_kept) in [("button:not([id])", true), ("#discard-it", false)] {
            page.press("#discard").await?;
            page.wait_for_property("#discard-recording", "open", true).await?;
            let is_hidden = page.property("#unfinished", "hidden").await?;
            assert_eq!(is_hidden, false, "before the answer: {answer}");
            page.press(&format!("#discard-recording {answer}")).await?;
            page.wait_for_property("#discard-recording", "open", false).await?;
            page.wait_for("__recovery.isOffered", [is_kept]).await?;
        }
        page.reload().await?;
        assert!(page.offers_no_recovery().await?);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_finished_recording_is_not_offered() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(500).await?;
        page.press_stop().await?;
        assert!(page.offers_no_recovery().await?);
        page.reload().await?;
        assert!(page.offers_no_recovery().await?);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failing_database_shows_a_notice_and_recording_continues() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let refusals = [
            ("__recovery.refuseDatabase();", "the browser stores nothing"),
            ("__recovery.refuseToStore();", "is full"),
            ("__recovery.openNewerVersion();", "a newer version"),
        ];
        for (refusal, reason) in refusals {
            let turn = Turn::said("All the same.").from_ms(500).to_ms(1_000);
            let script = format!("{{ {refusal} }}");
            let mut page = Page::open_with(Script::new().turn(turn), Microphone::Recording, &script).await?;
            page.press_record().await?;
            // Another notice may say before that the microphone is faint: it begins with silence.
            page.wait_for_text_with("#notice:not([hidden])", "not storing").await?;
            let notice = page.browser.text("#notice").await?;
            assert!(notice.starts_with("The browser is not storing this recording: "), "{notice}");
            assert!(notice.contains(reason), "{notice}");
            page.wait_for_finals(1).await?;
            page.press_stop().await?;
            assert_eq!(page.error().await?, "");
            page.finish().await?;
        }
        Ok(())
    })
    .await
}

/// `__lose(opens)` loses the connection to the database at the next write, which fails, and lets so many attempts to open
/// it fail: as WebKit does it when its database process crashes, or any browser when the disk fails.
const LOSE_THE_DATABASE: &str = "__recovery.loseTheDatabase();";

#[tokio::test]
async fn a_database_that_is_lost_in_mid_talk_costs_a_killed_browser_no_final_and_no_audio() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = format!("{LOSE_THE_DATABASE}{CAPTURE_DOWNLOADS}");
        let mut page = Page::open_to_crash(three_sentences(), &script).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.run("__lose", [1]).await?;
        // WebKit does not answer, which takes 10 s.
        page.wait_for_finals(3).await?;
        page.wait_for_audio_ms(14_000).await?;
        let notice = page.property("#notice", "textContent").await?;
        assert!(!notice.to_string().contains("not storing"), "{notice}");
        page.crash().await?;
        page.wait_for_recovery().await?;
        let (_, text) = page.save_file("#export-recovered-text").await?;
        let text = String::from_utf8(text)?;
        let finals = ["before the first word.", "ends with a pause.", "left the harbour."];
        assert!(finals.iter().all(|words| text.contains(words)), "{text}");
        let (_, wav) = page.save_file("#export-recovered-audio").await?;
        let mut wav = hound::WavReader::new(&wav[..])?;
        let kept: Vec<i16> = wav.samples().collect::<Result<_, _>>()?;
        let sent = page.mock.sessions()[0].pcm_i16();
        assert!(kept.len() + MISSING_SAMPLES >= sent.len(), "{} of {} samples", kept.len(), sent.len());
        let both = kept.len().min(sent.len());
        assert!(kept[..both] == sent[..both], "the stored samples differ from the captured ones");
        // A browser that was killed reports errors about its own files.
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_database_that_stays_closed_is_reported_and_recording_continues() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // Longer than the wait: another notice would report the silence after it.
        let talk = Microphone::File(Recording::talk_path());
        let mut page = Page::open_with(three_sentences(), talk, LOSE_THE_DATABASE).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.run("__lose", [1000]).await?;
        page.wait_for_finals(2).await?;
        page.wait_for_match("#notice", "not storing this recording: .* server lost").await?;
        page.press_stop().await?;
        assert_eq!(page.error().await?, "");
        page.finish().await?;
        Ok(())
    })
    .await
}

/// While `__isFull`, the database refuses what is written, until something is deleted. While `__losesAudio`, it says that
/// it stores audio, and does not.
pub(super) const FULL: &str = "__recovery.fillTheDisk();";

#[tokio::test]
async fn a_recording_is_stored_whole_once_the_user_has_made_room_for_it() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let talk = Microphone::File(Recording::talk_path());
        let script = format!("{FULL}{CAPTURE_DOWNLOADS}");
        let mut page = Page::open_with(Script::new(), talk, &script).await?;
        page.record("An old one.").await?;
        page.put_away().await?;
        page.mock.set_script(three_sentences());
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.set_global("__isFull", true).await?;
        page.wait_for_finals(1).await?;
        page.wait_for_match("#notice", "not storing this recording: .* is full").await?;
        assert_eq!(page.run(LEAVING_ASKS, ()).await?, true, "what is not stored would be lost");

        page.press("#recordings").await?;
        page.wait_for_count("#recordings-list[open] li", 1).await?;
        page.press(&of_row(1, "delete")).await?;
        page.wait_for_element("#recordings-list [data-action=undo]").await?;
        page.close_list().await?;
        page.wait_for_property("#notice", "textContent", "").await?;
        page.wait_for_property("#status-line", "textContent", "The browser stores this recording again.")
            .await?;
        page.screenshot("stored-again").await?;
        assert_eq!(page.run(LEAVING_ASKS, ()).await?, false);
        page.wait_for_finals(3).await?;
        page.press_stop().await?;

        page.open_export().await?;
        let (_, wav) = page.save_file("#export-wav").await?;
        let mut wav = hound::WavReader::new(&wav[..])?;
        let stored: Vec<i16> = wav.samples().collect::<Result<_, _>>()?;
        page.press("#export-close").await?;
        page.reload().await?;
        page.wait_for_finals(3).await?;
        let seen = page.finish().await?;
        let sent = seen.sessions[1].pcm_i16();
        // Silence may fill the last frame.
        let (whole, rest) = sent.split_at(stored.len().min(sent.len()));
        assert!(stored == whole, "the stored samples differ from the sent ones");
        assert!(rest.len() < 800 && rest.iter().all(|sample| *sample == 0), "{} are missing", rest.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_says_how_much_is_missing_once_a_recording_is_stored_again() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let talk = Microphone::File(Recording::talk_path());
        let mut page = Page::open_with(Script::new(), talk, FULL).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(2_000).await?;
        // What was dropped because more waited than may wait.
        page.set_global("__losesAudio", true).await?;
        page.wait_for_audio_ms(6_000).await?;
        page.set_global("__isFull", true).await?;
        page.set_global("__losesAudio", false).await?;
        page.wait_for_text_with("#notice:not([hidden])", "not storing").await?;
        page.set_global("__isFull", false).await?;
        page.wait_for_match(
            "#status-line",
            "^The browser stores this recording again. 0:0[345] of its audio was not stored.$",
        )
        .await?;
        page.wait_for_audio_ms(18_000).await?;
        page.press_stop().await?;
        page.open_export().await?;
        page.press("#export-wav").await?;
        page.wait_for_match("#export-dialog", "The browser has stored 0:1\\d of 0:\\d\\d of audio").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_recording_of_another_tab_is_not_offered() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.browser.open_tab().await?;
        page.reload().await?;
        assert!(page.offers_no_recovery().await?);
        page.browser.close_tab().await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Whether leaving the page asks the user.
pub(super) const LEAVING_ASKS: &str = "__recovery.leavingAsks";

#[tokio::test]
async fn a_finished_transcript_is_shown_again_and_in_a_new_tab_until_it_is_exported() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let turn = |text: &str| Script::new().turn(Turn::said(text).from_ms(100).to_ms(300).final_at_ms(400));
        let mut page = Page::open_with(turn("First."), Microphone::Recording, CAPTURE_DOWNLOADS).await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        page.mock.set_script(turn("Second."));
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.press_stop().await?;

        page.reload().await?;
        page.wait_for_finals(2).await?;
        assert_eq!(page.finals().await?, ["First.", "Second."]);
        assert!(page.offers_no_recovery().await?);
        // A new recording comes after them.
        page.mock.set_script(turn("Third."));
        page.press_record().await?;
        page.wait_for_finals(3).await?;
        page.press_stop().await?;
        page.reload().await?;
        page.wait_for_finals(3).await?;
        assert_eq!(page.finals().await?, ["First.", "Second.", "Third."]);
        // A new tab has a storage of its own, and shows the last of them.
        page.run("sessionStorage.clear", ()).await?;
        page.reload().await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.finals().await?, ["Third."]);
        page.open_export().await?;
        page.save_file("#export-txt").await?;
        page.press("#export-close").await?;
        page.reload().await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.finals().await?, ["Third."], "a reload shows what was exported");
        page.run("sessionStorage.clear", ()).await?;
        page.reload().await?;
        assert!(page.offers_no_recovery().await?);
        assert_eq!(page.finals().await?, [""; 0]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn leaving_asks_if_a_correction_is_open_or_the_transcript_is_not_stored() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let turn = || Script::new().turn(Turn::said("Kept.").from_ms(100).to_ms(300).final_at_ms(400));
        for (is_stored, script) in [(true, String::new()), (false, "__recovery.refuseDatabase();".to_owned())]
        {
            let script = format!("{script}{CAPTURE_DOWNLOADS}");
            let mut page = Page::open_with(turn(), Microphone::Recording, &script).await?;
            page.press_record().await?;
            page.wait_for_finals(1).await?;
            page.wait_for_element("#finder").await?;
            page.press_stop().await?;
            assert_eq!(page.run(LEAVING_ASKS, ()).await?, !is_stored);
            page.browser.hover("#transcript p .settled").await?;
            page.wait_for_property("#edit-turn", "hidden", false).await?;
            page.press("#edit-turn").await?;
            page.wait_for_element("#transcript textarea").await?;
            assert_eq!(page.run(LEAVING_ASKS, ()).await?, !is_stored, "nothing was corrected");
            page.set_property("#transcript textarea", "value", "Changed.").await?;
            assert_eq!(page.run(LEAVING_ASKS, ()).await?, true);
            page.press("#transcript .editor [type=submit]").await?;
            assert_eq!(page.run(LEAVING_ASKS, ()).await?, !is_stored);
            page.open_export().await?;
            page.save_file("#export-txt").await?;
            assert_eq!(page.run(LEAVING_ASKS, ()).await?, false, "it was exported");
            page.finish().await?;
        }
        Ok(())
    })
    .await
}
