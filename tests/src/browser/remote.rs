//! Remote control of a browser: the commands that differ between engines.

use serde_json::{Value, json};

use super::bidi::Bidi;
use super::webdriver::WebDriver;
use super::{BrowserError, ConsoleEntry, HEIGHT_PX, Level, WIDTH_PX, Window};
use crate::process::Output;

/// The connection over which a browser is controlled.
#[derive(Debug)]
pub(super) enum Remote {
    /// Through chromedriver, which also supports commands specific to Chromium.
    Chromium(WebDriver),
    /// Directly, without a driver.
    Firefox(Bidi),
    /// Through `WebKitWebDriver`; the browser prints console messages to stdout.
    WebKit {
        driver: WebDriver,
        printed: Output,
        /// The window's position and size after the start.
        window: Value,
        /// The index of the first line of the output that has not been read.
        next_line: std::sync::atomic::AtomicUsize,
    },
}

impl Remote {
    /// Navigates to `url` and waits until the page is loaded.
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

    /// Goes back to the page before.
    pub(super) async fn back(&self) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => {
                driver.post("/back", json!({})).await?;
            }
            Self::Firefox(bidi) => {
                bidi.to_tab("browsingContext.traverseHistory", json!({"delta": -1})).await?;
            }
        }
        Ok(())
    }

    /// Opens another tab and switches to it.
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

    /// Closes the current tab and switches to the first one.
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

    /// Runs the body of a JavaScript function in the page and returns its result as JSON.
    pub(super) async fn eval(&self, script: &str) -> Result<Value, BrowserError> {
        match self {
            Self::Chromium(driver) => {
                Ok(driver.post("/execute/sync", json!({"script": script, "args": []})).await?)
            }
            Self::WebKit { driver, .. } => Ok(driver.run_once(script).await?),
            Self::Firefox(bidi) => Ok(bidi.eval(script).await?),
        }
    }

    /// Performs input actions of one device: `kind` is `pointer` or `key`; WebDriver (17.4) defines the actions.
    pub(super) async fn act(&self, kind: &str, actions: Vec<Value>) -> Result<(), BrowserError> {
        let device = json!({"type": kind, "id": kind, "actions": actions});
        let actions = json!({"actions": [device]});
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => driver.post("/actions", actions).await?,
            Self::Firefox(bidi) => bidi.to_tab("input.performActions", actions).await?,
        };
        Ok(())
    }

    /// A screenshot of the window: a PNG in Base64.
    pub(super) async fn screenshot(&self) -> Result<String, BrowserError> {
        let image = match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => driver.get("/screenshot").await?,
            Self::Firefox(bidi) => {
                bidi.to_tab("browsingContext.captureScreenshot", json!({})).await?["data"].clone()
            }
        };
        Ok(image.as_str().unwrap_or_default().to_owned())
    }

    /// Switches to the window that was opened last, or to the page, which was opened first.
    pub(super) async fn switch_to(&self, window: Window) -> Result<(), BrowserError> {
        let Self::Chromium(driver) = self else { return Err(BrowserError::Unable("another window")) };
        let windows = driver.get("/window/handles").await?;
        let windows = windows.as_array().map(Vec::as_slice).unwrap_or_default();
        let handle = if window == Window::Page { windows.first() } else { windows.last() };
        driver.post("/window", json!({"handle": handle})).await?;
        Ok(())
    }

    /// The console lines since the last call.
    pub(super) async fn console(&self) -> Result<Vec<ConsoleEntry>, BrowserError> {
        match self {
            Self::Chromium(driver) => {
                let entries = driver.post("/se/log", json!({"type": "browser"})).await?;
                Ok(entries.as_array().into_iter().flatten().map(from_chromium).collect())
            }
            Self::Firefox(bidi) => Ok(bidi.events().iter().filter_map(from_firefox).collect()),
            Self::WebKit { printed, next_line, .. } => {
                let mut next = next_line.load(std::sync::atomic::Ordering::Relaxed);
                let lines = printed.since(&mut next);
                next_line.store(next, std::sync::atomic::Ordering::Relaxed);
                Ok(lines.iter().filter_map(|line| from_webkit(line)).collect())
            }
        }
    }

    /// Sets the size of the page's viewport, in CSS pixels.
    pub(super) async fn resize(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) => {
                let metrics =
                    json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true});
                devtools(driver, "Emulation.setDeviceMetricsOverride", metrics).await?;
            }
            Self::Firefox(bidi) => {
                bidi.set_viewport(width, height, Some(2.0)).await?;
            }
            Self::WebKit { driver, .. } => {
                driver.post("/window/rect", json!({"width": width, "height": height})).await?;
            }
        }
        Ok(())
    }

    /// Sets the window's size, colours, motion and medium back to what they are after the start.
    pub(super) async fn reset(&self) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) => {
                devtools(driver, "Emulation.clearDeviceMetricsOverride", json!({})).await?;
                devtools(driver, "Emulation.setEmulatedMedia", json!({"media": "", "features": []})).await?;
            }
            Self::Firefox(bidi) => bidi.set_viewport(WIDTH_PX, HEIGHT_PX, None).await?,
            Self::WebKit { driver, window, .. } => {
                driver.post("/window/rect", window.clone()).await?;
            }
        }
        Ok(())
    }

    /// Lays the page out as for a printer, or as on a screen again.
    pub(super) async fn as_printed(&self, is_printed: bool) -> Result<(), BrowserError> {
        let media = if is_printed { "print" } else { "" };
        match self {
            Self::Chromium(driver) => {
                devtools(driver, "Emulation.setEmulatedMedia", json!({"media": media})).await.map(drop)
            }
            Self::Firefox(_) | Self::WebKit { .. } => Err(BrowserError::Unable("printing")),
        }
    }

    /// Sets the preferred colour scheme to dark or light.
    pub(super) async fn dark(&self, is_dark: bool) -> Result<(), BrowserError> {
        let value = if is_dark { "dark" } else { "light" };
        match self {
            Self::Chromium(driver) => {
                let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
                devtools(driver, "Emulation.setEmulatedMedia", features).await.map(drop)
            }
            Self::Firefox(_) | Self::WebKit { .. } => Err(BrowserError::Unable("dark colours")),
        }
    }

    /// Sets whether the user prefers reduced motion.
    pub(super) async fn reduce_motion(&self, is_reduced: bool) -> Result<(), BrowserError> {
        let value = if is_reduced { "reduce" } else { "no-preference" };
        match self {
            Self::Chromium(driver) => {
                let features = json!({"features": [{"name": "prefers-reduced-motion", "value": value}]});
                devtools(driver, "Emulation.setEmulatedMedia", features).await.map(drop)
            }
            Self::Firefox(_) | Self::WebKit { .. } => Err(BrowserError::Unable("reduced motion")),
        }
    }

    /// The metrics of the page's process; the protocol (`Performance.getMetrics`) names them.
    pub(super) async fn metrics(&self) -> Result<Vec<(String, f64)>, BrowserError> {
        let Self::Chromium(driver) = self else { return Err(BrowserError::Unable("metrics")) };
        devtools(driver, "Performance.enable", json!({})).await?;
        let answer = devtools(driver, "Performance.getMetrics", json!({})).await?;
        let metrics = answer["metrics"].as_array().into_iter().flatten();
        Ok(metrics
            .filter_map(|metric| Some((metric["name"].as_str()?.to_owned(), metric["value"].as_f64()?)))
            .collect())
    }

    /// Slows down the network, to so many bits a second each way and so many ms until an answer begins.
    pub(super) async fn slow_down(&self, bits_per_s: u32, latency_ms: u32) -> Result<(), BrowserError> {
        let Self::Chromium(driver) = self else { return Err(BrowserError::Unable("a slow network")) };
        let bytes_per_s = bits_per_s / 8;
        let network = json!({"offline": false, "latency": latency_ms, "downloadThroughput": bytes_per_s,
            "uploadThroughput": bytes_per_s});
        devtools(driver, "Network.enable", json!({})).await?;
        devtools(driver, "Network.emulateNetworkConditions", network).await.map(drop)
    }

    /// Empties the cache of files.
    pub(super) async fn empty_cache(&self) -> Result<(), BrowserError> {
        let Self::Chromium(driver) = self else { return Err(BrowserError::Unable("an empty cache")) };
        devtools(driver, "Network.clearBrowserCache", json!({})).await.map(drop)
    }

    /// Runs a script in each document from now on, before its own.
    pub(super) async fn run_first(&self, script: &str) -> Result<(), BrowserError> {
        let Self::Chromium(driver) = self else { return Err(BrowserError::Unable("a script before others")) };
        let script = json!({"source": script});
        devtools(driver, "Page.addScriptToEvaluateOnNewDocument", script).await.map(drop)
    }

    /// Why the page cannot be installed, as the browser's identifiers; empty if it can.
    pub(super) async fn installability_errors(&self) -> Result<Vec<String>, BrowserError> {
        let Self::Chromium(driver) = self else { return Err(BrowserError::Unable("installability")) };
        let answer = devtools(driver, "Page.getInstallabilityErrors", json!({})).await?;
        let errors = answer["installabilityErrors"].as_array().into_iter().flatten();
        Ok(errors.filter_map(|error| error["errorId"].as_str().map(str::to_owned)).collect())
    }

    /// Closes the browser.
    pub(super) async fn end(&self) -> Result<(), BrowserError> {
        match self {
            Self::Chromium(driver) | Self::WebKit { driver, .. } => driver.delete("").await?,
            Self::Firefox(bidi) => bidi.send("browser.close", json!({})).await.map(drop)?,
        }
        Ok(())
    }
}

