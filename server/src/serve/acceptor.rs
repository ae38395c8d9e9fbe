//! Accepts connections from the operating system.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use super::REQUEST_TIME_LIMIT;
use super::connections::{Connections, Slot};

/// How long a trusted proxy's connection may be idle: longer than proxies keep idle connections (60 s with nginx and
/// AWS, 120 s with Caddy, 600 s with Google Cloud), so that none sends a request on one that is just being closed.
const PROXY_IDLE_LIMIT: Duration = Duration::from_secs(650);
/// The pause after accepting failed and no connection gave way: the usual cause, too many open files, takes time to pass.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The pause after one gave way, in which its file is closed.
const GIVE_WAY_PAUSE: Duration = Duration::from_millis(1);
/// The numbers of ENFILE and EMFILE, the same on all Unix systems.
#[cfg(unix)]
const TOO_MANY_FILES: [i32; 2] = [23, 24];
/// The number of WSAEMFILE.
#[cfg(not(unix))]
const TOO_MANY_FILES: [i32; 1] = [10_024];
/// How often a failure is logged at most.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Accepts connections and waits for a slot for each, without losing one.
pub(super) struct Acceptor {
    listener: TcpListener,
    /// An accepted connection without a slot: it survives if the wait for a slot is cancelled.
    waiting: Option<(TcpStream, SocketAddr)>,
    /// When a failure was logged last.
    logged: Option<Instant>,
}

impl Acceptor {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, waiting: None, logged: None }
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
                    self.waiting = Some(self.next(connections).await);
                    continue;
                }
            };
            let slot = connections.open(idle_limit(address, trusted)).await;
            if let Some((stream, address)) = self.waiting.take() {
                return (stream, address, slot);
            }
        }
    }

    async fn next(&mut self, connections: &Connections) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Responses are written whole, so none should wait for more data to fill a packet. A failure
                    // costs some delay only.
                    stream.set_nodelay(true).ok();
                    return (stream, address);
                }
                Err(error) => {
                    if self.logged.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
                        self.logged = Some(Instant::now());
                        tracing::warn!("no connection can be accepted: {error}");
                    }
                    let gave_way = has_too_many_files(&error) && connections.give_way();
                    sleep(if gave_way { GIVE_WAY_PAUSE } else { ACCEPT_PAUSE }).await;
                }
            }
        }
    }
}

/// How long a connection from this address may be idle.
fn idle_limit(address: IpAddr, trusted: &[IpNet]) -> Duration {
    let is_proxy = trusted.iter().any(|network| network.contains(&address));
    if is_proxy { PROXY_IDLE_LIMIT } else { REQUEST_TIME_LIMIT }
}

/// Whether this process, or the whole system, has as many files open as it may.
fn has_too_many_files(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

#[cfg(test)]
mod tests {
    use test_result::TestResult;

    use super::*;

    #[test]
    fn a_trusted_proxy_closes_an_idle_connection_before_the_server_does() -> TestResult {
        let trusted = ["10.0.0.0/8".parse()?];
        // The longest of the common proxies, Google Cloud's.
        assert!(idle_limit("10.1.2.3".parse()?, &trusted) > Duration::from_mins(10));
        assert_eq!(idle_limit("192.0.2.1".parse()?, &trusted), REQUEST_TIME_LIMIT);
        Ok(())
    }
}
