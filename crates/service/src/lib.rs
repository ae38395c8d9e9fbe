//! A service that speaks AssemblyAI's streaming speech-to-text protocol, version 3.
//!
//! ```text
//!  client ──► socket ──► Session ──► Recognizer ──► turns ──► messages ──► socket ──► client
//!             frames     rules of    words with     SpeechStarted,
//!                        protocol    times          partials, finals
//! ```
//!
//! The words come from a [`Recognizer`]: of an [`Engine`] for a plain [`Service`]; in a mock, from a script. The session
//! is a state machine without I/O; what only a mock does stands behind [`Plan`] and [`Host`].
//!
//! # Layout
//!
//! - [`Service`]: the routes, tokens and limits of a service that recognises; read it first.
//! - [`Session`]: the protocol as a state machine: inputs in, outputs out.
//! - `turn_rules`: where turns end and what their messages have, by the parameters.
//! - `transcript/`: from words to messages, by these rules.
//! - `parameters/`: what a client may ask for, checked as AssemblyAI does.
//! - `socket/`: a session over a WebSocket.

mod credential;
mod engine;
mod gate;
pub mod open_files;
mod paced;
mod parameters;
mod recognizer;
mod service;
mod session;
mod slots;
pub mod socket;
mod strictness;
mod token;
mod transcript;
mod turn_rules;
mod vad;
mod violation;
mod words;

pub use credential::{ErrorAnswer, api_version, credential, missing, token_request};
pub use engine::Engine;
pub use gate::{Caller, Decision, Gate, TokenUse, TooManyKeys};
pub use paced::{PACED_PARTIAL_MS, PacedEngine, PacedRecognizer};
pub use parameters::{Mode, Parameters};
pub use recognizer::{Recognizer, Report, TurnEnd};
pub use service::{Service, ServiceSettings, SessionCounts, only_get, unix_time};
pub use session::{
    Action, Credential, ERROR_REASON, FINISH_LIMIT, Output, Plan, Session, SessionEnd, Setup, decode, excerpt,
};
pub use slots::{SessionSlot, SessionSlots};
pub use socket::{CloseFrame, Host, Step};
pub use strictness::Strictness;
pub use token::{Grant, TokenError, Tokens, random_secret, session_id};
pub use transcript::{FinalWhen, Transcriber, TurnState};
pub use turn_rules::{Profile, TurnRules};
pub use violation::ViolationKind;
pub use words::{SpokenWord, duration_ms, timed};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
