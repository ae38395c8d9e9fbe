//! A headless Chromium whose microphone is the recording.

mod webdriver;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::process::Command;

pub use webdriver::WebDriverError;

use crate::audio::Recording;
use crate::process::{Process, ProcessError};
use webdriver::WebDriver;

/// How long Chromium and its driver may take to start; 1 s on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at the page while something is waited for.
const POLL: Duration = Duration::from_millis(20);

/// A browser engine that the page must work in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, through chromedriver.
    Chromium,
}

/// What the page hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Microphone {
    /// The speech recording, once, from the moment of each `getUserMedia`.
    Recording,
    /// The talk of more than a minute, likewise.
    Talk,
    /// One that is muted: 10 s of zeros.
    Muted,
    /// There is one, and the user says no.
    Denied,
    /// There is none.
    None,
}

/// Why the browser, or the page in it, did not do what a test waits for.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The driver did not start; without a browser: `cargo xtask setup`.
    #[error("chromedriver does not start (cargo xtask setup brings it)")]
    Driver(#[source] ProcessError),
    /// A command failed.
    #[error(transparent)]
    Command(#[from] WebDriverError),
    /// A file could not be written.
    #[error("{path} cannot be written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was waited for did not come.
    #[error("{what} did not come within {limit:?}; the page: {page}; its console: {console}")]
    Late {
        /// What was waited for.
        what: String,
        /// The limit.
        limit: Duration,
        /// State, status, error and transcript.
        page: String,
        /// What the console has.
        console: String,
    },
}

/// A line of the browser's console: page errors, failed requests and blocked resources are among them.
#[derive(Debug, Clone)]
pub struct ConsoleEntry {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// What it says, with where it comes from.
    pub text: String,
}

/// A browser of its own for each test; dropping it ends driver and browser.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    /// Driver and browser; they go before their profile does.
    process: Option<Process>,
    profile: PathBuf,
    /// How it was started.
    builder: Builder,
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.process.take());
        // Chromium may still hold a file; the folder lies in target/ and harms nobody.
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// What a browser starts with.
#[derive(Debug, Clone)]
pub struct Builder {
    engine: Engine,
    /// What an earlier browser has kept.
    profile: Option<PathBuf>,
    microphone: Microphone,
    arguments: Vec<String>,
    init_script: String,
}

impl Builder {
    /// Another microphone than the recording.
    #[must_use]
    pub fn microphone(mut self, microphone: Microphone) -> Self {
        self.microphone = microphone;
        self
    }

    /// One more argument for Chromium.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// JavaScript that runs in each page before the page's own.
    #[must_use]
    pub fn init_script(mut self, script: String) -> Self {
        self.init_script = script;
        self
    }

    /// Starts driver and browser.
    ///
    /// # Errors
    /// Where one of them does not start.
    pub async fn start(self) -> Result<Browser, BrowserError> {
        match self.engine {
            Engine::Chromium => self.start_chromium().await,
        }
    }

    async fn start_chromium(self) -> Result<Browser, BrowserError> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let (process, line) = Process::start(command, "started successfully on port", START_LIMIT)
            .await
            .map_err(BrowserError::Driver)?;
        let port = line.trim_end_matches('.').rsplit(' ').next().unwrap_or_default();
        let builder = self.clone();
        let profile = match &self.profile {
            Some(profile) => profile.clone(),
            // The driver's number is a name that no other test has now.
            None => scratch(&format!("profile-{}", process.id()))?,
        };
        let profile_argument = format!("--user-data-dir={}", profile.display());
        let microphone: &[&str] = match self.microphone {
            Microphone::Recording | Microphone::Talk | Microphone::Muted => {
                &["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
            }
            Microphone::Denied => {
                &["--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream"]
            }
            Microphone::None => &["--use-fake-ui-for-media-stream"],
        };
        // The rest keeps a headless browser to itself: no GPU, no calls home.
        let fixed = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=1100,800",
            &profile_argument,
        ];
        let played = match self.microphone {
            Microphone::Muted => silence(&profile)?,
            Microphone::Talk => Recording::talk_path(),
            _ => Recording::speech_path(),
        };
        let played = format!("--use-file-for-fake-audio-capture={}%noloop", played.display());
        let arguments: Vec<&str> = fixed
            .into_iter()
            .chain(microphone.iter().copied())
            .chain(self.arguments.iter().map(String::as_str))
            .chain([played.as_str()])
            .collect();
        let capabilities = json!({
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let driver = WebDriver::start(&format!("http://127.0.0.1:{port}"), capabilities).await?;
        let browser = Browser { driver, process: Some(process), profile, builder };
        let script = json!({"source": self.init_script});
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        Ok(browser)
    }
}

impl Browser {
    /// Kills the browser as a crash does, and starts it again with what it has kept on disk; no page is open then.
    ///
    /// # Errors
    /// Where it does not start again.
    pub async fn crash(&mut self) -> Result<(), BrowserError> {
        drop(self.process.take());
        let again = Builder { profile: Some(self.profile.clone()), ..self.builder.clone() };
        let mut crashed = std::mem::replace(self, Box::pin(again.start()).await?);
        // It is the new one's.
        crashed.profile.clear();
        Ok(())
    }

    /// A browser with the recording as its microphone, unless told otherwise.
    pub fn builder(engine: Engine) -> Builder {
        let microphone = Microphone::Recording;
        Builder { engine, profile: None, microphone, arguments: Vec::new(), init_script: String::new() }
    }

    /// Ends the browser in good order; dropping it ends it at once, but leaves files in the folder for temporary
    /// ones.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn close(self) -> Result<(), BrowserError> {
        Ok(self.driver.end().await?)
    }

