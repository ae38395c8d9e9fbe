use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_service::{Service, ServiceSettings, random_secret};
use axum::Router;
use data_encoding::HEXLOWER;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{LoadError, LocalEngine, load};

/// Sessions that may be open at a time: a client opens another before it closes the one that it replaces.
const MAX_SESSIONS: usize = 4;
/// How long the last words may take after `Terminate`: less than a client of a slow service waits.
const FINISH_LIMIT: Duration = Duration::from_secs(55);

/// The service for this process alone, on a port of the loopback interface, until it is dropped. Other programs do not
/// have its key.
pub struct LoopbackService {
    address: SocketAddr,
    key: String,
    model: &'static str,
    service: Service,
    serving: JoinHandle<()>,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The folder has no model that can be used.
    #[error(transparent)]
    Model(#[from] LoadError),
    /// The threads or the port are not available.
    #[error("the recogniser cannot start: {0}")]
    System(#[from] io::Error),
}

impl LoopbackService {
    /// Loads the model in a folder and serves it.
    ///
    /// # Errors
    /// If the model cannot be used, or the machine has no threads or no port to give.
    pub async fn start(folder: &Path) -> Result<Self, StartError> {
        let folder = folder.to_owned();
        // Reading and checking the files blocks.
        let loaded = spawn_blocking(move || {
            let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            let engine = LocalEngine::new(Arc::new(load(&folder)?), threads)?;
            Ok::<_, StartError>(engine.with_finish_limit(FINISH_LIMIT))
        });
        let engine = loaded.await.map_err(io::Error::other)??;
        let (key, model) = (HEXLOWER.encode(&random_secret()), engine.name());
        let settings = ServiceSettings {
            api_keys: vec![key.clone()],
            max_sessions: MAX_SESSIONS,
            ..ServiceSettings::default()
        };
        let service = Service::new(Arc::new(engine), settings);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router: Router = service.router();
        let serving = tokio::spawn(async move {
            // Ends with an error if the listener fails; clients then see that they cannot connect.
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { address, key, model, service, serving })
    }

    /// Where clients connect: `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The API key that it accepts, a random one.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The model's name.
    pub fn model(&self) -> &'static str {
        self.model
    }
}

impl Drop for LoopbackService {
    fn drop(&mut self) {
        self.serving.abort();
        self.service.stop();
    }
}

/// Without the key.
impl fmt::Debug for LoopbackService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackService").field("address", &self.address).finish_non_exhaustive()
    }
}
