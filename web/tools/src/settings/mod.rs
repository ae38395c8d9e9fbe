//! The settings that a user may change: what they are, what is entered, what is kept, and what becomes of a change.
//!
//! The server's own settings rule: only what differs from them is kept, and whatever it leaves open follows the server.
//! Reading order: [`Offer`] (what the server lets one choose), [`Choices`] (what was chosen), `fields` (the panel's
//! rows), `entry` (what is typed), `effect` (now, or at the next start), `preset`.

mod choices;
mod effect;
mod entry;
mod fields;
mod offer;
mod preset;

pub use choices::Choices;
pub use effect::{Effect, Running};
pub use entry::{control, entered, shown};
pub use fields::{Control, Field, GROUPS, Group, REGION, field};
pub use offer::Offer;
pub use preset::Preset;
