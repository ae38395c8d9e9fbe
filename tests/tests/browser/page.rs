//! The page with its server and the mock, and the actions that the tests share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_mock::{Builder, Finished, MockAssemblyAi, Script, TimedOut, ViolationKind};
use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{Browser, BrowserError, Level, Microphone, Setup, Window};
use end_to_end_tests::server::TestServer;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::settings::Settings;

use super::engines;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// The time limit of one wait; the page itself waits at most 5 s after Stop.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// The recording's length in ms, which a test of `Recording` checks.
const RECORDING_MS: u64 = 13_180;

/// The time limit for the whole recording, which a browser on a busy machine captures slower than it is played.
const RECORDING_LIMIT: Duration = Duration::from_mins(1);

/// The length of a chunk from the page's audio thread, in ms.
const CHUNK_MS: u64 = 100;

/// The chunks in the longest message that the service accepts, 1000 ms.
const MAX_FRAME_CHUNKS: usize = 10;

/// The languages of the page, each with the status of a page that is ready.
pub(super) const LANGUAGES: [(&str, &str); 2] = [("en", "Ready"), ("de", "Bereit")];

/// Records the browser objects that the page creates; and the functions that tests run in it.
const SEEN: &str = concat!(
    include_str!("../../src/seen.js"),
    include_str!("dom.js"),
    include_str!("accessibility.js"),
    include_str!("appearance.js"),
    include_str!("away.js"),
    include_str!("captions.js"),
    include_str!("dialogs.js"),
    include_str!("driver.js"),
    include_str!("engines.js"),
    include_str!("export/export.js"),
    include_str!("export/long.js"),
    include_str!("files.js"),
    include_str!("hidden.js"),
    include_str!("installable.js"),
    include_str!("layout.js"),
    include_str!("level.js"),
    include_str!("local.js"),
    include_str!("losses.js"),
    include_str!("microphones.js"),
    include_str!("motion.js"),
    include_str!("no_word_lost.js"),
    include_str!("reader/correct.js"),
    include_str!("reader/follow.js"),
    include_str!("reader/hear.js"),
    include_str!("reader/load.js"),
    include_str!("reader/markers.js"),
    include_str!("reader/off_record.js"),
    include_str!("reader/playback.js"),
    include_str!("reader/review.js"),
    include_str!("reader/search.js"),
    include_str!("reader/surroundings.js"),
    include_str!("reader/turns.js"),
    include_str!("reader/words.js"),
    include_str!("recordings.js"),
    include_str!("recovery.js"),
    include_str!("refusals.js"),
    include_str!("settings/entry.js"),
    include_str!("settings/settings.js"),
    include_str!("settings/storage.js"),
    include_str!("shared_sound.js"),
    include_str!("sound_and_microphone.js"),
    include_str!("start_and_stop.js"),
    include_str!("states.js"),
    include_str!("stored_audio.js"),
    include_str!("transcript.js"),
);

/// The texts of the final turns; some tests open pages without the functions above.
const FINALS: &str = "return [...document.querySelectorAll('#transcript p[data-final]')]
    .map((turn) => turn.querySelector('.settled').textContent)";

/// A page in its own browser.
pub(super) struct Page {
    pub(super) browser: Browser,
    pub(super) mock: MockAssemblyAi,
    server: Option<TestServer>,
    address: String,
}

impl Page {
    /// The page with the recording as its microphone.
    pub(super) async fn open(script: Script) -> Result<Self, BrowserError> {
        Self::open_with(script, Microphone::Recording, "").await
    }

