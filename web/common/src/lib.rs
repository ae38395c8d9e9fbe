//! Shared by the page's two wasm modules: the one that records, and the tools, which are loaded on first use.
//!
//! Nothing here calls the browser. Reading order: `interface` (what the modules call of each other), `connection` (where
//! the user's settings lead), `record` (a turn in the database), `retention` (how long recordings are kept),
//! `sound` (its level, the selected microphone), `texts` (all texts of the interface), `speaker`.

mod connection;
mod interface;
mod record;
mod retention;
mod sound;
mod speaker;
pub mod texts;

pub use assemblyai_session::{
    ConnectionId, SAMPLE_RATE_HZ, ShownTurn, ShownWord, Speaker, TurnKey, TurnKind, join, touches,
};
pub use connection::{CONNECTION_KEY, ConnectionChoice, SETTINGS_KEY, STANDBY, SavedConnection, base_url};
pub use interface::RecordingPhase;
pub use record::{from_text, to_text};
pub use retention::{RETENTION_KEY, is_expired, retention_days};
pub use sound::{MICROPHONE_KEY, level_percent};
pub use speaker::speaker_name;
pub use transcript_export::clock;

/// The most audio in one stored value, in samples: one second. It is also what a killed page may lose, and how far before
/// a position a reader looks for the value that contains it.
pub const MAX_VALUE_SAMPLES: usize = SAMPLE_RATE_HZ as usize;

/// Words with a lower confidence are marked, in %. No source names a limit: below 50 % a word is more likely wrong than
/// right.
pub const DOUBTFUL_PERCENT: u8 = 50;
