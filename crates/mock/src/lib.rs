//! A stand-in for AssemblyAI's streaming speech-to-text service, version 3.
//!
//! It speaks the service's own protocol, refuses what the service refuses in the service's own words, and records
//! all that it is sent. Nothing is recognised: a [`Script`] says what is heard, and when.
//!
//! ```
//! use assemblyai_mock::{MockAssemblyAi, Script, Turn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let script = Script::new().turn(Turn::said("Book a table for two").from_ms(500).to_ms(1900));
//! let mock = MockAssemblyAi::start(script).await; // A free port, for this test only.
//!
//! let base_url = mock.base_url(); // Give this to the client that is tested.
//! # drop(base_url);
//!
//! let seen = mock.finish().await; // Panics with all that was received if a rule was broken.
//! assert_eq!(seen.audio_ms, 0);
//! # }
//! ```
//!
//! Reading order: [`Script`] says what happens in a session; `session/` is the service's behaviour as a state
//! machine without I/O; `transcript/` makes messages of words and audio time; `socket.rs` and `token_route.rs` are
//! the thin layer between these and the network; [`Mock`] is what a test asks afterwards.

mod builder;
mod control;
mod delay_line;
mod duration_ms;
mod faults;
mod files;
mod mock;
mod parameters;
mod record;
mod recorder;
mod recording;
mod scenario;
mod script;
mod seeded_rng;
mod server;
mod session;
mod socket;
mod state;
mod strictness;
#[cfg(feature = "tls")]
mod tls;
mod token;
mod token_route;
mod transcript;
mod violation;
mod wait;

pub use builder::Builder;
pub use faults::{Faults, SocketFault, TokenFault};
pub use mock::{Finished, Mock};
pub use record::{CloseFrame, End, Frame, Message, SessionRecord, TokenRequest};
pub use recording::{Recording, RecordingError};
pub use scenario::{Format, SCENARIO_SCHEMA, Scenario, ScenarioError};
pub use script::{Ending, Fault, Script, Turn};
pub use server::MockAssemblyAi;
pub use strictness::Strictness;
pub use transcript::Profile;
pub use violation::{Violation, ViolationKind};
pub use wait::TimedOut;

/// Runs the Rust example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
