//! Real browsers with a recording as the microphone: Chromium, Firefox and WebKitGTK behind one interface.

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
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io};

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::sync::Semaphore;

pub use bidi::BidiError;
pub use feed::LEAD_IN_MS;
use feed::RATE_HZ;
pub use sound::{Environment, Sound, SoundError};
pub use webdriver::WebDriverError;

use crate::audio::{AudioError, Recording};
use crate::process::{Process, ProcessError};
use remote::Remote;

/// The longest that a browser and its driver may take to start; 1 s on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The width of Firefox's viewport and of Chromium's window, in CSS pixels.
const WIDTH_PX: u32 = 1100;
/// Their height.
const HEIGHT_PX: u32 = 800;
/// So many browsers start at once: more of them would exceed the time limit together on two cores.
static STARTING: Semaphore = Semaphore::const_new(2);
/// The interval at which [`Browser::wait_until`] evaluates its condition.
const POLL: Duration = Duration::from_millis(50);
/// Checks a condition every 20 ms for half a second in the page itself, which costs a tenth of what a driver's calls do. In
/// a hidden page, whose timers are slow, it is checked once.
const CHECK_FOR_A_WHILE: &str = "
  const end = performance.now() + 500;
  return new Promise((resolve, reject) => {
    const check = async () => {
      try {
        const isMet = (await condition()) === true;
        if (isMet || document.hidden || performance.now() >= end) resolve(isMet);
        else setTimeout(check, 20);
      } catch (error) {
        reject(error);
      }
    };
    check();
  });";
/// How often a click looks for the position of its element before it fails: for at least 5 s.
const POSITION_ATTEMPTS: u32 = 250;
/// The pause between two attempts; longer than a frame at 60 Hz.
const POSITION_PAUSE: Duration = Duration::from_millis(20);
/// How often a click is repeated that has reached another element, because the page moved after its position was read.
const CLICK_ATTEMPTS: u32 = 3;
/// Two clicks that are nearer to each other, in CSS pixels, may count as a double click.
const NEAR_PX: f64 = 8.0;
/// Notes the elements that a click on SELECTOR reaches in its place.
const NOTE_MISSES: &str = "
    window.__missed = [];
    window.onmousedown = window.onmouseup = ({ target }) => {
        if (!target.closest?.(SELECTOR)) window.__missed.push(`${target.localName}#${target.id}`);
    };";
/// The name of the microphone in `PulseAudio`.
const MICROPHONE: &str = "microphone";

/// A browser engine that the page must work in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, through chromedriver.
    Chromium,
    /// Firefox, through WebDriver `BiDi`.
    Firefox,
    /// WebKitGTK's `MiniBrowser`, through `WebKitWebDriver`.
    WebKit,
}

/// A window of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The page, which was opened first.
    Page,
    /// The one that was opened last, such as one that stays on top.
    Last,
}

