//! Microphones that are changed, unplugged, muted or stalled while recording.

mod choice;
mod clock;
mod losses;

use assemblyai_mock::Finished;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;
use clock::Chunk;

/// Fake microphones that a test can plug in and unplug; each encodes a clock in its samples.
const DEVICES: &str = include_str!("../../../src/devices.js");
/// Two fake microphones; the first is the default.
const BUILT_IN_AND_HEADSET: &str = "__devices.plugTwo();";

async fn open(init_script: &str) -> Result<Page, BrowserError> {
    let needs_capture = !ENGINE.starts_audio_without_a_click();
    let init_script = format!("{DEVICES}\n__devices.needsCapture = {needs_capture};\n{init_script}");
    Page::open_with_init(&init_script).await
}

/// A page that records from the first of these microphones, once the picker names the second one too.
async fn record_beside(init_script: &str, second: &str) -> Result<Page, BrowserError> {
    let mut page = open(init_script).await?;
    page.press_record().await?;
    page.wait_for_devices(&["Default microphone", "Built-in", second]).await?;
    Ok(page)
}

/// A page that has recorded so much from one of two microphones.
async fn record_ms(audio_ms: u64) -> TestResult<Page> {
    let mut page = open(BUILT_IN_AND_HEADSET).await?;
    page.press_record().await?;
    page.wait_for_audio_ms(audio_ms).await?;
    Ok(page)
}

/// Stops; returns what the service has received, and what the page was given by its audio nodes.
async fn stop_and_finish(mut page: Page) -> TestResult<(Finished, Vec<Chunk>)> {
    page.press_stop().await?;
    page.assert_nothing_is_held().await?;
    let given = page.captured_chunks().await?;
    Ok((page.finish().await?, given))
}

impl Page {
    /// Chooses a device in the picker.
    async fn choose(&mut self, label: &str) -> Result<(), BrowserError> {
        self.run("__devices.choose", [label]).await.map(drop)
    }

    async fn wait_for_devices(&mut self, labels: &[&str]) -> Result<(), BrowserError> {
        self.wait_for("__devices.areListed", [labels]).await
    }

    /// Waits until the last session has received this much more audio.
    async fn wait_for_more_audio_ms(&mut self, more_ms: u64) -> TestResult {
        let n = self.mock.sessions().len() - 1;
        let heard_ms = self.mock.sessions()[n].audio_ms;
        self.wait_for_audio_ms(heard_ms + more_ms).await?;
        Ok(())
    }

    /// Waits for a fixed time in which nothing must happen.
    async fn wait_s(&mut self, seconds: u32) -> Result<(), BrowserError> {
        let end: f64 = self.ask("__devices.timeIn", [seconds]).await?;
        self.wait_for("__devices.isPast", [end]).await
    }

    /// Waits until the page has created `made` audio contexts, of which `open` are open.
    async fn wait_for_open_contexts(&mut self, made: u64, open: u64) -> Result<(), BrowserError> {
        self.wait_for("__devices.contextsAre", [made, open]).await
    }
}
