#![doc = include_str!("../README.md")]
//!
//! ## Inside
//!
//! ```text
//! turns, recordings ─► Document ─┬─► Format::{Text, Markdown, Srt, Vtt, Json} ─► text of a file
//!                      one clock └─► wav: audio_ranges, wav_header ────────────► bytes of a file
//! ```
//!
//! Reading order: `turn` (the input), `document` (all turns on one clock), `format` (the table of formats), one module
//! for each format (`text`, `markdown`, `srt`, `vtt`, `json`, `wav`), `cues` (what the subtitle formats share), `align`
//! (which part of a text is which word), `signs` (where a text may be cut), `clock` (times as people read them),
//! `whitespace` (a text on one line), `file_name` (that of an exported file), `wav_input` (reads WAV files).
//!
//! How to add a format stands in the repository's docs/architecture.md, “Add an export format”.

mod align;
mod clock;
mod cues;
mod document;
mod file_name;
mod format;
mod json;
mod markdown;
mod signs;
mod srt;
mod text;
mod turn;
mod vtt;
mod wav;
mod wav_input;
mod whitespace;

pub use align::{AlignedText, align, aligned_times};
pub use clock::clock;
pub use cues::{Cue, LINE_COLUMNS, LINES, SpeakerPlacement, cues};
pub use document::{Document, Marker, Recording, TimedMarker, TimedRecording, TimedTurn};
pub use file_name::{LocalTime, file_name};
pub use format::{Format, Options};
pub use signs::whole;
pub use turn::{Labels, Speaker, Turn, TurnKey, TurnKind, Word};
pub use wav::{AudioRange, SAMPLE_BYTES, WAV_HEADER_BYTES, audio_ranges, wav_header};
pub use wav_input::WavInput;
