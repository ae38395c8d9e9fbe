//! The page, its server and the mock, and the verbs that the tests speak.

use std::path::Path;
use std::time::Duration;

use assemblyai_mock::{BreachKind, Builder, Finished, MockAssemblyAi, Script};
use end_to_end_tests::browser::{Browser, Microphone};
use end_to_end_tests::server::TestServer;
use serde_json::{Value, json};

use crate::ENGINE;

/// The longest that a test waits for one thing: the session's own longest wait is 5 s after Stop.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Counts what the page asks of the browser.
const SEEN: &str = include_str!("../../src/seen.js");

/// A page in a browser of its own.
pub(super) struct Page {
    pub(super) browser: Browser,
    pub(super) mock: MockAssemblyAi,
    server: Option<TestServer>,
}

impl Page {
    /// The page with the recording as its microphone.
    pub(super) async fn open(script: Script) -> Self {
        Self::open_with(script, Microphone::Recording, "").await
    }

    /// The page with another microphone, and a script that runs before the page's own.
    pub(super) async fn open_with(script: Script, microphone: Microphone, init_script: &str) -> Self {
        let mock = MockAssemblyAi::start(script).await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        let address = server.page_url();
        Self::load(mock, server, microphone, init_script, &address).await
    }

    /// The page of a browser that will be killed: who is dead terminates no session.
    pub(super) async fn open_to_crash(script: Script, init_script: &str) -> Self {
        let mock = MockAssemblyAi::builder().script(script).allow(BreachKind::NotTerminated).start().await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        let address = server.page_url();
        Self::load(mock, server, Microphone::Recording, init_script, &address).await
    }

    /// The page with a mock of its own making.
    pub(super) async fn open_at(mock: Builder, microphone: Microphone) -> Self {
        let mock = mock.start().await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        let address = server.page_url();
        Self::load(mock, server, microphone, "", &address).await
    }

