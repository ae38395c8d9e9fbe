//! How tests open a page: with which mock, server, microphone and browser.

use std::time::Duration;

use assemblyai_mock::{Builder, MockAssemblyAi, Script, ViolationKind};
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{Browser, BrowserError, Microphone, Setup};
use end_to_end_tests::server::TestServer;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::settings::Settings;

use super::Page;
use crate::ENGINE;
use crate::engines::{self, Capabilities as _};

/// Records the browser objects that the page creates; and the functions that tests run in it.
const SEEN: &str = concat!(
    include_str!("../../../src/seen.js"),
    include_str!("../dom.js"),
    include_str!("../accessibility.js"),
    include_str!("../appearance.js"),
    include_str!("../away.js"),
    include_str!("../captions.js"),
    include_str!("../dialogs.js"),
    include_str!("../driver.js"),
    include_str!("../engines.js"),
    include_str!("../export/export.js"),
    include_str!("../export/long.js"),
    include_str!("../files.js"),
    include_str!("../hidden.js"),
    include_str!("../installable.js"),
    include_str!("../layout.js"),
    include_str!("../level.js"),
    include_str!("../local.js"),
    include_str!("../losses.js"),
    include_str!("../microphones.js"),
    include_str!("../motion.js"),
    include_str!("../no_word_lost.js"),
    include_str!("../reader/correct.js"),
    include_str!("../reader/follow.js"),
    include_str!("../reader/hear.js"),
    include_str!("../reader/load.js"),
    include_str!("../reader/markers.js"),
    include_str!("../reader/off_record.js"),
    include_str!("../reader/playback.js"),
    include_str!("../reader/review.js"),
    include_str!("../reader/search.js"),
    include_str!("../reader/surroundings.js"),
    include_str!("../reader/turns.js"),
    include_str!("../reader/words.js"),
    include_str!("../recordings.js"),
    include_str!("../recovery.js"),
    include_str!("../refusals.js"),
    include_str!("../settings/entry.js"),
    include_str!("../settings/settings.js"),
    include_str!("../settings/storage.js"),
    include_str!("../shared_sound.js"),
    include_str!("../sound_and_microphone.js"),
    include_str!("../start_and_stop.js"),
    include_str!("../states.js"),
    include_str!("../stored_audio.js"),
    include_str!("../transcript.js"),
);

impl Page {
    /// The page with the recording as its microphone.
    pub(crate) async fn open(script: Script) -> Result<Self, BrowserError> {
        Self::open_with(script, Microphone::Recording, "").await
    }

