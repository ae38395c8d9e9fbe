//! The settings panel: valid values reach the service, now or at the next start, and invalid ones never do.

mod audio;
mod effect;
mod entry;
mod storage;

use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::page::Page;

/// Actions in the panel.
impl Page {
    /// Opens the panel and expands all of its groups.
    pub(super) async fn open_panel(&mut self) -> Result<(), BrowserError> {
        self.press("#settings").await?;
        self.wait_for_property("#settings-panel", "open", true).await?;
        self.run("__settings.openGroups", ()).await?;
        Ok(())
    }

    /// Sets controls and sends their `input` events.
    pub(super) async fn enter(&mut self, values: &[(&str, &str)]) -> Result<(), BrowserError> {
        for (name, text) in values {
            let is_entered: bool = self.ask("__settings.enter", (name, text)).await?;
            assert!(is_entered, "{name} takes {text:?}");
        }
        Ok(())
    }

    /// The value of a control.
    pub(super) async fn entry(&mut self, name: &str) -> Result<String, BrowserError> {
        self.ask("__settings.value", [name]).await
    }

    /// A part of a field's row: `help`, `unused`, `when` or `wrong`.
    pub(super) async fn part(&mut self, name: &str, part: &str) -> Result<String, BrowserError> {
        self.ask("__settings.part", [name, part]).await
    }

    /// Presses Save and returns the panel's status line.
    pub(super) async fn save(&mut self) -> Result<String, BrowserError> {
        self.press("#settings-panel [data-action=save]").await?;
        self.panel_status().await
    }

    /// The text of the panel's status line.
    async fn panel_status(&mut self) -> Result<String, BrowserError> {
        let text = self.property("#settings-panel [role=status]", "textContent").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Scrolls the button of a preset into view and presses it.
    async fn press_preset(&mut self, name: &str) -> Result<(), BrowserError> {
        let button = format!("#settings-panel [data-action={name}]");
        self.run("__settings.scrollTo", [&button]).await?;
        self.press(&button).await
    }

    pub(super) async fn close_panel(&mut self) -> Result<(), BrowserError> {
        self.press("#settings-panel [data-action=cancel]").await?;
        self.wait_for_no_element("#settings-panel").await
    }

    /// Waits until browsers have written the settings, which they keep in memory for some seconds. Chromium writes those
    /// of a site 60 times an hour: what is changed after the first time may wait for a minute.
    pub(super) async fn wait_until_settings_are_on_disk(&mut self) -> Result<(), BrowserError> {
        self.wait_for("__settings.areOnDisk", ()).await
    }

    /// Records until the service has received 300 ms of audio.
    async fn record_briefly(&mut self) -> TestResult {
        self.press_record().await?;
        self.wait_for_audio_ms(300).await?;
        self.press_stop().await?;
        Ok(())
    }

    /// The parameters of the newest session, without the token.
    fn parameters(&self) -> TestResult<Value> {
        let session = self.mock.sessions().pop().ok_or("no session")?;
        let pairs = session.parameters.iter().filter(|(name, _)| name != "token");
        Ok(pairs.map(|(name, value)| (name.clone(), json!(value))).collect::<serde_json::Map<_, _>>().into())
    }
}

/// The parameters of a session with the default settings.
fn of_server() -> Value {
    json!({
        "speech_model": "u3-rt-pro", "sample_rate": "16000", "encoding": "pcm_s16le", "inactivity_timeout": "60",
        "session_heartbeat": "true",
    })
}

/// The default parameters, replaced or extended by these.
fn with(other: &Value) -> Value {
    let mut all = of_server();
    for (name, value) in other.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    all
}
