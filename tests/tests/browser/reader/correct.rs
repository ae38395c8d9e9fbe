//! Corrections of turns, names of speakers, and a new transcript.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::json;

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::{ENTER, ESCAPE, said, said_by};
use crate::ENGINE;
use crate::engines::Capabilities as _;

const FIELD: &str = "#transcript .editor textarea";

/// Enter as it confirms a word of an input method: in most browsers, and in Safari, where the composition is over then.
const INPUT_METHOD_PRESSES: [&str; 2] = ["isComposing", "keyCode"];

impl Page {
    /// Presses Enter in a field as an input method does; returns whether the key submits no form.
    async fn press_in_input_method(&mut self, field: &str, press: &str) -> Result<bool, BrowserError> {
        self.ask("__correct.pressInInputMethod", (field, press)).await
    }

    /// Opens the editor of a turn with the pointer.
    async fn edit(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.hover(selector).await?;
        self.wait_for_property("#edit-turn", "hidden", false).await?;
        self.press("#edit-turn").await?;
        self.wait_for_focus(FIELD).await
    }

    async fn write(&mut self, text: &str) -> Result<(), BrowserError> {
        self.set_property(FIELD, "value", text).await
    }

    async fn turn(&mut self) -> Result<serde_json::Value, BrowserError> {
        self.run("__correct.firstTurn", ()).await
    }
}

