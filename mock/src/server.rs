use std::io;
use std::net::SocketAddr;
use std::ops::Deref;

use assemblyai_protocol::{TOKEN_PATH, WEBSOCKET_PATH};
use axum::serve::{Listener, ListenerExt};
use tokio::net::TcpListener;

use crate::builder::Builder;
use crate::mock::Mock;
use crate::script::Script;
#[cfg(feature = "tls")]
use crate::tls::{Identity, TlsListener};

/// A mock with a listener of its own: one for each test, on a free port.
///
/// It ends, and all its sessions with it, when it is dropped. All of [`Mock`] can be called on it.
#[derive(Debug)]
#[must_use = "the mock ends when it is dropped"]
pub struct MockAssemblyAi {
    mock: Mock,
    address: SocketAddr,
    authority_pem: Option<String>,
}

impl MockAssemblyAi {
    /// Starts a mock that plays a script in every session and takes any API key.
    ///
    /// # Panics
    /// Where no port of 127.0.0.1 is free.
    pub async fn start(script: Script) -> Self {
        Self::builder().script(script).start().await
    }

    /// A mock with settings of its own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn serve(mock: Mock, listener: TcpListener, tls: bool) -> io::Result<Self> {
        let address = listener.local_addr()?;
        #[cfg(feature = "tls")]
        if tls {
            let identity = Identity::generate(address.ip())?;
            spawn(&mock, TlsListener::new(listener, &identity)?);
            return Ok(Self { mock, address, authority_pem: Some(identity.authority_pem) });
        }
        // Without the feature the builder has no way to ask for it.
        debug_assert!(!tls);
        spawn(
            &mock,
            listener.tap_io(|connection| {
                // Messages are small and answers are awaited: none is to wait for another to fill a packet.
                if let Err(error) = connection.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
            }),
        );
        Ok(Self { mock, address, authority_pem: None })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, without a slash at the end; `https` with TLS.
    pub fn base_url(&self) -> String {
        format!("http{}://{}", self.tls_s(), self.address)
    }

    /// The address of the token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}{TOKEN_PATH}", self.base_url())
    }

    /// The address of the WebSocket.
    pub fn websocket_url(&self) -> String {
        format!("ws{}://{}{WEBSOCKET_PATH}", self.tls_s(), self.address)
    }

    /// With TLS, the certificate that clients are to trust, as PEM.
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority_pem.as_deref()
    }

    fn tls_s(&self) -> &'static str {
        if self.authority_pem.is_some() { "s" } else { "" }
    }

    /// The mock itself, which lives on in its clones when the listener is gone.
    pub fn mock(&self) -> &Mock {
        &self.mock
    }
}

/// Serves the mock until it stops.
fn spawn<L: Listener<Addr = SocketAddr>>(mock: &Mock, listener: L) {
    let router = mock.router();
    let mut stop = mock.shared.stop.subscribe();
    tokio::spawn(async move {
        let stopped = async move {
            // An error means that the mock is gone, which is as good.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the mock's listener failed");
        }
    });
}

impl Deref for MockAssemblyAi {
    type Target = Mock;

    fn deref(&self) -> &Mock {
        &self.mock
    }
}

impl Drop for MockAssemblyAi {
    fn drop(&mut self) {
        self.mock.stop();
    }
}
