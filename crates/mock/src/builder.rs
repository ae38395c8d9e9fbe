use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::faults::{SocketFault, TokenFault};
use crate::mock::Mock;
use crate::scenario::Scenario;
use crate::script::Script;
use crate::server::MockAssemblyAi;
use crate::settings::{ListenerSettings, Settings};
use crate::state::MockState;
use assemblyai_service::Strictness;
use assemblyai_service::ViolationKind;

/// Configures a mock before it starts.
///
/// By default a mock accepts any API key, sends `Begin` and answers `Terminate` without delay, lets a token open
/// several sessions, records everything, and has an empty script: no session has any words.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    settings: Settings,
    token_faults: Vec<TokenFault>,
    socket_faults: Vec<SocketFault>,
    listener: ListenerSettings,
}

impl Builder {
    /// Adds a script. The first session plays the first script, the second session the second, and so on; the last
    /// script is played in all further sessions.
    #[must_use]
    pub fn script(mut self, script: Script) -> Self {
        self.settings.scripts.push(script);
        self
    }

    /// Adds the script of a scenario, as [`Builder::script`] does, and queues its faults.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.token_faults.extend(scenario.token_faults);
        self.socket_faults.extend(scenario.socket_faults);
        self.script(scenario.script)
    }

    /// Adds a valid API key. Without any, every key is valid.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_keys.push(key.into());
        self
    }

    /// How strictly rules are enforced; [`Strictness::Strict`] also makes tokens single-use.
    #[must_use]
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.settings.strictness = strictness;
        self.settings.single_use_tokens = strictness == Strictness::Strict;
        self
    }

    /// Whether a token opens only one session, as documented. The service was seen to accept a token repeatedly.
    #[must_use]
    pub fn single_use_tokens(mut self, single_use: bool) -> Self {
        self.settings.single_use_tokens = single_use;
        self
    }

    /// Delay from the handshake to `Begin`; 0 by default, 600 to 700 ms at the service.
    #[must_use]
    pub fn begin_delay(mut self, delay: Duration) -> Self {
        self.settings.begin_delay = delay;
        self
    }

    /// Delay from `Terminate` to the last messages; 0 by default, 600 to 1300 ms at the service.
    #[must_use]
    pub fn ending_delay(mut self, delay: Duration) -> Self {
        self.settings.ending_delay = delay;
        self
    }

    /// Maximum duration of a session, in s; 10 800 by default. A token can shorten it.
    #[must_use]
    pub fn max_session_s(mut self, seconds: u32) -> Self {
        self.settings.max_session_s = seconds;
        self
    }

    /// Maximum number of open sessions; unlimited by default. Further ones are rejected with code 1008.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.settings.max_sessions = sessions;
        self
    }

    /// Whether sessions and token requests are recorded. Without records, memory does not grow with what is
    /// received, and [`Mock::sessions`] and [`Mock::violations`] stay empty.
    #[must_use]
    pub fn keep_records(mut self, keep: bool) -> Self {
        self.settings.keep_records = keep;
        self
    }

    /// Makes [`Mock::finish`] and [`Mock::violations`] ignore violations of this kind.
    #[must_use]
    pub fn allow(mut self, kind: ViolationKind) -> Self {
        self.settings.allowed.push(kind);
        self
    }

    /// Delays each message to the client by `latency` and a random part of `jitter`; messages keep their order.
    #[must_use]
    pub fn latency(mut self, latency: Duration, jitter: Duration) -> Self {
        (self.settings.network.latency, self.settings.network.jitter) = (latency, jitter);
        self
    }

    /// Maximum number of bytes per second read from each client, so that the client's own buffers fill; 32 000 is
    /// real time at 16 kHz, 0 no limit.
    #[must_use]
    pub fn bandwidth(mut self, bytes_per_s: u32) -> Self {
        self.settings.network.bytes_per_s = Some(bytes_per_s);
        self
    }

    /// Size of each connection's TCP receive buffer, in bytes. With a small one, the client's own buffers fill within
    /// seconds once the mock stops reading: with 4096, on Linux, after some 70 kB (2 s at 16 kHz) for a client that
    /// sends in real time, instead of 1 to 4 MB. After bursts the client's system offers more room;
    /// [`Builder::bandwidth`] of a few times real time prevents that.
    #[must_use]
    pub fn receive_buffer_bytes(mut self, bytes: u32) -> Self {
        self.listener.receive_buffer_bytes = Some(bytes);
        self
    }

    /// The port of 127.0.0.1 on which [`Builder::start`] listens; by default 0, which takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.listener.port = port;
        self
    }

    /// Seed of the random part of [`Builder::latency`]; 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.network.seed = seed;
        self
    }

    /// Serves HTTPS and WSS with a certificate that is generated at start and signed by an authority generated with
    /// it. Clients must trust [`MockAssemblyAi::authority_pem`].
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.listener.tls = true;
        self
    }

    /// Builds a mock without a listener; mount its [`Mock::router`].
    pub fn build(self) -> Mock {
        let mock = Mock { state: Arc::new(MockState::new(self.settings)) };
        self.token_faults.into_iter().for_each(|fault| mock.token_faults().next(fault));
        self.socket_faults.into_iter().for_each(|fault| mock.socket_faults().next(fault));
        mock
    }

    /// Starts the mock on 127.0.0.1, on a free port or on that of [`Builder::port`].
    ///
    /// # Panics
    /// Panics if the port cannot be bound: a test cannot continue without its server.
    pub async fn start(self) -> MockAssemblyAi {
        let address = SocketAddr::from(([127, 0, 0, 1], self.listener.port));
        self.bind(address).await.unwrap_or_else(|error| panic!("cannot listen on {address}: {error}"))
    }

    /// Starts the mock on an address.
    ///
    /// # Errors
    /// Returns an error if the address cannot be bound.
    // Async so that it cannot be called outside of the runtime that the listener needs.
    #[expect(clippy::unused_async, reason = "see above")]
    pub async fn bind(self, address: SocketAddr) -> io::Result<MockAssemblyAi> {
        let listener = self.listener;
        MockAssemblyAi::serve(self.build(), address, listener)
    }
}
