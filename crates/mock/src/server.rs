use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use assemblyai_protocol::{TOKEN_PATH, WEBSOCKET_PATH};
use axum::serve::{Listener, ListenerExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::builder::{Builder, ListenerSettings};
use crate::mock::Mock;
use crate::script::Script;
#[cfg(feature = "tls")]
use crate::tls::{Identity, TlsListener};
use crate::wait::wait;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long connections may take to end when the mock goes down.
const DOWN_LIMIT: Duration = Duration::from_secs(5);
/// The largest piece in which a client may send where its buffers are to fill soon, in bytes: Linux gives a sender
/// room for 20 pieces and more, and on loopback one piece is 64 kB.
const SMALL_SEGMENT_BYTES: u32 = 536;

/// A mock with a listener of its own: one for each test, on a free port.
///
/// It ends, and all its sessions with it, when it is dropped. All of [`Mock`] can be called on it.
#[derive(Debug)]
#[must_use = "the mock ends when it is dropped"]
pub struct MockAssemblyAi {
    mock: Mock,
    address: SocketAddr,
    settings: ListenerSettings,
    #[cfg(feature = "tls")]
    identity: Option<Identity>,
    /// `None` while the mock is down.
    serving: Option<JoinHandle<()>>,
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

    pub(crate) fn serve(mock: Mock, address: SocketAddr, settings: ListenerSettings) -> io::Result<Self> {
        let listener = listen(address, settings)?;
        let address = listener.local_addr()?;
        let mut server = Self {
            mock,
            address,
            settings,
            #[cfg(feature = "tls")]
            identity: settings.tls.then(|| Identity::generate(address.ip())).transpose()?,
            serving: None,
        };
        server.accept(listener)?;
        Ok(server)
    }

    #[cfg_attr(not(feature = "tls"), expect(clippy::unnecessary_wraps, reason = "TLS can fail"))]
    fn accept(&mut self, listener: TcpListener) -> io::Result<()> {
        #[cfg(feature = "tls")]
        if let Some(identity) = &self.identity {
            self.serving = Some(spawn(&self.mock, TlsListener::new(listener, identity)?));
            return Ok(());
        }
        self.serving = Some(spawn(
            &self.mock,
            listener.tap_io(|connection| {
                // Messages are small and answers are awaited: none is to wait for another to fill a packet.
                if let Err(error) = connection.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
            }),
        ));
        Ok(())
    }

    /// The service is gone: all connections end without a close frame, and new ones are refused, until
    /// [`MockAssemblyAi::come_up`]. What was recorded, scripts, faults and tokens stay.
    pub async fn go_down(&mut self) {
        self.mock.stop();
        if let Some(mut serving) = self.serving.take()
            && timeout(DOWN_LIMIT, &mut serving).await.is_err()
        {
            serving.abort();
        }
        let state = &self.mock.state;
        let ended = wait(state, DOWN_LIMIT, || state.records().none_runs().then_some(())).await;
        if ended.is_none() {
            tracing::warn!("a session did not end with the mock");
        }
    }

    /// The service is back, at the same address.
    ///
    /// # Errors
    /// Where somebody else has taken the port meanwhile.
    // Async because a listener needs a runtime.
    #[expect(clippy::unused_async, reason = "see above")]
    pub async fn come_up(&mut self) -> io::Result<()> {
        if self.serving.is_some() {
            return Ok(());
        }
        let listener = listen(self.address, self.settings)?;
        self.mock.state.stop.send_replace(false);
        self.accept(listener)
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
        #[cfg(feature = "tls")]
        return self.identity.as_ref().map(|identity| identity.authority_pem.as_str());
        #[cfg(not(feature = "tls"))]
        None
    }

    fn tls_s(&self) -> &'static str {
        if self.settings.tls { "s" } else { "" }
    }

    /// The mock itself, which lives on in its clones when the listener is gone.
    pub fn mock(&self) -> &Mock {
        &self.mock
    }
}

/// Listens on an address that may have been in use until now.
fn listen(address: SocketAddr, settings: ListenerSettings) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows it would let two processes listen on one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    if let Some(bytes) = settings.receive_buffer_bytes {
        // Connections take these from the socket that listens, before they are accepted.
        socket.set_recv_buffer_size(bytes)?;
        #[cfg(unix)]
        socket2::SockRef::from(&socket).set_tcp_mss(SMALL_SEGMENT_BYTES)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves the mock until it stops.
fn spawn<L: Listener<Addr = SocketAddr>>(mock: &Mock, listener: L) -> JoinHandle<()> {
    let router = mock.router();
    let mut stop = mock.state.stop.subscribe();
    tokio::spawn(async move {
        let stopped = async move {
            // An error means that the mock is gone, which is as good.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the mock's listener failed");
        }
    })
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
