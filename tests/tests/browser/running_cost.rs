//! What a second of recording costs the machine, beside AssemblyAI's own browser example in the same run.

use std::error::Error;
use std::io;

use crate::limit::with_time_limit;
use assemblyai_mock::{MockAssemblyAi, Script, Turn};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use end_to_end_tests::browser::{Browser, BrowserError, Cost, Microphone, Setup};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::TEST_LIMIT_S;
use super::page::{LIMIT, Page};
use crate::ENGINE;
use crate::engines::Capabilities as _;

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// The original's page.
const ORIGINAL: &str = include_str!("../../src/original.html");

/// Audio before the measurement, in ms: the start of a page costs more than what follows.
const WARM_UP_MS: u64 = 2_000;
/// Audio during one measurement, in ms.
const MEASURED_MS: u64 = 10_000;

/// How often both pages record. The median counts.
const ROUNDS: usize = 3;

/// The highest accepted ratio of this page's processor time to the original's: of the main thread, and of the process.
const MAX_MAIN_THREAD: f64 = 1.0;
const MAX_PROCESS: f64 = 1.2;

/// The recording's three sentences, word by word.
fn three_sentences() -> Script {
    Script::new()
        .turn(Turn::said("The microphone opens before the first word.").from_ms(1_000).to_ms(3_400))
        .turn(Turn::said("Every sentence ends with a pause.").from_ms(4_500).to_ms(6_400))
        .turn(Turn::said("Seven blue boats left the harbour.").from_ms(7_600).to_ms(9_600))
}

/// The original's page in a browser, with its own mock.
struct Original {
    browser: Browser,
    mock: MockAssemblyAi,
    server: JoinHandle<io::Result<()>>,
}

impl Original {
    async fn open() -> TestResult<Self> {
        let mock = MockAssemblyAi::start(three_sentences()).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (service, tokens) = (mock.base_url().replacen("http", "ws", 1), mock.clone());
        let token =
            async move || json!({"token": tokens.issue_token(60, None), "service": service}).to_string();
        let app = Router::new().route("/", get(Html(ORIGINAL))).route("/token", get(token));
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let setup = Setup { microphone: Microphone::Recording, proxy: None, slows_hidden_tabs: false };
        let browser = Browser::start(*ENGINE, setup).await?;
        browser.open(&format!("http://localhost:{port}/")).await?;
        Ok(Self { browser, mock, server })
    }

    async fn click(&self) -> Result<(), BrowserError> {
        self.browser.click("#button").await
    }
}

/// What one page costs during the measured part of its recording number `round`.
async fn measure(browser: &Browser, mock: &MockAssemblyAi, round: usize) -> TestResult<Cost> {
    let mut costs = Vec::new();
    for audio_ms in [WARM_UP_MS, WARM_UP_MS + MEASURED_MS] {
        mock.wait_for_audio_ms(round, audio_ms, LIMIT).await?;
        costs.push(browser.cost().await?);
    }
    Ok(Cost {
        main_thread_ms: costs[1].main_thread_ms - costs[0].main_thread_ms,
        tasks_ms: costs[1].tasks_ms - costs[0].tasks_ms,
        process_ms: costs[1].process_ms - costs[0].process_ms,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::test]
#[ignore = "a bench: cargo xtask bench runs it alone"]
async fn a_second_of_recording_costs_the_main_thread_at_most_as_much_as_the_originals_page() -> TestResult {
    if !ENGINE.reports_costs() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_untouched(three_sentences()).await;
        let original = Original::open().await?;
        let (mut main_threads, mut processes) = (Vec::new(), Vec::new());
        let seconds = MEASURED_MS as f64 / 1000.0;
        for round in 0..ROUNDS {
            // Both at once, so that other load on the machine slows both.
            page.press_record().await;
            original.click().await?;
            let (ours, theirs) = tokio::try_join!(
                measure(&page.browser, &page.mock, round),
                measure(&original.browser, &original.mock, round)
            )?;
            for (name, ours, theirs) in [
                ("main thread", ours.main_thread_ms, theirs.main_thread_ms),
                ("its tasks with their waits", ours.tasks_ms, theirs.tasks_ms),
                ("process", ours.process_ms, theirs.process_ms),
            ] {
                let (ours, theirs) = (ours / seconds, theirs / seconds);
                println!(
                    "a second of recording, {name}: {ours:.1} ms, in the original's page {theirs:.1} ms"
                );
            }
            main_threads.push(ours.main_thread_ms / theirs.main_thread_ms);
            processes.push(ours.process_ms / theirs.process_ms);
            page.press_stop().await;
            original.click().await?;
            original.mock.wait_for_end(round, LIMIT).await?;
        }
        let text = original.browser.text("#message").await?;
        assert!(
            text.contains("Every sentence ends with a pause."),
            "the original's page shows no words: {text}"
        );
        assert_eq!(page.finals().await.len(), 3 * ROUNDS);
        let (main_thread, process) = (median(main_threads), median(processes));
        println!("this page to the original's, medians: main thread {main_thread:.2}, process {process:.2}");
        assert!(main_thread <= MAX_MAIN_THREAD, "the main thread: {main_thread:.2} times the original's");
        assert!(process <= MAX_PROCESS, "the process: {process:.2} times the original's");
        original.server.abort();
        original.mock.finish().await;
        original.browser.close().await?;
        page.finish().await;
        Ok(())
    })
    .await
}
