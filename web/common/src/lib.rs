//! What the page's two modules share: the one that records, and the tools that are loaded when first used.
//!
//! No browser. Reading order: `record` (a turn as one line of text), `texts` (the interface's), `speaker`, `clock`,
//! `wav`.

mod clock;
mod record;
mod speaker;
pub mod texts;
mod wav;

pub use assemblyai_session::SAMPLE_RATE_HZ;
pub use assemblyai_session::{ConnectionId, ShownTurn, ShownWord, Speaker, TurnKey, join};
pub use clock::clock;
pub use record::{FIELD, from_text, to_text};
pub use speaker::speaker_name;
pub use wav::{WAV_HEADER_BYTES, wav_header};
