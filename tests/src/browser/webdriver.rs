//! A small client of WebDriver (W3C), with the commands that the tests use.
//!
//! Not fantoccini: it lacks Chromium's own commands (console, emulation), which are half of those used here, and
//! reqwest and `serde_json` are dependencies anyway.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::pool;

/// The longest that a command may take; scripts in the page take much less.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);
/// What WebKit's driver answers when it has lost the result of a script, once in some ten thousand.
const LOST_RESULT: &str = "Could not parse script result";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum WebDriverError {
    /// The driver did not answer.
    #[error("the driver did not answer {command}")]
    Unreachable {
        /// The command.
        command: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// The driver refused the command.
    #[error("{command}: {message}")]
    Refused {
        /// The command.
        command: String,
        /// The driver's error message.
        message: String,
    },
}

impl WebDriverError {
    /// Whether the connection failed: the driver does not listen on this port.
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

    /// Sends a POST command.
    pub(super) async fn post(&self, command: &str, body: Value) -> Result<Value, WebDriverError> {
        let request = self.client.post(format!("{}{command}", self.session_url)).body(body.to_string());
        Self::answer(command, request).await
    }

    /// Runs the body of a JavaScript function in the page, once, and returns its result as JSON, also where the driver
    /// loses it the first time.
    pub(super) async fn run_once(&self, script: &str) -> Result<Value, WebDriverError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Sent again, it only returns what the page has noted.
        let script = format!(
            "if (window.__ran?.number !== {number}) \
             window.__ran = {{ number: {number}, result: (function () {{ {script}\n }})() }}; \
             return window.__ran.result"
        );
        let run = || self.post("/execute/sync", json!({"script": script, "args": []}));
        match run().await {
            Err(WebDriverError::Refused { message, .. }) if message.contains(LOST_RESULT) => run().await,
            answer => answer,
        }
    }

    /// Sends a GET command.
    pub(super) async fn get(&self, command: &str) -> Result<Value, WebDriverError> {
        Self::answer(command, self.client.get(format!("{}{command}", self.session_url))).await
    }

    /// Sends a DELETE command: closes the window, or the whole browser if the command is empty.
    pub(super) async fn delete(&self, command: &str) -> Result<(), WebDriverError> {
        let request = self.client.delete(format!("{}{command}", self.session_url));
        Self::answer("delete", request).await.map(drop)
    }

    async fn answer(command: &str, request: reqwest::RequestBuilder) -> Result<Value, WebDriverError> {
        let unreachable = |source| WebDriverError::Unreachable { command: command.to_owned(), source };
        // The client reuses its connections in the next test, so they must not belong to the test's runtime.
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
