//! Accessibility: screen readers, zoom, languages, and axe-core's checks.

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, TokenFault, Turn};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{BrowserError, Microphone};

use super::TEST_LIMIT_S;
use super::page::Page;

/// Turns in two languages, one of them written from right to left.
fn talk() -> Script {
    Script::new()
        .turn(Turn::said("The meeting begins at nine.").from_ms(100).to_ms(1_500))
        .turn(Turn::said("مرحبا بالجميع.").from_ms(2_600).to_ms(4_200))
        .turn(Turn::said("What is still being said may change").from_ms(5_400).to_ms(9_000))
}

#[tokio::test]
async fn choosing_german_translates_the_page_and_its_errors() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        let choose = "document.querySelector('#language').value = '{}';
            document.querySelector('#language').dispatchEvent(new Event('change'))";
        page.eval(&choose.replace("{}", "de")).await?;
        page.wait_for_property("#status", "textContent", "Bereit").await?;
        let texts =
            "return ['html', '#record', '#hint p', '#details summary span', 'title'].map((selector) => {
            const element = document.querySelector(selector);
            return selector === 'html' ? element.lang : element.textContent;
        })";
        let expected = [
            "de",
            "Aufnehmen",
            "Drücke „Aufnehmen“ und sprich. Die Worte erscheinen hier.",
            "Einzelheiten",
            "Aus Sprache wird Text, während du sprichst",
        ];
        assert_eq!(page.eval(texts).await?, serde_json::json!(expected));
        let label = "return document.querySelector('#transcript').ariaLabel";
        assert_eq!(page.eval(label).await?, "Mitschrift");
        page.mock.token_faults().next(TokenFault::Status(402));
        page.press("#record").await?;
        page.wait_for_text_with("#error:not([hidden]) p", "Zahlungskarte").await?;
        assert_eq!(page.eval(ENGLISH).await?, serde_json::json!([]));
        page.eval(&choose.replace("{}", "en")).await?;
        page.wait_for_property("#status", "textContent", "Ready").await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn changing_the_language_keeps_the_transcript_and_applies_after_a_reload() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        let finals = page.finals().await?;
        page.eval("document.querySelector('#details').open = true; window.__isTheSame = true").await?;
        let choose = "const language = document.querySelector('#language');
            language.value = '{}';
            language.dispatchEvent(new Event('change'));
            return document.querySelector('#language-later').checkVisibility()";
        assert_eq!(page.eval(&choose.replace("{}", "de")).await?, true, "no note that a reload is needed");
        assert_eq!(
            page.eval(&choose.replace("{}", "en")).await?,
            false,
            "a note although the language is the page's"
        );
        assert_eq!(page.eval(&choose.replace("{}", "de")).await?, true, "no note the second time");
        assert_eq!(page.eval("return window.__isTheSame").await?, true);
        assert_eq!(page.finals().await?, finals);
        // The page itself has stored the choice.
        page.reload_until("Bereit").await?;
        page.eval("localStorage.removeItem('language')").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_german_page_that_cannot_start_says_so_in_german() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let broken = "if (localStorage.getItem('is-broken')) {
            WebAssembly.instantiate = WebAssembly.instantiateStreaming = async () => { throw new Error('by the test') };
        }";
        let mut page = Page::open_with(talk(), Microphone::Recording, broken).await?;
        page.eval("localStorage.setItem('is-broken', true); localStorage.setItem('language', 'de')").await?;
        page.open_again().await?;
        // The page has this sentence in English before it can start, without showing it.
        page.wait_until(
            "return document.querySelector('#error:not([hidden]) p').textContent
                .startsWith('Diese Seite konnte nicht starten.')",
        )
        .await?;
        page.eval("localStorage.clear()").await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn turns_are_read_out_once_they_end_unless_that_is_switched_off() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        let live = "const log = document.querySelector('#announcer'); return [log.ariaLive, log.getAttribute('role')]";
        assert_eq!(page.eval(live).await?, serde_json::json!(["polite", "log"]));
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        let heard = "return [...document.querySelectorAll('#announcer p')].map(p => p.textContent)";
        assert_eq!(page.eval(heard).await?, serde_json::json!(["The meeting begins at nine.", "مرحبا بالجميع."]));
        page.press_stop().await?;
        page.eval("document.querySelector('#details').open = true; document.querySelector('#read-out').click()")
            .await?;
        assert_eq!(page.property("#announcer", "ariaLive").await?, "off");
        page.reload().await?;
        assert_eq!(page.property("#announcer", "ariaLive").await?, "off");
        assert_eq!(page.property("#read-out", "checked").await?, false);
        page.call("#read-out", "click").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// The places for messages that screen readers do not know yet while they are empty, of those that the page shows.