/// The microphone that the page gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Microphone {
    /// Plays the speech recording once from each `getUserMedia` on; [`LEAD_IN_MS`] later where `PulseAudio` plays it,
    /// as in all browsers but Chromium.
    Recording,
    /// Plays another recording in the same way: a WAV file, 16 bit, mono.
    File(PathBuf),
    /// A muted microphone, which delivers zeros.
    Muted,
    /// A microphone to which the user denies access.
    Denied,
    /// No microphone.
    None,
    /// No microphone; a user who is asked for sound to share shares that of the tab with this title. Only in Chromium.
    Tab(&'static str),
    /// Microphones by name, each with its samples (at 48 kHz); [`Browser::sound`] can unplug them.
    Pluggable(Vec<(&'static str, Vec<i16>)>),
}

/// The configuration of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The microphone.
    pub microphone: Microphone,
    /// An HTTP proxy for all hosts but localhost.
    pub proxy: Option<SocketAddr>,
    /// Whether Chromium slows down hidden tabs as it does for users, and the more after 5 s rather than 5 min: it checks
    /// their timers once a minute. Its driver switches that off otherwise.
    pub slows_hidden_tabs: bool,
    /// A name that leads to this machine, on which any certificate is accepted: that of a deployment whose proxies the
    /// test runs. Only in Chromium.
    pub deployed_at: Option<&'static str>,
}

impl Setup {
    /// The configuration with this microphone and nothing else.
    pub const fn new(microphone: Microphone) -> Self {
        Self { microphone, proxy: None, slows_hidden_tabs: false, deployed_at: None }
    }

    /// The proxy as a capability of `WebDriver` and `BiDi`; browsers bypass it for localhost.
    fn proxy_capability(&self) -> Value {
        match self.proxy {
            Some(address) => json!({"proxyType": "manual", "httpProxy": address.to_string()}),
            None => json!({"proxyType": "direct"}),
        }
    }
}

/// Why a browser did not start, refused a command, or a condition of the page was not met in time.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// A program did not start.
    #[error("{program} does not start (cargo xtask setup installs it)")]
    Start {
        /// The program's name.
        program: &'static str,
        /// The cause.
        #[source]
        source: ProcessError,
    },
    /// The sound system with the microphone failed.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// The recording for the microphone cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// A WebDriver command failed.
    #[error(transparent)]
    WebDriver(#[from] WebDriverError),
    /// A `BiDi` command failed.
    #[error(transparent)]
    Bidi(#[from] BidiError),
    /// A file could not be written.
    #[error("{path} cannot be written")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// This engine does not support it, or the element cannot be clicked.
    #[error("this browser cannot be asked for {0}")]
    Unable(&'static str),
    /// Each attempt to click an element reached another one.
    #[error("a click on {selector} reaches {missed}")]
    Missed {
        /// The selector of the element.
        selector: String,
        /// The element that it reached instead.
        missed: String,
    },
    /// The page answered with another type than the test expects.
    #[error("the page answered {answer} to {script}")]
    Answer {
        /// The script.
        script: String,
        /// What it returned.
        answer: Value,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A condition was not met in time.
    #[error("{what} was not met within {limit:?}; the page: {page}; its console: {console}")]
    Late {
        /// The condition.
        what: String,
        /// The time limit.
        limit: Duration,
        /// The page's state, status, error and transcript.
        page: String,
        /// The new lines of the console.
        console: String,
    },
}

/// The severity of a console line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Any other level.
    Note,
}

/// A line of the browser's console; page errors, failed requests and blocked resources appear there too.
#[derive(Debug, Clone)]
pub struct ConsoleEntry {
    /// Its severity.
    pub level: Level,
    /// Its text, with its source.
    pub text: String,
}

/// What a page has cost since its process began.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// The processor time of the main thread, in ms.
    pub main_thread_ms: f64,
    /// How long the main thread's tasks took, in ms, with what they waited for the processor.
    pub tasks_ms: f64,
    /// The processor time of all threads of the page's process, in ms.
    pub process_ms: f64,
}

/// A browser that one test uses exclusively; dropping it ends the browser and all its processes.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    setup: Setup,
    launched: Launched,
    last_click: Mutex<[Value; 2]>,
    reuse: Mutex<Reuse>,
    sound: Option<Sound>,
    /// Dropped after the fields above, whose processes write into it.
    profile: Arc<TempDir>,
    _remover: Child,
}

/// When another test may use a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reuse {
    /// As it is.
    AsItIs,
    /// After [`Remote::reset`]: this test has set the window's size, colours, motion or medium.
    AfterReset,
    /// Not at all: this test has changed what cannot be set back.
    Never,
}

/// A running browser and its processes; the remote control is dropped before them.
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
        let _place = STARTING.acquire().await;
        match engine {
            Engine::Chromium => chromium::launch(setup, profile, environment).await,
            Engine::Firefox => firefox::launch(setup, profile, environment).await,
            Engine::WebKit => webkit::launch(setup, profile, environment).await,
        }
    }
}

