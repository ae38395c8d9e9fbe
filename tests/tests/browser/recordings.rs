//! The list of finished recordings: what is kept, for how long, and what the user can do with it.

use crate::limit::with_time_limit;
use assemblyai_mock::{MockAssemblyAi, Script, Turn};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};
use serde_json::Value;

use super::TEST_LIMIT_S;
use super::page::Page;
use super::recovery::{CAPTURE_DOWNLOADS, LEAVING_ASKS};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Sets the page's clock forward by a number of ms that a test has stored.
const SHIFTED_CLOCK: &str = "__recordings.shiftClock();";

/// 100 MB are left: sound of 52 minutes.
pub(super) const NEARLY_FULL: &str = "__recordings.nearlyFillTheDisk();";

const DAY_MS: u64 = 86_400_000;

/// A service that hears one turn, right at the start.
pub(super) fn one_turn(text: &str) -> Script {
    Script::new().turn(Turn::said(text).from_ms(100).to_ms(300).final_at_ms(400))
}

impl Page {
    /// Records one final turn as a recording of its own.
    pub(super) async fn record(&mut self, text: &str) -> TestResult {
        let finals = self.finals().await?.len();
        self.mock.set_script(one_turn(text));
        self.press_record().await?;
        self.wait_for_finals(finals + 1).await?;
        self.wait_for_audio_ms(1_000).await?;
        self.press_stop().await?;
        Ok(())
    }

    /// Leaves the recordings of the page in the list, so that the page is empty.
    pub(super) async fn put_away(&mut self) -> Result<(), BrowserError> {
        self.press("#new").await?;
        self.wait_for_property("#clear-transcript", "open", true).await?;
        self.press("#clear-transcript [value=put-away]").await?;
        self.wait_for_no_element("#transcript p").await
    }

    /// Deletes the recordings of the page.
    pub(super) async fn delete_transcript(&mut self) -> Result<(), BrowserError> {
        self.press("#new").await?;
        self.press("#clear-transcript [value=delete]").await?;
        self.wait_for_no_element("#transcript p").await
    }

    /// Opens the list and waits until all its texts are read.
    pub(super) async fn open_list(&mut self, rows: usize) -> Result<(), BrowserError> {
        self.press("#recordings").await?;
        self.wait_for_rows(rows).await
    }

    pub(super) async fn wait_for_rows(&mut self, rows: usize) -> Result<(), BrowserError> {
        self.wait_for("__recordings.areRead", [rows]).await
    }

    /// Gives the recording of a row a title.
    async fn rename(&mut self, row: usize, title: &str) -> Result<(), BrowserError> {
        self.press(&of_row(row, "rename")).await?;
        self.wait_for_property("#rename-recording", "open", true).await?;
        self.set_property("#rename-recording input", "value", title).await?;
        self.press("#rename-recording [value=give]").await
    }

    /// Chooses for how many days recordings are kept.
    async fn keep_for(&mut self, days: u32) -> Result<(), BrowserError> {
        self.choose_value("#recordings-list select", days.to_string()).await
    }

    async fn click_by_script(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.call(selector, "click").await
    }

    pub(super) async fn close_list(&mut self) -> Result<(), BrowserError> {
        self.press("#recordings-list .ends button:last-child").await?;
        self.wait_for_property("#recordings-list", "open", false).await
    }

    /// Opens the question whether all recordings of the list are to be deleted.
    pub(super) async fn ask_to_delete_all(&mut self) -> Result<(), BrowserError> {
        self.press("#recordings-list .ends button:first-child").await?;
        self.wait_for_property("#delete-recordings", "open", true).await
    }

    /// The titles in the list, from the top.
    async fn titles(&mut self) -> Result<Vec<String>, BrowserError> {
        self.texts("#recordings-list li:not([hidden]) .title").await
    }

    async fn wait_for_titles(&mut self, titles: &[&str]) -> Result<(), BrowserError> {
        self.wait_for("__recordings.showsTitles", [titles]).await
    }

    /// The status line of the list.
    async fn list_status(&mut self) -> Result<Value, BrowserError> {
        self.property("#recordings-list .status", "textContent").await
    }

    async fn wait_for_list_status(&mut self, text: &str) -> Result<(), BrowserError> {
        self.wait_for_property("#recordings-list .status", "textContent", text).await
    }

    /// The number of recordings in the database.
    async fn stored(&mut self) -> Result<Value, BrowserError> {
        self.run("__recordings.count", ()).await
    }

