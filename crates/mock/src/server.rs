use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use assemblyai_protocol::{TOKEN_PATH, WEBSOCKET_PATH};
use axum::serve::{Listener, ListenerExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::builder::Builder;
use crate::mock::Mock;
use crate::script::Script;
use crate::settings::ListenerSettings;
#[cfg(feature = "tls")]
use crate::tls::{Identity, TlsListener};
use crate::wait::wait;

/// Maximum number of connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long `go_down` waits for connections to end.
const DOWN_LIMIT: Duration = Duration::from_secs(5);
/// How often `go_down` tries to take the address that its listener is about to leave.
const RESERVE_INTERVAL: Duration = Duration::from_millis(1);
/// How long it tries; the listener leaves it at once.
const RESERVE_LIMIT: Duration = Duration::from_secs(1);
/// Maximum TCP segment size, in bytes, used with a small receive buffer: Linux buffers at least 20 segments for a
/// sender, and on loopback a segment has 64 kB by default.
#[cfg(unix)]
const SMALL_SEGMENT_BYTES: u32 = 536;

/// A mock with a listener. Tests start one each, on a free port.
///
/// Dropping it stops the listener and ends all sessions. It dereferences to [`Mock`].
#[derive(Debug)]
#[must_use = "the mock ends when it is dropped"]
pub struct MockAssemblyAi {
    mock: Mock,
    address: SocketAddr,
    settings: ListenerSettings,
    #[cfg(feature = "tls")]
    identity: Option<Identity>,
    /// `None` after `go_down`.
    serving: Option<JoinHandle<()>>,
    /// During an outage, a socket that is bound to the address and does not listen. Linux refuses connections to it,
    /// and does not choose its port for another socket. Only there: macOS lets connections to it wait.
    reserved: Option<TcpSocket>,
}

impl MockAssemblyAi {
    /// Starts a mock that plays a script in every session and accepts any API key.
    ///
    /// # Panics
    /// Panics if no port of 127.0.0.1 is free.
    pub async fn start(script: Script) -> Self {
        Self::builder().script(script).start().await
    }

    /// Returns a builder with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn serve(mock: Mock, address: SocketAddr, settings: ListenerSettings) -> io::Result<Self> {
        let listener = bind(address, settings)?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let mut server = Self {
            mock,
            address,
            settings,
            #[cfg(feature = "tls")]
            identity: settings.tls.then(|| Identity::generate(address.ip())).transpose()?,
            serving: None,
            reserved: None,
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
                // Messages are small and clients wait for them: don't let TCP delay them to fill a packet.
                if let Err(error) = connection.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
            }),
        ));
        Ok(())
    }

    /// Simulates an outage: all connections end without a close frame and new ones are refused until
    /// [`MockAssemblyAi::come_up`]. Records, scripts, faults and tokens are preserved.
    pub async fn go_down(&mut self) {
        self.mock.stop();
        if let Some(mut serving) = self.serving.take() {
            if cfg!(target_os = "linux") {
                self.reserved = timeout(RESERVE_LIMIT, self.reserve()).await.ok();
            }
            if timeout(DOWN_LIMIT, &mut serving).await.is_err() {
                serving.abort();
            }
        }
        let state = &self.mock.state;
        let ended = wait(state, DOWN_LIMIT, || state.records().none_runs().then_some(())).await;
        if ended.is_none() {
            tracing::warn!("a session is still running after the mock stopped");
        }
    }

    /// Binds the address as soon as the listener has left it.
    async fn reserve(&self) -> TcpSocket {
        loop {
            match bind(self.address, self.settings) {
                Ok(socket) => return socket,
                Err(_) => sleep(RESERVE_INTERVAL).await,
            }
        }
    }

    /// Ends the outage: listens at the same address again.
    ///
    /// # Errors
    /// Returns an error if another socket listens at this port.
    // Async so that it cannot be called outside of the runtime that the listener needs.
    #[expect(clippy::unused_async, reason = "see above")]
    pub async fn come_up(&mut self) -> io::Result<()> {
        if self.serving.is_some() {
            return Ok(());
        }
        let reserved = self.reserved.take();
        let socket = reserved.map_or_else(|| bind(self.address, self.settings), Ok)?;
        let listener = socket.listen(BACKLOG)?;
        self.mock.state.stop.send_replace(false);
        self.accept(listener)
    }

    /// The address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, or `https` with TLS, without a trailing slash.
    pub fn base_url(&self) -> String {
        format!("http{}://{}", self.scheme_suffix(), self.address)
    }

    /// The URL of the token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}{TOKEN_PATH}", self.base_url())
    }

    /// The URL of the WebSocket endpoint.
    pub fn websocket_url(&self) -> String {
        format!("ws{}://{}{WEBSOCKET_PATH}", self.scheme_suffix(), self.address)
    }

    /// The PEM certificate that clients must trust; `None` without TLS.
    pub fn authority_pem(&self) -> Option<&str> {
        #[cfg(feature = "tls")]
        return self.identity.as_ref().map(|identity| identity.authority_pem.as_str());
        #[cfg(not(feature = "tls"))]
        None
    }

    fn scheme_suffix(&self) -> &'static str {
        if self.settings.tls { "s" } else { "" }
    }

    /// The mock without its listener. A clone keeps the records after the listener has stopped.
    pub fn mock(&self) -> &Mock {
        &self.mock
    }
}

/// Binds the address, also if closed connections still occupy it.
fn bind(address: SocketAddr, settings: ListenerSettings) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows this option would let two processes listen on one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    if let Some(bytes) = settings.receive_buffer_bytes {
        // Accepted connections inherit these from the listening socket.
        socket.set_recv_buffer_size(bytes)?;
        #[cfg(unix)]
        socket2::SockRef::from(&socket).set_tcp_mss(SMALL_SEGMENT_BYTES)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

/// Serves the mock in a task until the mock stops.
fn spawn<L: Listener<Addr = SocketAddr>>(mock: &Mock, listener: L) -> JoinHandle<()> {
    let router = mock.router();
    let mut stop = mock.state.stop.subscribe();
    tokio::spawn(async move {
        let stopped = async move {
            // An error means that the mock was dropped, which ends the server as well.
            drop(stop.wait_for(|stop| *stop).await);
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
