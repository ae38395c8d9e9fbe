//! Takes connections from the system.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::REQUEST_LIMIT;
use super::connections::{Connections, Slot};

/// How long a trusted proxy may take: longer than proxies keep idle connections (60 s with nginx and AWS), so that none
/// sends a request into one that is just closed.
const PROXY_IDLE_LIMIT: Duration = Duration::from_secs(75);
/// The pause after the system would give no connection: the usual cause, too many open files, takes time to pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes connections from the system, and none of them twice or never.
pub(super) struct Acceptor {
    listener: TcpListener,
    /// One that has no place yet: it is not lost where the wait for one ends early.
    waiting: Option<(TcpStream, SocketAddr)>,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, waiting: None }
    }

    /// The next connection, with a place; may be dropped at any time.
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
            let slot = connections.place(if is_proxy { PROXY_IDLE_LIMIT } else { REQUEST_LIMIT }).await;
            if let Some((stream, address)) = self.waiting.take() {
                return (stream, address, slot);
            }
        }
    }

    async fn next(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Answers are whole when they are written: none is to wait for another to fill a packet.
                    let _ = stream.set_nodelay(true);
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
