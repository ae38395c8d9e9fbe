use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::MAX_SESSION_DURATION_S;

use crate::delay_line::Network;
use crate::faults::{SocketFault, TokenFault};
use crate::mock::Mock;
use crate::scenario::Scenario;
use crate::script::Script;
use crate::server::MockAssemblyAi;
use crate::state::MockState;
use crate::strictness::Strictness;
use crate::violation::ViolationKind;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) api_keys: Vec<String>,
    pub(crate) strictness: Strictness,
    pub(crate) scripts: Vec<Script>,
    pub(crate) single_use_tokens: bool,
    pub(crate) begin_delay: Duration,
    pub(crate) ending_delay: Duration,
    pub(crate) max_session_s: u32,
    pub(crate) max_sessions: usize,
    pub(crate) keep_records: bool,
    pub(crate) allowed: Vec<ViolationKind>,
    pub(crate) network: Network,
}

impl Settings {
    /// Whether an API key is good; without a list any is.
    pub(crate) fn knows_key(&self, key: &str) -> bool {
        self.api_keys.is_empty() || self.api_keys.iter().any(|known| known == key)
    }
}

/// Settings of a mock before it starts.
///
/// By itself it takes any API key, sends `Begin` and answers Terminate at once, lets tokens be used again within
/// their window, records everything, and says nothing: nobody speaks.
#[derive(Debug, Clone)]
pub struct Builder {
    settings: Settings,
    token_faults: Vec<TokenFault>,
    socket_faults: Vec<SocketFault>,
    listener: ListenerSettings,
}

/// How the mock listens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ListenerSettings {
    pub(crate) port: u16,
    pub(crate) tls: bool,
    pub(crate) receive_buffer_bytes: Option<u32>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            settings: Settings {
                api_keys: Vec::new(),
                strictness: Strictness::Lenient,
                scripts: Vec::new(),
                single_use_tokens: false,
                begin_delay: Duration::ZERO,
                ending_delay: Duration::ZERO,
                max_session_s: *MAX_SESSION_DURATION_S.end(),
                max_sessions: usize::MAX,
                keep_records: true,
                allowed: Vec::new(),
                network: Network::default(),
            },
            token_faults: Vec::new(),
            socket_faults: Vec::new(),
            listener: ListenerSettings::default(),
        }
    }
}

impl Builder {
    /// The script of every session. Called again, it is the script of the sessions after the one before: the first
    /// session plays the first script, and the last script serves all further sessions.
    #[must_use]
    pub fn script(mut self, script: Script) -> Self {
        self.settings.scripts.push(script);
        self
    }

    /// The script of a scenario, as [`Builder::script`], and its faults for the next token requests and sockets.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.token_faults.extend(scenario.token_faults);
        self.socket_faults.extend(scenario.socket_faults);
        self.script(scenario.script)
    }

    /// Takes this API key, and no longer any; more can be added.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_keys.push(key.into());
        self
    }

    /// How much the mock lets pass; [`Strictness::Strict`] also makes tokens good for one session.
    #[must_use]
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.settings.strictness = strictness;
        self.settings.single_use_tokens = strictness == Strictness::Strict;
        self
    }

    /// Whether a token opens one session only; documented so, and not so on the wire.
    #[must_use]
    pub fn single_use_tokens(mut self, single_use: bool) -> Self {
        self.settings.single_use_tokens = single_use;
        self
    }

    /// From the handshake to `Begin`; 600 to 700 ms at the service, 0 here.
    #[must_use]
    pub fn begin_delay(mut self, delay: Duration) -> Self {
        self.settings.begin_delay = delay;
        self
    }

    /// From Terminate to its answer; 600 to 1300 ms at the service, 0 here.
    #[must_use]
    pub fn ending_delay(mut self, delay: Duration) -> Self {
        self.settings.ending_delay = delay;
        self
    }

    /// The longest session, in s; 10 800 by itself. A token can shorten it.
    #[must_use]
    pub fn max_session_s(mut self, seconds: u32) -> Self {
        self.settings.max_session_s = seconds;
        self
    }

    /// How many sessions may be open at a time; any number by itself. One more is refused with 1008.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.settings.max_sessions = sessions;
        self
    }

    /// Whether sessions and token requests are kept; without it memory does not grow with what is received, and
    /// [`Mock::sessions`] and [`Mock::violations`] stay empty.
    #[must_use]
    pub fn keep_records(mut self, keep: bool) -> Self {
        self.settings.keep_records = keep;
        self
    }

    /// Lets [`Mock::finish`] pass over violations of a kind.
    #[must_use]
    pub fn allow(mut self, kind: ViolationKind) -> Self {
        self.settings.allowed.push(kind);
        self
    }

    /// Each message to the client is this long under way, and by chance up to `jitter` longer; the order stays.
    #[must_use]
    pub fn latency(mut self, latency: Duration, jitter: Duration) -> Self {
        (self.settings.network.latency, self.settings.network.jitter) = (latency, jitter);
        self
    }

    /// Reads no more than so many bytes a second from each client, so that its own buffers fill; 32 000 is real
    /// time at 16 kHz.
    #[must_use]
    pub fn bandwidth(mut self, bytes_per_s: u32) -> Self {
        self.settings.network.bytes_per_s = Some(bytes_per_s);
        self
    }

    /// The system keeps no more than about so many bytes of what a client sent and the mock has not read, so that the
    /// client's own buffers fill within seconds when nothing is read any more. With 4096, on Linux, a client that sent
    /// its audio as it came is full after some 70 kB, 2 s at 16 kHz; by itself after 1 to 4 MB. Bursts make the
    /// client's system offer more room: [`Builder::bandwidth`] of a few times real time keeps that small.
    #[must_use]
    pub fn receive_buffer_bytes(mut self, bytes: u32) -> Self {
        self.listener.receive_buffer_bytes = Some(bytes);
        self
    }

    /// The port of 127.0.0.1 on which [`Builder::start`] listens; by itself 0, a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.listener.port = port;
        self
    }

    /// What the chance in [`Builder::latency`] starts from; 0 by itself.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.network.seed = seed;
        self
    }

    /// Serves HTTPS and WSS, with a certificate from an authority of its own that is made at start:
    /// [`MockAssemblyAi::authority_pem`] is what clients are to trust.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.listener.tls = true;
        self
    }

    /// A mock without a listener, to be mounted with [`Mock::router`].
    pub fn build(self) -> Mock {
        let mock = Mock { state: Arc::new(MockState::new(self.settings)) };
        self.token_faults.into_iter().for_each(|fault| mock.token_faults().next(fault));
        self.socket_faults.into_iter().for_each(|fault| mock.socket_faults().next(fault));
        mock
    }

    /// Starts the mock on 127.0.0.1, on a free port or that of [`Builder::port`].
    ///
    /// # Panics
    /// Where the port is not free: a test cannot go on without its server.
    pub async fn start(self) -> MockAssemblyAi {
        let address = SocketAddr::from(([127, 0, 0, 1], self.listener.port));
        self.bind(address).await.unwrap_or_else(|error| panic!("cannot listen on {address}: {error}"))
    }

    /// Starts the mock on an address.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    // Async because a listener needs a runtime: what is not awaited cannot be called outside of one.
    #[expect(clippy::unused_async, reason = "see above")]
    pub async fn bind(self, address: SocketAddr) -> io::Result<MockAssemblyAi> {
        let listener = self.listener;
        MockAssemblyAi::serve(self.build(), address, listener)
    }
}
