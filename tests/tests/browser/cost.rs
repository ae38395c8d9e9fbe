//! The cost of one message must not depend on the length of the transcript, and is a share of the original page's.

use crate::limit::alone_with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::Value;

use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Fills the page with turns, and measures.
const COST: &str = include_str!("../../src/cost.js");

/// The time limit of the test, in s; it takes 60 s on an idle machine.
const COST_LIMIT_S: u64 = 400;

/// The highest accepted ratio of the cost among 5 000 turns to the cost among 100.
const MAX_RATIO: f64 = 1.5;

/// The highest accepted share of the original page's cost among 600 turns, an hour of talk.
const MAX_SHARE: f64 = 1.0 / 3.0;

/// The times of all messages, in ms.
#[derive(Default)]
struct Times {
    /// From the message to the end of style and layout.
    tasks: Vec<f64>,
    /// From the message to the end of the frame.
    frames: Vec<f64>,
}

impl Times {
    fn add(&mut self, measured: &Value) {
        for (times, name) in [(&mut self.tasks, "tasks"), (&mut self.frames, "frames")] {
            times.extend(measured[name].as_array().into_iter().flatten().filter_map(Value::as_f64));
        }
    }

    /// The medians of `tasks` and `frames`.
    fn medians_ms(mut self) -> [f64; 2] {
        [&mut self.tasks, &mut self.frames].map(|times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
    }
}

impl Page {
    /// A recording page with `count` turns, whose tools are loaded.
    async fn with_turns(count: usize) -> Result<Self, BrowserError> {
        let mut page = Self::open(Script::new()).await?;
        page.press_record().await?;
        page.eval(COST).await?;
        page.await_promise("__fill", [count]).await?;
        page.browser.hover("#transcript p:last-of-type [data-start]").await?;
        page.wait_for_element("#word-tooltip").await?;
        Ok(page)
    }
}

#[tokio::test]
async fn one_message_costs_the_same_among_5_000_turns_and_a_third_of_the_originals_among_600() -> TestResult {
    if !ENGINE.has_a_fine_clock() {
        return Ok(());
    }
    alone_with_time_limit(COST_LIMIT_S, async {
        let mut pages =
            [Page::with_turns(100).await?, Page::with_turns(600).await?, Page::with_turns(5_000).await?];
        let (mut here, mut original) = <([Times; 3], [Times; 3])>::default();
        // Alternates between the pages, so that other load on the machine slows both.
        for _ in 0..6 {
            for (page, times) in pages.iter_mut().zip(&mut here) {
                times.add(&page.await_promise("__measure", (4, false)).await?);
            }
        }
        for (page, times) in pages.iter_mut().zip(&mut original) {
            times.add(&page.await_promise("__measure", (2, true)).await?);
        }
        let costs = [("this page", here), ("the original's way", original)].map(|(name, times)| {
            let costs = times.map(Times::medians_ms);
            println!("one message in {name}, median, and with the frame: {costs:.1?} ms among 100, 600 and 5 000 turns");
            costs
        });
        let ratios = costs.map(|[few, _, many]| [many[0] / few[0], many[1] / few[1]]);
        let shares = [0, 1].map(|kind| costs[0][1][kind] / costs[1][1][kind]);
        println!("5 000 turns cost {ratios:.2?} times what 100 do; here 600 cost {shares:.2?} of the original's");
        assert!(ratios[0].iter().all(|ratio| *ratio < MAX_RATIO), "{ratios:?}");
        assert!(shares.iter().all(|share| *share < MAX_SHARE), "{shares:?}");
        // The original's way of drawing gets slower, which shows that the measurement detects it.
        assert!(ratios[1].iter().all(|ratio| *ratio > MAX_RATIO), "{ratios:?}");
        for mut page in pages {
            page.press_stop().await?;
            page.finish().await?;
        }
        Ok(())
    })
    .await
}
