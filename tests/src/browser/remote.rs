//! The remote control of a browser: the few commands that differ from engine to engine.

use serde_json::{Value, json};

use super::bidi::Bidi;
use super::webdriver::WebDriver;
use super::{BrowserError, ConsoleEntry, Level};
use crate::process::Output;

/// A browser that can be told what to do.
#[derive(Debug)]
pub(super) enum Remote {
    /// Through chromedriver, which also takes commands of Chromium's own.
    Chromium(WebDriver),
    /// Without a driver.
    Firefox(Bidi),
    /// Through `WebKitWebDriver`; what the console has to say stands in the browser's output.
    WebKit {
        driver: WebDriver,
        printed: Output,
        /// The first line of the output that was not looked at.
        next_line: std::sync::atomic::AtomicUsize,
    },
}

impl Remote {
    /// Goes to an address and waits until the page is loaded.
    pub(super) async fn open(&self, url: &str) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => {
                driver.post("/url", json!({"url": url})).await?;
            }
            Self::Firefox(bidi) => {
                bidi.to_tab("browsingContext.navigate", json!({"url": url, "wait": "complete"})).await?;
            }
        }
        Ok(())
    }

    /// Opens another tab and goes there.
    pub(super) async fn open_tab(&self) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => {
                let other = driver.post("/window/new", json!({"type": "tab"})).await?;
                driver.post("/window", json!({"handle": other["handle"]})).await?;
            }
            Self::Firefox(bidi) => bidi.open_tab().await?,
        }
        Ok(())
    }

    /// Closes the tab and goes to the first one.
    pub(super) async fn close_tab(&self) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => {
                driver.delete("/window").await?;
                let first = driver.get("/window/handles").await?[0].clone();
                driver.post("/window", json!({"handle": first})).await?;
            }
            Self::Firefox(bidi) => bidi.close_tab().await?,
        }
        Ok(())
    }

    /// Runs the body of a JavaScript function in the page; what it returns, as JSON.
    pub(super) async fn eval(&self, script: &str) -> Result<Value, BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => {
                Ok(driver.post("/execute/sync", json!({"script": script, "args": []})).await?)
            }
            Self::Firefox(bidi) => Ok(bidi.eval(script).await?),
        }
    }

    /// What a user does with one device: `kind` is `pointer` or `key`, the actions are `WebDriver`'s (17.4).
    pub(super) async fn act(&self, kind: &str, actions: Vec<Value>) -> Result<(), BrowserError> {
        let device = json!({"type": kind, "id": kind, "actions": actions});
        let actions = json!({"actions": [device]});
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => driver.post("/actions", actions).await?,
            Self::Firefox(bidi) => bidi.to_tab("input.performActions", actions).await?,
        };
        Ok(())
    }

    /// What the window shows: a PNG in Base64.
    pub(super) async fn screenshot(&self) -> Result<String, BrowserError> {
        let image = match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => driver.get("/screenshot").await?,
            Self::Firefox(bidi) => {
                bidi.to_tab("browsingContext.captureScreenshot", json!({})).await?["data"].clone()
            }
        };
        Ok(image.as_str().unwrap_or_default().to_owned())
    }

    /// What the console has had to say since this was asked last.
    pub(super) async fn console(&self) -> Result<Vec<ConsoleEntry>, BrowserError> {
        match self {
            Self::Chromium(driver) => {
                let entries = driver.post("/se/log", json!({"type": "browser"})).await?;
                Ok(entries.as_array().into_iter().flatten().map(of_chromium).collect())
            }
            Self::Firefox(bidi) => Ok(bidi.events().iter().filter_map(of_firefox).collect()),
            Self::WebKit { printed, next_line, .. } => {
                let mut next = next_line.load(std::sync::atomic::Ordering::Relaxed);
                let lines = printed.since(&mut next);
                next_line.store(next, std::sync::atomic::Ordering::Relaxed);
                Ok(lines.iter().filter_map(|line| of_webkit(line)).collect())
            }
        }
    }

    /// Makes the page's viewport this large, in CSS pixels.
    pub(super) async fn resize(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) => {
                let metrics =
                    json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true});
                devtools(driver, "Emulation.setDeviceMetricsOverride", metrics).await?;
            }
            Self::Firefox(bidi) => {
                let viewport =
                    json!({"viewport": {"width": width, "height": height}, "devicePixelRatio": 2.0});
                bidi.to_tab("browsingContext.setViewport", viewport).await?;
            }
            Self::WebKit { driver, .. } => {
                driver.post("/window/rect", json!({"width": width, "height": height})).await?;
            }
        }
        Ok(())
    }

    /// Has the page's user prefer dark colours, or light ones.
    pub(super) async fn dark(&self, is_dark: bool) -> Result<(), BrowserError> {
        let value = if is_dark { "dark" } else { "light" };
        match self {
            Self::Chromium(driver) => {
                let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
                devtools(driver, "Emulation.setEmulatedMedia", features).await
            }
            Self::Firefox(_) | Self::WebKit { .. } => Err(BrowserError::Unable("dark colours")),
        }
    }

    /// Ends the browser in good order.
    pub(super) async fn end(&self) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => driver.delete("").await?,
            Self::Firefox(bidi) => bidi.send("browser.close", json!({})).await.map(drop)?,
        }
        Ok(())
    }
}

/// A command of Chromium's `DevTools` protocol.
async fn devtools(driver: &WebDriver, command: &str, parameters: Value) -> Result<(), BrowserError> {
    driver.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await?;
    Ok(())
}

fn of_chromium(entry: &Value) -> ConsoleEntry {
    let level = match entry["level"].as_str() {
        Some("SEVERE") => Level::Error,
        Some("WARNING") => Level::Warning,
        _ => Level::Note,
    };
    ConsoleEntry { level, text: entry["message"].as_str().unwrap_or_default().to_owned() }
}

/// What Firefox says of its own search bar on any page, some time after its start.
const OF_FIREFOX_ITSELF: &str = "No external component configuration found";

/// Answers that are failures are no events of the log here.
fn of_firefox(event: &Value) -> Option<ConsoleEntry> {
    let of = &event["params"];
    match event["method"].as_str()? {
        "log.entryAdded" => {
            let level = match of["level"].as_str() {
                Some("error") => Level::Error,
                Some("warn") => Level::Warning,
                _ => Level::Note,
            };
            let source = of["stackTrace"]["callFrames"][0]["url"].as_str().unwrap_or_default();
            let text = of["text"].as_str().filter(|text| !text.starts_with(OF_FIREFOX_ITSELF))?;
            Some(ConsoleEntry { level, text: format!("{text} {source}") })
        }
        "network.responseCompleted" => {
            let status = of["response"]["status"].as_u64().filter(|&status| status >= 400)?;
            Some(ConsoleEntry { level: Level::Error, text: format!("{status} {}", of["request"]["url"]) })
        }
        // The page has called a request off: no fault of anybody's.
        "network.fetchError" if of["errorText"] != "NS_BINDING_ABORTED" => {
            let text = format!("{} {}", of["errorText"], of["request"]["url"]);
            Some(ConsoleEntry { level: Level::Error, text })
        }
        _ => None,
    }
}

/// A line such as `http://localhost/page.js:1:2: CONSOLE JS ERROR TypeError: …`.
fn of_webkit(line: &str) -> Option<ConsoleEntry> {
    let (_, said) = line.split_once("CONSOLE ")?;
    let level = match said.split(' ').nth(1) {
        Some("ERROR") => Level::Error,
        Some("WARN") => Level::Warning,
        _ => Level::Note,
    };
    Some(ConsoleEntry { level, text: line.to_owned() })
}