/// Sends a command of Chromium's `DevTools` protocol.
async fn devtools(driver: &WebDriver, command: &str, parameters: Value) -> Result<Value, BrowserError> {
    Ok(driver.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await?)
}

fn from_chromium(entry: &Value) -> ConsoleEntry {
    let level = match entry["level"].as_str() {
        Some("SEVERE") => Level::Error,
        Some("WARNING") => Level::Warning,
        _ => Level::Note,
    };
    ConsoleEntry { level, text: entry["message"].as_str().unwrap_or_default().to_owned() }
}

/// The start of a message about Firefox's search bar, which it logs on any page some time after its start.
const SEARCH_BAR_MESSAGE: &str = "No external component configuration found";

/// A console line from an event; Firefox does not log failed responses, so network events count too.
fn from_firefox(event: &Value) -> Option<ConsoleEntry> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "log.entryAdded" => {
            let level = match params["level"].as_str() {
                Some("error") => Level::Error,
                Some("warn") => Level::Warning,
                _ => Level::Note,
            };
            let source = params["stackTrace"]["callFrames"][0]["url"].as_str().unwrap_or_default();
            let text = params["text"].as_str().filter(|text| !text.starts_with(SEARCH_BAR_MESSAGE))?;
            Some(ConsoleEntry { level, text: format!("{text} {source}") })
        }
        "network.responseCompleted" => {
            let status = params["response"]["status"].as_u64().filter(|&status| status >= 400)?;
            Some(ConsoleEntry { level: Level::Error, text: format!("{status} {}", params["request"]["url"]) })
        }
        // The page itself cancelled a request: not an error.
        "network.fetchError" if params["errorText"] != "NS_BINDING_ABORTED" => {
            let text = format!("{} {}", params["errorText"], params["request"]["url"]);
            Some(ConsoleEntry { level: Level::Error, text })
        }
        _ => None,
    }
}

/// A console line from output such as `http://localhost/page.js:1:2: CONSOLE JS ERROR TypeError: …`.
fn from_webkit(line: &str) -> Option<ConsoleEntry> {
    let (_, message) = line.split_once("CONSOLE ")?;
    let level = match message.split(' ').nth(1) {
        Some("ERROR") => Level::Error,
        Some("WARN") => Level::Warning,
        _ => Level::Note,
    };
    Some(ConsoleEntry { level, text: line.to_owned() })
}
