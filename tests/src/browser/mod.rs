//! Real browsers whose microphone is the recording: Chromium, Firefox and WebKitGTK behind one interface.

mod bidi;
mod chromium;
mod feed;
mod firefox;
mod pool;
mod remote;
mod sound;
mod webdriver;
mod webkit;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io};

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;

pub use bidi::BidiError;
pub use feed::LEAD_IN_MS;
use sound::{Environment, RATE_HZ};
pub use sound::{Sound, SoundError};
pub use webdriver::WebDriverError;

use crate::audio::{AudioError, Recording};
use crate::process::{Process, ProcessError};
use remote::Remote;

/// How long a browser and its driver may take to start; 1 s on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at the page while something is waited for.
const POLL: Duration = Duration::from_millis(50);
/// How often an element is looked at before a click on it is given up: for 5 s at least.
const PLACE_LOOKS: u32 = 250;
/// Longer than one frame of a browser that shows 60 a second.
const PLACE_PAUSE: Duration = Duration::from_millis(20);
/// The microphone's name where there is one, and it is not Chromium's own.
const MICROPHONE: &str = "microphone";

/// A browser engine that the page must work in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, through chromedriver.
    Chromium,
    /// Firefox, by WebDriver `BiDi`.
    Firefox,
    /// WebKitGTK's `MiniBrowser`, through `WebKitWebDriver`.
    WebKit,
}

/// What the page hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Microphone {
    /// The speech recording, once, from the moment of each `getUserMedia`; [`LEAD_IN_MS`] later where the sound is
    /// `PulseAudio`'s, as in all but Chromium.
    Recording,
    /// Another recording, in the same way: a WAV file of 16 bits and one channel.
    File(PathBuf),
    /// One that is muted: zeros.
    Muted,
    /// There is one, and the user says no.
    Denied,
    /// There is none.
    None,
    /// These, by name, each with what it plays (at 48 kHz); they can be pulled out: [`Browser::sound`].
    Pluggable(Vec<(&'static str, Vec<i16>)>),
}

/// What a browser starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// What the page hears.
    pub microphone: Microphone,
    /// Where all names but localhost lead to; none leads anywhere without it.
    pub proxy: Option<SocketAddr>,
}

impl Setup {
    /// In the form of `WebDriver` and `BiDi`; browsers ask no proxy for localhost.
    fn proxy_capability(&self) -> Value {
        match self.proxy {
            Some(address) => json!({"proxyType": "manual", "httpProxy": address.to_string()}),
            None => json!({"proxyType": "direct"}),
        }
    }
}