impl Browser {
    /// Takes an idle browser with this setup from the pool, or starts a new one.
    ///
    /// # Errors
    /// If one of the programs that it needs does not start.
    pub async fn start(engine: Engine, setup: Setup) -> Result<Self, BrowserError> {
        match pool::take(engine, &setup) {
            Some(browser) => Ok(browser),
            // Boxed: otherwise the future of each test contains the futures of all engines.
            None => Box::pin(pool::outlive(Self::start_new(engine, setup))).await,
        }
    }

    async fn start_new(engine: Engine, setup: Setup) -> Result<Self, BrowserError> {
        let profile = Arc::new(profile()?);
        let sound = sound(engine, &setup.microphone).await?;
        let folders: Vec<&Path> = sound.iter().map(Sound::folder).chain([profile.path()]).collect();
        let remover = pool::remove_at_the_end(&folders)
            .map_err(|source| BrowserError::File { path: profile.path().to_owned(), source })?;
        let environment = sound.as_ref().map(Sound::environment);
        let launched = Launched::new(engine, &setup, profile.path(), environment).await?;
        let (last_click, reuse) = (Mutex::default(), Mutex::new(Reuse::AsItIs));
        Ok(Self { engine, setup, launched, last_click, reuse, sound, profile, _remover: remover })
    }

    /// Kills the browser, as a crash does, and restarts it with the same profile on disk; no page is open then.
    ///
    /// # Errors
    /// If it does not start again.
    pub async fn crash(&mut self) -> Result<(), BrowserError> {
        if self.engine == Engine::Firefox {
            // It reports errors about its own files, which may come as late as in the next test.
            self.restrict_reuse(Reuse::Never);
        }
        self.launched.processes.clear();
        let environment = self.sound.as_ref().map(Sound::environment);
        let (engine, setup, profile) = (self.engine, self.setup.clone(), self.profile.clone());
        let restart = async move { Launched::new(engine, &setup, profile.path(), environment).await };
        self.launched = Box::pin(pool::outlive(restart)).await?;
        Ok(())
    }

    /// Blocks the page's main thread for `ms`.
    ///
    /// # Errors
    /// If there is no page.
    pub async fn block_main_thread(&self, ms: u32) -> Result<(), BrowserError> {
        let busy = format!("const end = performance.now() + {ms}; while (performance.now() < end);");
        self.eval(&busy).await.map(drop)
    }

    /// The sound system, which plugs in and unplugs microphones; in Chromium only with [`Microphone::Pluggable`].
    pub fn sound(&mut self) -> Option<&mut Sound> {
        self.restrict_reuse(Reuse::Never);
        self.sound.as_mut()
    }

    /// Notes that another test may use the browser at most in this way.
    fn restrict_reuse(&self, to: Reuse) {
        let mut reuse = self.reuse.lock().unwrap_or_else(PoisonError::into_inner);
        *reuse = to.max(*reuse);
    }

