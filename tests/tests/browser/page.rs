//! The page with its server and the mock, and the actions that the tests share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_mock::{Builder, Finished, MockAssemblyAi, Script, ViolationKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use end_to_end_tests::browser::{Browser, Level, Microphone, Setup, Window};
use end_to_end_tests::server::TestServer;
use serde_json::{Value, json};
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::settings::Settings;

use super::engines;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// The time limit of one wait; the page itself waits at most 5 s after Stop.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// The time limit of a promise in the page, in s: filling it with 5 000 turns takes the longest.
const PROMISE_LIMIT_S: u64 = 400;

/// The recording's length in ms, which a test of `Recording` checks.
const RECORDING_MS: u64 = 13_180;

/// The time limit for the whole recording, which a browser on a busy machine captures slower than it is played.
const RECORDING_LIMIT: Duration = Duration::from_mins(1);

/// The length of a chunk from the page's audio thread, in ms.
const CHUNK_MS: u64 = 100;

/// The chunks in the longest message that the service accepts, 1000 ms.
const MAX_FRAME_CHUNKS: usize = 10;

/// Records the browser objects that the page creates.
const SEEN: &str = include_str!("../../src/seen.js");

/// A page in its own browser.
pub(super) struct Page {
    pub(super) browser: Browser,
    pub(super) mock: MockAssemblyAi,
    server: Option<TestServer>,
    address: String,
}

impl Page {
    /// The page with the recording as its microphone.
    pub(super) async fn open(script: Script) -> Self {
        Self::open_with(script, Microphone::Recording, "").await
    }

    /// The page without any test script, so `window.__seen` is not available.
    pub(super) async fn open_untouched(script: Script) -> Self {
        let mock = MockAssemblyAi::start(script).await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page with another microphone and a script that runs before the page's scripts.
    pub(super) async fn open_with(script: Script, microphone: Microphone, init_script: &str) -> Self {
        let mock = MockAssemblyAi::builder().script(script);
        Self::open_before(mock, microphone, init_script).await
    }

    /// The page in a browser that will be killed, so that a session may end without Terminate.
    pub(super) async fn open_to_crash(script: Script, init_script: &str) -> Self {
        let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated);
        Self::open_before(mock, Microphone::Recording, init_script).await
    }

    /// The page with this mock.
    pub(super) async fn open_at(mock: Builder, microphone: Microphone) -> Self {
        Self::open_before(mock, microphone, "").await
    }

    /// The page with this mock and a script that runs before the page's scripts.
    pub(super) async fn open_at_with(mock: Builder, microphone: Microphone, init_script: &str) -> Self {
        Self::open_before(mock, microphone, init_script).await
    }

    /// The page of a server with these flags.
    pub(super) async fn open_with_flags(mock: Builder, flags: &[&str], microphone: Microphone) -> Self {
        let mock = mock.start().await;
        let server = serve(&mock, flags, TIME_LIMIT, "").await;
        Self::load(mock, server, microphone).await
    }

    async fn open_before(mock: Builder, microphone: Microphone, init_script: &str) -> Self {
        let mock = mock.start().await;
        let cannot_deny = !ENGINE.asks_for_the_microphone();
        let deny = if microphone == Microphone::Denied && cannot_deny { engines::DENY } else { "" };
        let server = serve(&mock, &[], TIME_LIMIT, &format!("{deny}{init_script}")).await;
        Self::load(mock, server, microphone).await
    }

    /// The page of a server with this time limit for token requests to the service.
    pub(super) async fn open_with_token_limit(limit: Duration) -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = serve(&mock, &[], limit, "").await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page at an address that is neither https nor localhost.
    pub(super) async fn open_insecurely(script: Script) -> Self {
        let mock = MockAssemblyAi::start(script).await;
        let server = serve(&mock, &["--public-hosts", "insecure.test"], TIME_LIMIT, "").await;
        let setup = Setup {
            microphone: Microphone::Recording,
            proxy: Some(server.address()),
            slows_hidden_tabs: false,
        };
        Self::load_from("http://insecure.test/".to_owned(), mock, server, setup).await
    }

