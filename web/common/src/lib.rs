//! What the page's two modules share: the one that records, and the tools that are loaded when first used.
//!
//! No dependency and no browser. Reading order: `turn` (what is shown), `record` (a turn as one line of text),
//! `texts` (the interface's), `clock`, `wav`.

mod clock;
mod record;
pub mod texts;
mod turn;
mod wav;

pub use clock::clock;
pub use record::{FIELD, from_text, to_text};
pub use turn::{ConnectionId, ShownTurn, ShownWord, Speaker, TurnKey, join};
pub use wav::{WAV_HEADER_BYTES, wav_header};

/// The rate of all audio that is kept, in Hz; what the service takes by itself.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
