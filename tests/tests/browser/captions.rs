//! Captions: the last lines of the transcript, large.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

const ESCAPE: &str = "\u{e00c}";

/// What the view shows: its lines, and the height of its text in lines.
const SHOWN: &str = "const view = document.querySelector('#captions-view');
    const lines = view.querySelector('.lines');
    return [[...lines.children].map((line) => line.textContent),
        Math.round(lines.clientHeight / parseFloat(getComputedStyle(lines).lineHeight))]";

/// How the text is drawn: its size in px, font, mirroring, and colour.
const LOOK: &str = "const line = document.querySelector('#captions-view .lines');
    const { fontSize, fontFamily, transform, color } = getComputedStyle(line);
    return [parseFloat(fontSize), fontFamily, transform, color]";

impl Page {
    async fn say(&mut self, order: u64, is_final: bool, text: &str) -> Result<(), BrowserError> {
        self.receive_turn(order, None, is_final, text).await
    }

    /// Sets a control of the appearance.
    async fn set_look(&mut self, name: &str, property: &str, value: &str) -> Result<(), BrowserError> {
        self.eval(&format!(
            "const control = document.querySelector('#captions-view [name={name}]');
            control.{property} = {value};
            control.dispatchEvent(new Event('change'))"
        ))
        .await?;
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
        assert_eq!(page.eval(SHOWN).await?, json!([["The meeting begins at nine.", "What is still"], 3]));
        page.say(1, false, "What is still being said").await?;
        page.wait_until(
            "return document.querySelector('#captions-view .lines').textContent.endsWith('being said')",
        )
        .await?;
        page.screenshot("captions").await?;
        page.set_look("partials", "checked", "false").await?;
        page.set_look("lines", "value", "2").await?;
        page.set_look("size", "value", "99").await?;
        page.set_look("position", "value", "'top'").await?;
        page.set_look("contrast", "value", "'yellow-on-black'").await?;
        page.set_look("mirrored", "checked", "true").await?;
        let at = "const lines = document.querySelector('#captions-view .lines');
            return [[...lines.children].map((line) => line.textContent),
                lines.getBoundingClientRect().bottom < innerHeight / 2,
                document.querySelector('#captions-view [name=size]').value]";
        assert_eq!(page.eval(at).await?, json!([["The meeting begins at nine."], true, "8"]));
        let look =
            "size=8&font=sans&contrast=yellow-on-black&lines=2&position=top&mirrored=true&partials=false";
        assert_eq!(page.eval("return localStorage.getItem('captions')").await?, look);
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
        let before = page.eval(LOOK).await?;
        assert_eq!(before[2], "none");
        page.set_look("size", "value", "4").await?;
        page.set_look("font", "value", "'serif'").await?;
        page.set_look("contrast", "value", "'yellow-on-black'").await?;
        page.set_look("mirrored", "checked", "true").await?;
        let look = page.eval(LOOK).await?;
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
        assert_eq!(page.eval(LOOK).await?, look);
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
        page.wait_until("return document.querySelectorAll('#tools svg').length >= 6").await?;
        // On a Russian keyboard, C is С.
        page.eval(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'с', code: 'KeyC', bubbles: true }))",
        )
        .await?;
        page.wait_for_captions().await?;
        let line = "const line = document.querySelector('#captions-view .lines p');
            return [line.textContent, getComputedStyle(line).direction]";
        assert_eq!(page.eval(line).await?, json!(["Speaker A: مرحبا بكم", "rtl"]));

        page.key("/").await?;
        page.key("?").await?;
        page.wait_for_property("#keys", "open", true).await?;
        let seen = "return [document.querySelector('#finder:not([hidden])') === null,
            document.querySelector('#keys').closest('[inert]') === null]";
        assert_eq!(page.eval(seen).await?, json!([true, true]));
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
        page.eval("location.search = '?view=captions&background=00ff00&lines=1&size=12'").await?;
        page.wait_for_captions().await?;
        page.call("#record", "click").await?;
        page.wait_for_state("recording").await?;
        page.say(0, true, "Seven blue boats.").await?;
        page.wait_for_property("#captions-view .lines", "textContent", "Seven blue boats.")
            .await?;
        let look = "const view = document.querySelector('#captions-view');
            return [getComputedStyle(view).backgroundColor, getComputedStyle(view.querySelector('.bar')).opacity,
                getComputedStyle(view).borderRadius, localStorage.getItem('captions')]";
        page.screenshot("captions-colour").await?;
        assert_eq!(page.eval(look).await?, json!(["rgb(0, 255, 0)", "0", "0px", null]));
        // A window that is lower than the page has no scroll bar, which a capture would show.
        page.browser.resize(640, 360).await?;
        let bars = "return [getComputedStyle(document.documentElement).overflow, document.elementsFromPoint(5, 5)
            .concat(document.elementsFromPoint(innerWidth - 5, innerHeight - 5))
            .every((e) => e.closest('#captions-view') || e.contains(document.querySelector('#captions-view')))]";
        assert_eq!(page.eval(bars).await?, json!(["hidden", true]));
        page.screenshot("captions-colour-small").await?;
        page.call("#record", "click").await?;
        page.wait_for_state("idle").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// The window of the captions: on top of all others where the browser has such windows, or else a pop-up.
