//! The real server, in the test's process, on a free port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::uri::PathAndQuery;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::util::{MapRequest, ServiceExt as _};
use transcription_server::assemblyai::TIME_LIMIT;
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

use crate::port;

/// The path of a test's script.
const SCRIPT_PATH: &str = "/before-the-page.js";

/// The longest that responses in progress may delay a shutdown.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A running server; dropping it aborts it.
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    task: JoinHandle<()>,
    stop: Arc<Notify>,
    metrics: Router,
}

impl TestServer {
    /// Starts a server with these flags and no environment variables, for a service at `base_url`.
    ///
    /// # Panics
    /// If a flag is invalid or no port is free.
    pub async fn start(base_url: &str, flags: &[&str]) -> Self {
        Self::with(&[&Self::flags(base_url)[..], flags].concat(), TIME_LIMIT).await
    }

    /// The flags for a service at `base_url`, with a high token limit: a test records more often than a user.
    pub fn flags(base_url: &str) -> [&str; 6] {
        let key = "the-servers-own-key";
        ["--assemblyai-base-url", base_url, "--assemblyai-api-key", key, "--tokens-per-minute", "1000"]
    }

    /// Starts a server with exactly these flags, which waits at most `time_limit` for the service.
    ///
    /// # Panics
    /// If a flag is invalid or no port is free.
    pub async fn with(flags: &[&str], time_limit: Duration) -> Self {
        Self::with_script(flags, time_limit, String::new()).await
    }

    /// As [`Self::with`], and adds `script` to the page, where it runs before the page's own scripts.
    ///
    /// The server inserts it because the browsers have no common way to do so.
    ///
    /// # Panics
    /// If a flag is invalid or no port is free.
    pub async fn with_script(flags: &[&str], time_limit: Duration, script: String) -> Self {
        Self::at(0, &settings(flags), time_limit, script).await
    }

    /// Starts a server at `port` (0 for any free port) with settings that flags cannot express.
    ///
    /// # Panics
    /// If the port is in use, or the settings are not valid.
    pub async fn at(port: u16, settings: &Settings, time_limit: Duration, script: String) -> Self {
        let state = AppState::new(settings, time_limit).expect("valid settings");
        let (metrics, _) = state.metrics_app();
        let app = app(state);
        let app = if script.is_empty() { app } else { scripted(app, SCRIPT_PATH.to_owned(), script) };
        let mut server = Self::serve(port, app).await;
        server.metrics = metrics;
        server
    }

    async fn serve(port: u16, app: Router) -> Self {
        let listener = listen(port).await.expect("a free port");
        let address = listener.local_addr().expect("the address of a socket that listens");
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let served =
                axum::serve(listener, app).with_graceful_shutdown(async move { stopped.notified().await });
            served.await.expect("the server runs until it is stopped");
        });
        Self { address, task, stop, metrics: Router::new() }
    }

    /// As [`Self::with_script`], behind a proxy that takes `prefix` away, such as `/stt`, and passes on nothing else.
    ///
    /// # Panics
    /// If a flag is invalid or no port is free.
    pub async fn below(prefix: &'static str, flags: &[&str], script: String) -> Self {
        let below = move |path: &str| {
            let path = path.strip_prefix(prefix).filter(|path| path.starts_with('/'));
            path.unwrap_or("/not-here").to_owned()
        };
        Self::behind(below, flags, format!(".{SCRIPT_PATH}"), script).await
    }

    /// As [`Self::with`], without the files whose paths start with `files`: they are not found.
    ///
    /// # Panics
    /// If a flag is invalid or no port is free.
    pub async fn without(files: &'static str, flags: &[&str]) -> Self {
        let without = move |path: &str| if path.starts_with(files) { "/not-here" } else { path }.to_owned();
        Self::behind(without, flags, SCRIPT_PATH.to_owned(), String::new()).await
    }

    /// A server behind a proxy that asks it for `map(path)` in place of each path.
    async fn behind(
        map: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
        flags: &[&str],
        script_address: String,
        script: String,
    ) -> Self {
        let state = AppState::new(&settings(flags), TIME_LIMIT).expect("valid settings");
        let inside = scripted(app(state), script_address, script);
        let mapped = MapRequest::new(inside, move |mut request: Request| {
            let path = map(request.uri().path_and_query().map_or("", PathAndQuery::as_str));
            *request.uri_mut() = path.parse().unwrap_or_default();
            request
        });
        Self::serve(0, Router::new().fallback_service(mapped)).await
    }

    /// Shuts the server down gracefully: its port is free and all its connections are closed afterwards.
    ///
    /// # Panics
    /// If a response in progress takes longer than 10 s.
    pub async fn stop(mut self) {
        self.stop.notify_one();
        let ended = timeout(STOP_LIMIT, &mut self.task).await;
        ended.expect("all responses end in time").expect("the server has not panicked");
    }

    /// The lines of `GET /metrics`, which the program serves on an address of its own; none of a server behind a proxy.
    ///
    /// # Errors
    /// If the answer cannot be read.
    pub async fn metrics(&self) -> Result<Vec<String>, axum::Error> {
        let request = Request::builder().uri("/metrics").body(Body::empty()).map_err(axum::Error::new)?;
        let answer = self.metrics.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let text = to_bytes(answer.into_body(), usize::MAX).await?;
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// The address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page's URL, on localhost because browsers allow the microphone there without TLS.
    pub fn page_url(&self) -> String {
        format!("http://localhost:{}/", self.address.port())
    }
}

/// Listens on `port`, or on one that no test has used if it is 0.
async fn listen(port: u16) -> io::Result<TcpListener> {
    if port != 0 {
        return TcpListener::bind(("127.0.0.1", port)).await;
    }
    let listener = port::listen()?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// The settings that these flags give, without environment variables.
///
/// # Panics
/// If a flag is invalid.
pub fn settings(flags: &[&str]) -> Settings {
    let flags = command().get_matches_from([&["transcription-server"], flags].concat());
    Settings::read(&flags, |_| None).expect("valid flags")
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Inserts a script before the page's own, at an address that leads to [`SCRIPT_PATH`].
fn scripted(app: Router, address: String, script: String) -> Router {
    let script = async move || ([(CONTENT_TYPE, "text/javascript")], script);
    app.route(SCRIPT_PATH, get(script)).layer(middleware::from_fn(move |mut request: Request, next: Next| {
        let address = address.clone();
        async move {
            if request.uri().path() != "/" {
                return next.run(request).await;
            }
            // The response must have a body (no 304), uncompressed.
            request.headers_mut().remove(ACCEPT_ENCODING);
            request.headers_mut().remove(IF_NONE_MATCH);
            let (mut head, body) = next.run(request).await.into_parts();
            let page = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let tag = format!("<head><script src=\"{address}\"></script>");
            let page = String::from_utf8_lossy(&page).replacen("<head>", &tag, 1);
            head.headers.remove(CONTENT_LENGTH);
            Response::from_parts(head, page.into())
        }
    }))
}
