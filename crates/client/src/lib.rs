//! Unofficial client for AssemblyAI's streaming speech-to-text, version 3, that loses no word.
//!
//! ```text
//! WAV, PCM, any stream ─► AudioSource ─┐                       ┌─► Event::{Begin, Turn, Gap, …}
//!                                      ├─► driver ─► sockets   │
//! your samples ─────────► AudioSink ───┘     │  ▲              │
//!                                            ▼  │              │
//!                              assemblyai_session::Session ────┘
//! ```
//!
//! # Guarantees
//!
//! - **Each sample is heard, or reported.** Audio is kept until its words are final. A connection that is lost, dead or
//!   about to expire is replaced, and audio without final words is sent again. What cannot be kept, because more than
//!   ten minutes wait or [`AudioSink::try_send`] found no room, is an [`Event::Gap`].
//! - **Times never jump.** All times count from the first sample of the session, over all connections.
//! - **A final stays**, unless a later turn names it in [`Turn::replaces`]. A turn keeps its [`TurnId`].
//! - **Sessions end.** [`Session::finish`] waits for the last words, at most for the limit that
//!   [`ClientBuilder::finish_limit`] sets. A [`Session`] that is dropped ends its connection, because an open one is
//!   billed; this takes at most a second and needs the runtime.
//!
//! # Example
//!
//! ```no_run
//! use assemblyai_streaming::{AudioSource, Client, Event};
//! use futures_util::StreamExt as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(std::env::var("ASSEMBLYAI_API_KEY")?)?;
//! let mut session = client.transcribe(AudioSource::wav("talk.wav")?);
//! while let Some(event) = session.next().await {
//!     match event {
//!         Event::Turn(turn) if turn.is_final => println!("{}", turn.text),
//!         Event::Ended(summary) => summary.into_result()?,
//!         _ => {}
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Reading order: `client` (where to connect), `session` (what a program holds), `event`, `driver` (runs the effects of
//! [`assemblyai_session`]), `net` (proxy, TLS, WebSocket), `audio`.
#![deny(clippy::unwrap_used)]
// What programs match or build can grow without breaking them.
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../QUICKSTARTS.md")]
mod quickstarts {}

mod audio;
#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod driver;
mod endpoint;
mod error;
mod event;
mod event_queue;
mod export;
mod lines;
#[cfg(all(any(target_os = "linux", target_os = "macos", target_os = "windows"), feature = "microphone"))]
pub mod microphone;
mod net;
mod session;
mod status;
mod summary;

pub use assemblyai_protocol::{
    Begin, Configuration, InvalidParameter, Retry, ServerMessage, SpeechModel, StreamingParameters,
};
pub use assemblyai_session::SAMPLE_RATE_HZ;
pub use audio::{AudioSink, AudioSource, Full, Part, Resampler, SinkClosed, WavFile, peak};
pub use client::{Client, ClientBuilder, Region};
pub use error::Error;
pub use event::{Event, Gap, Reconnecting, Turn, TurnId, Word};
pub use lines::Lines;
pub use session::{Control, Session};
pub use status::Status;
pub use summary::Summary;