const UNKNOWN: &str = "const shown = (element) => !element.closest('dialog:not([open]), form[hidden], #unfinished[hidden], #captions-view[hidden]');
    return [...document.querySelectorAll('[role=status], [aria-live]')].filter(shown)
        .filter((place) => !place.textContent && !place.getClientRects().length)
        .map((place) => place.id || `${place.closest('[id]').id} ${place.className}`)";

#[tokio::test]
async fn places_for_messages_are_known_to_screen_readers_before_the_message() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        assert_eq!(page.eval(UNKNOWN).await?, serde_json::json!([]), "before the tools are loaded");
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        page.wait_for_element("#status-line").await?;
        assert_eq!(page.eval(UNKNOWN).await?, serde_json::json!([]), "on the page");
        page.press("#export").await?;
        page.wait_for_property("#export-dialog", "open", true).await?;
        assert_eq!(page.eval(UNKNOWN).await?, serde_json::json!([]), "in the export");
        page.press("#export-close").await?;
        page.press("#settings").await?;
        page.wait_for_property("#settings-panel", "open", true).await?;
        assert_eq!(page.eval(UNKNOWN).await?, serde_json::json!([]), "in the settings");
        page.press("#settings-panel [data-action=cancel]").await?;
        page.press("#recordings").await?;
        page.wait_until(
            "return /word/.test(document.querySelector('#recordings-list[open] .facts')?.textContent)",
        )
        .await?;
        assert_eq!(page.eval(UNKNOWN).await?, serde_json::json!([]), "in the list");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn right_to_left_text_is_shown_right_to_left() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        let directions = "return [...document.querySelectorAll('#transcript p .settled')].slice(0, 2)
            .map(e => getComputedStyle(e).direction)";
        assert_eq!(page.eval(directions).await?, serde_json::json!(["ltr", "rtl"]));
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// The buttons of the tools that open a dialog.
const TOOLS_WITH_A_DIALOG: [&str; 4] = ["#export", "#new", "#recordings", "#shortcuts"];

