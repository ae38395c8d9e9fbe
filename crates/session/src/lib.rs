//! The client's side of a live transcription as a pure state machine: no I/O, no clock, no interface texts.
//!
//! ```text
//! microphone ─► Session ─► socket
//!   100 ms       │  ▲  Journal: audio that is not confirmed yet
//!                ▼  │  Begin, Turn, Termination
//!  page or    ◄─ Transcript
//!  terminal
//! ```
//!
//! Reading order: [`Session::handle`] (what happens when), [`journal`], [`Transcript`], [`Failure`].
#![deny(clippy::unwrap_used)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod encoder;
mod failure;
pub mod handover;
pub mod journal;
mod latency;
pub mod liveness;
mod notice;
mod session;
mod silence;
mod sorted_vec_map;
mod stats;
mod transcript;
mod turn;
mod voice;

pub use encoder::AudioEncoder;
pub use failure::{Failure, Loss, TokenFailure};
pub use journal::SAMPLE_RATE_HZ;
pub use latency::Latency;
pub use notice::{Notice, NoticeKind};
pub use session::{
    Attempt, AudioStats, Effect, Input, Pause, Phase, RecordingId, ResumeState, Session, State, Timer,
};
pub use silence::{Silence, SilenceDetector};
pub use sorted_vec_map::SortedVecMap;
pub use stats::{OpenTime, SessionStats};
pub use transcript::{Change, OffRecordChange, Place, Transcript, touches};
pub use turn::{ConnectionId, ShownTurn, ShownWord, Speaker, TurnKey, TurnKind, join};
pub use voice::VoiceDetector;