    /// The page without any test script, so `window.__seen` is not available.
    pub(crate) async fn open_untouched(script: Script) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(script).await;
        let server = TestServer::start(&mock.base_url(), &[]).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page with another microphone and a script that runs before the page's scripts.
    pub(crate) async fn open_with(
        script: Script,
        microphone: Microphone,
        init_script: &str,
    ) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::builder().script(script);
        Self::open_before(mock, microphone, init_script).await
    }

    /// The page with the recording as its microphone and a script that runs before the page's scripts.
    pub(crate) async fn open_with_init(init_script: &str) -> Result<Self, BrowserError> {
        Self::open_with(Script::new(), Microphone::Recording, init_script).await
    }

    /// The page in a browser that will be killed, so that a session may end without Terminate.
    pub(crate) async fn open_to_crash(script: Script, init_script: &str) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated);
        Self::open_before(mock, Microphone::Recording, init_script).await
    }

    /// The page with this mock.
    pub(crate) async fn open_at(mock: Builder, microphone: Microphone) -> Result<Self, BrowserError> {
        Self::open_before(mock, microphone, "").await
    }

    /// The page with this mock and a script that runs before the page's scripts.
    pub(crate) async fn open_at_with(
        mock: Builder,
        microphone: Microphone,
        init_script: &str,
    ) -> Result<Self, BrowserError> {
        Self::open_before(mock, microphone, init_script).await
    }

    /// The page of a server with these flags.
    pub(crate) async fn open_with_flags(
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
    pub(crate) async fn open_with_token_limit(limit: Duration) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = serve(&mock, &[], limit, "").await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page at an address that is neither https nor localhost.
    pub(crate) async fn open_insecurely(script: Script) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(script).await;
        let server = serve(&mock, &["--public-hosts", "insecure.test"], TIME_LIMIT, "").await;
        let setup = Setup { proxy: Some(server.address()), ..Setup::new(Microphone::Recording) };
        Self::load_from("http://insecure.test/".to_owned(), mock, server, setup).await
    }

    /// The page of a server with `--demo`, which runs its own mock.
    pub(crate) async fn open_demo() -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        // The recording's pauses last 1.1 s, including the decay of the voice.
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::with_script(&flags, TIME_LIMIT, SEEN.to_owned()).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// The page of a server with `--demo` behind a proxy that has it below `/stt/`.
    pub(crate) async fn open_demo_below_a_path() -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let flags = ["--demo", "--max-turn-silence", "700"];
        let server = TestServer::below("/stt", &flags, SEEN.to_owned()).await;
        let setup = Setup::new(Microphone::Recording);
        Self::load_from(format!("{}stt/", server.page_url()), mock, server, setup).await
    }

    /// The page in a browser that slows down hidden tabs, with a script that runs before the page's scripts.
    pub(crate) async fn open_to_hide(
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
    pub(crate) async fn open_local(model: &str) -> TestResult<Self> {
        Self::open_local_with(model, "").await
    }

    /// As [`Self::open_local`], with a script that runs before the page's scripts.
    #[cfg(feature = "speech")]
    pub(crate) async fn open_local_with(model: &str, init_script: &str) -> TestResult<Self> {
        let server = serve_local(model, &[], init_script).await?;
        let mock = MockAssemblyAi::start(Script::new()).await;
        Ok(Self::load(mock, server, human_speech()).await?)
    }

    /// As [`Self::open_local`], on a host name that is not this machine's.
    #[cfg(feature = "speech")]
    pub(crate) async fn open_local_elsewhere(model: &str) -> TestResult<Self> {
        let server = serve_local(model, &["--public-hosts", "insecure.test"], "").await?;
        let mock = MockAssemblyAi::start(Script::new()).await;
        let proxy = Some(server.address());
        let setup = Setup { proxy, ..Setup::new(human_speech()) };
        Ok(Self::load_from("http://insecure.test/".to_owned(), mock, server, setup).await?)
    }

    /// The page at this address, of a server that the test has started, with human speech as the microphone.
    #[cfg(feature = "speech")]
    pub(crate) async fn open_at_address(address: String) -> Result<Self, BrowserError> {
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
    pub(crate) async fn open_with_settings(
        mock: MockAssemblyAi,
        config: &Settings,
    ) -> Result<Self, BrowserError> {
        let server = TestServer::at(0, config, TIME_LIMIT, SEEN.to_owned()).await;
        Self::load(mock, server, Microphone::Recording).await
    }

    /// Replaces the server by one with other settings on the same port, and reloads the page.
    pub(crate) async fn restart_server_with(&mut self, config: &Settings) -> TestResult {
        let port = self.shut_down_server().await?;
        self.start_server(port, config).await;
        self.reload().await?;
        Ok(())
    }

    /// Shuts the server down gracefully and returns its port.
    pub(crate) async fn shut_down_server(&mut self) -> TestResult<u16> {
        let server = self.server.take().ok_or("the server was stopped already")?;
        let port = server.address().port();
        server.stop().await;
        Ok(port)
    }

    /// Starts a server on the port of one that was shut down, without reloading the page.
    pub(crate) async fn start_server(&mut self, port: u16, config: &Settings) {
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
    pub(crate) async fn open_without(files: &'static str) -> Result<Self, BrowserError> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let server = TestServer::without(files, &["--demo"]).await;
        let setup = Setup::new(Microphone::Recording);
        let page = Self::start_browser(server.page_url(), mock, server, setup).await?;
        page.browser.open(&page.address).await?;
        Ok(page)
    }
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