/// The elements with only text that are still English on a German page, except names.
const ENGLISH: &str = "const words = /\\b(the|record|press|your|and|with|this|not|save|of)\\b/i;
    return [...document.querySelectorAll('body *')]
        .filter(e => !e.children.length && e.lang !== 'en' && !e.closest('noscript, #transcript, #announcer, #devices, #recordings-list li'))
        .map(e => e.outerHTML).filter(html => words.test(html.replace(/(id|class|value|data-[a-z]+)=\"[^\"]*\"/g, '')))";

#[tokio::test]
async fn the_tools_are_german_too() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        page.reload_in_german().await?;
        page.press("#record").await?;
        page.wait_for_finals(1).await?;
        page.press("#record").await?;
        page.wait_until("return document.body.dataset.state === 'idle'").await?;
        page.press("#search").await?;
        page.wait_for_element("#finder input").await?;
        for tool in TOOLS_WITH_A_DIALOG {
            page.press(tool).await?;
            page.wait_for_element("dialog[open]").await?;
            assert_eq!(page.eval(ENGLISH).await?, serde_json::json!([]), "{tool}");
            page.call("dialog[open]", "close").await?;
        }
        page.eval("localStorage.removeItem('language')").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// 320 px are 1280 at 400 % (WCAG 2.2, 1.4.10), 640 are 1280 at 200 %.
#[tokio::test]
async fn nothing_is_cut_off_or_overlaps_on_a_phone_or_enlarged() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        for (width, height) in [(320, 640), (390, 780), (640, 360), (1100, 660)] {
            page.browser.resize(width, height).await?;
            let outside = "const wide = document.documentElement.scrollWidth - innerWidth;
                const beside = [...document.querySelectorAll('button, select, summary, #status')]
                    .filter(e => e.checkVisibility()).filter(e => {
                        const box = e.getBoundingClientRect();
                        return box.left < -1 || box.right > innerWidth + 1;
                    }).map(e => e.id);
                const buttons = [...document.querySelectorAll('footer button')].filter(e => e.checkVisibility())
                    .map(e => [e.id, e.getBoundingClientRect()]);
                const over = buttons.flatMap(([one, a], i) => buttons.slice(i + 1).filter(([, b]) =>
                    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
                    .map(([other]) => one + ' lies over ' + other));
                return [Math.max(0, wide), beside, over]";
            assert_eq!(page.eval(outside).await?, serde_json::json!([0, [], []]), "{width} x {height}");
        }
        page.screenshot("recording-wide").await?;
        page.browser.resize(390, 780).await?;
        page.screenshot("recording-phone").await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// axe-core checks names, roles, contrast and order by the rules of WCAG 2.2.
#[cfg(feature = "sdks")]
pub(super) mod axe {
    use super::*;
    use crate::ENGINE;
    use crate::engines::Capabilities as _;

    /// `cargo xtask setup --sdks` installs it.
    const PATH: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../target/sdks/node/node_modules/axe-core/axe.min.js");

    /// The serious and critical violations, in light and, where the browser supports it, dark colours.
    pub(in super::super) async fn serious(page: &mut Page) -> Result<Vec<String>, BrowserError> {
        let axe = std::fs::read_to_string(PATH).unwrap_or_else(|error| panic!("{PATH}: {error}"));
        let mut found = Vec::new();
        let can_be_dark = ENGINE.can_prefer_dark_colours();
        for is_dark in [true, false].into_iter().filter(|is_dark| can_be_dark || !is_dark) {
            if can_be_dark {
                page.browser.dark(is_dark).await?;
            }
            let run = "return axe.run(document, { resultTypes: ['violations'] }).then(({ violations, passes }) =>
                [passes.length, violations.filter(v => ['serious', 'critical'].includes(v.impact)).flatMap(v =>
                    v.nodes.map(n => `${v.id}: ${n.html} ${n.failureSummary}`))])";
            let result = page.eval(&format!("{axe};\n{run}")).await?;
            assert!(
                result[0].as_u64().is_some_and(|passes| passes >= 10),
                "axe has checked too little: {result}"
            );
            let violations = result[1].as_array().cloned().unwrap_or_default();
            found.extend(violations.iter().map(|text| format!("dark: {is_dark}: {text}")));
        }
        Ok(found)
    }

    #[tokio::test]
    async fn axe_finds_nothing_serious_in_the_main_states() -> TestResult {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = Page::open(talk()).await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "idle");
            page.mock.token_faults().next(TokenFault::Status(402));
            page.press("#record").await?;
            page.wait_for_failure("payment card", "402").await?;
            page.set_property("#details", "open", true).await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "an error, and details");
            page.press_record().await?;
            page.wait_for_finals(2).await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "recording");
            page.press("#pause").await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "paused");
            page.press_stop().await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "finished");
            page.finish_despite_errors().await?;
            Ok(())
        })
        .await
    }

    #[tokio::test]
    async fn axe_finds_nothing_serious_in_the_tools() -> TestResult {
        with_time_limit(TEST_LIMIT_S, async {
            let mut page = Page::open(talk()).await?;
            page.press_record().await?;
            page.wait_for_finals(2).await?;
            page.press_stop().await?;
            page.press("#search").await?;
            page.wait_for_element("#finder input").await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "search");
            for tool in TOOLS_WITH_A_DIALOG {
                page.press(tool).await?;
                page.wait_for_element("dialog[open]").await?;
                assert_eq!(serious(&mut page).await?, [""; 0], "{tool}");
                page.call("dialog[open]", "close").await?;
            }
            page.press("#captions").await?;
            page.wait_for_element("#captions-view:not([hidden])").await?;
            page.set_property("#captions-view details", "open", true).await?;
            assert_eq!(serious(&mut page).await?, [""; 0], "captions");
            page.finish().await?;
            Ok(())
        })
        .await
    }
}