#[tokio::test]
async fn an_edit_survives_new_messages_and_a_crash_and_can_be_undone() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), "").await?;
        page.press_record().await?;
        // As universal-streaming does: unformatted first, then formatted.
        let mut plain = said(0, 300, "book a cable");
        plain["turn_is_formatted"] = json!(false);
        page.receive(&plain).await?;
        page.edit("#transcript p [data-start]").await?;
        page.write("Book a table for  two.\n").await?;
        page.receive(&said(0, 300, "Book a cable.")).await?;
        page.wait_for_property("#transcript .settled", "textContent", "Book a cable.").await?;
        assert_eq!(page.property(FIELD, "value").await?, "Book a table for  two.\n");
        page.press("#transcript .editor [type=submit]").await?;
        assert_eq!(page.turn().await?, json!(["Book a table for two.", true, "edited"]));
        assert_eq!(page.count(FIELD).await?, 0);

        page.wait_for_audio_ms(2_000).await?;
        page.crash().await?;
        page.wait_for_property("#unfinished", "hidden", false).await?;
        page.press("#continue").await?;
        page.wait_for_state("recording").await?;
        assert_eq!(page.turn().await?, json!(["Book a table for two.", true, "edited"]));
        page.press_stop().await?;

        // An edit without words is refused, and the editor stays open.
        page.edit("#transcript p .settled").await?;
        page.write("  ").await?;
        page.press("#transcript .editor [type=submit]").await?;
        page.wait_for_text_with("#edit-error", "at least one word").await?;
        page.press("#transcript .editor [name=original]").await?;
        assert_eq!(page.turn().await?, json!(["Book a cable.", false, ""]));
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_keyboard_opens_saves_and_drops_an_edit() -> TestResult {
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "Book a cable.")).await?;
        page.press_stop().await?;
        page.call("#transcript", "focus").await?;
        page.key(ENTER).await?;
        page.wait_for_focused_text("Book").await?;
        page.key("e").await?;
        page.wait_for_focus(FIELD).await?;
        page.write("dropped").await?;
        page.key(ESCAPE).await?;
        assert_eq!(page.turn().await?, json!(["Book a cable.", false, ""]));
        assert_eq!(page.focused().await?, "Book", "the focus did not return to the turn");
        page.key("\u{e032}").await?;
        page.write("Book a table.").await?;
        // Shortcuts are text in the editor: no recording starts.
        page.key("r").await?;
        assert_eq!(page.browser.state().await?, "idle");
        page.write("Book a table.").await?;
        // Enter in an input method ends a word, not the edit.
        for press in INPUT_METHOD_PRESSES {
            assert!(page.press_in_input_method(FIELD, press).await?, "{press}");
            assert_eq!(page.turn().await?[1], false, "{press}");
        }
        page.key(ENTER).await?;
        assert_eq!(page.turn().await?, json!(["Book a table.", true, "edited"]));
        assert_eq!(page.focused().await?, "Book a table.");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_speakers_name_applies_to_all_turns_of_that_speaker_and_no_others() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        for (order, speaker) in (0..).zip(["A", "B", "A"]) {
            page.receive(&said_by(speaker, order, order * 1_000, "Good morning.")).await?;
        }
        page.press("#transcript p:nth-of-type(3) .speaker").await?;
        page.wait_for_property("#rename", "open", true).await?;
        assert!(page.browser.text("#rename").await?.contains("assigns new labels"));
        page.set_property("#rename input", "value", " Chair ").await?;
        page.press("#rename [value=give]").await?;
        // The dialog's `close` event is asynchronous.
        page.wait_for_text("#transcript .speaker", "Chair").await?;
        assert_eq!(page.texts("#transcript .speaker").await?, ["Chair", "Speaker B", "Chair"]);
        // Later turns of the speaker have the name, too.
        page.receive(&said_by("A", 3, 3_000, "And good night.")).await?;
        assert_eq!(page.texts("#transcript .speaker").await?[3], "Chair");
        page.press("#transcript p:nth-of-type(1) .speaker").await?;
        page.set_property("#rename input", "value", "Nobody").await?;
        page.press("#rename [value=keep]").await?;
        assert_eq!(page.texts("#transcript .speaker").await?[0], "Chair");
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_transcript_needs_confirmation_and_is_refused_while_recording() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        assert!(!page.is_visible("#new").await?, "New is shown although there is nothing to clear");
        page.press_record().await?;
        page.receive(&said(0, 300, "Good morning.")).await?;
        page.press("#new").await?;
        page.wait_for_text_with("#status-line", "Stop it first").await?;
        page.press_stop().await?;
        page.press("#new").await?;
        page.wait_for_property("#clear-transcript", "open", true).await?;
        page.press("#clear-transcript [value=keep]").await?;
        assert_eq!(page.finals().await?, ["Good morning."]);
        page.press("#new").await?;
        page.press("#clear-transcript [value=save]").await?;
        page.wait_for_property("#export-dialog", "open", true).await?;
        page.press("#export-close").await?;
        assert_eq!(
            page.finals().await?,
            ["Good morning."],
            "the transcript was cleared before the confirmation"
        );
        page.press("#new").await?;
        page.press("#clear-transcript [value=delete]").await?;
        page.wait_for_property("#transcript", "childNodes.length", 0).await?;
        assert_ne!(page.style("#hint", "display").await?, "none");
        // The next recording starts an empty transcript.
        page.press_record().await?;
        page.receive(&said(0, 300, "Anew.")).await?;
        assert_eq!(page.finals().await?, ["Anew."]);
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn enter_that_confirms_a_word_of_an_input_method_neither_searches_nor_names() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said_by("A", 0, 0, "Good morning and good night.")).await?;
        page.press("#search").await?;
        page.wait_for_property("#finder", "hidden", false).await?;
        page.type_into("#finder input", "good").await?;
        page.wait_for_text_with("#finder", "1 of 2").await?;
        for press in INPUT_METHOD_PRESSES {
            assert!(page.press_in_input_method("#finder input", press).await?, "{press}");
            assert!(!page.browser.text("#finder").await?.contains("2 of 2"), "{press}");
        }
        page.press("#transcript .speaker").await?;
        page.wait_for_property("#rename", "open", true).await?;
        for press in INPUT_METHOD_PRESSES {
            assert!(page.press_in_input_method("#rename input", press).await?, "{press}");
        }
        page.press("#rename [value=keep]").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
