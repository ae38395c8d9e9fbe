//! What a second of recording costs the machine, beside AssemblyAI's own browser example in the same run.

use std::fs;
use std::path::Path;

use crate::limit::with_time_limit;
use assemblyai_mock::{MockAssemblyAi, Script, Turn};
use end_to_end_tests::browser::{Browser, BrowserError, Cost, Microphone, Setup};
use end_to_end_tests::process::Process;
use end_to_end_tests::{TestResult, port};
use tokio::process::Command;

use super::TEST_LIMIT_S;
use super::page::{LIMIT, Page};
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// The original's page.
const ORIGINAL: &str = include_str!("../../src/original.html");
/// The folder of Express, with which the original is served; `cargo xtask bench` installs it.
const EXPRESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/express");

/// Audio before the measurement, in ms: the start of a page costs more than what follows.
const WARM_UP_MS: u64 = 2_000;
/// Audio during one measurement, in ms.
const MEASURED_MS: u64 = 10_000;

/// How often both pages record. The median counts.
const ROUNDS: usize = 3;

/// The highest accepted ratio of this page's processor time to the original's: of the main thread, and of the process.
const MAX_MAIN_THREAD: f64 = 1.0;
const MAX_PROCESS: f64 = 1.2;
/// The same of the time that the main thread's tasks last. It contains what they wait for the processor, of which this
/// page has more: its few tasks wake other threads. With five times as much to do as there are cores it was 1.3 times.
const MAX_TASKS: f64 = 2.0;

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
    _express: Process,
}

impl Original {
    async fn open() -> TestResult<Self> {
        let mock = MockAssemblyAi::start(three_sentences()).await;
        let public = Path::new(EXPRESS).join("public");
        fs::create_dir_all(&public)?;
        fs::write(public.join("original.html"), ORIGINAL)?;
        let port = port::listen()?.local_addr()?.port();
        let mut command = Command::new("node");
        command.arg("server.js").current_dir(EXPRESS).env("PORT", port.to_string());
        command.env("ASSEMBLYAI_BASE_URL", mock.base_url()).env("ASSEMBLYAI_API_KEY", "bench");
        // It prints its address.
        let (express, address) = Process::start(command, "http://", LIMIT).await?;
        let setup = Setup::new(Microphone::Recording);
        let browser = Browser::start(*ENGINE, setup).await?;
        let service = mock.base_url().replacen("http", "ws", 1);
        browser.open(&format!("{address}/original.html?service={service}")).await?;
        Ok(Self { browser, mock, _express: express })
    }

    async fn click(&self) -> Result<(), BrowserError> {
        self.browser.click("button").await
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
        let mut page = Page::open_untouched(three_sentences()).await?;
        let original = Original::open().await?;
        let (mut main_threads, mut tasks, mut processes) = (Vec::new(), Vec::new(), Vec::new());
        let seconds = MEASURED_MS as f64 / 1000.0;
        for round in 0..ROUNDS {
            // Both at once, so that other load on the machine slows both.
            page.press_record().await?;
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
            tasks.push(ours.tasks_ms / theirs.tasks_ms);
            processes.push(ours.process_ms / theirs.process_ms);
            page.press_stop().await?;
            original.click().await?;
            original.mock.wait_for_end(round, LIMIT).await?;
        }
        let text = original.browser.text("#message").await?;
        assert!(
            text.contains("Every sentence ends with a pause."),
            "the original's page shows no words: {text}"
        );
        assert_eq!(page.finals().await?.len(), 3 * ROUNDS);
        for (name, ratios, limit) in [
            ("main thread", main_threads, MAX_MAIN_THREAD),
            ("its tasks with their waits", tasks, MAX_TASKS),
            ("process", processes, MAX_PROCESS),
        ] {
            let ratio = median(ratios);
            println!("this page to the original's, median, {name}: {ratio:.2}");
            assert!(ratio <= limit, "{name}: {ratio:.2} times the original's");
        }
        original.mock.finish().await;
        original.browser.close().await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
