//! The real server, in the test's own process, on a free port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

/// Where the script of a test is.
const SCRIPT_PATH: &str = "/before-the-page.js";

/// How long answers may take that are under way as it stops.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A server that ends when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    task: JoinHandle<()>,
    stop: Arc<Notify>,
}

impl TestServer {
    /// A server with these flags and no environment, for a service at `base_url`.
    ///
    /// # Panics
    /// Where a flag is wrong or no port is free: the test cannot go on.
    pub async fn start(base_url: &str, flags: &[&str]) -> Self {
        Self::with(&[&Self::flags(base_url)[..], flags].concat(), TIME_LIMIT).await
    }

    /// The flags of a server for a service at `base_url`, where a test records more often than a user.
    pub fn flags(base_url: &str) -> [&str; 6] {
        let key = "the-servers-own-key";
        ["--assemblyai-base-url", base_url, "--assemblyai-api-key", key, "--tokens-per-minute", "1000"]
    }

    /// A server with exactly these flags, whose upstream has `time_limit` to answer.
    ///
    /// # Panics
    /// Where a flag is wrong or no port is free: the test cannot go on.
    pub async fn with(flags: &[&str], time_limit: Duration) -> Self {
        Self::with_script(flags, time_limit, String::new()).await
    }

    /// The same, with a script of the test's that runs in the page before the page's own.
    ///
    /// It comes from the server because only that works in every browser alike.
    ///
    /// # Panics
    /// Where a flag is wrong or no port is free: the test cannot go on.
    pub async fn with_script(flags: &[&str], time_limit: Duration, script: String) -> Self {
        Self::at(0, &settings(flags), time_limit, script).await
    }

    /// A server at this port, with settings that flags alone do not give; 0 is a free one.
    ///
    /// # Panics
    /// Where the port is not free: the test cannot go on.
    pub async fn at(port: u16, settings: &Settings, time_limit: Duration, script: String) -> Self {
        let state = AppState::new(settings, time_limit).unwrap_or_else(|error| panic!("{error}"));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap_or_else(|error| panic!("{error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("{error}"));
        let app = if script.is_empty() { app(state) } else { scripted(app(state), script) };
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, app);
            if let Err(error) = served.with_graceful_shutdown(async move { stopped.notified().await }).await {
                panic!("the server ended: {error}");
            }
        });
        Self { address, task, stop }
    }

    /// Ends it in good order: its port is free then, and no connection is left that it could answer on.
    ///
    /// # Panics
    /// Where an answer is under way for longer than the limit.
    pub async fn stop(mut self) {
        self.stop.notify_one();
        let ended = timeout(STOP_LIMIT, &mut self.task).await;
        ended.unwrap_or_else(|_| panic!("the server did not end")).unwrap_or_else(|error| panic!("{error}"));
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

/// The settings that these flags make, without an environment.
///
/// # Panics
/// Where a flag is wrong: the test cannot go on.
pub fn settings(flags: &[&str]) -> Settings {
    let flags = command().get_matches_from([&["transcription-server"], flags].concat());
    Settings::read(&flags, |_| None).unwrap_or_else(|error| panic!("{error}"))
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Puts a script before those of the page.
fn scripted(app: Router, script: String) -> Router {
    let script = async move || ([(CONTENT_TYPE, "text/javascript")], script);
    app.route(SCRIPT_PATH, get(script)).layer(middleware::from_fn(
        async |mut request: Request, next: Next| {
            if request.uri().path() != "/" {
                return next.run(request).await;
            }
            // The page as it is, neither compressed nor known already.
            request.headers_mut().remove(ACCEPT_ENCODING);
            request.headers_mut().remove(IF_NONE_MATCH);
            let (mut head, body) = next.run(request).await.into_parts();
            let page = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let tag = format!("<head><script src=\"{SCRIPT_PATH}\"></script>");
            let page = String::from_utf8_lossy(&page).replacen("<head>", &tag, 1);
            head.headers.remove(CONTENT_LENGTH);
            Response::from_parts(head, page.into())
        },
    ))
}
