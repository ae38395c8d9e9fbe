//! Accessibility: screen readers, zoom, languages, and axe-core's checks.

use crate::limit::with_time_limit;
use assemblyai_mock::{Script, TokenFault, Turn};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::Microphone;
use serde_json::json;

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
        page.choose_value("#language", "de").await?;
        page.wait_for_property("#status", "textContent", "Bereit").await?;
        let expected = [
            "de",
            "Aufnehmen",
            "Drücke „Aufnehmen“ und sprich. Die Worte erscheinen hier.",
            "Einzelheiten",
            "Aus Sprache wird Text, während du sprichst",
        ];
        assert_eq!(page.run("__accessibility.texts", ()).await?, json!(expected));
        assert_eq!(page.property("#transcript", "ariaLabel").await?, "Mitschrift");
        page.mock.token_faults().next(TokenFault::Status(402));
        page.press("#record").await?;
        page.wait_for_text_with("#error:not([hidden]) p", "Zahlungskarte").await?;
        assert_eq!(page.run(ENGLISH, ()).await?, json!([]));
        page.choose_value("#language", "en").await?;
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
        page.set_property("#details", "open", true).await?;
        page.set_global("__isTheSame", true).await?;
        // The page notes that a reload is needed, also the second time, and not for its own language.
        for (language, is_noted) in [("de", true), ("en", false), ("de", true)] {
            page.choose_value("#language", language).await?;
            assert_eq!(page.is_visible("#language-later").await?, is_noted, "{language}");
        }
        assert_eq!(page.global("__isTheSame").await?, true);
        assert_eq!(page.finals().await?, finals);
        // The page itself has stored the choice.
        page.reload_until("Bereit").await?;
        page.forget_item("language").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_german_page_that_cannot_start_says_so_in_german() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let broken = "__accessibility.breakStart();";
        let mut page = Page::open_with(talk(), Microphone::Recording, broken).await?;
        page.store_item("is-broken", "true").await?;
        page.store_item("language", "de").await?;
        page.open_again().await?;
        // The page has this sentence in English before it can start, without showing it.
        page.wait_for_text_from("#error:not([hidden]) p", "Diese Seite konnte nicht starten.").await?;
        page.forget_item("is-broken").await?;
        page.forget_item("language").await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn turns_are_read_out_once_they_end_unless_that_is_switched_off() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        assert_eq!(page.property("#announcer", "ariaLive").await?, "polite");
        assert_eq!(page.attribute("#announcer", "role").await?, "log");
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        assert_eq!(page.texts("#announcer p").await?, ["The meeting begins at nine.", "مرحبا بالجميع."]);
        page.press_stop().await?;
        page.set_property("#details", "open", true).await?;
        page.call("#read-out", "click").await?;
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
const UNKNOWN: &str = "__accessibility.unknownPlaces";

#[tokio::test]
async fn places_for_messages_are_known_to_screen_readers_before_the_message() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        assert_eq!(page.run(UNKNOWN, ()).await?, json!([]), "before the tools are loaded");
        page.press_record().await?;
        page.wait_for_finals(1).await?;
        page.press_stop().await?;
        page.wait_for_element("#status-line").await?;
        assert_eq!(page.run(UNKNOWN, ()).await?, json!([]), "on the page");
        page.press("#export").await?;
        page.wait_for_property("#export-dialog", "open", true).await?;
        assert_eq!(page.run(UNKNOWN, ()).await?, json!([]), "in the export");
        page.press("#export-close").await?;
        page.press("#settings").await?;
        page.wait_for_property("#settings-panel", "open", true).await?;
        assert_eq!(page.run(UNKNOWN, ()).await?, json!([]), "in the settings");
        page.press("#settings-panel [data-action=cancel]").await?;
        page.press("#recordings").await?;
        page.wait_for_text_with("#recordings-list[open] .facts", "word").await?;
        assert_eq!(page.run(UNKNOWN, ()).await?, json!([]), "in the list");
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
        assert_eq!(page.run("__accessibility.directions", ()).await?, json!(["ltr", "rtl"]));
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

/// The buttons of the tools that open a dialog.
const TOOLS_WITH_A_DIALOG: [&str; 4] = ["#export", "#new", "#recordings", "#shortcuts"];

/// The elements with only text that are still English on a German page, except names.
const ENGLISH: &str = "__accessibility.english";

#[tokio::test]
async fn the_tools_are_german_too() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(talk()).await?;
        page.reload_in_german().await?;
        page.press("#record").await?;
        page.wait_for_finals(1).await?;
        page.stop_in_any_language().await?;
        page.press("#search").await?;
        page.wait_for_element("#finder input").await?;
        for tool in TOOLS_WITH_A_DIALOG {
            page.press(tool).await?;
            page.wait_for_element("dialog[open]").await?;
            assert_eq!(page.run(ENGLISH, ()).await?, json!([]), "{tool}");
            page.call("dialog[open]", "close").await?;
        }
        page.forget_item("language").await?;
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
            let misplaced = page.run("__accessibility.misplaced", ()).await?;
            assert_eq!(misplaced, json!([0, [], []]), "{width} x {height}");
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
    use crate::page::dark_modes;

    /// `cargo xtask setup --sdks` installs it.
    const PATH: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../target/sdks/node/node_modules/axe-core/axe.min.js");

    /// Runs axe-core. The test adds it, as the window of the captions has no helper file.
    const RUN: &str = include_str!("axe.js");

    /// The serious and critical violations, in light and, where the browser supports it, dark colours.
    pub(in super::super) async fn serious(page: &mut Page) -> TestResult<Vec<String>> {
        let axe = std::fs::read_to_string(PATH).map_err(|error| format!("{PATH}: {error}"))?;
        let mut found = Vec::new();
        for &is_dark in dark_modes() {
            page.show_in_dark(is_dark).await?;
            page.eval(&format!("{axe};\n{RUN}")).await?;
            let (passes, violations): (u64, Vec<String>) = page.ask("__axe.check", ()).await?;
            assert!(passes >= 10, "axe has checked too little: {passes}, {violations:?}");
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
