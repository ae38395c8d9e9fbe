//! The meter of the microphone's level.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::browser::Microphone;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Observes the meter.
const OBSERVE: &str = include_str!("../../src/level.js");

impl Page {
    async fn heights(&mut self) -> Vec<u32> {
        let heights = self.eval("return window.__heights()").await;
        serde_json::from_value(heights).unwrap_or_else(|error| panic!("{error}"))
    }
}

#[tokio::test]
async fn the_level_is_a_waveform_that_is_drawn_five_times_a_second() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Recording, OBSERVE).await;
        assert_eq!(page.eval("return document.querySelector('#level').getAttribute('role')").await, "meter");
        page.press_record().await;
        let enough = 60 + ENGINE.microphone_delay_ms() / 100;
        page.wait_until(&format!("return window.__seen.messages.length >= {enough}")).await;
        let heights = page.heights().await;
        assert_eq!(heights.len(), 48);
        assert!(heights.iter().any(|height| *height > 50), "no speech in {heights:?}");
        let (drawings, values, chunks) = page.meter().await;
        println!("{drawings} drawings and {} values of {chunks} chunks: {heights:?}", values.len());
        assert!(drawings > chunks / 4 && drawings <= chunks * 6 / 10, "{drawings} of {chunks}");
        assert!(values.len() as u64 <= chunks / 10 + 2, "{values:?}");
        assert!(values.windows(2).all(|pair| pair[0] != pair[1]), "{values:?}");
        assert!(
            values.iter().any(|value| value.parse().is_ok_and(|percent: u32| percent > 40)),
            "{values:?}"
        );
        let animations = "return document.getAnimations().filter(
            (animation) => document.querySelector('#level').contains(animation.effect.target)).length";
        assert_eq!(page.eval(animations).await, 0, "the meter animates");

        // A hidden page draws nothing.
        page.eval("Object.defineProperty(document, 'hidden', { value: true, configurable: true })").await;
        let (hidden, ..) = page.meter().await;
        page.wait_until(&format!("return window.__seen.messages.length >= {}", enough + 10)).await;
        assert_eq!(page.meter().await.0, hidden);
        page.eval("delete document.hidden").await;
        page.wait_until(&format!("return window.__meter.drawings > {hidden}")).await;
        page.press_stop().await;
        assert!(page.heights().await.is_empty(), "a level after the end");
        page.wait_for_no_element("#level canvas").await;
        assert_eq!(
            page.eval("return document.querySelector('#level').getAttribute('aria-valuenow')").await,
            "0"
        );
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_waveform_of_a_recording_costs_the_page_no_frame() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Recording, OBSERVE).await;
        // The second time the canvas is another one.
        for _ in 0..2 {
            page.press_record().await;
            // The worker draws from when the tools are loaded, and what the page shows is what it draws.
            page.wait_until("return window.__isShown() && Math.max(...window.__heights()) > 60").await;
            let stroke = "return getComputedStyle(document.querySelector('#level canvas')).stroke";
            let stroke = page.eval(stroke).await;
            let colors = page.eval("return window.__pixels().colors").await;
            assert!(colors.as_array().is_some_and(|colors| colors.contains(&stroke)), "{stroke}: {colors}");
            assert_eq!(page.eval("return window.__pixels().isSharp").await, true);
            if ENGINE.can_prefer_dark_colours() {
                // The other colours at the next drawing, not within a second.
                page.browser.dark(true).await.expect("dark");
                let (drawings, ..) = page.meter().await;
                page.wait_until(&format!("return window.__meter.drawings > {drawings}")).await;
                page.wait_until(&format!(
                    "const {{ colors }} = window.__pixels();
                    const {{ stroke }} = getComputedStyle(document.querySelector('#level canvas'));
                    if (window.__meter.drawings > {}) throw new Error(`${{stroke}} is drawn as ${{colors}}`);
                    return colors.includes(stroke)",
                    drawings + 3
                ))
                .await;
                page.browser.dark(false).await.expect("light");
            }
            let frames = page.eval("return window.__meter.frames").await;
            let (drawings, ..) = page.meter().await;
            page.wait_until(&format!("return window.__meter.drawings >= {}", drawings + 8)).await;
            assert_eq!(page.eval("return window.__meter.frames").await, frames, "the page has drawn itself");
            page.press("#pause").await;
            let cleared = "return document.querySelector('#level canvas') === null
                && document.querySelector('#level path').getAttribute('d') === 'M0 0h47'";
            page.wait_until(cleared).await;
            page.press("#pause").await;
            page.wait_until("return window.__isShown()").await;
            page.press_stop().await;
            page.wait_until(cleared).await;
        }
        page.finish().await;
    })
    .await;
}

impl Page {
    /// How often the meter was drawn, its values so far, and how many chunks the page has received.
    async fn meter(&mut self) -> (u64, Vec<String>, u64) {
        let meter = "const { drawings, values } = window.__meter; return [drawings, values, window.__seen.messages.length]";
        let meter = self.eval(meter).await;
        serde_json::from_value(meter).unwrap_or_else(|error| panic!("{error}"))
    }
}

#[tokio::test]
async fn the_level_is_a_plain_bar_for_users_who_prefer_reduced_motion() {
    with_time_limit(TEST_LIMIT_S, async {
        let reduce = "const { matchMedia } = window;
            window.matchMedia = (query) =>
              query === '(prefers-reduced-motion: reduce)' ? { matches: true } : matchMedia.call(window, query);";
        let mut page = Page::open_with(Script::new(), Microphone::Recording, reduce).await;
        page.press_record().await;
        let bar = "return /^M0 0h([1-9]\\d|[5-9])$/.test(document.querySelector('#level path').getAttribute('d'))";
        page.wait_until(bar).await;
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}
