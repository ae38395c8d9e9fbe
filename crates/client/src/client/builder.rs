use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::{Client, Shared};
use crate::driver::{Pace, Settings};
use crate::endpoint::{Endpoint, check};
use crate::net::Connector;
use crate::{Error, StreamingParameters};

/// Where AssemblyAI processes the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Region {
    /// Wherever it is fastest.
    #[default]
    Global,
    /// In the United States.
    Us,
    /// In the European Union.
    Eu,
}

impl Region {
    /// The base URL of the service in this region.
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Global => "https://streaming.assemblyai.com",
            Self::Us => "https://streaming.us.assemblyai.com",
            Self::Eu => "https://streaming.eu.assemblyai.com",
        }
    }
}

/// The settings of a [`Client`].
#[derive(Clone, Default)]
#[must_use]
pub struct ClientBuilder {
    api_key: Option<SecretString>,
    token_server: Option<String>,
    base_url: Option<String>,
    parameters: Option<StreamingParameters>,
    proxy: Option<String>,
    is_direct: bool,
    authority_pem: Option<String>,
    settings: Settings,
}

impl ClientBuilder {
    /// The API key of an AssemblyAI account. It is sent in a header, and no message, log or `Debug` shows it.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(SecretString::from(key.into()));
        self
    }

    /// The address of a token server, which is used in place of an API key.
    pub fn token_server(mut self, url: impl Into<String>) -> Self {
        self.token_server = Some(url.into());
        self
    }

    /// The region of AssemblyAI's service.
    pub fn region(self, region: Region) -> Self {
        self.base_url(region.base_url())
    }

    /// The address of any server that speaks the protocol: `http`, `https`, `ws` or `wss`, without `/v3/ws`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The parameters of sessions. With a token server, its own apply unless it allows others.
    ///
    /// Sessions need [`StreamingParameters::session_heartbeat`] to notice a dead connection while nobody speaks; it is
    /// on unless you turn it off.
    pub fn parameters(mut self, parameters: StreamingParameters) -> Self {
        self.parameters = Some(parameters);
        self
    }

    /// The HTTP proxy to connect through, `http://user:password@host:port`. By default it is that of `HTTPS_PROXY` or
    /// `HTTP_PROXY`, except for the hosts of `NO_PROXY`.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.is_direct = true;
        self
    }

    /// Also trusts the certificates in this PEM text, beside those of the features `webpki-roots` and `native-roots`.
    pub fn add_root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.authority_pem = Some(pem.into());
        self
    }

    /// Keeps audio and goes on trying if the first connection fails for a reason that may pass. By default the session
    /// then ends with the error.
    pub fn wait_for_service(mut self) -> Self {
        self.settings.waits_for_service = true;
        self
    }

    /// Takes audio as fast as the server reads it: for a recogniser on this machine. AssemblyAI would end the session.
    /// Such a server may be slow: it may leave audio unread for 3 min, and has 90 s for the last words.
    pub fn faster_than_real_time(mut self) -> Self {
        self.settings.pace = Pace::AsRead;
        self.settings.is_slow_reader = true;
        self
    }

    /// Closes the connection, which is billed while it is open, whenever nobody has spoken for so long; the first sound
    /// of speech opens another, which is sent what was said from 3 s before. By default it stays open; with speaker
    /// labels always, because they restart with each connection. Less than 5 s closes it between sentences.
    pub fn standby_after(mut self, silence: Duration) -> Self {
        self.settings.standby_after = Some(silence);
        self
    }

    /// The longest time that [`Session::finish`](crate::Session::finish) takes, 2 minutes by default. It takes about a
    /// second with a good connection; after an outage the kept audio is sent at twice the speed of speech.
    pub fn finish_limit(mut self, limit: Duration) -> Self {
        self.settings.finish_limit = limit;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// If there is neither a key nor a token server nor another base URL, or a setting cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        if let Some(parameters) = &self.parameters {
            check(parameters)?;
        }
        let endpoint = match (self.token_server, self.api_key) {
            (Some(url), _) => Endpoint::token_server(&url)?,
            // A server of one's own may need no key.
            (None, key) if key.is_some() || self.base_url.is_some() => {
                Endpoint::direct(self.base_url.as_deref().unwrap_or(Region::default().base_url()), key)?
            }
            (None, _) => return Err(Error::MissingKey),
        };
        let connector = Connector::new(self.proxy.as_deref(), self.is_direct, self.authority_pem.as_deref())?;
        let shared = Shared {
            endpoint: Arc::new(endpoint),
            connector,
            parameters: self.parameters,
            settings: self.settings,
        };
        Ok(Client { shared: Arc::new(shared) })
    }
}

/// Without credentials: a proxy's address may contain one.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .field("token_server", &self.token_server)
            .field("parameters", &self.parameters)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_in_no_debug_output() -> Result<(), Error> {
        let builder = Client::builder().api_key("very-secret").proxy("http://me:very-secret@proxy:3128");
        let text = format!("{builder:?} {:?}", builder.clone().build()?);
        assert!(!text.contains("very-secret"), "{text}");
        assert!(text.contains("streaming.assemblyai.com"), "{text}");
        Ok(())
    }

    #[test]
    fn each_region_is_connected_to_at_its_own_address() -> Result<(), Error> {
        let default = Client::new("a")?;
        for (client, host) in [
            (default, "streaming.assemblyai.com"),
            (Client::builder().api_key("a").region(Region::Global).build()?, "streaming.assemblyai.com"),
            (Client::builder().api_key("a").region(Region::Us).build()?, "streaming.us.assemblyai.com"),
            (Client::builder().api_key("a").region(Region::Eu).build()?, "streaming.eu.assemblyai.com"),
        ] {
            let text = format!("{client:?}");
            assert!(text.contains(&format!("\"wss://{host}/v3/ws\"")), "{text}");
        }
        Ok(())
    }

    #[test]
    fn settings_that_cannot_be_used_are_refused_before_anything_is_sent() {
        let error = |builder: ClientBuilder| builder.build().expect_err("refused").to_string();
        assert!(error(Client::builder()).starts_with("there is no API key"));
        assert!(error(Client::builder().api_key("a\nb")).starts_with("the API key has characters"));
        let base = |url: &str| error(Client::builder().api_key("a").base_url(url));
        assert!(base("ftp://example.org").contains("ftp://example.org"));
        assert!(base("https://").contains("cannot be used"));
        let rate = StreamingParameters { sample_rate_hz: 44_100, ..StreamingParameters::default() };
        assert!(error(Client::builder().api_key("a").parameters(rate)).contains("44100"));
        let silence = StreamingParameters { max_turn_silence_ms: Some(1), ..StreamingParameters::default() };
        assert!(error(Client::builder().api_key("a").parameters(silence)).contains("max_turn_silence"));
    }
}
