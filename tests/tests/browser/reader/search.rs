//! Search in the transcript, also while recording.

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

const COUNT: &str = "#finder .count";
/// The status line that screen readers announce.
const STATUS: &str = "#finder [role=status]";

impl Page {
    async fn search(&mut self, text: &str) -> Result<(), BrowserError> {
        self.type_into("#finder input", text).await
    }

    /// The text of the current hit, and the number of other marked hits.
    async fn marked(&mut self) -> Result<serde_json::Value, BrowserError> {
        self.run("__search.highlights", ()).await
    }
}

#[tokio::test]
async fn search_counts_marks_and_steps_through_hits_as_turns_arrive() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said_by("A", 0, 300, "One CAFÉ, and a table")).await?;
        page.receive(&said_by("B", 1, 3_000, "for two cafes. 日本語です")).await?;
        page.receive(&said(2, 5_000, "קפה שָׁלוֹם")).await?;
        let before = page.property("#transcript", "innerHTML").await?;
        page.press("#search").await?;
        page.wait_for_focus("#finder input").await?;
        page.search("cafe").await?;
        page.wait_for_text(COUNT, "1 of 2").await?;
        assert_eq!(page.marked().await?, json!(["CAFÉ", 1]));
        page.press("#finder [name=next]").await?;
        page.wait_for_text(COUNT, "2 of 2").await?;
        assert_eq!(page.marked().await?, json!(["cafe", 1]));
        // Partial turns are searched, too.
        let mut partial = said(3, 7_000, "Another cafe\u{301}");
        partial["end_of_turn"] = json!(false);
        page.receive(&partial).await?;
        page.wait_for_text(COUNT, "2 of 3").await?;
        page.press("#finder [name=next]").await?;
        page.press("#finder [name=next]").await?;
        page.wait_for_text(COUNT, "1 of 3").await?;
        page.press("#finder [name=previous]").await?;
        page.wait_for_text(COUNT, "3 of 3").await?;

        for (wanted, count, marked) in [
            ("TABLE FOR two", "1 of 1", json!(["table|for two", 0])),
            ("本語", "1 of 1", json!(["本語", 0])),
            ("שלום", "1 of 1", json!(["שָׁלוֹם", 0])),
            ("tea", "not found", json!(["", 0])),
            (" ", "", json!(["", 0])),
        ] {
            page.search(wanted).await?;
            page.wait_for_text(COUNT, count).await?;
            assert_eq!(page.marked().await?, marked, "{wanted}");
        }
        // While the user types, only the result of the last letter is announced.
        page.run("__search.typeFast", ()).await?;
        page.wait_for_text(COUNT, "1 of 1").await?;
        page.wait_for_text(STATUS, "1 of 1").await?;
        assert_eq!(page.global("__announced").await?, json!(["1 of 1"]));
        page.search("").await?;
        page.press("#finder [name=end]").await?;
        assert_eq!(page.property("#finder [role=status]", "textContent").await?, "");
        assert_eq!(page.property("#finder", "hidden").await?, true);
        let after = page.property("#transcript", "innerHTML").await?;
        let unchanged = before.as_str().unwrap_or_default().trim_end_matches("</div>").to_owned();
        assert!(after.as_str().is_some_and(|after| after.starts_with(&unchanged)), "{before}\n{after}");
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn search_works_with_the_keyboard_and_returns_the_focus_to_the_hit() -> TestResult {
    if !ENGINE.has_focus() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive(&said(0, 300, "A table for two, a table for three")).await?;
        page.press_stop().await?;
        page.blur().await?;
        // The key loads the tools and is not entered into the field.
        page.key("/").await?;
        page.wait_for_focus("#finder input").await?;
        for key in ["t", "a", "b"] {
            page.key(key).await?;
        }
        page.wait_for_text(COUNT, "1 of 2").await?;
        page.key(ENTER).await?;
        page.wait_for_text(COUNT, "2 of 2").await?;
        page.run("__search.pressShiftEnter", ()).await?;
        page.wait_for_text(COUNT, "1 of 2").await?;
        page.key(ENTER).await?;
        page.key(ESCAPE).await?;
        assert_eq!(page.focused_property("dataset.start").await?, "2800");
        assert_eq!(page.run("__search.highlightCount", ()).await?, 0);
        page.finish().await?;
        Ok(())
    })
    .await
}