    /// Leaves the page and returns the browser to the pool, or ends it if the test changed what cannot be set back.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn close(self) -> Result<(), BrowserError> {
        let reuse =
            std::mem::replace(&mut *self.reuse.lock().unwrap_or_else(PoisonError::into_inner), Reuse::AsItIs);
        match reuse {
            Reuse::AsItIs => {}
            Reuse::AfterReset => self.launched.remote.reset().await?,
            Reuse::Never => return self.launched.remote.end().await,
        }
        self.open("about:blank").await?;
        // The next test must not see the console lines of this one.
        self.console().await?;
        pool::keep(self);
        Ok(())
    }

    /// Goes back to the page before, as its button does.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn back(&self) -> Result<(), BrowserError> {
        self.launched.remote.back().await
    }

    /// Navigates to `url` and waits until the page is loaded.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn open(&self, url: &str) -> Result<(), BrowserError> {
        self.launched.remote.open(url).await
    }

    /// Opens a tab; all further commands go to it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn open_tab(&self) -> Result<(), BrowserError> {
        self.launched.remote.open_tab().await
    }

    /// Closes the tab that was opened last; further commands go to the one before.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn close_tab(&self) -> Result<(), BrowserError> {
        self.launched.remote.close_tab().await
    }

    /// Runs the body of a JavaScript function in the page and returns its result as JSON.
    ///
    /// # Errors
    /// If it throws.
    pub async fn eval(&self, script: &str) -> Result<Value, BrowserError> {
        self.launched.remote.eval(script).await
    }

    /// Clicks near the middle of an element, with pointer events as a user's.
    ///
    /// # Errors
    /// If there is no such element.
    pub async fn click(&self, selector: &str) -> Result<(), BrowserError> {
        self.clicks(selector, 1).await
    }

    /// Double-clicks an element.
    ///
    /// # Errors
    /// If there is no such element.
    pub async fn double_click(&self, selector: &str) -> Result<(), BrowserError> {
        self.clicks(selector, 2).await
    }

    /// Moves the pointer to an element.
    ///
    /// # Errors
    /// If there is no such element.
    pub async fn hover(&self, selector: &str) -> Result<(), BrowserError> {
        self.clicks(selector, 0).await
    }

    async fn clicks(&self, selector: &str, times: usize) -> Result<(), BrowserError> {
        let position = |side: i32| {
            format!(
                "{NOTE_MISSES}
                const element = document.querySelector(SELECTOR);
                element.scrollIntoView({{ block: 'nearest' }});
                const {{ x, y, width, height }} = element.getBoundingClientRect();
                return [width * height, x + width / 2 + {side} * Math.min(10, width / 4), y + height / 2].map(Math.floor)",
            )
            .replace("SELECTOR", &json!(selector).to_string())
        };
        let click = [json!({"type": "pointerDown", "button": 0}), json!({"type": "pointerUp", "button": 0})];
        let mut missed = Value::Null;
        for _ in 0..CLICK_ATTEMPTS {
            let mut at = self.stable_position(&position(1)).await?;
            // Where the last click was, two quick single clicks would count as a double click.
            if self.is_near_the_last_click(&at) {
                at = self.stable_position(&position(-1)).await?;
            }
            if times > 0 {
                self.last_click.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&at);
            }
            let [x, y] = at;
            let mut actions = vec![json!({"type": "pointerMove", "x": x, "y": y})];
            actions.extend(std::iter::repeat_n(&click, times).flatten().cloned());
            self.launched.remote.act("pointer", actions).await?;
            // The second click of two is where the first one was, whatever the page has moved there.
            if times != 1 {
                return Ok(());
            }
            // An error means that the click has closed or left the page.
            missed = self.eval("return window.__missed?.at(-1)").await.unwrap_or_default();
            if missed.is_null() {
                return Ok(());
            }
            println!("a click on {selector} reached {missed}");
        }
        Err(BrowserError::Missed { selector: selector.to_owned(), missed: missed.to_string() })
    }

    fn is_near_the_last_click(&self, at: &[Value; 2]) -> bool {
        let last = self.last_click.lock().unwrap_or_else(PoisonError::into_inner);
        at.iter().zip(last.iter()).all(|pair| match (pair.0.as_f64(), pair.1.as_f64()) {
            (Some(at), Some(last)) => (at - last).abs() < NEAR_PX,
            _ => false,
        })
    }

    /// Waits until an element is visible and no longer moves (content that appears above moves it), and returns its
    /// position.
    async fn stable_position(&self, script: &str) -> Result<[Value; 2], BrowserError> {
        let mut before = Value::Null;
        for _ in 0..POSITION_ATTEMPTS {
            let position = self.eval(script).await?;
            if position == before && position[0] != 0 {
                return Ok([position[1].clone(), position[2].clone()]);
            }
            before = position;
            tokio::time::sleep(POSITION_PAUSE).await;
        }
        Err(BrowserError::Unable("a click on an element that is not visible or keeps moving"))
    }

    /// Presses and releases a key; WebDriver (17.4.2) defines the code points of special keys.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn press_key(&self, key: &str) -> Result<(), BrowserError> {
        let actions = vec![json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        self.launched.remote.act("key", actions).await
    }

    /// The text of an element.
    ///
    /// # Errors
    /// If there is no such element.
    pub async fn text(&self, selector: &str) -> Result<String, BrowserError> {
        let text =
            self.eval(&format!("return document.querySelector({}).textContent", json!(selector))).await?;
        Ok(text.as_str().unwrap_or_default().trim().to_owned())
    }

    /// `data-state` of the page's body.
    ///
    /// # Errors
    /// If there is no page.
    pub async fn state(&self) -> Result<String, BrowserError> {
        let state = self.eval("return document.body.dataset.state").await?;
        Ok(state.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page is in `state`.
    ///
    /// # Errors
    /// If it is not in time; the error contains what the page shows instead.
    pub async fn wait_for_state(&self, state: &str, limit: Duration) -> Result<(), BrowserError> {
        self.wait_until(&format!("return document.body.dataset.state === {}", json!(state)), limit).await
    }

    /// Waits until the body of a JavaScript function returns `true`; until then it may throw.
    ///
    /// # Errors
    /// If it does not in time; the error contains what the page shows instead, or what the function throws.
    pub async fn wait_until(&self, condition: &str, limit: Duration) -> Result<(), BrowserError> {
        let start = Instant::now();
        let check = format!("const condition = () => {{ {condition} }}; {CHECK_FOR_A_WHILE}");
        loop {
            match self.eval(&check).await {
                Ok(Value::Bool(true)) => return Ok(()),
                // While a page is left or loaded, its frame or the condition's elements may be missing.
                Err(error) if start.elapsed() > limit => return Err(error),
                Ok(_) if start.elapsed() > limit => return Err(self.late(condition, limit).await?),
                Ok(_) | Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// The error for a condition that was not met, with what the page shows instead.
    async fn late(&self, condition: &str, limit: Duration) -> Result<BrowserError, BrowserError> {
        let page =
            "return [document.body.dataset.state, ...['#status', '#error:not([hidden])', '#transcript']
            .map(selector => document.querySelector(selector)?.textContent.trim())].join(' | ')";
        let (page, console) = (self.eval(page).await?.to_string(), self.console().await?);
        let console = format!("{console:?}");
        Ok(BrowserError::Late { what: condition.to_owned(), limit, page, console })
    }

    /// The console lines since the last call.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn console(&self) -> Result<Vec<ConsoleEntry>, BrowserError> {
        self.launched.remote.console().await
    }

    /// What the page has cost so far; only Chromium reports it.
    ///
    /// # Errors
    /// If the driver refuses, or does not report it.
    pub async fn cost(&self) -> Result<Cost, BrowserError> {
        let metrics = self.launched.remote.metrics().await?;
        let of = |wanted: &str| {
            let metric = metrics.iter().find(|(name, _)| name == wanted);
            metric.map(|(_, seconds)| seconds * 1000.0).ok_or(BrowserError::Unable("the cost of a page"))
        };
        Ok(Cost {
            main_thread_ms: of("ThreadTime")?,
            tasks_ms: of("TaskDuration")?,
            process_ms: of("ProcessTime")?,
        })
    }

    /// Saves a screenshot of the window as a PNG file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn screenshot(&self, path: &Path) -> Result<(), BrowserError> {
        write_picture(path, &self.launched.remote.screenshot().await?)
    }

    /// Switches to another window, for all that follows; only Chromium supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn switch_to(&self, window: Window) -> Result<(), BrowserError> {
        self.launched.remote.switch_to(window).await
    }

    /// Sets the size of the page's viewport, in CSS pixels.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn resize(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        self.restrict_reuse(Reuse::AfterReset);
        self.launched.remote.resize(width, height).await
    }

    /// Sets the preferred colour scheme to dark or light; only Chromium supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn dark(&self, is_dark: bool) -> Result<(), BrowserError> {
        self.restrict_reuse(Reuse::AfterReset);
        self.launched.remote.dark(is_dark).await
    }

    /// Sets whether the user prefers reduced motion; only Chromium supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn reduce_motion(&self, is_reduced: bool) -> Result<(), BrowserError> {
        self.restrict_reuse(Reuse::AfterReset);
        self.launched.remote.reduce_motion(is_reduced).await
    }

    /// Slows down the network, to so many bits a second each way and so many ms until an answer begins; only Chromium
    /// supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn slow_down(&self, bits_per_s: u32, latency_ms: u32) -> Result<(), BrowserError> {
        self.restrict_reuse(Reuse::Never);
        self.launched.remote.slow_down(bits_per_s, latency_ms).await
    }

    /// Empties the cache of files; only Chromium supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn empty_cache(&self) -> Result<(), BrowserError> {
        self.launched.remote.empty_cache().await
    }

    /// Runs a script in each document from now on, before its own; only Chromium supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn run_first(&self, script: &str) -> Result<(), BrowserError> {
        self.restrict_reuse(Reuse::Never);
        self.launched.remote.run_first(script).await
    }

    /// Why the page cannot be installed, as the browser's identifiers; empty if it can. Only Chromium says so.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn installability_errors(&self) -> Result<Vec<String>, BrowserError> {
        self.launched.remote.installability_errors().await
    }

    /// Lays the page out as for a printer, or as on a screen again; only Chromium supports it.
    ///
    /// # Errors
    /// If the driver refuses.
    pub async fn as_printed(&self, is_printed: bool) -> Result<(), BrowserError> {
        self.restrict_reuse(Reuse::AfterReset);
        self.launched.remote.as_printed(is_printed).await
    }
}