    /// The page without any test script, so `window.__seen` is not available.
    pub(super) async fn open_untouched(script: Script) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(script).await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page with another microphone and a script that runs before the page's scripts.
    pub(super) async fn open_with(
        script: Script,
        microphone: Microphone,
        init_script: &str,
    ) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::builder().script(script);
        Self::open_before(mock, microphone, init_script).await
    }

    /// The page with the recording as its microphone and a script that runs before the page's scripts.
    pub(super) async fn open_with_init(init_script: &str) -> Result<Self, BrowserError> {
        Self::open_with(Script::new(), Microphone::Recording, init_script).await
    }

    /// The page in a browser that will be killed, so that a session may end without Terminate.
    pub(super) async fn open_to_crash(script: Script, init_script: &str) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated);
        Self::open_before(mock, Microphone::Recording, init_script).await
    }

    /// The page with this mock.
    pub(super) async fn open_at(mock: Builder, microphone: Microphone) -> Result<Self, BrowserError> {
        Self::open_before(mock, microphone, "").await
    }

    /// The page with this mock and a script that runs before the page's scripts.
    pub(super) async fn open_at_with(
        mock: Builder,
        microphone: Microphone,
        init_script: &str,
    ) -> Result<Self, BrowserError> {
        Self::open_before(mock, microphone, init_script).await
    }

    /// The page of a server with these flags.
    pub(super) async fn open_with_flags(
        mock: Builder,
        flags: &[&str],
        microphone: Microphone,
    ) -> Result<Self, BrowserError> {
        let mock = mock.start().await;
        let server = serve(&mock, flags, TIME_LIMIT, "").await;
        Self::load(mock, server, microphone).await
    }

    async fn open_before(
        mock: Builder,
        microphone: Microphone,
        init_script: &str,
    ) -> Result<Self, BrowserError> {
        let mock = mock.start().await;
        let cannot_deny = !ENGINE.asks_for_the_microphone();
        let deny = if microphone == Microphone::Denied && cannot_deny { engines::DENY } else { "" };
        let server = serve(&mock, &[], TIME_LIMIT, &format!("{deny}{init_script}")).await;
        Self::load(mock, server, microphone).await
    }

    /// The page of a server with this time limit for token requests to the service.
    pub(super) async fn open_with_token_limit(limit: Duration) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = serve(&mock, &[], limit, "").await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page at an address that is neither https nor localhost.
    pub(super) async fn open_insecurely(script: Script) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(script).await;
        let server = serve(&mock, &["--public-hosts", "insecure.test"], TIME_LIMIT, "").await;
        let setup = Setup { proxy: Some(server.address()), ..Setup::new(Microphone::Recording) };
        Self::load_from("http://insecure.test/".to_owned(), mock, server, setup).await
    }

    /// The page of a server with `--demo`, which runs its own mock.
    pub(super) async fn open_demo() -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        // The recording's pauses last 1.1 s, including the decay of the voice.
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::with_script(&flags, TIME_LIMIT, SEEN.to_owned()).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page of a server with `--demo` behind a proxy that has it below `/stt/`.
    pub(super) async fn open_demo_below_a_path() -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::below("/stt", &flags, SEEN.to_owned()).await;
        let setup = Setup::new(Microphone::Recording);
        Self::load_from(format!("{}stt/", server.page_url()), mock, server, setup).await
    }

    /// The page in a browser that slows down hidden tabs, with a script that runs before the page's scripts.
    pub(super) async fn open_to_hide(
        script: Script,
        microphone: Microphone,
        init_script: &str,
    ) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(script).await;
        let server = serve(&mock, &[], TIME_LIMIT, init_script).await;
        let setup = Setup { slows_hidden_tabs: true, ..Setup::new(microphone) };
        Self::load_from(server.page_url(), mock, server, setup).await
    }

    /// The page of a server that recognises speech with this model itself, with human speech as the microphone.
    #[cfg(feature = "speech")]
    pub(super) async fn open_local(model: &str) -> TestResult<Self> {
        Self::open_local_with(model, "").await
    }

    /// As [`Self::open_local`], with a script that runs before the page's scripts.
    #[cfg(feature = "speech")]
    pub(super) async fn open_local_with(model: &str, init_script: &str) -> TestResult<Self> {
        let server = serve_local(model, &[], init_script).await?;
        let mock = MockAssemblyAi::start(Script::new()).await;
        Ok(Self::load(mock, server, human_speech()).await?)
    }

    /// As [`Self::open_local`], on a host name that is not this machine's.
    #[cfg(feature = "speech")]
    pub(super) async fn open_local_elsewhere(model: &str) -> TestResult<Self> {
        let server = serve_local(model, &["--public-hosts", "insecure.test"], "").await?;
        let mock = MockAssemblyAi::start(Script::new()).await;
        let proxy = Some(server.address());
        let setup = Setup { proxy, ..Setup::new(human_speech()) };
        Ok(Self::load_from("http://insecure.test/".to_owned(), mock, server, setup).await?)
    }

    /// The page at this address, of a server that the test has started, with human speech as the microphone.
    #[cfg(feature = "speech")]
    pub(super) async fn open_at_address(address: String) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let setup = Setup::new(human_speech());
        // A server in this process would have installed it: that is the error.
        rustls::crypto::ring::default_provider().install_default().ok();
        let browser = Browser::start(*ENGINE, setup).await?;
        let mut page = Self { browser, mock, server: None, address };
        page.reload().await?;
        Ok(page)
    }

    /// The page of a server with these settings, for settings that flags cannot express.
    pub(super) async fn open_with_settings(
        mock: MockAssemblyAi,
        config: &Settings,
    ) -> Result<Self, BrowserError> {
        let server = TestServer::at(0, config, TIME_LIMIT, SEEN.to_owned()).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// Replaces the server by one with other settings on the same port, and reloads the page.
    pub(super) async fn restart_server_with(&mut self, config: &Settings) -> TestResult {
        let port = self.shut_down_server().await?;
        self.start_server(port, config).await;
        self.reload().await?;
        Ok(())
    }

    /// Shuts the server down gracefully and returns its port.
    pub(super) async fn shut_down_server(&mut self) -> TestResult<u16> {
        let server = self.server.take().ok_or("the server was stopped already")?;
        let port = server.address().port();
        server.stop().await;
        Ok(port)
    }

    /// Starts a server on the port of one that was shut down, without reloading the page.
    pub(super) async fn start_server(&mut self, port: u16, config: &Settings) {
        self.server = Some(TestServer::at(port, config, TIME_LIMIT, SEEN.to_owned()).await);
    }

    async fn load(
        mock: MockAssemblyAi,
        server: TestServer,
        microphone: Microphone,
    ) -> Result<Self, BrowserError> {
        let setup = Setup::new(microphone);
        Self::load_from(server.page_url(), mock, server, setup).await
    }

    async fn load_from(
        address: String,
        mock: MockAssemblyAi,
        server: TestServer,
        setup: Setup,
    ) -> Result<Self, BrowserError> {
        let mut page = Self::start_browser(address, mock, server, setup).await?;
        page.reload().await?;
        Ok(page)
    }

    async fn start_browser(
        address: String,
        mock: MockAssemblyAi,
        server: TestServer,
        setup: Setup,
    ) -> Result<Self, BrowserError> {
        let browser = Browser::start(*ENGINE, setup).await?;
        Ok(Self { browser, mock, server: Some(server), address })
    }

    /// The page of a server that has not the files whose paths start so; its code may not have run.
    pub(super) async fn open_without(files: &'static str) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = TestServer::without(files, &["--demo"]).await;
        let setup = Setup::new(Microphone::Recording);
        let page = Self::start_browser(server.page_url(), mock, server, setup).await?;
        page.browser.open(&page.address).await?;
        Ok(page)
    }

    /// Its address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Loads or reloads the page.
    pub(super) async fn reload(&mut self) -> Result<(), BrowserError> {
        self.reload_until("Ready").await
    }

    /// Chooses a language by its tag and reloads the page, whose status is then `ready`.
    pub(super) async fn reload_in(&mut self, language: &str, ready: &str) -> Result<(), BrowserError> {
        self.store_item("language", language).await?;
        self.reload_until(ready).await
    }

    /// Chooses German and reloads the page.
    pub(super) async fn reload_in_german(&mut self) -> Result<(), BrowserError> {
        self.reload_in("de", "Bereit").await
    }

    /// Loads or reloads the page, which may not start. A page that reloads itself may still be the old one afterwards.
    pub(super) async fn open_again(&mut self) -> Result<(), BrowserError> {
        self.browser.open(&self.address).await
    }

    /// Reloads the page, whose status is then `ready`.
    pub(super) async fn reload_until(&mut self, ready: &str) -> Result<(), BrowserError> {
        self.open_again().await?;
        // The page's code has run, and its button works.
        self.wait_for_property("#status", "textContent", ready).await
    }

    /// Kills the browser, restarts it with the same profile and opens the page. Where an engine loses its data in
    /// a crash, this only reloads the page.
    pub(super) async fn crash(&mut self) -> Result<(), BrowserError> {
        if ENGINE.keeps_data_after_a_crash() {
            self.browser.crash().await?;
        }
        self.reload().await
    }

    /// Runs JavaScript in the page.
    pub(super) async fn eval(&mut self, script: &str) -> Result<Value, BrowserError> {
        self.browser.eval(script).await
    }

    /// Runs JavaScript in the page, and returns its result as a type of the test's.
    pub(super) async fn read<T: DeserializeOwned>(&mut self, script: &str) -> Result<T, BrowserError> {
        let answer = self.eval(script).await?;
        T::deserialize(&answer).map_err(|source| BrowserError::Answer {
            script: script.to_owned(),
            answer,
            source,
        })
    }

    /// Clicks an element.
    pub(super) async fn press(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.browser.click(selector).await
    }

    /// Delivers a message on the page's socket as if the service had sent it.
    pub(super) async fn receive(&mut self, message: &Value) -> Result<(), BrowserError> {
        self.run("__seen.receive", [message.to_string()]).await.map(drop)
    }

    /// Delivers a turn of a speaker, or of nobody in particular, whose words are separated by spaces.
    pub(super) async fn receive_turn(
        &mut self,
        order: u64,
        speaker: Option<&str>,
        is_final: bool,
        text: &str,
    ) -> Result<(), BrowserError> {
        let words: Vec<_> =
            text.split(' ').map(|word| json!({ "text": word, "word_is_final": is_final })).collect();
        let mut turn = json!({ "type": "Turn", "turn_order": order, "end_of_turn": is_final, "transcript": text,
            "turn_is_formatted": true, "words": words });
        if let Some(speaker) = speaker {
            turn["speaker_label"] = speaker.into();
        }
        self.receive(&turn).await
    }

    /// Presses a key.
    pub(super) async fn key(&mut self, key: &str) -> Result<(), BrowserError> {
        self.browser.press_key(key).await
    }

    /// Clicks Record and waits for the state `recording`.
    pub(super) async fn press_record(&mut self) -> Result<(), BrowserError> {
        assert_eq!(self.browser.text("#record").await?, "Record");
        self.start_in_any_language().await?;
        assert_eq!(self.browser.text("#record").await?, "Stop");
        Ok(())
    }

    /// Clicks Stop and waits for the state `idle`.
    pub(super) async fn press_stop(&mut self) -> Result<(), BrowserError> {
        self.stop_in_any_language().await?;
        assert_eq!(self.browser.text("#record").await?, "Record");
        Ok(())
    }

    /// As [`Self::press_record`], also where the page is not in English.
    pub(super) async fn start_in_any_language(&mut self) -> Result<(), BrowserError> {
        self.press("#record").await?;
        self.wait_for_state("recording").await
    }

    /// As [`Self::press_stop`], also where the page is not in English.
    pub(super) async fn stop_in_any_language(&mut self) -> Result<(), BrowserError> {
        self.press("#record").await?;
        self.wait_for_state("idle").await
    }

    /// Clicks Pause and waits for the state `paused`.
    pub(super) async fn press_pause(&mut self) -> Result<(), BrowserError> {
        self.press("#pause").await?;
        self.wait_for_state("paused").await
    }

    /// Clicks Resume and waits for the state `recording`.
    pub(super) async fn press_resume(&mut self) -> Result<(), BrowserError> {
        self.press("#pause").await?;
        self.wait_for_state("recording").await
    }

    /// Waits for `data-state`.
    pub(super) async fn wait_for_state(&mut self, state: &str) -> Result<(), BrowserError> {
        self.browser.wait_for_state(state, LIMIT).await
    }

    /// Waits until a function with this body returns true in the page.
    pub(super) async fn wait_until(&mut self, condition: &str) -> Result<(), BrowserError> {
        self.browser.wait_until(condition, LIMIT).await
    }

    /// Waits until the last session has received this much audio.
    pub(super) async fn wait_for_audio_ms(&self, audio_ms: u64) -> Result<(), TimedOut> {
        let n = self.mock.sessions().len().saturating_sub(1);
        self.mock.wait_for_audio_ms(n, audio_ms, LIMIT).await.map(drop)
    }

    /// Waits until the whole recording has been captured.
    pub(super) async fn wait_for_whole_recording(&mut self) -> Result<(), BrowserError> {
        // The recording, and 300 ms for audio in flight.
        let chunks = (ENGINE.microphone_delay_ms() + RECORDING_MS + 300).div_ceil(CHUNK_MS);
        let condition = format!("return __seen.messages.length >= {chunks}");
        self.browser.wait_until(&condition, RECORDING_LIMIT).await?;
        self.wait_for_state("recording").await
    }

    /// Waits until the page shows at least `count` final turns.
    pub(super) async fn wait_for_finals(&mut self, count: usize) -> Result<(), BrowserError> {
        self.wait_for_at_least("#transcript p[data-final]", count).await
    }

    /// The final turns on the page, from the top.
    pub(super) async fn finals(&mut self) -> Result<Vec<String>, BrowserError> {
        self.read(FINALS).await
    }

    /// The sentence in `#error`, or an empty string.
    pub(super) async fn error(&mut self) -> Result<String, BrowserError> {
        self.ask("__seen.error", ()).await
    }

    /// Dismisses an earlier error, clicks Record and waits for the failure with this sentence.
    pub(super) async fn press_record_expecting_error(
        &mut self,
        sentence: &str,
        cause: &str,
    ) -> Result<(), BrowserError> {
        if !self.error().await?.is_empty() {
            self.press("#error button").await?;
            assert_eq!(self.error().await?, "", "the error was not dismissed");
        }
        self.press("#record").await?;
        self.wait_for_failure(sentence, cause).await
    }

    /// Waits until a failure has ended in `idle`, and asserts its sentence and that all resources were released.
    pub(super) async fn wait_for_failure(&mut self, sentence: &str, cause: &str) -> Result<(), BrowserError> {
        self.wait_for_property("#error", "hidden", false).await?;
        self.wait_for_state("idle").await?;
        let error = self.error().await?;
        assert!(error.contains(sentence), "{cause}: {error}");
        assert_eq!(self.browser.text("#record").await?, "Record");
        self.assert_nothing_is_held().await
    }

    /// Asserts that no track is live and no context or socket is open.
    pub(super) async fn assert_nothing_is_held(&mut self) -> Result<(), BrowserError> {
        // A context closes asynchronously.
        self.wait_for_global("__seen.held().contexts", 0).await?;
        let held = self.run("__seen.held", ()).await?;
        assert_eq!(held, json!({"tracks": 0, "contexts": 0, "sockets": 0}));
        Ok(())
    }

    /// All samples that the page has received from the audio thread.
    pub(super) async fn captured(&mut self) -> TestResult<Vec<i16>> {
        let captured: String = self.ask("__seen.captured", ()).await?;
        Ok(samples(&captured)?)
    }

    /// The chunks that the page has received from its audio nodes: the number of the node, and the samples.
    pub(super) async fn captured_chunks(&mut self) -> TestResult<Vec<(u64, Vec<i16>)>> {
        let chunks: Vec<(u64, String)> = self.ask("__seen.capturedChunks", ()).await?;
        chunks.into_iter().map(|(node, chunk)| Ok((node, samples(&chunk)?))).collect()
    }

    /// Asserts that each frame of the newest session has all chunks that waited then, of `chunk_bytes` each, up to a
    /// second, and returns the number of all. One chunk waits while the page is connected, and more if it connects
    /// slowly.
    pub(super) async fn assert_chunks_are_sent_at_once(&mut self, chunk_bytes: usize) -> TestResult<usize> {
        let sent: Vec<(usize, usize)> = self.ask("__seen.takeSent", ()).await?;
        let session = self.mock.sessions().pop().ok_or("no session")?;
        let received: Vec<usize> = session.frames.iter().map(|frame| frame.bytes).collect();
        assert_eq!(
            received,
            sent.iter().map(|(bytes, _)| *bytes).collect::<Vec<_>>(),
            "what is sent arrives"
        );
        let (last, whole) = sent.split_last().ok_or("nothing was sent")?;
        let mut waiting = 0;
        for (at, (bytes, chunks)) in whole.iter().enumerate() {
            waiting += chunks;
            let most = waiting.min(MAX_FRAME_CHUNKS);
            assert_eq!(*bytes, chunk_bytes * most, "of {waiting} chunks, in {at} of {sent:?}");
            waiting -= most;
        }
        // The last chunk may be shorter.
        assert!((chunk_bytes / 2..=chunk_bytes * (waiting + last.1)).contains(&last.0), "{last:?}");
        Ok(sent.iter().map(|(_, chunks)| chunks).sum())
    }

    /// How much the page has received from the audio thread, in ms. The service has received less.
    pub(super) async fn captured_ms(&mut self) -> Result<u64, BrowserError> {
        Ok(self.ask::<f64>("__seen.capturedMs", ()).await? as u64)
    }

    /// Waits until the page has received this much from the audio thread.
    pub(super) async fn wait_for_captured_ms(&mut self, captured_ms: u64) -> Result<(), BrowserError> {
        self.wait_for_global_of_at_least("__seen.capturedMs()", captured_ms).await
    }

    /// Stops the server for the rest of the test.
    pub(super) async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Saves a screenshot of the page to `target/screenshots`, in a folder for each engine.
    pub(super) async fn screenshot(&mut self, name: &str) -> Result<(), BrowserError> {
        if ENGINE.can_take_screenshots() {
            self.browser.screenshot(&picture(name)).await?;
        }
        Ok(())
    }

    /// Saves a screenshot in dark colours, where the engine has them; the page is in light ones again afterwards.
    pub(super) async fn screenshot_in_dark(&mut self, name: &str) -> Result<(), BrowserError> {
        if ENGINE.can_prefer_dark_colours() {
            self.show_in_dark(true).await?;
            self.screenshot(name).await?;
            self.show_in_dark(false).await?;
        }
        Ok(())
    }

    /// Shows the page in dark colours, one of [`schemes`], or in light ones.
    pub(super) async fn show_in_dark(&mut self, is_dark: bool) -> Result<(), BrowserError> {
        if ENGINE.can_prefer_dark_colours() { self.browser.dark(is_dark).await } else { Ok(()) }
    }

    /// Switches to another window, for all that follows.
    pub(super) async fn switch_to(&mut self, window: Window) -> Result<(), BrowserError> {
        self.browser.switch_to(window).await
    }

    /// Ends a test and asserts that the mock saw no violation and the console has no warning or error.
    pub(super) async fn finish(mut self) -> Result<Finished, BrowserError> {
        let errors = self.console_errors().await?;
        assert!(errors.is_empty(), "{errors:#?}");
        self.finish_despite_errors().await
    }

    /// Ends a test in which the console may have errors.
    pub(super) async fn finish_despite_errors(self) -> Result<Finished, BrowserError> {
        let seen = self.mock.finish().await;
        self.browser.close().await?;
        Ok(seen)
    }

    async fn console_errors(&mut self) -> Result<Vec<String>, BrowserError> {
        let entries = self.browser.console().await?;
        let serious = entries.into_iter().filter(|entry| entry.level != Level::Note);
        Ok(serious.map(|entry| format!("{:?}: {}", entry.level, entry.text)).collect())
    }
}

