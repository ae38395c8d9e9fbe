//! A mock of AssemblyAI's streaming speech-to-text API, version 3.
//!
//! It implements the service's protocol, rejects what the service rejects with the same error messages, and records
//! what it receives. It does not recognise speech: a [`Script`] defines the words and their times.
//!
//! ```
//! use assemblyai_mock::{MockAssemblyAi, Script, Turn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let script = Script::new().turn(Turn::said("Book a table for two").from_ms(500).to_ms(1900));
//! let mock = MockAssemblyAi::start(script).await; // On a free port.
//!
//! let base_url = mock.base_url(); // Pass this to the client under test.
//! # drop(base_url);
//!
//! let seen = mock.finish().await; // Panics if a rule was broken, and shows what was received.
//! assert_eq!(seen.audio_ms, 0);
//! # }
//! ```
//!
//! Reading order: [`Script`] defines what happens in a session; `plan` plays it in a session of the crate
//! `assemblyai-service`; `socket` and `token_route` connect sessions to a simulated network; [`Mock`] has the records that
//! a test checks afterwards.

mod builder;
mod control;
mod delay_line;
mod duration_ms;
mod faults;
mod files;
mod message;
mod mock;
mod plan;
mod problem;
mod record;
mod recorder;
mod recording;
mod scenario;
mod script;
mod secrets;
mod seeded_rng;
mod server;
mod settings;
mod socket;
mod state;
mod subtitles;
mod text_file;
#[cfg(feature = "tls")]
mod tls;
mod token_route;
mod turn;
mod valid;
mod violation;
mod wait;

pub use assemblyai_service::{CloseFrame, Profile, Strictness, ViolationKind};
pub use builder::Builder;
pub use faults::{Faults, SocketFault, TokenFault};
pub use message::Message;
pub use mock::{Finished, Mock};
pub use record::{End, Frame, SessionRecord, TokenRequest};
pub use recording::{Recording, RecordingError};
pub use scenario::{SCENARIO_SCHEMA, Scenario, ScenarioError, ScenarioFormat};
pub use script::{Ending, Fault, Script};
pub use server::MockAssemblyAi;
pub use turn::Turn;
pub use violation::Violation;
pub use wait::TimedOut;

/// Compiles and runs the Rust example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
