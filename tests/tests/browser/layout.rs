//! The look of the page: its controls in one line, its icons, and colours of speakers, also for people who confuse red and green.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::{LANGUAGES, Page, dark_modes};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Widths and heights of a large window, windows about as wide as the header, a tablet, a phone, and a page at 400 % (WCAG 2.2, 1.4.10).
const SIZES: [(u32, u32); 6] = [(1200, 800), (884, 700), (850, 700), (800, 700), (390, 780), (320, 640)];

/// What is not as it should be: a page that scrolls sideways, a header or a row of buttons in more than one line, labels
/// that are cut off, buttons without an icon.
const FAULTS: &str = "__layout.faults";

impl Page {
    /// Looks at the page in each size, in light and, where the engine can, in dark colours. Returns where the button that
    /// starts and stops begins in each size.
    async fn check_layout(&mut self, state: &str) -> Result<Vec<serde_json::Value>, BrowserError> {
        let mut places = Vec::new();
        for (width, height) in SIZES {
            self.browser.resize(width, height).await?;
            assert_eq!(self.run(FAULTS, ()).await?, json!([]), "{state} at {width} x {height}");
            places.push(self.property("#record", "getBoundingClientRect().left").await?);
            self.screenshot(&format!("{state}-{width}")).await?;
            if [1200, 390].contains(&width) {
                self.screenshot_in_dark(&format!("{state}-{width}-dark")).await?;
            }
        }
        Ok(places)
    }

    /// The tools that are cut off in windows of these widths.
    async fn cut_off_tools(
        &mut self,
        widths: impl Iterator<Item = u32>,
    ) -> Result<Vec<String>, BrowserError> {
        let mut cut_off = Vec::new();
        for width in widths {
            self.browser.resize(width, 700).await?;
            let found = self.run("__layout.cutOffTools", ()).await?;
            if found != json!([]) {
                cut_off.push(format!("{width}: {found}"));
            }
        }
        Ok(cut_off)
    }
}

#[tokio::test]
async fn no_tool_is_cut_off_at_any_width_in_both_languages() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let widths = || (320..=1_300).step_by(20).chain([352, 353, 480, 481, 704, 705, 896, 960, 961]);
        for ((language, ready), longest) in
            LANGUAGES.into_iter().zip(["Microphone and computer sound", "Mikrofon und Computerton"])
        {
            page.reload_in(language, ready).await?;
            page.start_in_any_language().await?;
            page.wait_for_at_least("#tools svg", 8).await?;
            assert_eq!(page.cut_off_tools(widths()).await?, [""; 0], "{language}, recording");
            // Only browsers that share sound have that source.
            for width in [1_000, 1_100].into_iter().filter(|_| ENGINE.shares_sound()) {
                page.browser.resize(width, 800).await?;
                let is_cut_off = page.run("__layout.cutsOffSource", [longest]).await?;
                assert_eq!(is_cut_off, false, "{language}, {width} px");
            }
            page.press_pause().await?;
            assert_eq!(page.cut_off_tools(widths()).await?, [""; 0], "{language}, paused");
            page.stop_in_any_language().await?;
            assert_eq!(page.cut_off_tools(widths()).await?, [""; 0], "{language}, finished");
        }
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_tab_shows_the_time_of_the_recording_and_the_page_that_it_listens() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let title: String = page.ask("__layout.title", ()).await?;
        page.press_record().await?;
        page.wait_for_element("#off-record svg").await?;
        assert_eq!(page.run("__layout.emptyText", ()).await?, "Listening…");
        page.wait_for("__layout.titleIsTimed", [&title]).await?;
        // The time is not what the page's text says.
        page.run("__layout.replaceElapsed", ()).await?;
        let timed: String = page.ask("__layout.title", ()).await?;
        assert!(!timed.contains("replaced") && timed.starts_with('●'), "{timed}");
        page.wait_for("__layout.titleIsTimed", [&title]).await?;
        page.receive_turn(0, None, true, "One.").await?;
        page.wait_for_finals(1).await?;
        assert_eq!(page.run("__layout.emptyText", ()).await?, "");
        page.press_pause().await?;
        let paused: String = page.ask("__layout.title", ()).await?;
        assert!(!paused.starts_with('●') && paused.ends_with(&title), "{paused}");
        page.press_stop().await?;
        assert_eq!(page.run("__layout.title", ()).await?, title);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn selected_text_and_placeholders_can_be_read() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive_turn(0, None, true, "One.").await?;
        page.wait_for_finals(1).await?;
        page.wait_for_element("#tools svg").await?;
        page.press_stop().await?;
        page.press("#recordings").await?;
        page.wait_for_element("#recordings-list[open]").await?;
        for &is_dark in dark_modes() {
            page.show_in_dark(is_dark).await?;
            let pairs: Vec<[[f64; 3]; 2]> = page.ask("__layout.textColors", ()).await?;
            for [text, ground] in pairs {
                assert!(contrast(text, ground) >= 4.5, "dark: {is_dark}: {text:?} on {ground:?}");
            }
        }
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn controls_and_tools_are_in_one_line_with_icons_in_both_languages() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        for (language, ready) in LANGUAGES {
            page.reload_in(language, ready).await?;
            let places = page.check_layout(&format!("layout-{language}-idle")).await?;
            page.start_in_any_language().await?;
            for (order, speaker) in (0..).zip(["A", "B", "C"]) {
                page.receive_turn(
                    order,
                    Some(speaker),
                    true,
                    "Every sentence ends with a pause, and the next begins.",
                )
                .await?;
            }
            page.wait_for_finals(3).await?;
            page.wait_for_at_least("#tools svg", 6).await?;
            assert_eq!(
                page.check_layout(&format!("layout-{language}-recording")).await?,
                places,
                "{language}"
            );
            page.press_pause().await?;
            assert_eq!(page.check_layout(&format!("layout-{language}-paused")).await?, places, "{language}");
            page.stop_in_any_language().await?;
            assert_eq!(
                page.check_layout(&format!("layout-{language}-finished")).await?,
                places,
                "{language}"
            );
            page.delete_transcript().await?;
        }
        page.reload_in("en", "Ready").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_empty_page_says_what_to_do_and_what_happens_to_the_sound() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let shown = "__layout.shownHints";
        let expected = json!([
            "Press Record and speak. The words appear here.",
            "While you record, the sound goes to AssemblyAI, which turns it into words.",
            "Text and audio are stored in this browser, under Recordings.",
            "Drop an audio or video file here to have it transcribed.",
            "R Record, or stop ? All shortcuts",
        ]);
        assert_eq!(page.run(shown, ()).await?, expected);
        // Where this server recognises, nothing goes to AssemblyAI; where it keeps no recordings, there is no list.
        page.run("__layout.recogniseHere", ()).await?;
        assert_eq!(page.run(shown, ()).await?, json!([expected[0], expected[3], expected[4]]));
        page.finish().await?;
        Ok(())
    })
    .await
}

