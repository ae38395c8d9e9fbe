//! What a key does.

use transcription_common::texts::{self, Text, recordings as list_texts};

/// What a single key does anywhere on the page, as long as nothing is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortcut {
    /// Record, or stop.
    Record,
    /// Pause, or resume.
    Pause,
    /// End the turn now.
    EndTurn,
    /// Play what was recorded, or pause that.
    Play,
    /// Set a marker.
    Marker,
    /// Take the last seconds off the record.
    OffRecord,
    /// Go to the search field.
    Search,
    /// Show captions, or close them.
    Captions,
    /// Show what keys there are.
    Help,
}

/// The single keys, and what each does.
pub const SHORTCUTS: [(&str, Shortcut, Text); 9] = [
    ("R", Shortcut::Record, texts::KEY_RECORD),
    ("P", Shortcut::Pause, texts::KEY_PAUSE),
    ("T", Shortcut::EndTurn, texts::KEY_END_TURN),
    ("K", Shortcut::Play, texts::KEY_PLAYBACK),
    ("M", Shortcut::Marker, list_texts::SET_MARKER),
    ("O", Shortcut::OffRecord, list_texts::KEY_OFF_RECORD),
    ("/", Shortcut::Search, texts::SEARCH_TRANSCRIPT),
    ("C", Shortcut::Captions, texts::CAPTIONS),
    ("?", Shortcut::Help, texts::KEY_SHORTCUTS),
];

/// What a key does on a word or a speaker's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Go to the next word or name.
    Next,
    /// Go to the one before.
    Previous,
    /// Go to the turn below.
    NextTurn,
    /// Go to the turn above.
    PreviousTurn,
    /// Go to the first of the turn.
    FirstOfTurn,
    /// Go to the last of the turn.
    LastOfTurn,
    /// Go to the first of all.
    First,
    /// Go to the last of all.
    Last,
    /// Hear the recording from the word on, or rename the speaker.
    Act,
    /// Edit the turn.
    Edit,
    /// Pause playback, or leave the words.
    Leave,
}

/// What of a key press matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press<'a> {
    /// The key's value (UI Events `KeyboardEvent` key values), such as `r` or `ArrowUp`.
    pub key: &'a str,
    /// Whether Ctrl, or on a Mac Cmd, is held.
    pub has_control: bool,
    /// Whether Alt is held.
    pub has_alt: bool,
}

impl Press<'_> {
    /// What it does where nothing is typed.
    pub fn shortcut(self) -> Option<Shortcut> {
        let is_plain = !self.has_control && !self.has_alt;
        let found = SHORTCUTS.iter().find(|(key, ..)| is_plain && key.eq_ignore_ascii_case(self.key));
        found.map(|(_, shortcut, _)| *shortcut)
    }

    /// What it does on a word; in a turn that is written from right to left, left is forward.
    pub fn step(self, is_right_to_left: bool) -> Option<Step> {
        if self.has_alt {
            return None;
        }
        let step = match (self.key, self.has_control) {
            ("ArrowRight", false) if is_right_to_left => Step::Previous,
            ("ArrowLeft", false) if is_right_to_left => Step::Next,
            ("ArrowRight", false) => Step::Next,
            ("ArrowLeft", false) => Step::Previous,
            ("ArrowDown", false) => Step::NextTurn,
            ("ArrowUp", false) => Step::PreviousTurn,
            ("Home", false) => Step::FirstOfTurn,
            ("End", false) => Step::LastOfTurn,
            ("Home", true) => Step::First,
            ("End", true) => Step::Last,
            ("Enter" | " ", false) => Step::Act,
            ("e" | "E" | "F2", false) => Step::Edit,
            ("Escape", false) => Step::Leave,
            _ => return None,
        };
        Some(step)
    }
}

/// The name by which a key is known here: on a keyboard of another alphabet that of its place, such as `C` for the key
/// `с` of Cyrillic. Takes the key's value and the code of its place (UI Events `KeyboardEvent` code values).
pub fn latin<'a>(key: &'a str, code: &'a str) -> &'a str {
    let mut characters = key.chars();
    let is_foreign = characters.next().is_some_and(|first| !first.is_ascii()) && characters.next().is_none();
    code.strip_prefix("Key").filter(|_| is_foreign).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_other_alphabets_act_by_their_place() {
        assert_eq!(latin("с", "KeyC"), "C");
        assert_eq!(latin("К", "KeyR"), "R");
        // AZERTY and Dvorak keep what is printed on the key.
        assert_eq!(latin("a", "KeyQ"), "a");
        assert_eq!(latin("ArrowUp", "ArrowUp"), "ArrowUp");
        assert_eq!(latin("ñ", "Semicolon"), "ñ");
    }

    fn plain(key: &str) -> Press<'_> {
        Press { key, has_control: false, has_alt: false }
    }

    #[test]
    fn each_single_key_does_one_thing_in_either_case() {
        for (key, shortcut, _) in SHORTCUTS {
            assert_eq!(plain(key).shortcut(), Some(shortcut));
            assert_eq!(plain(&key.to_lowercase()).shortcut(), Some(shortcut));
        }
        assert_eq!(plain("Enter").shortcut(), None);
    }

    #[test]
    fn the_browsers_own_shortcuts_stay_the_browsers() {
        let held = Press { has_control: true, ..plain("r") };
        assert_eq!((held.shortcut(), Press { has_alt: true, ..plain("/") }.shortcut()), (None, None));
        // Back and forward in the history.
        assert_eq!(Press { has_alt: true, ..plain("ArrowLeft") }.step(false), None);
        assert_eq!(Press { has_control: true, ..plain("e") }.step(false), None);
    }

    #[test]
    fn in_text_from_right_to_left_the_arrows_point_the_other_way() {
        assert_eq!(plain("ArrowLeft").step(false), Some(Step::Previous));
        assert_eq!(plain("ArrowLeft").step(true), Some(Step::Next));
        assert_eq!(plain("ArrowRight").step(true), Some(Step::Previous));
        assert_eq!(plain("ArrowDown").step(true), Some(Step::NextTurn));
    }

    #[test]
    fn the_ends_are_those_of_the_turn_or_with_control_of_all() {
        assert_eq!(plain("Home").step(false), Some(Step::FirstOfTurn));
        assert_eq!(Press { has_control: true, ..plain("End") }.step(false), Some(Step::Last));
    }
}