    /// The page of a server that gives the service less time to answer than the page gives the server.
    pub(super) async fn open_with_token_limit(limit: Duration) -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let flags = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", "key"];
        let server = TestServer::with(&flags, limit).await;
        let address = server.page_url();
        Self::load(mock, server, Microphone::Recording, "", &address).await
    }

    /// The page at an address that is neither https nor localhost.
    pub(super) async fn open_insecurely(script: Script) -> Self {
        let mock = MockAssemblyAi::start(script).await;
        let server = TestServer::start(&mock.base_url(), &["--public-hosts", "insecure.test"]).await;
        let address = server.page_url().replace("localhost", "insecure.test");
        Self::load(mock, server, Microphone::Recording, "", &address).await
    }

    /// The page of a server with `--demo`; the mock is the server's own.
    pub(super) async fn open_demo() -> Self {
        let mock = MockAssemblyAi::start(Script::new()).await;
        // The recording's pauses last 1.1 s, with what the voice leaves behind.
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::with(&flags, Duration::from_secs(10)).await;
        let address = server.page_url();
        Self::load(mock, server, Microphone::Recording, "", &address).await
    }

    async fn load(
        mock: MockAssemblyAi,
        server: TestServer,
        microphone: Microphone,
        init_script: &str,
        address: &str,
    ) -> Self {
        let browser = Browser::builder(ENGINE)
            .microphone(microphone)
            .init_script(format!("{SEEN}\n{init_script}"))
            .argument("--host-resolver-rules=MAP insecure.test 127.0.0.1")
            .start()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let mut page = Self { browser, mock, server: Some(server) };
        page.browser.open(address).await.unwrap_or_else(|error| panic!("{error}"));
        // The page's code has run, and its button does something.
        page.wait_until("return document.querySelector('#status').textContent === 'Ready'").await;
        page
    }

    /// Loads the page anew.
    pub(super) async fn reload(&mut self) {
        let address = self.server.as_ref().map(TestServer::page_url).unwrap_or_default();
        self.browser.open(&address).await.unwrap_or_else(|error| panic!("{error}"));
        self.wait_until("return document.querySelector('#status').textContent === 'Ready'").await;
    }

    /// Kills the browser as a crash does, starts it again and loads the page.
    pub(super) async fn crash(&mut self) {
        self.browser.crash().await.unwrap_or_else(|error| panic!("{error}"));
        self.reload().await;
    }

    /// Runs JavaScript in the page.
    pub(super) async fn eval(&mut self, script: &str) -> Value {
        self.browser.eval(script).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Clicks.
    pub(super) async fn press(&mut self, selector: &str) {
        self.browser.click(selector).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Clicks Record and waits until what is said is sent.
    pub(super) async fn press_record(&mut self) {
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Record");
        self.press("#record").await;
        self.wait_for_state("recording").await;
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Stop");
    }

    /// Clicks Stop and waits until all is over.
    pub(super) async fn press_stop(&mut self) {
        self.press("#record").await;
        self.wait_for_state("idle").await;
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Record");
    }

    /// Waits for `data-state`.
    pub(super) async fn wait_for_state(&mut self, state: &str) {
        self.browser.wait_for_state(state, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until a function's body returns true in the page.
    pub(super) async fn wait_until(&mut self, condition: &str) {
        self.browser.wait_until(condition, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until the last session has so much audio.
    pub(super) async fn wait_for_audio_ms(&self, audio_ms: u64) {
        let n = self.mock.sessions().len().saturating_sub(1);
        self.mock.wait_for_audio_ms(n, audio_ms, LIMIT).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Waits until so many turns are final on the page.
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

    /// The sentence in `#error`, empty where none is shown.
    pub(super) async fn error(&mut self) -> String {
        let text = "return document.querySelector('#error:not([hidden]) p')?.textContent ?? ''";
        self.eval(text).await.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks Record where that must fail: with a message that was not there before.
    pub(super) async fn press_in_vain(&mut self, sentence: &str, cause: &str) {
        if !self.error().await.is_empty() {
            self.press("#error button").await;
            assert_eq!(self.error().await, "", "it was dismissed");
        }
        self.press("#record").await;
        self.fails_with(sentence, cause).await;
    }

    /// Waits until a failure has led to idle, with this sentence on the page and nothing held.
    pub(super) async fn fails_with(&mut self, sentence: &str, cause: &str) {
        self.wait_until("return !document.querySelector('#error').hidden").await;
        self.wait_for_state("idle").await;
        let error = self.error().await;
        assert!(error.contains(sentence), "{cause}: {error}");
        assert_eq!(self.browser.text("#record").await.unwrap_or_else(|error| panic!("{error}")), "Record");
        self.assert_nothing_is_held().await;
    }

    /// No live track, no open context, no open socket.
    pub(super) async fn assert_nothing_is_held(&mut self) {
        // A context closes in its own time.
        self.wait_until("return window.__seen.held().contexts === 0").await;
        let held = self.eval("return window.__seen.held()").await;
        assert_eq!(held, json!({"tracks": 0, "contexts": 0, "sockets": 0}));
    }

    /// Ends the server, as if it had crashed.
    pub(super) fn stop_server(&mut self) {
        self.server = None;
    }

    /// Saves a picture of the page to `target/screenshots/`.
    pub(super) async fn screenshot(&mut self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        let path = folder.join(name).with_extension("png");
        self.browser.screenshot(&path).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// The end of a test in which nothing may have gone wrong: the mock has no breach, the console no error.
    pub(super) async fn finish(mut self) -> Finished {
        let errors = self.console_errors().await;
        assert!(errors.is_empty(), "{errors:#?}");
        self.finish_despite_errors().await
    }

    /// The end of a test in which the browser had something to complain of.
    pub(super) async fn finish_despite_errors(self) -> Finished {
        let seen = self.mock.finish().await;
        self.browser.close().await.unwrap_or_else(|error| panic!("{error}"));
        seen
    }

    async fn console_errors(&mut self) -> Vec<String> {
        let entries = self.browser.console().await.unwrap_or_else(|error| panic!("{error}"));
        let serious =
            entries.into_iter().filter(|entry| ["SEVERE", "WARNING"].contains(&entry.level.as_str()));
        serious.map(|entry| format!("{}: {}", entry.level, entry.text)).collect()
    }
}