    /// Goes to an address and waits until the page is loaded.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn open(&self, url: &str) -> Result<(), BrowserError> {
        self.driver.post("/url", json!({"url": url})).await?;
        Ok(())
    }

    /// Runs the body of a JavaScript function in the page; what it returns, as JSON.
    ///
    /// # Errors
    /// Where it throws.
    pub async fn eval(&self, script: &str) -> Result<Value, BrowserError> {
        Ok(self.driver.post("/execute/sync", json!({"script": script, "args": []})).await?)
    }

    /// Clicks into the middle of an element, as a user does.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn click(&self, selector: &str) -> Result<(), BrowserError> {
        self.clicks(selector, 1).await
    }

    /// Clicks twice, as fast as can be.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn double_click(&self, selector: &str) -> Result<(), BrowserError> {
        self.clicks(selector, 2).await
    }

    async fn clicks(&self, selector: &str, times: usize) -> Result<(), BrowserError> {
        let element =
            self.driver.post("/element", json!({"using": "css selector", "value": selector})).await?;
        let click = [json!({"type": "pointerDown", "button": 0}), json!({"type": "pointerUp", "button": 0})];
        let mut actions = vec![json!({"type": "pointerMove", "origin": element, "x": 0, "y": 0})];
        actions.extend(std::iter::repeat_n(click, times).flatten());
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": actions});
        self.driver.post("/actions", json!({"actions": [mouse]})).await?;
        Ok(())
    }

    /// Presses a key and lets it go; special keys have code points of their own (WebDriver, 17.4.2).
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn press_key(&self, key: &str) -> Result<(), BrowserError> {
        let actions = [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.driver.post("/actions", json!({"actions": [keyboard]})).await?;
        Ok(())
    }

    /// The text of an element.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn text(&self, selector: &str) -> Result<String, BrowserError> {
        let text =
            self.eval(&format!("return document.querySelector({}).textContent", json!(selector))).await?;
        Ok(text.as_str().unwrap_or_default().trim().to_owned())
    }

    /// `data-state` of the page's body.
    ///
    /// # Errors
    /// Where there is no page.
    pub async fn state(&self) -> Result<String, BrowserError> {
        let state = self.eval("return document.body.dataset.state").await?;
        Ok(state.as_str().unwrap_or_default().to_owned())
    }

    /// Waits for a state.
    ///
    /// # Errors
    /// Where it does not come in time: with what the page shows instead.
    pub async fn wait_for_state(&self, state: &str, limit: Duration) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.body.dataset.state === {}", json!(state)), limit).await
    }

    /// Waits until the body of a JavaScript function returns something true.
    ///
    /// # Errors
    /// Where that does not come in time: with what the page shows instead.
    pub async fn wait_until(&self, condition: &str, limit: Duration) -> Result<(), BrowserError> {
        let start = Instant::now();
        while self.eval(condition).await? != json!(true) {
            if start.elapsed() > limit {
                let page = "return [document.body.dataset.state, ...['#status', '#error:not([hidden])', '#transcript']
                    .map(selector => document.querySelector(selector)?.textContent.trim())].join(' | ')";
                let (page, console) = (self.eval(page).await?.to_string(), self.console().await?);
                let console = format!("{console:?}");
                return Err(BrowserError::Late { what: condition.to_owned(), limit, page, console });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// What the console has had to say since this was asked last.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn console(&self) -> Result<Vec<ConsoleEntry>, BrowserError> {
        let entries = self.driver.post("/se/log", json!({"type": "browser"})).await?;
        let field = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let entry = |entry| ConsoleEntry { level: field(entry, "level"), text: field(entry, "message") };
        Ok(entries.as_array().map(|entries| entries.iter().map(entry).collect()).unwrap_or_default())
    }

    /// Saves what the window shows.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub async fn screenshot(&self, path: &Path) -> Result<(), BrowserError> {
        let image = self.driver.get("/screenshot").await?;
        let image = base64::engine::general_purpose::STANDARD.decode(image.as_str().unwrap_or_default());
        let failed = |source| BrowserError::File { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let image = image.map_err(|error| failed(io::Error::other(error)))?;
        fs::write(path, image).map_err(failed)
    }

    /// Makes the page's viewport this large, in CSS pixels.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn resize(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await
    }

    /// Has the page's user prefer dark colours, or light ones.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn dark(&self, is_dark: bool) -> Result<(), BrowserError> {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.devtools("Emulation.setEmulatedMedia", features).await
    }

    /// A command of Chromium's DevTools protocol.
    async fn devtools(&self, command: &str, parameters: Value) -> Result<(), BrowserError> {
        self.driver.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await?;
        Ok(())
    }
}

/// A folder in target/, where everything goes that tests leave behind.
fn scratch(name: &str) -> Result<PathBuf, BrowserError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser").join(name);
    match fs::create_dir_all(&path).and_then(|()| path.canonicalize()) {
        Ok(path) => Ok(path),
        Err(source) => Err(BrowserError::File { path, source }),
    }
}

/// A file of 10 s of zeros.
fn silence(folder: &Path) -> Result<PathBuf, BrowserError> {
    let path = folder.join("silence.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let written = hound::WavWriter::create(&path, spec).and_then(|mut writer| {
        (0..480_000).try_for_each(|_| writer.write_sample(0_i16))?;
        writer.finalize()
    });
    match written {
        Ok(()) => Ok(path),
        Err(error) => Err(BrowserError::File { path, source: io::Error::other(error) }),
    }
}