    /// The page of a server with `--demo`, which runs its own mock.
    pub(super) async fn open_demo() -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        // The recording's pauses last 1.1 s, including the decay of the voice.
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::with_script(&flags, TIME_LIMIT, SEEN.to_owned()).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page of a server with `--demo` behind a proxy that has it below `/stt/`.
    pub(super) async fn open_demo_below_a_path() -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::below("/stt", &flags, SEEN.to_owned()).await;
        let setup = Setup { microphone: Microphone::Recording, proxy: None, slows_hidden_tabs: false };
        Self::load_from(format!("{}stt/", server.page_url()), mock, server, setup).await
    }

    /// The page in a browser that slows down hidden tabs, with a script that runs before the page's scripts.
    pub(super) async fn open_to_hide(script: Script, microphone: Microphone, init_script: &str) -> Self {
        let mock = MockAssemblyAi::start(script).await;
        let server = serve(&mock, &[], TIME_LIMIT, init_script).await;
        let setup = Setup { microphone, proxy: None, slows_hidden_tabs: true };
        Self::load_from(server.page_url(), mock, server, setup).await
    }

    /// The page of a server that recognises speech with this model itself, with human speech as the microphone.
    #[cfg(feature = "speech")]
    pub(super) async fn open_local(model: &str) -> Self {
        Self::open_local_with(model, "").await
    }

    /// As [`Self::open_local`], with a script that runs before the page's scripts.
    #[cfg(feature = "speech")]
    pub(super) async fn open_local_with(model: &str, init_script: &str) -> Self {
        let server = serve_local(model, &[], init_script).await;
        let mock = MockAssemblyAi::start(Script::new()).await;
        Self::load(mock, server, human_speech()).await
    }

    /// As [`Self::open_local`], on a host name that is not this machine's.
    #[cfg(feature = "speech")]
    pub(super) async fn open_local_elsewhere(model: &str) -> Self {
        let server = serve_local(model, &["--public-hosts", "insecure.test"], "").await;
        let mock = MockAssemblyAi::start(Script::new()).await;
        let proxy = Some(server.address());
        let setup = Setup { microphone: human_speech(), proxy, slows_hidden_tabs: false };
        Self::load_from("http://insecure.test/".to_owned(), mock, server, setup).await
    }

    /// The page at this address, of a server that the test has started, with human speech as the microphone.
    #[cfg(feature = "speech")]
    pub(super) async fn open_at_address(address: String) -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let setup = Setup { microphone: human_speech(), proxy: None, slows_hidden_tabs: false };
        // A server in this process would have installed it: that is the error.
        rustls::crypto::ring::default_provider().install_default().ok();
        let browser = Browser::start(*ENGINE, setup).await.unwrap_or_else(|error| panic!("{error}"));
        let mut page = Self { browser, mock, server: None, address };
        page.reload().await;
        page
    }

    /// The page of a server with these settings, for settings that flags cannot express.
    pub(super) async fn open_with_settings(mock: MockAssemblyAi, config: &Settings) -> Self {
        let server = TestServer::at(0, config, TIME_LIMIT, SEEN.to_owned()).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// Replaces the server by one with other settings on the same port, and reloads the page.
    pub(super) async fn restart_server_with(&mut self, config: &Settings) {
        let port = self.shut_down_server().await;
        self.start_server(port, config).await;
        self.reload().await;
    }

    /// Shuts the server down gracefully and returns its port.
    pub(super) async fn shut_down_server(&mut self) -> u16 {
        let server = self.server.take().unwrap_or_else(|| panic!("the server was stopped already"));
        let port = server.address().port();
        server.stop().await;
        port
    }

    /// Starts a server on the port of one that was shut down, without reloading the page.
    pub(super) async fn start_server(&mut self, port: u16, config: &Settings) {
        self.server = Some(TestServer::at(port, config, TIME_LIMIT, SEEN.to_owned()).await);
    }

    async fn load(mock: MockAssemblyAi, server: TestServer, microphone: Microphone) -> Self {
        let setup = Setup { microphone, proxy: None, slows_hidden_tabs: false };
        Self::load_from(server.page_url(), mock, server, setup).await
    }

    async fn load_from(address: String, mock: MockAssemblyAi, server: TestServer, setup: Setup) -> Self {
        let mut page = Self::start_browser(address, mock, server, setup).await;
        page.reload().await;
        page
    }

    async fn start_browser(address: String, mock: MockAssemblyAi, server: TestServer, setup: Setup) -> Self {
        let browser = Browser::start(*ENGINE, setup).await.unwrap_or_else(|error| panic!("{error}"));
        Self { browser, mock, server: Some(server), address }
    }

    /// The page of a server that has not the files whose paths start so; its code may not have run.
    pub(super) async fn open_without(files: &'static str) -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = TestServer::without(files, &["--demo"]).await;
        let setup = Setup { microphone: Microphone::Recording, proxy: None, slows_hidden_tabs: false };
        let page = Self::start_browser(server.page_url(), mock, server, setup).await;
        page.browser.open(&page.address).await.unwrap_or_else(|error| panic!("{error}"));
        page
    }

    /// Its address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Loads or reloads the page.
    pub(super) async fn reload(&mut self) {
        self.reload_until("Ready").await;
    }

    /// Chooses a language by its tag and reloads the page, whose status is then `ready`.
    pub(super) async fn reload_in(&mut self, language: &str, ready: &str) {
        self.eval(&format!("localStorage.setItem('language', '{language}')")).await;
        self.reload_until(ready).await;
    }

    /// Chooses German and reloads the page.
    pub(super) async fn reload_in_german(&mut self) {
        self.reload_in("de", "Bereit").await;
    }

    /// Loads or reloads the page, which may not start. A page that reloads itself may still be the old one afterwards.
    pub(super) async fn open_again(&mut self) {
        self.browser.open(&self.address).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Reloads the page, whose status is then `ready`.
    pub(super) async fn reload_until(&mut self, ready: &str) {
        self.open_again().await;
        // The page's code has run, and its button works.
        self.wait_until(&format!("return document.querySelector('#status').textContent === '{ready}'")).await;
    }

    /// Kills the browser, restarts it with the same profile and opens the page. Where an engine loses its data in
    /// a crash, this only reloads the page.
    pub(super) async fn crash(&mut self) {
        if ENGINE.keeps_data_after_a_crash() {
            self.browser.crash().await.unwrap_or_else(|error| panic!("{error}"));
        }
        self.reload().await;
    }

    /// Runs JavaScript in the page.
    pub(super) async fn eval(&mut self, script: &str) -> Value {
        self.browser.eval(script).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The value to which a promise in the page resolves.
    pub(super) async fn await_promise(&mut self, promise: &str) -> Value {
        self.eval(&format!(
            "window.__resolved = undefined; {promise}.then((value) => window.__resolved = value ?? null)"
        ))
        .await;
        let limit = Duration::from_secs(PROMISE_LIMIT_S);
        let resolved = self.browser.wait_until("return window.__resolved !== undefined", limit).await;
        resolved.unwrap_or_else(|error| panic!("{error}"));
        self.eval("return window.__resolved").await
    }

    /// Clicks an element.
    pub(super) async fn press(&mut self, selector: &str) {
        self.browser.click(selector).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Replaces the text of a field as if it were typed.
    pub(super) async fn type_into(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.eval(&format!(
            "const field = document.querySelector({selector});
            field.value = {text}; field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        ))
        .await;
    }

    /// Delivers a message on the page's socket as if the service had sent it.
    pub(super) async fn receive(&mut self, message: &Value) {
        let data = json!(message.to_string());
        self.eval(&format!(
            "window.__seen.sockets.at(-1).dispatchEvent(new MessageEvent('message', {{ data: {data} }}))"
        ))
        .await;
    }

    /// Delivers a turn of a speaker, or of nobody in particular, whose words are separated by spaces.
    pub(super) async fn receive_turn(
        &mut self,
        order: u64,
        speaker: Option<&str>,
        is_final: bool,
        text: &str,
    ) {
        let words: Vec<_> =
            text.split(' ').map(|word| json!({ "text": word, "word_is_final": is_final })).collect();
        let mut turn = json!({ "type": "Turn", "turn_order": order, "end_of_turn": is_final, "transcript": text,
            "turn_is_formatted": true, "words": words });
        if let Some(speaker) = speaker {
            turn["speaker_label"] = speaker.into();
        }
        self.receive(&turn).await;
    }

    /// Presses a key.
    pub(super) async fn key(&mut self, key: &str) {
        self.browser.press_key(key).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Clicks Record and waits for the state `recording`.
    pub(super) async fn press_record(&mut self) {
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Record");
        self.press("#record").await;
        self.wait_for_state("recording").await;
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Stop");
    }

    /// Clicks Stop and waits for the state `idle`.
    pub(super) async fn press_stop(&mut self) {
        self.press("#record").await;
        self.wait_for_state("idle").await;
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Record");
    }

    /// Waits for `data-state`.
    pub(super) async fn wait_for_state(&mut self, state: &str) {
        self.browser.wait_for_state(state, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until a function with this body returns true in the page.
    pub(super) async fn wait_until(&mut self, condition: &str) {
        self.browser.wait_until(condition, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until the last session has received this much audio.
    pub(super) async fn wait_for_audio_ms(&self, audio_ms: u64) {
        let n = self.mock.sessions().len().saturating_sub(1);
        self.mock.wait_for_audio_ms(n, audio_ms, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until the whole recording has been captured.
    pub(super) async fn wait_for_whole_recording(&mut self) {
        // The recording, and 300 ms for audio in flight.
        let chunks = (ENGINE.microphone_delay_ms() + RECORDING_MS + 300).div_ceil(CHUNK_MS);
        let condition = format!("return window.__seen.messages.length >= {chunks}");
        let captured = self.browser.wait_until(&condition, RECORDING_LIMIT).await;
        captured.unwrap_or_else(|error| panic!("{error}"));
        self.wait_for_state("recording").await;
    }

    /// Waits until the page shows at least `count` final turns.
    pub(super) async fn wait_for_finals(&mut self, count: usize) {
        let condition =
            format!("return document.querySelectorAll('#transcript p[data-final]').length >= {count}");
        self.wait_until(&condition).await;
    }

    /// The final turns on the page, from the top.
    pub(super) async fn finals(&mut self) -> Vec<String> {
        let texts = self
            .eval(
                "return [...document.querySelectorAll('#transcript p[data-final]')].map(p => p.querySelector('.settled').textContent)",
            )
            .await;
        serde_json::from_value(texts).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The sentence in `#error`, or an empty string.
    pub(super) async fn error(&mut self) -> String {
        let text = "return document.querySelector('#error:not([hidden]) p')?.textContent ?? ''";
        self.eval(text).await.as_str().unwrap_or_default().to_owned()
    }

    /// Dismisses an earlier error, clicks Record and waits for the failure with this sentence.
    pub(super) async fn press_record_expecting_error(&mut self, sentence: &str, cause: &str) {
        if !self.error().await.is_empty() {
            self.press("#error button").await;
            assert_eq!(self.error().await, "", "the error was not dismissed");
        }
        self.press("#record").await;
        self.wait_for_failure(sentence, cause).await;
    }

    /// Waits until a failure has ended in `idle`, and asserts its sentence and that all resources were released.
    pub(super) async fn wait_for_failure(&mut self, sentence: &str, cause: &str) {
        self.wait_for_property("#error", "hidden", false).await;
        self.wait_for_state("idle").await;
        let error = self.error().await;
        assert!(error.contains(sentence), "{cause}: {error}");
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Record");
        self.assert_nothing_is_held().await;
    }

    /// Asserts that no track is live and no context or socket is open.
    pub(super) async fn assert_nothing_is_held(&mut self) {
        // A context closes asynchronously.
        self.wait_until("return window.__seen.held().contexts === 0").await;
        let held = self.eval("return window.__seen.held()").await;
        assert_eq!(held, json!({"tracks": 0, "contexts": 0, "sockets": 0}));
    }

    /// All samples that the page has received from the audio thread.
    pub(super) async fn captured(&mut self) -> Vec<i16> {
        samples(&self.eval("return window.__seen.captured()").await)
    }

    /// The chunks that the page has received from its audio nodes: the number of the node, and the samples.
    pub(super) async fn captured_chunks(&mut self) -> Vec<(u64, Vec<i16>)> {
        let chunks = self.eval("return window.__seen.capturedChunks()").await;
        let chunks = chunks.as_array().into_iter().flatten();
        chunks.map(|chunk| (chunk[0].as_u64().unwrap_or_default(), samples(&chunk[1]))).collect()
    }

    /// Asserts that each frame of the newest session has all chunks that waited then, of `chunk_bytes` each, up to a
    /// second, and returns the number of all. One chunk waits while the page is connected, and more if it connects
    /// slowly.
    pub(super) async fn assert_chunks_are_sent_at_once(&mut self, chunk_bytes: usize) -> usize {
        let sent = self.eval("return window.__seen.takeSent()").await;
        let sent: Vec<(usize, usize)> =
            serde_json::from_value(sent).unwrap_or_else(|error| panic!("{error}"));
        let session = self.mock.sessions().pop().unwrap_or_else(|| panic!("no session"));
        let received: Vec<usize> = session.frames.iter().map(|frame| frame.bytes).collect();
        assert_eq!(
            received,
            sent.iter().map(|(bytes, _)| *bytes).collect::<Vec<_>>(),
            "what is sent arrives"
        );
        let Some((last, whole)) = sent.split_last() else { panic!("nothing was sent") };
        let mut waiting = 0;
        for (at, (bytes, chunks)) in whole.iter().enumerate() {
            waiting += chunks;
            let most = waiting.min(MAX_FRAME_CHUNKS);
            assert_eq!(*bytes, chunk_bytes * most, "of {waiting} chunks, in {at} of {sent:?}");
            waiting -= most;
        }
        // The last chunk may be shorter.
        assert!((chunk_bytes / 2..=chunk_bytes * (waiting + last.1)).contains(&last.0), "{last:?}");
        sent.iter().map(|(_, chunks)| chunks).sum()
    }

    /// How much the page has received from the audio thread, in ms. The service has received less.
    pub(super) async fn captured_ms(&mut self) -> u64 {
        self.eval("return Math.floor(window.__seen.capturedMs())").await.as_u64().unwrap_or_default()
    }

    /// Waits until the page has received this much from the audio thread.
    pub(super) async fn wait_for_captured_ms(&mut self, captured_ms: u64) {
        self.wait_until(&format!("return window.__seen.capturedMs() >= {captured_ms}")).await;
    }

    /// Stops the server for the rest of the test.
    pub(super) async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }

    /// Saves a screenshot of the page to `target/screenshots`, in a folder for each engine.
    pub(super) async fn screenshot(&mut self, name: &str) {
        if ENGINE.can_take_screenshots() {
            let taken = self.browser.screenshot(&picture(name)).await;
            taken.unwrap_or_else(|error| panic!("{error}"));
        }
    }

    /// Switches to another window, for all that follows.
    pub(super) async fn switch_to(&mut self, window: Window) {
        self.browser.switch_to(window).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Ends a test and asserts that the mock saw no violation and the console has no warning or error.
    pub(super) async fn finish(mut self) -> Finished {
        let errors = self.console_errors().await;
        assert!(errors.is_empty(), "{errors:#?}");
        self.finish_despite_errors().await
    }

    /// Ends a test in which the console may have errors.
    pub(super) async fn finish_despite_errors(self) -> Finished {
        let seen = self.mock.finish().await;
        self.browser.close().await.unwrap_or_else(|error| panic!("{error}"));
        seen
    }

    async fn console_errors(&mut self) -> Vec<String> {
        let entries = self.browser.console().await.unwrap_or_else(|error| panic!("{error}"));
        let serious = entries.into_iter().filter(|entry| entry.level != Level::Note);
        serious.map(|entry| format!("{:?}: {}", entry.level, entry.text)).collect()
    }
}

/// The path of a picture.
fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    folder.join(format!("{:?}", *ENGINE)).join(name).with_extension("png")
}

/// The samples in a Base64 text.
fn samples(text: &Value) -> Vec<i16> {
    let bytes = STANDARD.decode(text.as_str().unwrap_or_default());
    let bytes = bytes.unwrap_or_else(|error| panic!("{error}"));
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A server that recognises speech with this model itself, and injects the test scripts into its page.
#[cfg(feature = "speech")]
async fn serve_local(model: &str, flags: &[&str], init_script: &str) -> TestServer {
    let folder = end_to_end_tests::speech::models(model);
    let folder = folder.to_str().unwrap_or_else(|| panic!("not Unicode: {}", folder.display()));
    let flags = [&["--local-model", folder], flags].concat();
    TestServer::with_script(&flags, TIME_LIMIT, format!("{SEEN}\n{init_script}")).await
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
