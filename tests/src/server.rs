//! The real server, in the test's own process, on a free port.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::config::{self, Config};
use transcription_server::{AppState, app};

/// A server that ends when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl TestServer {
    /// A server with these flags and no environment, for a service at `base_url`.
    ///
    /// # Panics
    /// Where a flag is wrong or no port is free: the test cannot go on.
    pub async fn start(base_url: &str, flags: &[&str]) -> Self {
        let service = ["--assemblyai-base-url", base_url, "--assemblyai-api-key", "the-servers-own-key"];
        // A test records more often than a user.
        let service = [&service[..], &["--tokens-per-minute", "1000"]].concat();
        Self::with(&[&service[..], flags].concat(), TIME_LIMIT).await
    }

    /// A server with exactly these flags, whose upstream has `time_limit` to answer.
    ///
    /// # Panics
    /// Where a flag is wrong or no port is free: the test cannot go on.
    pub async fn with(flags: &[&str], time_limit: Duration) -> Self {
        let flags = config::command().get_matches_from([&["transcription-server"], flags].concat());
        let config = Config::read(&flags, |_| None).unwrap_or_else(|error| panic!("{error}"));
        let state = AppState::new(&config, time_limit).unwrap_or_else(|error| panic!("{error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap_or_else(|error| panic!("{error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("{error}"));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app(state)).await {
                panic!("the server ended: {error}");
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page's address: localhost, where browsers give the microphone.
    pub fn page_url(&self) -> String {
        format!("http://localhost:{}/", self.address.port())
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