/// Why the browser, or the page in it, did not do what a test waits for.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// A program did not start.
    #[error("{program} does not start (cargo xtask setup brings it)")]
    Start {
        /// Its name.
        program: &'static str,
        /// Why.
        #[source]
        source: ProcessError,
    },
    /// There is no microphone for it.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// What the microphone is to play cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// A command failed.
    #[error(transparent)]
    WebDriver(#[from] WebDriverError),
    /// A command failed.
    #[error(transparent)]
    Bidi(#[from] BidiError),
    /// A file could not be written.
    #[error("{path} cannot be written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// This engine has no such thing.
    #[error("this browser cannot be asked for {0}")]
    Unable(&'static str),
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

/// How serious a line of the console is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is odd.
    Warning,
    /// All else.
    Note,
}

/// A line of the browser's console: page errors, failed requests and blocked resources are among them.
#[derive(Debug, Clone)]
pub struct ConsoleEntry {
    /// How serious it is.
    pub level: Level,
    /// What it says, with where it comes from.
    pub text: String,
}

/// A browser that one test has for itself; dropping it ends all that belongs to it.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    setup: Setup,
    launched: Launched,
    clicks: AtomicU64,
    /// Whether it is no longer what the next test expects.
    is_changed: AtomicBool,
    sound: Option<Sound>,
    /// The last to go: the others write into it.
    profile: Arc<TempDir>,
    _remover: Child,
}

/// A browser that runs, and what runs for it; the remote control goes first.
#[derive(Debug)]
struct Launched {
    remote: Remote,
    processes: Vec<Process>,
}

impl Launched {
    async fn new(
        engine: Engine,
        setup: &Setup,
        profile: &Path,
        environment: Option<Environment>,
    ) -> Result<Self, BrowserError> {
        match engine {
            Engine::Chromium => chromium::launch(setup, profile, environment).await,
            Engine::Firefox => firefox::launch(setup, profile, environment).await,
            Engine::WebKit => webkit::launch(setup, profile, environment).await,
        }
    }
}

impl Browser {
    /// A browser: one that another test is done with, or a new one.
    ///
    /// # Errors
    /// Where one of the programs that it needs does not start.
    pub async fn start(engine: Engine, setup: Setup) -> Result<Self, BrowserError> {
        match pool::take(engine, &setup) {
            Some(browser) => Ok(browser),
            // Boxed, or the future of each test would hold that of each engine.
            None => Box::pin(pool::outlive(Self::start_anew(engine, setup))).await,
        }
    }

    async fn start_anew(engine: Engine, setup: Setup) -> Result<Self, BrowserError> {
        let profile = Arc::new(profile()?);
        let sound = sound(engine, &setup.microphone).await?;
        let folders: Vec<&Path> = sound.iter().map(Sound::folder).chain([profile.path()]).collect();
        let remover = pool::remove_at_the_end(&folders)
            .map_err(|source| BrowserError::File { path: profile.path().to_owned(), source })?;
        let environment = sound.as_ref().map(Sound::environment);
        let launched = Launched::new(engine, &setup, profile.path(), environment).await?;
        let (clicks, is_changed) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { engine, setup, launched, clicks, is_changed, sound, profile, _remover: remover })
    }

    /// Kills the browser as a crash does, and starts it again with what it has kept on disk; no page is open then.
    ///
    /// # Errors
    /// Where it does not start again.
    pub async fn crash(&mut self) -> Result<(), BrowserError> {
        self.is_changed.store(true, Ordering::Relaxed);
        self.launched.processes.clear();
        let environment = self.sound.as_ref().map(Sound::environment);
        let (engine, setup, profile) = (self.engine, self.setup.clone(), self.profile.clone());
        let again = async move { Launched::new(engine, &setup, profile.path(), environment).await };
        self.launched = Box::pin(pool::outlive(again)).await?;
        Ok(())
    }

    /// Keeps the page's main thread busy for so long.
    ///
    /// # Errors
    /// Where there is no page.
    pub async fn block_main_thread(&self, ms: u32) -> Result<(), BrowserError> {
        let busy = format!("const end = performance.now() + {ms}; while (performance.now() < end);");
        self.eval(&busy).await.map(drop)
    }

    /// Where microphones are plugged in and pulled out; Chromium has that for [`Microphone::Pluggable`] only.
    pub fn sound(&mut self) -> Option<&mut Sound> {
        self.is_changed.store(true, Ordering::Relaxed);
        self.sound.as_mut()
    }

    /// Leaves the page, and has the browser ready for the next test; dropping it ends it.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn close(self) -> Result<(), BrowserError> {
        if self.is_changed.load(Ordering::Relaxed) {
            return self.launched.remote.end().await;
        }
        self.open("about:blank").await?;
        // What this page has said is not the next one's.
        self.console().await?;
        pool::keep(self);
        Ok(())
    }

    /// Goes to an address and waits until the page is loaded.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn open(&self, url: &str) -> Result<(), BrowserError> {
        self.launched.remote.open(url).await
    }

    /// Opens another tab, which is the one that is spoken to from now on.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn open_tab(&self) -> Result<(), BrowserError> {
        self.launched.remote.open_tab().await
    }

    /// Closes the tab that was opened last, and returns to the one before.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn close_tab(&self) -> Result<(), BrowserError> {
        self.launched.remote.close_tab().await
    }

    /// Runs the body of a JavaScript function in the page; what it returns, as JSON.
    ///
    /// # Errors
    /// Where it throws.
    pub async fn eval(&self, script: &str) -> Result<Value, BrowserError> {
        self.launched.remote.eval(script).await
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

    /// Points at an element.
    ///
    /// # Errors
    /// Where it is not there.
    pub async fn hover(&self, selector: &str) -> Result<(), BrowserError> {
        self.clicks(selector, 0).await
    }

    async fn clicks(&self, selector: &str, times: usize) -> Result<(), BrowserError> {
        // A few pixels beside the place of the click before: two clicks at once are no double click then.
        let side = if self.clicks.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { 1 } else { -1 };
        let place = format!(
            "const element = document.querySelector({});
            element.scrollIntoView({{ block: 'nearest' }});
            const {{ x, y, width, height }} = element.getBoundingClientRect();
            return [width * height, x + width / 2 + {side} * Math.min(10, width / 4), y + height / 2].map(Math.floor)",
            json!(selector)
        );
        let place = self.resting_place(&place).await?;
        let click = [json!({"type": "pointerDown", "button": 0}), json!({"type": "pointerUp", "button": 0})];
        let mut actions = vec![json!({"type": "pointerMove", "x": place[0], "y": place[1]})];
        actions.extend(std::iter::repeat_n(click, times).flatten());
        self.launched.remote.act("pointer", actions).await
    }

    /// Where an element is, once it is shown and has come to rest: what appears above it moves it, and a user would not
    /// click beside it.
    async fn resting_place(&self, script: &str) -> Result<[Value; 2], BrowserError> {
        let mut before = Value::Null;
        for _ in 0..PLACE_LOOKS {
            let place = self.eval(script).await?;
            if place == before && place[0] != 0 {
                return Ok([place[1].clone(), place[2].clone()]);
            }
            before = place;
            tokio::time::sleep(PLACE_PAUSE).await;
        }
        Err(BrowserError::Unable("a click on what is not shown, or does not come to rest"))
    }

    /// Presses a key and lets it go; special keys have code points of their own (WebDriver, 17.4.2).
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn press_key(&self, key: &str) -> Result<(), BrowserError> {
        let actions = vec![json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        self.launched.remote.act("key", actions).await
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
        self.launched.remote.console().await
    }

    /// Saves what the window shows.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub async fn screenshot(&self, path: &Path) -> Result<(), BrowserError> {
        let image = self.launched.remote.screenshot().await?;
        let image = base64::engine::general_purpose::STANDARD.decode(image);
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
        self.is_changed.store(true, Ordering::Relaxed);
        self.launched.remote.resize(width, height).await
    }

    /// Has the page's user prefer dark colours, or light ones; only Chromium can be asked to.
    ///
    /// # Errors
    /// Where the driver refuses.
    pub async fn dark(&self, is_dark: bool) -> Result<(), BrowserError> {
        self.is_changed.store(true, Ordering::Relaxed);
        self.launched.remote.dark(is_dark).await
    }
}

