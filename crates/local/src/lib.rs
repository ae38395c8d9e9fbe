//! Speech recognition on this machine behind AssemblyAI's streaming protocol.
//!
//! ```text
//!  Service ──► LocalEngine ──► LocalRecognizer ──► Stream ──► DecodePool, a thread for each core
//! ```
//!
//! `load` reads a model, [`LocalEngine`] puts it behind the service of a server, [`LoopbackService`] behind one for this
//! process alone.

mod engine;
mod loopback;
mod model;
mod recognizer;

pub use engine::LocalEngine;
pub use loopback::{LoopbackService, StartError};
pub use model::{LoadError, capacity, load};
