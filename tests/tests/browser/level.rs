//! The meter of the microphone's level.

use crate::limit::with_time_limit;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Observes the meter.
const OBSERVE: &str = include_str!("../../src/level.js");

impl Page {
    async fn heights(&mut self) -> Result<Vec<u32>, BrowserError> {
        self.ask("__heights", ()).await
    }
}

#[tokio::test]
async fn the_level_is_a_waveform_that_is_drawn_five_times_a_second() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(OBSERVE).await?;
        assert_eq!(page.attribute("#level", "role").await?, "meter");
        page.press_record().await?;
        let enough = 60 + ENGINE.microphone_delay_ms() / 100;
        page.wait_for_global_of_at_least("__seen.messages.length", enough).await?;
        let heights = page.heights().await?;
        assert_eq!(heights.len(), 48);
        assert!(heights.iter().any(|height| *height > 50), "no speech in {heights:?}");
        let (drawings, values, chunks) = page.meter().await?;
        println!("{drawings} drawings and {} values of {chunks} chunks: {heights:?}", values.len());
        assert!(drawings > chunks / 4 && drawings <= chunks * 6 / 10, "{drawings} of {chunks}");
        assert!(values.len() as u64 <= chunks / 10 + 2, "{values:?}");
        assert!(values.windows(2).all(|pair| pair[0] != pair[1]), "{values:?}");
        assert!(
            values.iter().any(|value| value.parse().is_ok_and(|percent: u32| percent > 40)),
            "{values:?}"
        );
        assert_eq!(page.run("__level.animations", ()).await?, 0, "the meter animates");

        // A hidden page draws nothing.
        page.run("__level.hide", ()).await?;
        let (hidden, ..) = page.meter().await?;
        page.wait_for_global_of_at_least("__seen.messages.length", enough + 10).await?;
        assert_eq!(page.meter().await?.0, hidden);
        page.run("__level.show", ()).await?;
        page.wait_for_global_of_at_least("__meter.drawings", hidden + 1).await?;
        page.press_stop().await?;
        assert!(page.heights().await?.is_empty(), "a level after the end");
        page.wait_for_no_element("#level canvas").await?;
        assert_eq!(page.attribute("#level", "aria-valuenow").await?, "0");
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_waveform_of_a_recording_costs_the_page_no_frame() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with_init(OBSERVE).await?;
        // The second time the canvas is another one.
        for _ in 0..2 {
            page.press_record().await?;
            // The worker draws from when the tools are loaded, and what the page shows is what it draws.
            page.wait_for("__level.isDrawnHigh", ()).await?;
            let stroke = page.style("#level canvas", "stroke").await?;
            let colors = page.global("__pixels().colors").await?;
            assert!(colors.as_array().is_some_and(|colors| colors.contains(&stroke)), "{stroke}: {colors}");
            assert_eq!(page.run("__level.isSharp", ()).await?, true);
            if ENGINE.can_prefer_dark_colours() {
                // The other colours at the next drawing, not within a second.
                page.browser.dark(true).await?;
                let (drawings, ..) = page.meter().await?;
                page.wait_for_global_of_at_least("__meter.drawings", drawings + 1).await?;
                page.wait_for("__level.isInColorsOfPage", [drawings + 3]).await?;
                page.browser.dark(false).await?;
            }
            let frames = page.global("__meter.frames").await?;
            let (drawings, ..) = page.meter().await?;
            page.wait_for_global_of_at_least("__meter.drawings", drawings + 8).await?;
            assert_eq!(page.global("__meter.frames").await?, frames, "the page has drawn itself");
            page.press("#pause").await?;
            let cleared = "__level.isCleared";
            page.wait_for(cleared, ()).await?;
            page.press("#pause").await?;
            page.wait_for("__isShown", ()).await?;
            page.press_stop().await?;
            page.wait_for(cleared, ()).await?;
        }
        page.finish().await?;
        Ok(())
    })
    .await
}

impl Page {
    /// How often the meter was drawn, its values so far, and how many chunks the page has received.
    async fn meter(&mut self) -> Result<(u64, Vec<String>, u64), BrowserError> {
        self.ask("__level.counts", ()).await
    }
}

#[tokio::test]
async fn the_level_is_a_plain_bar_for_users_who_prefer_reduced_motion() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let reduce = "__level.preferReducedMotion();";
        let mut page = Page::open_with_init(reduce).await?;
        page.press_record().await?;
        page.wait_for("__level.isBar", ()).await?;
        page.press_stop().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
