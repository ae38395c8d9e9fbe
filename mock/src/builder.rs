use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_protocol::MAX_SESSION_DURATION_S;
use tokio::net::TcpListener;

use crate::breach::BreachKind;
use crate::mock::Mock;
use crate::posture::Posture;
use crate::script::Script;
use crate::server::MockAssemblyAi;
use crate::shared::Shared;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) api_keys: Vec<String>,
    pub(crate) posture: Posture,
    pub(crate) scripts: Vec<Script>,
    pub(crate) single_use_tokens: bool,
    pub(crate) begin_delay: Duration,
    pub(crate) ending_delay: Duration,
    pub(crate) max_session_s: u32,
    pub(crate) max_sessions: usize,
    pub(crate) recording: bool,
    pub(crate) allowed: Vec<BreachKind>,
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
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            settings: Settings {
                api_keys: Vec::new(),
                posture: Posture::Live,
                scripts: Vec::new(),
                single_use_tokens: false,
                begin_delay: Duration::ZERO,
                ending_delay: Duration::ZERO,
                max_session_s: *MAX_SESSION_DURATION_S.end(),
                max_sessions: usize::MAX,
                recording: true,
                allowed: Vec::new(),
            },
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

    /// Takes this API key, and no longer any; more can be added.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_keys.push(key.into());
        self
    }

    /// How much the mock lets pass; [`Posture::Strict`] also makes tokens good for one session.
    #[must_use]
    pub fn posture(mut self, posture: Posture) -> Self {
        self.settings.posture = posture;
        self.settings.single_use_tokens = posture == Posture::Strict;
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
    /// [`Mock::sessions`] and [`Mock::breaches`] stay empty.
    #[must_use]
    pub fn recording(mut self, recording: bool) -> Self {
        self.settings.recording = recording;
        self
    }

    /// Lets [`Mock::finish`] pass over breaches of a kind.
    #[must_use]
    pub fn allow(mut self, kind: BreachKind) -> Self {
        self.settings.allowed.push(kind);
        self
    }

    /// A mock without a listener, to be mounted with [`Mock::router`].
    pub fn build(self) -> Mock {
        Mock { shared: Arc::new(Shared::new(self.settings)) }
    }

    /// Starts the mock on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where no port is free: a test cannot go on without its server.
    pub async fn start(self) -> MockAssemblyAi {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        self.bind(address).await.unwrap_or_else(|error| panic!("no free port on 127.0.0.1: {error}"))
    }

    /// Starts the mock on an address.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub async fn bind(self, address: SocketAddr) -> io::Result<MockAssemblyAi> {
        let listener = TcpListener::bind(address).await?;
        MockAssemblyAi::serve(self.build(), listener)
    }
}
