//! Accepts connections from the operating system.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::REQUEST_TIME_LIMIT;
use super::connections::{Connections, Slot};

/// How long a trusted proxy's connection may be idle: longer than proxies keep idle connections (60 s with nginx and
/// AWS), so that none sends a request on one that is just being closed.
const PROXY_IDLE_LIMIT: Duration = Duration::from_secs(75);
/// The pause after accepting failed: the usual cause, too many open files, takes time to pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections and waits for a slot for each, without losing one.
pub(super) struct Acceptor {
    listener: TcpListener,
    /// An accepted connection without a slot: it survives if the wait for a slot is cancelled.
    waiting: Option<(TcpStream, SocketAddr)>,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, waiting: None }
    }

    /// The next connection, with its slot; cancel-safe.
    pub(super) async fn accept(
        &mut self,
        connections: &Arc<Connections>,
        trusted: &[IpNet],
    ) -> (TcpStream, SocketAddr, Arc<Slot>) {
        loop {
            let address = match &self.waiting {
                Some((_, address)) => address.ip().to_canonical(),
                None => {
                    self.waiting = Some(self.next().await);
                    continue;
                }
            };
            let is_proxy = trusted.iter().any(|network| network.contains(&address));
            let slot = connections.open(if is_proxy { PROXY_IDLE_LIMIT } else { REQUEST_TIME_LIMIT }).await;
            if let Some((stream, address)) = self.waiting.take() {
                return (stream, address, slot);
            }
        }
    }

    async fn next(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Responses are written whole, so none should wait for more data to fill a packet. A failure
                    // costs some delay only.
                    stream.set_nodelay(true).ok();
                    return (stream, address);
                }
                Err(error) => {
                    tracing::warn!("no connection can be accepted: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}
