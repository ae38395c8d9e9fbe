//! Where to connect, and with which credential.

mod builder;

use std::fmt;
use std::sync::Arc;

pub use builder::{ClientBuilder, Region};

use crate::audio::{AudioSink, AudioSource, SourceKind, channel};
use crate::driver::{self, Pace, Settings};
use crate::endpoint::{Endpoint, Opening};
use crate::net::Connector;
use crate::session::Session;
use crate::{Error, StreamingParameters};

/// Opens sessions at AssemblyAI, at a server that speaks its protocol, or by way of a token server. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: Arc<Endpoint>,
    connector: Connector,
    parameters: Option<StreamingParameters>,
    settings: Settings,
}

impl Client {
    /// A client of AssemblyAI with an API key and the default parameters.
    ///
    /// # Errors
    /// If the key has characters that a key cannot have, or TLS cannot be used.
    pub fn new(api_key: impl Into<String>) -> Result<Self, Error> {
        Self::builder().api_key(api_key).build()
    }

    /// A client of the environment: `ASSEMBLYAI_API_KEY` is the key, and `ASSEMBLYAI_BASE_URL`, where it is set, the address
    /// of a service other than AssemblyAI's, see [`ClientBuilder::base_url`].
    ///
    /// # Errors
    /// If neither is set, or one cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder_from_env().build()
    }

    /// A builder with the key and the address that [`Self::from_env`] uses, to which more can be set.
    pub fn builder_from_env() -> ClientBuilder {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let builder = set("ASSEMBLYAI_API_KEY").into_iter().fold(Self::builder(), ClientBuilder::api_key);
        set("ASSEMBLYAI_BASE_URL").into_iter().fold(builder, ClientBuilder::base_url)
    }

    /// A client by way of this project's token server, `http://localhost:8000` or the address of one's own. It hands out
    /// tokens and says where to connect, so the API key stays there.
    ///
    /// # Errors
    /// If the address is not one.
    pub fn with_token_server(url: impl Into<String>) -> Result<Self, Error> {
        Self::builder().token_server(url).build()
    }

    /// Sets more than these two.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Starts a session for samples of your own. Drop the sink, or call [`Session::finish`], to end it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(&self) -> (AudioSink, Session) {
        let (sink, receiver) = channel();
        (sink, self.spawn(receiver, self.shared.settings.pace))
    }

    /// Starts a session that transcribes a source to its end.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn transcribe(&self, source: AudioSource) -> Session {
        let (sink, receiver) = channel();
        let pace = match (source.kind(), self.shared.settings.pace) {
            (SourceKind::Device, _) => Pace::Live,
            (_, Pace::AsRead) => Pace::AsRead,
            (SourceKind::File, _) => Pace::Waiting,
            (SourceKind::Pipe, _) => Pace::RealTime,
        };
        self.spawn(receiver, pace).fed_by(source, sink)
    }

    fn spawn(&self, receiver: crate::audio::AudioReceiver, pace: Pace) -> Session {
        let Shared { endpoint, connector, parameters, settings } = &*self.shared;
        let opening = Opening::new(endpoint.clone(), connector.clone(), parameters.clone());
        driver::spawn(opening, receiver, Settings { pace, ..*settings })
    }
}

/// Without the credential.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { endpoint, parameters, settings, .. } = &*self.shared;
        f.debug_struct("Client")
            .field("endpoint", endpoint)
            .field("parameters", parameters)
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}
