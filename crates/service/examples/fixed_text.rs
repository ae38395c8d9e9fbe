//! Serves the protocol on port 8080 and "recognises" a fixed text, at the pace of the speech that clients send.
//!
//! ```text
//! cargo run -p assemblyai-service --example fixed_text
//! ASSEMBLYAI_API_KEY=a-key-for-this-example transcribe-live --base-url http://127.0.0.1:8080
//! ```

use std::sync::Arc;

use assemblyai_service::{PacedEngine, Service, ServiceSettings};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let engine = Arc::new(PacedEngine::new("These are not your words, but they come when you speak."));
    let key = "a-key-for-this-example".to_owned();
    let service = Service::new(engine, ServiceSettings { api_keys: vec![key], ..Default::default() });
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, service.router::<()>()).await
}