/// Writes a picture, which is in Base64, as a file.
fn write_picture(path: &Path, image: &str) -> Result<(), BrowserError> {
    let image = base64::engine::general_purpose::STANDARD.decode(image);
    let failed = |source| BrowserError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let image = image.map_err(|error| failed(io::Error::other(error)))?;
    fs::write(path, image).map_err(failed)
}

/// Creates a profile folder in target/browser.
fn profile() -> Result<TempDir, BrowserError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser");
    let folder = fs::create_dir_all(&path).and_then(|()| path.canonicalize());
    let profile = folder.and_then(|folder| tempfile::Builder::new().prefix("profile-").tempdir_in(folder));
    profile.map_err(|source| BrowserError::File { path, source })
}

/// Starts the sound system that the browser needs for this microphone, if it needs one.
async fn sound(engine: Engine, microphone: &Microphone) -> Result<Option<Sound>, BrowserError> {
    let microphones = match microphone {
        Microphone::Pluggable(microphones) => microphones.clone(),
        _ if engine == Engine::Chromium => return Ok(None),
        Microphone::Recording => vec![(MICROPHONE, Recording::speech()?.pcm_at(RATE_HZ))],
        Microphone::File(path) => vec![(MICROPHONE, Recording::read(path)?.pcm_at(RATE_HZ))],
        Microphone::Muted | Microphone::Denied => vec![(MICROPHONE, Vec::new())],
        Microphone::None | Microphone::Tab(_) => Vec::new(),
    };
    let has_loudspeaker = engine != Engine::Firefox || *microphone != Microphone::None;
    let mut sound = Sound::start(has_loudspeaker).await?;
    for (name, samples) in microphones {
        sound.plug_in(name, samples).await?;
    }
    Ok(Some(sound))
}
