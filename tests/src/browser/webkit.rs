//! Starts WebKitGTK's `MiniBrowser`, through `WebKitWebDriver`, on a virtual display.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use tokio::process::Command;

use super::remote::Remote;
use super::sound::Environment;
use super::webdriver::WebDriver;
use super::{BrowserError, Launched, POLL, START_LIMIT, Setup};
use crate::port;
use crate::process::Process;

/// Debian installs the browser in a folder per architecture below this one.
const LIBRARIES: &str = "/usr/lib";
const BROWSER: &str = "webkit2gtk-4.1/MiniBrowser";
const DISPLAY: &str = "display ";

/// Starts display, driver and browser.
pub(super) async fn launch(
    setup: &Setup,
    profile: &Path,
    sound: Option<Environment>,
) -> Result<Launched, BrowserError> {
    let failed = |program| move |source| BrowserError::Start { program, source };
    // sed puts a word before the display's number, which tells it apart from log lines.
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "Xvfb -displayfd 1 -screen 0 1400x1000x24 -nolisten tcp -nolisten unix | sed -u 's/^/display /'",
    ]);
    let (display, line) = Process::start(command, DISPLAY, START_LIMIT).await.map_err(failed("Xvfb"))?;
    let number = line.split_once(DISPLAY).map_or("", |(_, number)| number.trim());

    let port = free_port()?;
    let mut command = Command::new("sh");
    // The driver prints nothing when it starts, so the shell does.
    command
        .args(["-c", &format!("echo started; exec WebKitWebDriver --port={port}")])
        .env("DISPLAY", format!(":{number}"))
        .env("HOME", profile)
        .env("XDG_RUNTIME_DIR", profile)
        .env("GTK_A11Y", "none")
        .env("NO_AT_BRIDGE", "1")
        // Without a graphics card, GPU rendering takes half a core for each page.
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1")
        .envs(sound);
    let (process, _) =
        Process::start(command, "started", START_LIMIT).await.map_err(failed("WebKitWebDriver"))?;
    let options = json!({
        "binary": browser(),
        "args": ["--automation", "--enable-write-console-messages-to-stdout=true"],
    });
    let capabilities = json!({"webkitgtk:browserOptions": options, "proxy": setup.proxy_capability()});
    let start = Instant::now();
    let driver = loop {
        match WebDriver::start(&format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
            // The driver does not listen yet.
            Err(error) if error.is_no_connection() && start.elapsed() < START_LIMIT => {
                tokio::time::sleep(POLL).await;
            }
            result => break result?,
        }
    };
    let window = driver.get("/window/rect").await?;
    let remote = Remote::WebKit { driver, printed: process.printed(), window, next_line: 0.into() };
    Ok(Launched { remote, processes: vec![process, display] })
}

fn browser() -> PathBuf {
    let folders = std::fs::read_dir(LIBRARIES).into_iter().flatten().flatten();
    let mut browsers = folders.map(|folder| folder.path().join(BROWSER));
    browsers.find(|path| path.is_file()).unwrap_or_else(|| BROWSER.into())
}

/// A port that is free now; the driver does not accept port 0.
fn free_port() -> Result<u16, BrowserError> {
    let listener = port::listen().and_then(|listener| listener.local_addr());
    let address = listener.map_err(|source| BrowserError::File { path: "127.0.0.1:0".into(), source })?;
    Ok(address.port())
}
