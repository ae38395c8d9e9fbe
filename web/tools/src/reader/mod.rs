//! What the reader does with a transcript: hear a word again, correct a turn, name a speaker, search.
//!
//! Reading order: `figure` (what is known of a word), `keys` (what a key does), `fold` and `search` (where a text
//! is found), `play` (which audio belongs to a word), `edit` (what becomes of a corrected text).

pub mod edit;
pub mod figure;
mod fold;
pub mod keys;
pub mod play;
pub mod search;
