//! The service on this machine: a recogniser behind AssemblyAI's protocol, under the page's own origin.
//!
//! ```text
//!  /v3/ws ──► Service ──► LocalEngine ──► LocalRecognizer ──► Stream ──► DecodePool, a thread for each core
//! ```

mod settings;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use assemblyai_service::{Service, ServiceSettings, SessionCounts};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use local_service::{LoadError, LocalEngine};
use local_speech::{ModelSize, PoolStats};
use secrecy::ExposeSecret as _;
use serde::Serialize;

pub use self::settings::{LocalModelSize, LocalSettings};

/// The path of the service's socket, where AssemblyAI has it too.
pub(crate) const WEBSOCKET_PATH: &str = assemblyai_protocol::WEBSOCKET_PATH;

/// Audio from which a real-time factor is derived, at least, in s: before the first sentence was decoded it is too low.
const RATED_AUDIO_S: f64 = 5.0;

/// A recogniser and the service in front of it; clones share both.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    service: Service,
    engine: Arc<LocalEngine>,
    keyless_loopback: bool,
}

/// Why the recogniser cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The folder has no model, a damaged one, or an unknown one.
    #[error("LOCAL_MODEL cannot be used: {0}")]
    Model(#[from] LoadError),
    /// It is a known model, but not the one that is asked for.
    #[error("LOCAL_MODEL cannot be used: it holds the model {found}, but LOCAL_MODEL_SIZE is {expected}")]
    OtherSize {
        /// The model that the folder holds.
        found: LocalModelSize,
        /// The setting.
        expected: LocalModelSize,
    },
    /// The threads could not be started.
    #[error("the recogniser cannot start its threads: {0}")]
    Threads(#[from] std::io::Error),
}

/// The response of `GET /speed`.
#[derive(Debug, Serialize)]
struct SpeedResponse {
    /// See [`Local::real_time_factor`]; rounded to two decimals.
    real_time_factor: Option<f64>,
}

/// The handler of `GET /speed`: how fast this server recognises. Not in `/config`, by which the page knows again for which
/// configuration it has stored a connection.
pub(crate) async fn speed(State(local): State<Option<Local>>) -> Response {
    let factor = local.as_ref().and_then(Local::real_time_factor);
    let speed = SpeedResponse { real_time_factor: factor.map(|factor| (factor * 100.0).round() / 100.0) };
    ([(header::CACHE_CONTROL, "no-store")], Json(speed)).into_response()
}

impl Local {
    /// Loads the model of the settings, if they name one, and measures how many sessions this machine carries.
    ///
    /// # Errors
    /// [`LocalError`].
    pub(crate) fn new(settings: &LocalSettings) -> Result<Option<Self>, LocalError> {
        let Some(folder) = &settings.model else { return Ok(None) };
        let start = Instant::now();
        let model = Arc::new(local_service::load(folder)?);
        let found = LocalModelSize::from(model.size());
        if let Some(expected) = settings.model_size.filter(|expected| *expected != found) {
            return Err(LocalError::OtherSize { found, expected });
        }
        let threads = settings.threads.or(std::thread::available_parallelism().ok());
        let threads = threads.unwrap_or(NonZeroUsize::MIN);
        let max_sessions = match settings.max_sessions {
            Some(sessions) => sessions.get() as usize,
            None => local_service::capacity(&model, threads),
        };
        let engine = Arc::new(LocalEngine::new(model, threads)?);
        tracing::info!(
            model = engine.name(),
            threads,
            max_sessions,
            loaded_in_ms = start.elapsed().as_millis() as u64,
            "speech is recognised on this machine"
        );
        let service = Service::new(
            engine.clone(),
            ServiceSettings {
                api_keys: settings.api_keys.iter().map(|key| key.expose_secret().to_owned()).collect(),
                token_secret: settings
                    .token_secret
                    .as_ref()
                    .map(|secret| secret.expose_secret().as_bytes().to_vec())
                    .unwrap_or_default(),
                max_sessions,
                ..ServiceSettings::default()
            },
        );
        Ok(Some(Self { service, engine, keyless_loopback: settings.keyless_loopback }))
    }

    /// The service over the recogniser.
    pub(crate) fn service(&self) -> &Service {
        &self.service
    }

    /// Whether programs on this machine need no key.
    pub(crate) fn keyless_loopback(&self) -> bool {
        self.keyless_loopback
    }

    /// The size of the model.
    pub(crate) fn size(&self) -> ModelSize {
        self.engine.size()
    }

    /// Whether another session can be opened.
    pub(crate) fn has_room(&self) -> bool {
        let SessionCounts { open, most, .. } = self.service.sessions();
        open < most
    }

    /// Decoding time for a second of audio, over all sessions since the start; `None` until 5 s of audio were sent.
    pub(crate) fn real_time_factor(&self) -> Option<f64> {
        let stats = self.engine.stats();
        (stats.audio_s >= RATED_AUDIO_S).then(|| stats.decode_s / stats.audio_s)
    }

    /// What the metrics report.
    pub(crate) fn counts(&self) -> (SessionCounts, PoolStats) {
        (self.service.sessions(), self.engine.stats())
    }
}
