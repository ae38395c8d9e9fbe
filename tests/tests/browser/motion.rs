//! What moves on the page, and that nothing does for those who prefer reduced motion.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::limit::with_time_limit;
use assemblyai_mock::{Fault, Script, TokenFault};

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use crate::ENGINE;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;

/// How long a token takes, so that the page waits for its connection.
const LATE: Duration = Duration::from_secs(2);

impl Page {
    /// Adds what moves in this state of the page.
    async fn note_motion(&mut self, state: &str, seen: &mut BTreeSet<String>) -> Result<(), BrowserError> {
        // Of the frame after the change.
        let running: Vec<String> = self.ask("__motion.running", ()).await?;
        seen.extend(running.iter().map(|it| format!("{state}: {it}")));
        Ok(())
    }

    async fn open_and_close(
        &mut self,
        button: &str,
        dialog: &str,
        seen: &mut BTreeSet<String>,
    ) -> Result<(), BrowserError> {
        self.press(button).await?;
        self.wait_for_property(dialog, "open", true).await?;
        self.note_motion(dialog, seen).await?;
        self.call(dialog, "close").await
    }
}

/// What moves from the start of a recording to its end, with all that the user can open meanwhile.
async fn motion(is_reduced: bool) -> TestResult<BTreeSet<String>> {
    let mut seen = BTreeSet::new();
    let mut page = Page::open(Script::new()).await?;
    page.browser.reduce_motion(is_reduced).await?;
    page.note_motion("idle", &mut seen).await?;
    page.mock.token_faults().next(TokenFault::Late(LATE));
    page.press("#record").await?;
    page.wait_for_state("connecting").await?;
    page.note_motion("connecting", &mut seen).await?;
    page.wait_for_state("recording").await?;
    page.wait_for_audio_ms(500).await?;
    page.receive_turn(0, None, true, "Nothing moves.").await?;
    page.receive_turn(1, None, false, "Not even").await?;
    page.note_motion("recording", &mut seen).await?;
    page.open_and_close("#settings", "#settings-panel", &mut seen).await?;
    page.open_and_close("#recordings", "#recordings-list", &mut seen).await?;
    page.open_and_close("#export", "#export-dialog", &mut seen).await?;
    page.press("#captions").await?;
    page.wait_for_element("#captions-view:not([hidden])").await?;
    page.note_motion("captions", &mut seen).await?;
    page.key("\u{e00c}").await?;
    page.press_pause().await?;
    page.note_motion("paused", &mut seen).await?;
    page.press_resume().await?;
    page.mock.token_faults().next(TokenFault::Late(LATE));
    assert!(page.mock.inject_fault_into_newest(Fault::Drop).is_some(), "no session is running");
    page.wait_for_state("reconnecting").await?;
    page.note_motion("reconnecting", &mut seen).await?;
    page.wait_for_state("recording").await?;
    page.press_stop().await?;
    page.note_motion("stopped", &mut seen).await?;
    page.finish_despite_errors().await?;
    Ok(seen)
}

#[tokio::test]
async fn nothing_moves_for_those_who_prefer_reduced_motion() -> TestResult {
    if !ENGINE.can_prefer_reduced_motion() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        assert_eq!(motion(true).await?, BTreeSet::new());
        let moving = motion(false).await?;
        for state in ["connecting", "reconnecting"] {
            assert!(moving.contains(&format!("{state}: wait of #status")), "{moving:?}");
        }
        Ok(())
    })
    .await
}
