//! The reader's rules: play a word, correct a turn, rename a speaker, search, captions.
//!
//! Reading order: `word_tooltip` (its text), `keys` (what a key does), `fold` and `search` (where a text is found), `play`
//! (the audio of a word), `edit` (the text of a correction), `drawn_word` (a word of a turn, and the turn without it),
//! `off_record` (what of a correction stays), `clear_question` (what is asked before the page is cleared), `captions` (how
//! captions look).

pub mod captions;
pub mod clear_question;
pub mod drawn_word;
pub mod edit;
mod fold;
pub mod keys;
pub mod off_record;
pub mod play;
pub mod search;
pub mod word_tooltip;