const CAPTIONS_WINDOW: &str = "(window.documentPictureInPicture?.window ?? window.__popup)";

/// Keeps the pop-up that the page opens, so that the test can look into it.
const KEEP_POPUP: &str = "{ const open = window.open;
    window.open = (...parameters) => window.__popup = open.apply(window, parameters); }";

#[tokio::test]
async fn captions_move_into_a_real_window_in_german_and_end_with_it() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page =
            Page::open_with(Script::new(), Microphone::Recording, KEEP_POPUP).await?;
        page.reload_in_german().await?;
        page.press("#record").await?;
        page.wait_for_state("recording").await?;
        page.say(0, true, "Eins.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.screenshot("captions-german").await?;
        page.press("#captions-view .small").await?;
        page.wait_until(&format!(
            "return {CAPTIONS_WINDOW}?.document.querySelector('#captions-view .lines')?.clientHeight > 0"
        ))
        .await?;
        let has_windows_on_top = page.eval("return 'documentPictureInPicture' in window").await?;
        assert!(has_windows_on_top == true || !ENGINE.has_windows_on_top());
        assert_eq!(
            page.eval("return !!window.documentPictureInPicture?.window").await?,
            has_windows_on_top,
            "the kind of window"
        );
        page.say(1, true, "Zwei.").await?;
        let look = format!(
            "const there = {CAPTIONS_WINDOW}.document;
            const view = there.querySelector('#captions-view');
            return [view.querySelector('.lines').textContent, there.documentElement.lang, there.title,
                there.defaultView.getComputedStyle(view).position,
                there.defaultView.getComputedStyle(view).backgroundColor,
                view.querySelector('.small').checkVisibility(), document.querySelector('main').inert]"
        );
        page.wait_until(&format!(
            "return {CAPTIONS_WINDOW}.document.querySelector('#captions-view .lines').textContent === 'Eins.Zwei.'"
        ))
        .await?;
        // Its style sheets are loaded, and the page beside it can be used.
        page.wait_until(&format!(
            "return {CAPTIONS_WINDOW}.getComputedStyle({CAPTIONS_WINDOW}.document.querySelector('#captions-view')).position === 'fixed'"
        ))
        .await?;
        assert_eq!(
            page.eval(&look).await?,
            json!(["Eins.Zwei.", "de", "Untertitel", "fixed", "rgb(0, 0, 0)", false, false])
        );
        page.eval(&format!("{CAPTIONS_WINDOW}.close()")).await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        page.press("#record").await?;
        page.wait_for_state("idle").await?;
        page.eval("localStorage.removeItem('language')").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// A recording with one sentence, and its captions, in a page for which this script runs before its own.
async fn open_captions(script: &str) -> Result<Page, BrowserError> {
    let mut page = Page::open_with(Script::new(), Microphone::Recording, script).await?;
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
        let bar = "const view = document.querySelector('#captions-view');
            return [view.querySelector('.bar p').textContent, view.querySelector('.record').textContent,
                view.hasAttribute('data-alert')]";
        assert_eq!(page.eval(bar).await?, json!(["Recording", "Stop", false]));
        page.eval("window.dropped = [new File([''], 'a.wav')]; document.querySelector('#file').click()")
            .await?;
        let busy = "Stop the recording, then choose the file again.";
        assert_eq!(page.eval(bar).await?, json!([busy, "Stop", true]));
        assert_eq!(page.error().await?, busy);
        page.call("#error button", "click").await?;
        assert_eq!(page.eval(bar).await?, json!(["Recording", "Stop", false]));
        page.call("#pause", "click").await?;
        page.wait_for_property("#captions-view .bar p", "textContent", "Paused").await?;
        page.press("#captions-view .record").await?;
        page.wait_for_property("#captions-view .record", "textContent", "Record").await?;
        assert_eq!(page.eval(bar).await?[0], "Ready");
        page.press("#captions-view .close").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_browser_that_opens_no_window_says_so_and_keeps_the_captions() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let refuse = "Object.defineProperty(window, 'documentPictureInPicture', { value: {
                requestWindow: async () => { throw new DOMException('refused by the test', 'NotAllowedError'); } } });";
        let mut page = open_captions(refuse).await?;
        page.press("#captions-view .small").await?;
        page.wait_for_text_with("#captions-view .bar p", "Allow pop-ups")
            .await?;
        assert_eq!(page.eval(SHOWN).await?[0], json!(["One."]));
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
        page.set_look("contrast", "value", "'page'").await?;
        let ground = "return getComputedStyle(document.querySelector('#captions-view')).backgroundColor";
        assert_eq!(page.eval(ground).await?, "rgb(246, 247, 249)");
        page.screenshot("captions-light").await?;
        if ENGINE.can_prefer_dark_colours() {
            page.browser.dark(true).await?;
            assert_eq!(page.eval(ground).await?, "rgb(18, 21, 27)");
            page.screenshot("captions-dark").await?;
            page.browser.dark(false).await?;
        }
        if page.eval("return document.fullscreenEnabled").await? == true && ENGINE.has_focus() {
            page.press("#captions-view .full").await?;
            page.wait_until("return document.fullscreenElement?.id === 'captions-view'").await?;
            page.press("#captions-view .full").await?;
            page.wait_until("return document.fullscreenElement === null").await?;
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
        let frame = "Object.defineProperty(window, 'documentPictureInPicture', { value: { requestWindow: async () => {
            const frame = document.createElement('iframe');
            frame.title = 'captions';
            document.body.append(frame);
            window.__frame = frame;
            return frame.contentWindow;
        } } });";
        let mut page = Page::open_with(Script::new(), Microphone::Recording, frame).await?;
        page.press_record().await?;
        page.say(0, true, "One.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.call("#captions-view .small", "click").await?;
        page.wait_until("return !!window.__frame?.contentDocument.querySelector('#captions-view .lines')").await?;
        page.say(1, true, "Two.").await?;
        page.wait_until(
            "return window.__frame.contentDocument.querySelector('#captions-view .lines').textContent === 'One.Two.'",
        )
        .await?;
        assert_eq!(page.property("main", "inert").await?, false);
        page.eval("window.__frame.contentWindow.dispatchEvent(new Event('pagehide'))").await?;
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
        let refuse = "Object.defineProperty(document, 'fullscreenEnabled', { value: true });
            Element.prototype.requestFullscreen = async () => { throw new TypeError('refused by the test'); };";
        let mut page = open_captions(refuse).await?;
        page.press("#captions-view .full").await?;
        page.wait_for_text_with("#captions-view .bar p", "does not let the page fill")
        .await?;
        page.press("#captions-view .close").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Windows on top that open once the test lets them, one at a time: another takes the place of the one that is open. A
/// frame stands in for each.
const WINDOWS_THAT_WAIT: &str = "window.__asked = [];
    Object.defineProperty(window, 'documentPictureInPicture', { value: {
        requestWindow: () => new Promise((resolve) => window.__asked.push(() => {
            window.__frame?.contentWindow.close();
            const frame = document.createElement('iframe');
            frame.title = 'captions';
            document.body.append(frame);
            frame.contentWindow.close = () => {
                frame.contentWindow.dispatchEvent(new Event('pagehide'));
                frame.remove();
                window.__frame = null;
            };
            window.__frame = frame;
            resolve(frame.contentWindow);
        })) } });";

#[tokio::test]
async fn captions_in_a_window_that_opens_late_are_in_one_window_or_stay_closed() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Recording, WINDOWS_THAT_WAIT).await?;
        page.press_record().await?;
        page.say(0, true, "One.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        // A double click.
        let small = "document.querySelector('#captions-view .small').click();";
        page.eval(&[small, small].concat()).await?;
        page.eval("for (const open of window.__asked.splice(0)) open()").await?;
        let in_window = "const view = window.__frame?.contentDocument.querySelector('#captions-view');
            return view?.hidden === false && view.querySelector('.lines').textContent";
        page.wait_until(&format!("{in_window} === 'One.'")).await?;
        page.eval("window.__frame.contentWindow.close()").await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;

        // The captions are closed before their window is there.
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.eval(&format!("{small} document.querySelector('#captions-view .close').click()")).await?;
        page.eval("for (const open of window.__asked.splice(0)) open()").await?;
        page.wait_until("return window.__frame === null").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        assert_eq!(page.eval(SHOWN).await?[0], json!(["One."]));
        page.press("#captions-view .close").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// Keeps the last watcher for the gesture that closes things, which no driver can make.
const KEEP_WATCHER: &str = "window.CloseWatcher = class {
        constructor() { window.__watcher = this; }
        destroy() { window.__watcher = null; }
    };";

#[tokio::test]
async fn the_back_gesture_closes_the_captions_and_not_the_page() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Recording, KEEP_WATCHER).await?;
        page.press_record().await?;
        page.say(0, true, "One.").await?;
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        // Back on Android.
        page.eval("window.__watcher.onclose()").await?;
        page.wait_for_property("#captions-view", "hidden", true).await?;
        assert_eq!(page.property("main", "inert").await?, false);
        // Closed by the button, Back leaves the page again.
        page.press("#captions").await?;
        page.wait_for_captions().await?;
        page.press("#captions-view .close").await?;
        assert_eq!(page.eval("return window.__watcher").await?, json!(null));
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
