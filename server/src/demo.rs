//! The demo, which needs neither an account nor a model: a script under the page's own origin.

use std::sync::Arc;

use assemblyai_service::{PacedEngine, Service, ServiceSettings};

/// Where the service is mounted.
pub(crate) const PATH: &str = "/demo";
/// The path of its socket.
pub(crate) const WEBSOCKET_PATH: &str = "/demo/v3/ws";
/// Sessions that may be open at a time; each takes a connection.
const MAX_SESSIONS: usize = 100;
/// What the demo says, whatever is said to it.
const TEXT: &str = "This is a demonstration. The words that you see do not come from what you say, \
    but they come as fast as you say it. When you stop speaking, the sentence ends. \
    When you go on, the next one begins. With a speech model or an API key, these would be your own words.";

/// A service that says a fixed text, paced by the speech that the microphone picks up.
pub(crate) fn service() -> Service {
    let settings = ServiceSettings { max_sessions: MAX_SESSIONS, ..ServiceSettings::default() };
    Service::new(Arc::new(PacedEngine::new(TEXT)), settings)
}
