//! The settings that a user may change: which there are, how they are entered and stored, and how a change takes effect.
//!
//! The server's own settings are the defaults: only differences are stored, and the rest follows the server.
//! Reading order: [`ServerConfig`] (the defaults), [`UserSettings`] (the differences), `fields` (the rows of the dialog),
//! `entry` (texts to values), [`ActiveSession`] and [`ChangePlan`] (now, or at the next start), `preset`, `summary`.

mod active_session;
mod entry;
mod fields;
mod preset;
mod server_config;
mod summary;
mod user_settings;

pub use active_session::{ActiveSession, ChangePlan};
pub use entry::{control_text, label, parse};
pub use fields::{Control, Field, GROUPS, Group, REGION, STANDBY_CHOICES_S, field};
pub use preset::Preset;
pub use server_config::ServerConfig;
pub use summary::summary;
pub use user_settings::UserSettings;
