//! The cost of one message must not depend on the length of the transcript.

use crate::limit::alone_with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::browser::Engine;
use serde_json::Value;

use super::page::Page;
use crate::ENGINE;

/// Fills the page with turns, and measures.
const COST: &str = include_str!("../../src/cost.js");

/// The time limit of the test, in s; it takes 60 s on an idle machine.
const COST_LIMIT_S: u64 = 400;

/// The highest accepted ratio of the cost among 5 000 turns to the cost among 100.
const MAX_RATIO: f64 = 1.5;

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
    async fn with_turns(count: usize) -> Self {
        let mut page = Self::open(Script::new()).await;
        page.press_record().await;
        page.eval(COST).await;
        page.await_promise(&format!("window.__fill({count})")).await;
        page.browser
            .hover("#transcript p:last-of-type [data-start]")
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        page.wait_until("return document.querySelector('#word-tooltip') !== null").await;
        page
    }
}

#[tokio::test]
async fn one_message_costs_the_same_among_100_and_among_5_000_turns() {
    // The clocks of the other engines are too coarse.
    if *ENGINE != Engine::Chromium {
        return;
    }
    alone_with_time_limit(COST_LIMIT_S, async {
        let mut pages = [Page::with_turns(100).await, Page::with_turns(5_000).await];
        let (mut here, mut original) = ([Times::default(), Times::default()], [Times::default(), Times::default()]);
        // Alternates between the pages, so that other load on the machine slows both.
        for _ in 0..6 {
            for (page, times) in pages.iter_mut().zip(&mut here) {
                times.add(&page.await_promise("window.__measure(4, false)").await);
            }
        }
        for (page, times) in pages.iter_mut().zip(&mut original) {
            times.add(&page.await_promise("window.__measure(2, true)").await);
        }
        let ratios = [("this page", here), ("the original's way", original)].map(|(name, times)| {
            let [few, many] = times.map(Times::medians_ms);
            let ratios = [many[0] / few[0], many[1] / few[1]];
            println!(
                "one message in {name}, median: {:.1} ms among 100 turns, {:.1} ms among 5 000 ({:.2} times); \
                 with the frame {:.1} ms and {:.1} ms ({:.2} times)",
                few[0], many[0], ratios[0], few[1], many[1], ratios[1]
            );
            ratios
        });
        assert!(ratios[0].iter().all(|ratio| *ratio < MAX_RATIO), "{ratios:?}");
        // The original's way of drawing gets slower, which shows that the measurement detects it.
        assert!(ratios[1].iter().all(|ratio| *ratio > MAX_RATIO), "{ratios:?}");
        for mut page in pages {
            page.press_stop().await;
            page.finish().await;
        }
    })
    .await;
}
