//! The little of WebDriver (W3C) that the tests speak.
//!
//! Not fantoccini: half of what is needed here are Chromium's own commands (console, emulation), which would have
//! to be added to it, and reqwest and `serde_json` are here anyway.

use std::time::Duration;

use serde_json::{Value, json};

use super::pool;

/// The longest that a command may take; a page's own scripts are quick.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// A command that the driver refused, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum WebDriverError {
    /// No answer.
    #[error("the driver did not answer {command}")]
    Unreachable {
        /// The command.
        command: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A refusal, in the driver's words.
    #[error("{command}: {message}")]
    Refused {
        /// The command.
        command: String,
        /// The driver's words.
        message: String,
    },
}

impl WebDriverError {
    /// Whether nobody listens there.
    pub(super) fn is_no_connection(&self) -> bool {
        matches!(self, Self::Unreachable { source, .. } if source.is_connect())
    }
}

/// A session of a driver: one browser.
#[derive(Debug)]
pub(super) struct WebDriver {
    client: reqwest::Client,
    session_url: String,
}

impl WebDriver {
    /// Starts a browser with these capabilities.
    pub(super) async fn start(driver_url: &str, capabilities: Value) -> Result<Self, WebDriverError> {
        let client = reqwest::Client::builder().timeout(COMMAND_LIMIT).no_proxy().build();
        let client =
            client.map_err(|source| WebDriverError::Unreachable { command: "session".to_owned(), source })?;
        let mut driver = Self { client, session_url: format!("{driver_url}/session") };
        let session = driver.post("", json!({"capabilities": {"alwaysMatch": capabilities}})).await?;
        let id = session["sessionId"].as_str().unwrap_or_default();
        driver.session_url = format!("{driver_url}/session/{id}");
        Ok(driver)
    }

    /// Sends a command with a body.
    pub(super) async fn post(&self, command: &str, body: Value) -> Result<Value, WebDriverError> {
        let request = self.client.post(format!("{}{command}", self.session_url)).body(body.to_string());
        Self::answer(command, request).await
    }

    /// Sends a command without one.
    pub(super) async fn get(&self, command: &str) -> Result<Value, WebDriverError> {
        Self::answer(command, self.client.get(format!("{}{command}", self.session_url))).await
    }

    /// Has something go: the window, or the session with its browser where the command is empty.
    pub(super) async fn delete(&self, command: &str) -> Result<(), WebDriverError> {
        let request = self.client.delete(format!("{}{command}", self.session_url));
        Self::answer("delete", request).await.map(drop)
    }

    async fn answer(command: &str, request: reqwest::RequestBuilder) -> Result<Value, WebDriverError> {
        let unreachable = |source| WebDriverError::Unreachable { command: command.to_owned(), source };
        // The client keeps its connections from one test to the next.
        let answer = pool::outlive(async { request.send().await?.text().await });
        let text = answer.await.map_err(unreachable)?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let value = &answer["value"];
        if value["error"].is_string() {
            let message = format!("{}: {}", value["error"], value["message"]);
            return Err(WebDriverError::Refused { command: command.to_owned(), message });
        }
        Ok(value.clone())
    }
}
