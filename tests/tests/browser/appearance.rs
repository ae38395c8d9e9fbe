//! The size of the page in bytes, and screenshots.

use crate::limit::{alone_with_time_limit, with_time_limit};
use assemblyai_mock::{Script, TokenFault, Turn};

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;
use end_to_end_tests::TestResult;

/// The size that Resource Timing assumes for a response's headers, in bytes.
const HEADER_BYTES: u64 = 300;

/// The network of the slow connection, in bits a second and ms until an answer begins.
const SLOW_NETWORK: (u32, u32) = (1_600_000, 150);
/// The longest time from an empty cache to a page whose button Record works, over that network, in ms.
const MAX_LOAD_MS: f64 = 1_500.0;
/// How often the page is loaded; the median counts.
const LOADS: usize = 7;
/// Notes when Record can be pressed, in ms since the page was asked for.
const NOTE_READY: &str = include_str!("note_ready.js");
/// The tools that the page has asked for.
const TOOLS: &str =
    "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)
    .filter((path) => path.startsWith('/assets/tools-'))";

/// The files that the page has loaded: path, bytes as they are sent, and status. No helper is added to this page.
const FILES: &str = "
    return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize, entry.responseStatus])";

/// The bytes that the page has loaded over the network. No helper is added to this page.
const LOADED_BYTES: &str =
    "return performance.getEntriesByType('resource').reduce((sum, entry) => sum + entry.transferSize, 0)";

#[tokio::test]
async fn the_whole_page_takes_at_most_110_kb_and_no_request_fails() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_untouched(Script::new()).await?;
        assert_eq!(page.eval(TOOLS).await?, serde_json::json!([]), "before Record");
        page.press_record().await?;
        page.press_stop().await?;
        let files = page.eval(FILES).await?;
        let mut files = files.as_array().cloned().unwrap_or_default();
        // Repeated requests are answered from the browser's cache.
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|file| seen.insert(file[0].to_string()));
        // The tools are loaded once the recording has a session.
        files.retain(|file| !file[0].as_str().is_some_and(|path| path.starts_with("/assets/tools-")));
        let mut total = 0;
        for file in &files {
            println!("{:>6} bytes  {} {}", file[1], file[2], file[0]);
            // WebKitGTK does not report the status; failed requests are errors in its console.
            assert!(file[2] == 200 || file[2].is_null(), "{file}");
            total += file[1].as_u64().unwrap_or_default() + HEADER_BYTES;
        }
        println!("{total:>6} bytes in all");
        // The page, its style, its icon, boot.js, page.js, page.wasm, processor.js, worklet.wasm, /config, /token.
        assert!(files.len() >= 9, "{files:?}");
        let limit = if ENGINE.accepts_brotli_over_http() { 110_000 } else { 130_000 };
        assert!((20_000..=limit).contains(&total), "{total} bytes");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_page_is_ready_in_1_5_s_over_a_slow_network() -> TestResult {
    if !ENGINE.can_slow_down_the_network() {
        return Ok(());
    }
    alone_with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_untouched(Script::new()).await?;
        let (bits_per_s, latency_ms) = SLOW_NETWORK;
        page.browser.slow_down(bits_per_s, latency_ms).await?;
        page.browser.run_first(NOTE_READY).await?;
        let mut times = Vec::new();
        for _ in 0..LOADS {
            page.browser.empty_cache().await?;
            page.reload().await?;
            times.push(page.global("__readyMs").await?.as_f64().unwrap_or(f64::INFINITY));
            assert_eq!(page.eval(TOOLS).await?, serde_json::json!([]), "before Record");
            let bytes = page.eval(LOADED_BYTES).await?;
            assert!(bytes.as_u64().is_some_and(|bytes| bytes > 60_000), "from the cache: {bytes} bytes");
        }
        times.sort_by(f64::total_cmp);
        println!("Record can be pressed after {:.0} ms (median of {times:.0?})", times[LOADS / 2]);
        assert!(times[LOADS / 2] <= MAX_LOAD_MS, "{times:?}");
        page.finish().await?;
        Ok(())
    })
    .await
}

/// The buttons that the page shows, a line each: id, text, and the lines of the icon.
const BUTTONS: &str = "__appearance.buttons";

/// The size of a PNG picture, as its header has it.
fn size_of(picture: &[u8]) -> Option<&[u8]> {
    picture.get(16..24)
}

/// Compares the README's picture with the one that was just taken: its size, and the buttons that the page had then. With
/// `UPDATE=1` the new picture takes its place.
async fn compare_with_the_readme(page: &mut Page) -> TestResult {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let taken = std::fs::read(tests.join("../target/screenshots/Chromium/recording.png"))?;
    let buttons = page.run(BUTTONS, ()).await?;
    let buttons = buttons.as_str().unwrap_or_default();
    let (picture, list) = (tests.join("screenshots/recording.png"), tests.join("screenshots/recording.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&picture, &taken)?;
        std::fs::write(&list, buttons)?;
    }
    let shown = "the README's picture is not of this page: UPDATE=1 takes it again";
    assert_eq!(std::fs::read_to_string(list)?, buttons, "{shown}");
    assert_eq!(size_of(&std::fs::read(picture)?), size_of(&taken), "{shown}");
    Ok(())
}

/// Saves screenshots to `target/screenshots/`. The README shows `tests/screenshots/`, a copy of one from Chromium.
#[tokio::test]
async fn screenshots_of_the_main_states() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let script = Script::new()
            .turn(Turn::said("The microphone opens before the first word.").from_ms(100).to_ms(1_500))
            .turn(Turn::said("Every sentence ends with a pause.").from_ms(2_600).to_ms(4_200))
            .turn(
                Turn::said("What is still being said may change until it is settled")
                    .from_ms(5_400)
                    .to_ms(9_000),
            );
        let mut page = Page::open(script).await?;
        page.screenshot("idle").await?;
        page.browser.resize(640, 360).await?;
        page.mock.token_faults().next(TokenFault::Status(402));
        page.press_record_expecting_error("payment card", "402").await?;
        page.screenshot("error-small").await?;
        // The whole sentence is visible, and nothing covers it.
        assert_eq!(page.run("__appearance.messageIsVisible", ()).await?, true);
        page.browser.resize(1100, 660).await?;
        page.press_record().await?;
        page.wait_for_finals(2).await?;
        page.wait_for("__appearance.hasLongPartial", ()).await?;
        page.wait_for_element("#off-record svg").await?;
        page.screenshot("recording").await?;
        if ENGINE.can_prefer_dark_colours() {
            compare_with_the_readme(&mut page).await?;
        }
        page.screenshot_in_dark("recording-dark").await?;
        page.browser.resize(390, 780).await?;
        page.screenshot("recording-phone").await?;
        page.browser.resize(800, 600).await?;
        page.screenshot("recording-tablet").await?;
        page.browser.resize(1100, 660).await?;
        page.press_stop().await?;
        page.screenshot("finished").await?;
        page.browser.resize(390, 780).await?;
        page.mock.token_faults().next(TokenFault::Status(402));
        page.press("#record").await?;
        page.wait_for_failure("payment card", "402").await?;
        page.screenshot("error-phone").await?;
        page.screenshot_in_dark("error-dark-phone").await?;
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}