    async fn wait_for_stored(&mut self, count: u64) -> TestResult {
        for _ in 0..100 {
            if self.stored().await? == count {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err(format!("{} recordings are stored, not {count}", self.stored().await?).into())
    }
}

/// The number of recordings of which sound is stored.
const RECORDINGS_WITH_SOUND: &str = "__recordings.countWithSound";

/// The selector of a row's button.
pub(super) fn of_row(row: usize, action: &str) -> String {
    format!("#recordings-list li:nth-child({row}) [data-action={action}]")
}

#[tokio::test]
async fn an_older_recording_is_opened_heard_corrected_searched_and_exported_as_if_just_made() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_DOWNLOADS).await?;
        page.record("The first recording.").await?;
        page.record("Second.").await?;
        page.put_away().await?;
        page.reload().await?;
        assert_eq!(page.finals().await?, [""; 0], "what was put away is shown again");

        page.open_list(2).await?;
        assert_eq!(page.titles().await?, ["Second.", "The first recording."]);
        let facts = page.property("#recordings-list li:nth-child(2) .facts", "textContent").await?;
        let facts = facts.as_str().unwrap_or_default();
        // Stop comes a second after the turn, or later on a busy machine.
        assert!((1..10).any(|seconds| facts.contains(&format!(" · 0:0{seconds} · "))), "{facts}");
        // A number and its unit stay on one line.
        assert!(facts.contains(" · 3\u{a0}words · ") && facts.contains("\u{a0}kB"), "{facts:?}");
        assert!(!facts.contains("on this page"), "{facts}");
        if ENGINE.estimates_storage() {
            page.wait_for_match("#recordings-list", "used by this page, .* left").await?;
        }
        page.screenshot("recordings").await?;