/// The colours of speakers A to F, and of the sheet behind them, as red, green and blue of 0 to 1.
async fn colours(page: &mut Page) -> Result<(Vec<[f64; 3]>, [f64; 3]), BrowserError> {
    page.ask("__layout.speakerColors", ()).await
}

/// sRGB without its transfer function (IEC 61966-2-1).
fn linear(colour: [f64; 3]) -> [f64; 3] {
    colour.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
}

fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// The contrast ratio of WCAG 2.2.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour| times(&[[0.2126, 0.7152, 0.0722]; 3], linear(colour))[0] + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

/// How people see linear colours: with all cones, without those for red, without those for green (Machado, Oliveira and
/// Fernandes 2009, severity 1).
const SIGHTS: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_82, 0.042_94, 0.968_881]],
];

/// A linear colour in Oklab (Ottosson 2020), in which distances are those that people see.
fn oklab(linear: [f64; 3]) -> [f64; 3] {
    let cones = times(
        &[
            [0.412_221_5, 0.536_332_5, 0.051_446],
            [0.211_903_5, 0.680_699_5, 0.107_397],
            [0.088_302_5, 0.281_718_8, 0.629_978_7],
        ],
        linear,
    );
    times(
        &[
            [0.210_454_3, 0.793_617_8, -0.004_072],
            [1.977_998_5, -2.428_592_2, 0.450_593_7],
            [0.025_904, 0.782_771_8, -0.808_675_8],
        ],
        cones.map(f64::cbrt),
    )
}

/// The smallest distance between two colours, to anyone's sight.
fn smallest_distance(colours: &[[f64; 3]]) -> f64 {
    let mut smallest = f64::INFINITY;
    for sight in &SIGHTS {
        let seen: Vec<[f64; 3]> = colours
            .iter()
            .map(|colour| oklab(times(sight, linear(*colour)).map(|channel| channel.clamp(0.0, 1.0))))
            .collect();
        for (index, one) in seen.iter().enumerate() {
            for other in &seen[..index] {
                let squares: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
                smallest = smallest.min(squares.sqrt());
            }
        }
    }
    smallest
}

#[tokio::test]
async fn speakers_are_told_apart_also_by_people_who_confuse_red_and_green() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        for (order, speaker) in (0..).zip(["A", "B", "C", "D", "E", "F"]) {
            page.receive_turn(order, Some(speaker), true, "One of six.").await?;
        }
        page.wait_for_finals(6).await?;
        page.wait_for_at_least("#tools svg", 6).await?;
        for &is_dark in dark_modes() {
            page.show_in_dark(is_dark).await?;
            let (speakers, sheet) = colours(&mut page).await?;
            assert_eq!(speakers.len(), 6);
            for colour in &speakers {
                assert!(contrast(*colour, sheet) >= 4.5, "dark: {is_dark}: {colour:?} on {sheet:?}");
            }
            let distance = smallest_distance(&speakers);
            assert!(distance >= 0.1, "dark: {is_dark}: {distance}");
            page.screenshot(if is_dark { "speakers-dark" } else { "speakers" }).await?;
        }
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_long_name_in_a_message_is_not_cut_off() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.press_record().await?;
        page.receive_turn(0, None, true, "One.").await?;
        page.wait_for_finals(1).await?;
        page.wait_for_element("#status-line").await?;
        page.browser.resize(320, 640).await?;
        assert_eq!(page.run("__layout.cutOffMessages", ()).await?, json!([]));
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
