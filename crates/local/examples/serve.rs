//! Serves AssemblyAI's protocol on port 8080, with words from a model on this machine.
//!
//! ```text
//! cargo xtask setup --model base
//! cargo run --release -p local-service --example serve -- target/models/base-en
//! ASSEMBLYAI_API_KEY=a-key-for-this-example transcribe-live --base-url http://127.0.0.1:8080
//! ```

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use assemblyai_service::{Service, ServiceSettings};
use local_service::{LocalEngine, capacity, load};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name the folder of a model")?;
    let model = Arc::new(load(&folder)?);
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let max_sessions = capacity(&model, threads);
    let settings = ServiceSettings {
        api_keys: vec!["a-key-for-this-example".to_owned()],
        max_sessions,
        ..ServiceSettings::default()
    };
    let service = Service::new(Arc::new(LocalEngine::new(model, threads)?), settings);
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}, for {max_sessions} sessions at a time", listener.local_addr()?);
    axum::serve(listener, service.router::<()>()).await?;
    Ok(())
}