        page.press(&of_row(2, "open")).await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.finals().await?, ["The first recording."]);
        if ENGINE.can_play() {
            page.press("[data-start='100']").await?;
            page.wait_for_property("#pause-playback", "hidden", false).await?;
        }
        page.browser.hover("#transcript p .settled").await?;
        page.wait_for_property("#edit-turn", "hidden", false).await?;
        page.press("#edit-turn").await?;
        page.wait_for_element("#transcript textarea").await?;
        page.set_property("#transcript textarea", "value", "The oldest recording.").await?;
        page.press("#transcript .editor [type=submit]").await?;
        page.press("#search").await?;
        page.wait_for_element("#finder input").await?;
        page.type_into("#finder input", "OLDEST").await?;
        page.wait_for_property("#finder .count", "textContent", "1 of 1").await?;
        page.open_export().await?;
        let (_, text) = page.save_file("#export-txt").await?;
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("The oldest recording.") && !text.contains("Second."), "{text}");
        let (_, wav) = page.save_file("#export-wav").await?;
        assert!(wav.len() > 2 * 16_000, "{} bytes of audio", wav.len());
        page.press("#export-close").await?;

        // It is on the page now, corrected, and after a reload too.
        page.reload().await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.finals().await?, ["The oldest recording."]);
        page.open_list(2).await?;
        assert_eq!(page.titles().await?, ["Second.", "The oldest recording."]);
        let facts = page.property("#recordings-list li:nth-child(2) .facts", "textContent").await?;
        assert!(facts.as_str().is_some_and(|facts| facts.contains("on this page")), "{facts}");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_list_is_searched_over_titles_and_texts_and_its_titles_are_the_users() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.record("Seven blue boats left the café.").await?;
        page.record("Every sentence ends with a pause.").await?;
        page.open_list(2).await?;
        page.rename(2, " Harbour  ").await?;
        page.wait_for_titles(&["Every sentence ends with a pause.", "Harbour"]).await?;

        for (wanted, titles) in [
            ("CAFE", &["Harbour"][..]),
            ("harbour", &["Harbour"]),
            ("pause", &["Every sentence ends with a pause."]),
            ("nowhere", &[]),
            ("", &["Every sentence ends with a pause.", "Harbour"]),
        ] {
            page.type_into("#recordings-list input", wanted).await?;
            page.wait_for_titles(titles).await?;
            let marked = page.run("__recordings.marked", ()).await?;
            match wanted {
                "CAFE" => assert_eq!(marked, "café"),
                "nowhere" => assert_eq!(page.list_status().await?, "No recording has these words."),
                _ => {}
            }
        }
        page.browser.resize(390, 780).await?;
        page.screenshot("recordings-phone").await?;
        page.screenshot_in_dark("recordings-dark-phone").await?;
        page.browser.resize(1100, 660).await?;
        // The title outlives a browser that is killed; without one the first words are the title.
        page.crash().await?;
        page.open_list(2).await?;
        page.wait_for_titles(&["Every sentence ends with a pause.", "Harbour"]).await?;
        page.rename(2, "").await?;
        page.wait_for_titles(&["Every sentence ends with a pause.", "Seven blue boats left the café."])
            .await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_deletion_can_be_taken_back_and_deletes_text_and_sound_after_that() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.record("First.").await?;
        page.put_away().await?;
        page.record("Second.").await?;
        page.record("Third.").await?;
        page.open_list(3).await?;
        page.press(&of_row(1, "delete")).await?;
        page.wait_for_titles(&["“Third.” is deleted.", "Second.", "First."]).await?;
        page.screenshot("recordings-undo").await?;
        page.press(&of_row(1, "undo")).await?;
        page.close_list().await?;
        assert_eq!(page.finals().await?, ["Second.", "Third."]);
        assert_eq!(page.stored().await?, 3);

        // One that is on the page, and one that is not.
        page.open_list(3).await?;
        page.press(&of_row(2, "delete")).await?;
        page.press(&of_row(3, "delete")).await?;
        page.close_list().await?;
        page.wait_for_stored(1).await?;
        assert_eq!(page.finals().await?, ["Third."]);
        assert_eq!(page.run(RECORDINGS_WITH_SOUND, ()).await?, 1, "sound of a deleted recording is stored");
        page.open_list(1).await?;
        page.ask_to_delete_all().await?;
        page.press("#delete-recordings button:first-of-type").await?;
        page.wait_for_property("#delete-recordings", "open", false).await?;
        assert_eq!(page.stored().await?, 1, "all were deleted although the user kept them");
        page.ask_to_delete_all().await?;
        page.press("#delete-recordings [value=delete]").await?;
        page.wait_for_stored(0).await?;
        assert_eq!(page.finals().await?, [""; 0]);
        assert_eq!(page.list_status().await?, "No finished recordings are stored in this browser.");
        page.reload().await?;
        assert_eq!(page.finals().await?, [""; 0]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn recordings_are_kept_for_as_long_as_the_user_chooses() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(SHIFTED_CLOCK).await?;
        page.record("Old.").await?;
        page.open_list(1).await?;
        page.keep_for(7).await?;
        page.store_item("test shift", &(6 * DAY_MS).to_string()).await?;
        page.reload().await?;
        page.wait_for_finals(1).await?;
        page.record("New.").await?;
        page.store_item("test shift", &(8 * DAY_MS).to_string()).await?;
        page.reload().await?;
        page.wait_for_finals(1).await?;
        page.wait_for_stored(1).await?;
        assert_eq!(page.finals().await?, ["New."]);

        // Not at all: leaving the page asks, and the next page has none.
        page.open_list(1).await?;
        assert_eq!(page.property("#recordings-list select", "value").await?, "7");
        page.keep_for(0).await?;
        page.close_list().await?;
        assert_eq!(page.run(LEAVING_ASKS, ()).await?, true);
        page.reload().await?;
        page.wait_for_stored(0).await?;
        assert_eq!(page.finals().await?, [""; 0]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_killed_browser_keeps_the_days_and_what_is_not_due_to_be_deleted() -> TestResult {
    // A page that is only reloaded deletes what is marked.
    if !ENGINE.keeps_data_after_a_crash() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), SHIFTED_CLOCK).await?;
        // Before the clock is shifted, which is stored too.
        page.press("#recordings").await?;
        page.wait_for_element("#recordings-list[open] select").await?;
        page.keep_for(7).await?;
        page.wait_until_settings_are_on_disk().await?;
        page.close_list().await?;
        for text in ["Expired.", "Deleted.", "Marked."] {
            page.record(text).await?;
            page.put_away().await?;
            page.run("__recordings.shiftClockFurther", [DAY_MS]).await?;
        }
        page.open_list(3).await?;
        page.press(&of_row(2, "delete")).await?;
        // It can no longer be taken back.
        page.wait_for_stored(2).await?;
        page.press(&of_row(1, "delete")).await?;
        page.wait_for_titles(&["“Marked.” is deleted.", "Expired."]).await?;
        page.crash().await?;

        // What is marked and not yet deleted is whole.
        page.open_list(2).await?;
        assert_eq!(page.titles().await?, ["Marked.", "Expired."]);
        assert_eq!(page.property("#recordings-list select", "value").await?, "7");
        page.press(&of_row(1, "open")).await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.run(RECORDINGS_WITH_SOUND, ()).await?, 2);
        // Six days later the first one is due.
        page.store_item("test shift", &(8 * DAY_MS).to_string()).await?;
        page.wait_until_settings_are_on_disk().await?;
        page.crash().await?;
        page.wait_for_stored(1).await?;
        page.open_list(1).await?;
        assert_eq!(page.titles().await?, ["Marked."]);
        assert_eq!(page.run(RECORDINGS_WITH_SOUND, ()).await?, 1);
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_operator_can_have_no_recordings_kept_or_limit_the_days() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mock = MockAssemblyAi::builder().script(Script::new());
        let mut page =
            Page::open_with_flags(mock, &["--retention-days", "30"], Microphone::Recording).await?;
        page.record("Kept.").await?;
        page.open_list(1).await?;
        let expected = ["only while their page is open", "for 7\u{a0}days", "for 30\u{a0}days"];
        assert_eq!(page.texts("#recordings-list option").await?, expected);
        page.finish().await?;

        let mock = MockAssemblyAi::builder().script(Script::new());
        let mut page =
            Page::open_with_flags(mock, &["--keep-recordings", "false"], Microphone::Recording).await?;
        page.wait_for_visible("#recordings", false).await?;
        page.record("Not kept.").await?;
        page.reload().await?;
        page.wait_for_stored(0).await?;
        assert_eq!(page.finals().await?, [""; 0]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn several_tabs_see_one_list_and_do_not_take_each_others_recordings() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.record("First.").await?;
        page.put_away().await?;
        page.record("Second.").await?;
        page.open_list(2).await?;

        page.browser.open_tab().await?;
        page.reload().await?;
        // By script: the driver of WebKitGTK does not move the pointer in a second tab.
        page.click_by_script("#recordings").await?;
        page.wait_for_rows(2).await?;
        page.click_by_script(&of_row(1, "open")).await?;
        page.wait_for_list_status("“Second.” is open in another tab.").await?;
        page.click_by_script(&of_row(2, "rename")).await?;
        page.wait_for_property("#rename-recording", "open", true).await?;
        page.set_property("#rename-recording input", "value", "Renamed elsewhere").await?;
        page.click_by_script("#rename-recording [value=give]").await?;
        page.wait_for_titles(&["Second.", "Renamed elsewhere"]).await?;
        page.set_property("#recordings-list .status", "textContent", "").await?;
        page.click_by_script(&of_row(1, "delete")).await?;
        page.wait_for_list_status("“Second.” is open in another tab.").await?;
        assert_eq!(
            page.titles().await?,
            ["Second.", "Renamed elsewhere"],
            "the row looks as if it were deleted"
        );
        page.click_by_script("#recordings-list .ends button:last-child").await?;
        assert_eq!(page.stored().await?, 2, "a recording that another tab shows was deleted");

        page.browser.close_tab().await?;
        page.wait_for_titles(&["Second.", "Renamed elsewhere"]).await?;
        page.close_list().await?;
        assert_eq!(page.finals().await?, ["Second."]);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn all_recordings_are_deleted_one_of_them_while_the_page_is_left() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.run(STORE_TWENTY, ()).await?;
        page.record("Shown.").await?;
        page.open_list(21).await?;
        page.ask_to_delete_all().await?;
        page.press("#delete-recordings [value=delete]").await?;
        page.wait_for_stored(0).await?;
        assert_eq!(page.list_status().await?, "No finished recordings are stored in this browser.");
        page.close_list().await?;

        // What is marked as deleted when the page is left is deleted.
        page.record("Marked.").await?;
        page.put_away().await?;
        page.open_list(1).await?;
        page.press(&of_row(1, "delete")).await?;
        page.wait_for_titles(&["“Marked.” is deleted."]).await?;
        page.reload().await?;
        page.wait_for_stored(0).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Twenty finished recordings of 100 ms, each with one turn.
const STORE_TWENTY: &str = "__recordings.storeTwenty";

#[tokio::test]
async fn a_recording_without_words_is_shown_again_and_deleted_without_another() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.wait_for_audio_ms(1_000).await?;
        page.press_stop().await?;
        page.reload().await?;
        // Its sound can be exported.
        page.wait_for_visible("#export", true).await?;
        page.record("With words.").await?;
        page.open_list(2).await?;
        assert_eq!(page.titles().await?, ["With words.", "Recording without words"]);
        page.press(&of_row(2, "delete")).await?;
        page.wait_for_titles(&["With words.", "“Recording without words” is deleted."]).await?;
        page.close_list().await?;
        page.wait_for_stored(1).await?;
        assert_eq!(page.finals().await?, ["With words."]);
        page.open_list(1).await?;
        assert_eq!(page.titles().await?, ["With words."]);
        page.finish().await?;
        Ok(())
    })
    .await
}