/// A folder in target/, where everything goes that tests leave behind.
fn profile() -> Result<TempDir, BrowserError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser");
    let folder = fs::create_dir_all(&path).and_then(|()| path.canonicalize());
    let profile = folder.and_then(|folder| tempfile::Builder::new().prefix("profile-").tempdir_in(folder));
    profile.map_err(|source| BrowserError::File { path, source })
}

/// The sound system that the browser needs for this microphone.
async fn sound(engine: Engine, microphone: &Microphone) -> Result<Option<Sound>, BrowserError> {
    let microphones = match microphone {
        Microphone::Pluggable(microphones) => microphones.clone(),
        _ if engine == Engine::Chromium => return Ok(None),
        Microphone::Recording => vec![(MICROPHONE, Recording::speech()?.pcm_at(RATE_HZ))],
        Microphone::File(path) => vec![(MICROPHONE, Recording::read(path)?.pcm_at(RATE_HZ))],
        Microphone::Muted | Microphone::Denied => vec![(MICROPHONE, Vec::new())],
        Microphone::None => Vec::new(),
    };
    let has_loudspeaker = engine != Engine::Firefox || *microphone != Microphone::None;
    let mut sound = Sound::start(has_loudspeaker).await?;
    for (name, samples) in microphones {
        sound.plug_in(name, samples).await?;
    }
    Ok(Some(sound))
}
