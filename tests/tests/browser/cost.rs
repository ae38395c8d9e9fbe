//! What one message costs, however long the transcript is.

use assemblyai_mock::Script;
use end_to_end_tests::limit::with_time_limit;
use serde_json::Value;

use super::page::Page;

/// Sends messages to the page, and measures.
const COST: &str = include_str!("../../src/cost.js");

/// 5 000 turns come in less than 20 s on an idle machine.
const COST_LIMIT_S: u64 = 240;

impl Page {
    /// The cost of a message at so many turns.
    async fn cost_at(&mut self, turns: usize) -> Value {
        self.eval(&format!(
            "window.__costs = null; window.__cost({turns}).then((costs) => window.__costs = costs)"
        ))
        .await;
        self.browser
            .wait_until("return window.__costs !== null", std::time::Duration::from_secs(COST_LIMIT_S))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        self.eval("return window.__costs").await
    }
}

#[tokio::test]
async fn one_message_costs_the_same_among_100_and_among_5_000_turns() {
    with_time_limit(COST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.eval(COST).await;
        let few = page.cost_at(100).await;
        let many = page.cost_at(5_000).await;
        println!("{few}\n{many}");
        page.press_stop().await;
        page.finish_despite_errors().await;
    })
    .await;
}