/// Whether the page is dark in each colour scheme that the engine has. Light is the last one.
pub(super) fn schemes() -> &'static [bool] {
    if ENGINE.can_prefer_dark_colours() { &[true, false] } else { &[false] }
}

/// The path of a picture.
fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    folder.join(format!("{:?}", *ENGINE)).join(name).with_extension("png")
}

/// The samples in a Base64 text.
fn samples(text: &str) -> Result<Vec<i16>, DecodeError> {
    let bytes = STANDARD.decode(text)?;
    Ok(bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

/// A server that recognises speech with this model itself, and injects the test scripts into its page.
#[cfg(feature = "speech")]
async fn serve_local(model: &str, flags: &[&str], init_script: &str) -> TestResult<TestServer> {
    let folder = end_to_end_tests::speech::models(model);
    let folder = folder.to_str().ok_or("the path of the models is not Unicode")?;
    let flags = [&["--local-model", folder], flags].concat();
    Ok(TestServer::with_script(&flags, TIME_LIMIT, format!("{SEEN}\n{init_script}")).await)
}

#[cfg(feature = "speech")]
fn human_speech() -> Microphone {
    Microphone::File(end_to_end_tests::speech::models("audio").join("two_cities.wav"))
}

/// A server that uses the mock and injects the test scripts into its page.
async fn serve(mock: &MockAssemblyAi, flags: &[&str], time_limit: Duration, init_script: &str) -> TestServer {
    let service = mock.base_url();
    let flags = [&TestServer::flags(&service)[..], flags].concat();
    TestServer::with_script(&flags, time_limit, format!("{SEEN}\n{init_script}")).await
}
