//! Captions: the last lines of the transcript, large.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

const ESCAPE: &str = "\u{e00c}";

/// What the view shows: its lines, and the height of its text in lines.
const SHOWN: &str = "__captions.shown";

/// How the text is drawn: its size in px, font, mirroring, and colour.
const LOOK: &str = "__captions.look";

impl Page {
    async fn say(&mut self, order: u64, is_final: bool, text: &str) -> Result<(), BrowserError> {
        self.receive_turn(order, None, is_final, text).await
    }

    /// Sets a control of the appearance.
    async fn set_look(
        &mut self,
        name: &str,
        property: &str,
        value: impl Into<Value>,
    ) -> Result<(), BrowserError> {
        self.run("__captions.setLook", (name, property, value.into())).await?;
        Ok(())
    }

    async fn wait_for_captions(&mut self) -> Result<(), BrowserError> {
        self.wait_for_element("#captions-view:not([hidden])").await
    }
}

#[tokio::test]
async fn captions_show_the_last_lines_and_follow_what_is_said() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.say(0, true, "The meeting begins at nine.").await?;
        page.say(1, false, "What is still").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        assert_eq!(page.run(SHOWN, ()).await?, json!([["The meeting begins at nine.", "What is still"], 3]));
        page.say(1, false, "What is still being said").await?;
        page.wait_for("__captions.endsWithWhatIsBeingSaid", ()).await?;
        page.screenshot("captions").await?;
        page.set_look("partials", "checked", false).await?;
        page.set_look("lines", "value", "2").await?;
        page.set_look("size", "value", "99").await?;
        page.set_look("position", "value", "top").await?;
        page.set_look("contrast", "value", "yellow-on-black").await?;
        page.set_look("mirrored", "checked", true).await?;
        assert_eq!(
            page.run("__captions.place", ()).await?,
            json!([["The meeting begins at nine."], true, "8"])
        );
        let look =
            "size=8&font=sans&contrast=yellow-on-black&lines=2&position=top&mirrored=true&partials=false";
        assert_eq!(page.stored_item("captions").await?, look);
        page.set_property("#captions-view details", "open", true).await?;
        page.screenshot("captions-mirrored").await?;
        page.browser.resize(390, 780).await?;
        page.screenshot("captions-phone").await?;
        // The page behind is out of reach until Escape.
        assert_eq!(page.property("main", "inert").await?, true);
        if ENGINE.has_focus() {
            page.key(ESCAPE).await?;
        } else {
            page.press("#captions-view .close").await?;
        }
        page.wait_for_property("#captions-view", "hidden", true).await?;
        assert_eq!(page.property("main", "inert").await?, false);
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn captions_look_as_they_were_set_also_after_the_browser_was_killed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_to_crash(Script::new(), "").await?;
        page.press_record().await?;
        page.say(0, true, "The meeting begins at nine.").await?;
        page.wait_for_audio_ms(1_000).await?;
        page.press_stop().await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        let before = page.run(LOOK, ()).await?;
        assert_eq!(before[2], "none");
        page.set_look("size", "value", "4").await?;
        page.set_look("font", "value", "serif").await?;
        page.set_look("contrast", "value", "yellow-on-black").await?;
        page.set_look("mirrored", "checked", true).await?;
        let look = page.run(LOOK, ()).await?;
        // Half of 8 % of the window's height.
        let (size, font) = (look[0].as_f64().unwrap_or_default(), &look[1]);
        let size_before = before[0].as_f64().unwrap_or_default();
        assert!(size > 10.0 && (2.0 * size - size_before).abs() < 0.1, "{before} and then {look}");
        assert!(font.as_str().is_some_and(|font| font.contains("serif") && *font != before[1]), "{look}");
        assert_eq!(look[2], "matrix(-1, 0, 0, 1, 0, 0)");
        page.wait_until_settings_are_on_disk().await?;

        page.crash().await?;
        page.wait_for_finals(1).await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        assert_eq!(page.run(LOOK, ()).await?, look);
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn keys_over_captions_open_what_can_be_seen_and_a_name_leaves_the_direction_to_the_words() -> TestResult
{
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive_turn(0, Some("A"), true, "مرحبا بكم").await?;
        page.wait_for_finals(1).await?;
        page.wait_for_at_least("#tools svg", 6).await?;
        // On a Russian keyboard, C is С.
        page.run("__captions.pressCyrillicC", ()).await?;
        page.wait_for_captions().await?;
        assert_eq!(page.run("__captions.firstLine", ()).await?, json!(["Speaker A: مرحبا بكم", "rtl"]));

        page.key("/").await?;
        page.key("?").await?;
        page.wait_for_property("#keys", "open", true).await?;
        assert_eq!(page.run("__captions.searchAndKeys", ()).await?, json!([true, true]));
        page.press("#keys button").await?;
        page.wait_for_property("#keys", "open", false).await?;
        page.key("c").await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_address_opens_nothing_but_captions_on_a_colour() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.open_with_query("view=captions&background=00ff00&lines=1&size=12").await?;
        page.wait_for_captions().await?;
        page.call("#record", "click").await?;
        page.wait_for_state("recording").await?;
        page.say(0, true, "Seven blue boats.").await?;
        page.wait_for_property("#captions-view .lines", "textContent", "Seven blue boats.").await?;
        page.screenshot("captions-colour").await?;
        assert_eq!(page.run("__captions.looks", ()).await?, json!(["rgb(0, 255, 0)", "0", "0px", null]));
        // A window that is lower than the page has no scroll bar, which a capture would show.
        page.browser.resize(640, 360).await?;
        assert_eq!(page.run("__captions.bars", ()).await?, json!(["hidden", true]));
        page.screenshot("captions-colour-small").await?;
        page.call("#record", "click").await?;
        page.wait_for_state("idle").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Keeps the pop-up that the page opens, so that the test can look into it.
const KEEP_POPUP: &str = "__captions.keepPopup();";

#[tokio::test]
async fn captions_move_into_a_real_window_in_german_and_end_with_it() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(KEEP_POPUP).await?;
        page.reload_in_german().await?;
        page.press("#record").await?;
        page.wait_for_state("recording").await?;
        page.say(0, true, "Eins.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.screenshot("captions-german").await?;
        page.press("#captions-view .small").await?;
        page.wait_for("__captions.areInWindow", ()).await?;
        let has_windows_on_top = page.run("__captions.hasWindowsOnTop", ()).await?;
        assert!(has_windows_on_top == true || !ENGINE.has_windows_on_top());
        assert_eq!(
            page.run("__captions.areInWindowOnTop", ()).await?,
            has_windows_on_top,
            "the kind of window"
        );
        page.say(1, true, "Zwei.").await?;
        page.wait_for("__captions.showTwoTurnsInWindow", ()).await?;
        // Its style sheets are loaded, and the page beside it can be used.
        page.wait_for("__captions.haveStylesInWindow", ()).await?;
        assert_eq!(
            page.run("__captions.lookInWindow", ()).await?,
            json!(["Eins.Zwei.", "de", "Untertitel", "fixed", "rgb(0, 0, 0)", false, false])
        );
        page.run("__captions.closeWindow", ()).await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        page.press("#record").await?;
        page.wait_for_state("idle").await?;
        page.forget_item("language").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// A recording with one sentence, and its captions, in a page for which this script runs before its own.
async fn open_captions(script: &str) -> Result<Page, BrowserError> {
    let mut page = Page::open_with_init(script).await?;
    page.press_record().await?;
    page.say(0, true, "One.").await?;
    page.press("#captions").await?;
    page.wait_for_captions().await?;
    Ok(page)
}

#[tokio::test]
async fn captions_show_the_phase_and_an_error_until_it_is_dismissed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open_captions("").await?;
        let bar = "__captions.bar";
        assert_eq!(page.run(bar, ()).await?, json!(["Recording", "Stop", false]));
        page.run("__captions.dropFile", ()).await?;
        let busy = "Stop the recording, then choose the file again.";
        assert_eq!(page.run(bar, ()).await?, json!([busy, "Stop", true]));
        assert_eq!(page.error().await?, busy);
        page.call("#error button", "click").await?;
        assert_eq!(page.run(bar, ()).await?, json!(["Recording", "Stop", false]));
        page.call("#pause", "click").await?;
        page.wait_for_property("#captions-view .bar p", "textContent", "Paused").await?;
        page.press("#captions-view .record").await?;
        page.wait_for_property("#captions-view .record", "textContent", "Record").await?;
        assert_eq!(page.run(bar, ()).await?[0], "Ready");
        page.press("#captions-view .close").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_browser_that_opens_no_window_says_so_and_keeps_the_captions() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let refuse = "__captions.refuseWindows();";
        let mut page = open_captions(refuse).await?;
        page.press("#captions-view .small").await?;
        page.wait_for_text_with("#captions-view .bar p", "Allow pop-ups").await?;
        assert_eq!(page.run(SHOWN, ()).await?[0], json!(["One."]));
        page.press("#captions-view .close").await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn captions_fill_the_screen_and_follow_the_colours_of_the_page() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.say(0, true, "The meeting begins at nine.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.set_look("contrast", "value", "page").await?;
        assert_eq!(page.style("#captions-view", "backgroundColor").await?, "rgb(246, 247, 249)");
        page.screenshot("captions-light").await?;
        if ENGINE.can_prefer_dark_colours() {
            page.browser.dark(true).await?;
            assert_eq!(page.style("#captions-view", "backgroundColor").await?, "rgb(18, 21, 27)");
            page.screenshot("captions-dark").await?;
            page.browser.dark(false).await?;
        }
        if page.run("__captions.canFillTheScreen", ()).await? == true && ENGINE.has_focus() {
            page.press("#captions-view .full").await?;
            page.wait_for("__captions.isFullScreen", ()).await?;
            page.press("#captions-view .full").await?;
            page.wait_for("__captions.isNotFullScreen", ()).await?;
        }
        page.press("#captions-view .close").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn captions_move_into_a_window_and_come_back() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        // A frame stands in for the window: it has a document of its own, and no driver has to switch to it.
        let frame = "__captions.putWindowsInAFrame();";
        let mut page = Page::open_with_init(frame).await?;
        page.press_record().await?;
        page.say(0, true, "One.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.call("#captions-view .small", "click").await?;
        page.wait_for("__captions.isInFrame", ()).await?;
        page.say(1, true, "Two.").await?;
        page.wait_for("__captions.showsTwoTurnsInFrame", ()).await?;
        assert_eq!(page.property("main", "inert").await?, false);
        page.run("__captions.closeFrame", ()).await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_browser_that_refuses_full_screen_says_so_in_the_captions() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let refuse = "__captions.refuseFullScreen();";
        let mut page = open_captions(refuse).await?;
        page.press("#captions-view .full").await?;
        page.wait_for_text_with("#captions-view .bar p", "does not let the page fill").await?;
        page.press("#captions-view .close").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Windows on top that open once the test lets them, one at a time: another takes the place of the one that is open. A
/// frame stands in for each.
const WINDOWS_THAT_WAIT: &str = "__captions.letWindowsWait();";

#[tokio::test]
async fn captions_in_a_window_that_opens_late_are_in_one_window_or_stay_closed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(WINDOWS_THAT_WAIT).await?;
        page.press_record().await?;
        page.say(0, true, "One.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        // A double click.
        page.run("__captions.moveIntoWindowTwice", ()).await?;
        page.run("__captions.openWindows", ()).await?;
        page.wait_for("__captions.showOneTurnInFrame", ()).await?;
        page.run("__frame.contentWindow.close", ()).await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;

        // The captions are closed before their window is there.
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.run("__captions.moveIntoWindowAndClose", ()).await?;
        page.run("__captions.openWindows", ()).await?;
        page.wait_for_global("__frame", Value::Null).await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        assert_eq!(page.run(SHOWN, ()).await?[0], json!(["One."]));
        page.press("#captions-view .close").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Keeps the last watcher for the gesture that closes things, which no driver can make.
const KEEP_WATCHER: &str = "__captions.keepWatcher();";

#[tokio::test]
async fn the_back_gesture_closes_the_captions_and_not_the_page() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(KEEP_WATCHER).await?;
        page.press_record().await?;
        page.say(0, true, "One.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        // Back on Android.
        page.run("__watcher.onclose", ()).await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        assert_eq!(page.property("main", "inert").await?, false);
        // Closed by the button, Back leaves the page again.
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.press("#captions-view .close").await?;
        assert_eq!(page.global("__watcher").await?, json!(null));
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