/// As the first release stored a finished recording: one turn, and 1 s of sound.
const FIRST_RELEASE: &str = "__recordings.storeAsFirstRelease";

#[tokio::test]
async fn a_store_made_by_the_first_release_opens_and_one_by_a_later_is_left_alone() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(CAPTURE_DOWNLOADS).await?;
        assert_eq!(page.run(FIRST_RELEASE, ()).await?, true);
        page.open_list(1).await?;
        assert_eq!(page.titles().await?, ["Long ago."]);
        page.press(&of_row(1, "open")).await?;
        page.wait_for_finals(1).await?;
        page.open_export().await?;
        let (_, wav) = page.save_file("#export-wav").await?;
        assert_eq!(wav.len(), 44 + 2 * 16_000);
        page.finish().await?;

        let newer = "__recovery.openNewerVersion();";
        let mut page = Page::open_with_init(newer).await?;
        page.press("#recordings").await?;
        let sentence = "The recordings could not be read: a newer version of this page stored them; reload the page. What is stored stays there.";
        page.wait_for_list_status(sentence).await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_store_that_is_nearly_full_is_reported_and_the_oldest_recording_is_offered() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(NEARLY_FULL).await?;
        page.record("First.").await?;
        page.record("Second.").await?;
        // Asked once, after the first recording.
        page.wait_for_global("__persist", 1).await?;
        page.press_record().await?;
        page.wait_for_text_from("#status-line", "This browser has room for about 52\u{a0}min").await?;
        // A recording without sound would not be stored.
        page.wait_for_audio_ms(500).await?;
        page.press_stop().await?;
        page.put_away().await?;
        page.press("#recordings").await?;
        page.wait_for_match(
            "#recordings-list .low",
            "room for about 52\u{a0}min of audio. “First.” is the oldest recording[.]",
        )
        .await?;
        page.press("#recordings-list > button").await?;
        page.wait_for_match("#recordings-list .low", "“Second.” is the oldest recording[.]").await?;
        page.close_list().await?;
        page.wait_for_stored(2).await?;
        page.open_list(2).await?;
        assert!(!page.titles().await?.contains(&"First.".to_owned()));
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dates_are_written_in_a_browser_that_reports_its_language_with_an_underscore() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let underscore = "__recordings.preferUnderscore();";
        let mut page = Page::open_with_init(underscore).await?;
        page.record("Dated.").await?;
        page.open_list(1).await?;
        let facts = page.property("#recordings-list .facts", "textContent").await?;
        let year = page.run("__recordings.year", ()).await?;
        let year = year.as_str().unwrap_or_default();
        assert!(facts.as_str().is_some_and(|facts| facts.contains(year)), "no {year} in {facts}");
        page.finish().await?;
        Ok(())
    })
    .await
}

const SILENT: &str = "The browser has not answered for 10\u{a0}seconds";

#[tokio::test]
async fn a_list_for_which_the_browser_never_answers_says_so_after_10_seconds() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.record("Kept.").await?;
        page.run("__recordings.letOpensHang", ()).await?;
        page.press("#recordings").await?;
        page.wait_for_text_from("#recordings-list .status", SILENT).await?;
        page.close_list().await?;
        // The database opens, and answers no question.
        page.run("__recordings.letReadsHang", ()).await?;
        page.press("#recordings").await?;
        page.wait_for_text_from("#recordings-list .status", "Reading").await?;
        page.wait_for_text_from("#recordings-list .status", SILENT).await?;
        page.close_list().await?;
        page.run("__recordings.readAgain", ()).await?;
        page.open_list(1).await?;
        assert_eq!(page.titles().await?, ["Kept."]);
        // Deleting needs the database too.
        page.run("__recordings.letLaterOpensHang", ()).await?;
        page.press(&of_row(1, "delete")).await?;
        page.wait_for_text_from("#recordings-list .status", SILENT).await?;
        assert_eq!(page.titles().await?, ["Kept."], "the row looks as if it were deleted");
        page.finish().await?;
        Ok(())
    })
    .await
}
