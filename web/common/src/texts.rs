//! The texts of the interface, all in one table: English, and German beside it.
//!
//! Each is a constant, so that a module has in it only those that it names. `{}` stands for what is filled in, in
//! the same order in both languages.

use std::sync::atomic::{AtomicU8, Ordering};

/// A text in each language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    english: &'static str,
    german: &'static str,
}

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en`.
    English,
    /// `de`.
    German,
}

/// The language of all texts: there is one user.
static LANGUAGE: AtomicU8 = AtomicU8::new(0);

impl Language {
    /// The language of a tag such as `de-AT` (BCP 47); English where it is none of ours.
    pub fn of(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }

    /// The language that texts are in now.
    pub fn now() -> Self {
        if LANGUAGE.load(Ordering::Relaxed) == 0 { Self::English } else { Self::German }
    }

    /// From now on texts are in this language.
    pub fn choose(self) {
        LANGUAGE.store(u8::from(self == Self::German), Ordering::Relaxed);
    }

    /// The language's tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

impl Text {
    /// The text in the language of now.
    pub fn get(self) -> &'static str {
        match Language::now() {
            Language::English => self.english,
            Language::German => self.german,
        }
    }

    /// The text with these in the place of each `{}`.
    pub fn with(self, parts: &[&str]) -> String {
        fill(self.get(), parts)
    }
}

fn fill(text: &str, parts: &[&str]) -> String {
    // By one character, because to look for two takes 2 kB of code.
    let mut parts = parts.iter();
    let mut filled = String::new();
    for c in text.chars().filter(|c| *c != '}') {
        if c == '{' {
            filled += parts.next().copied().unwrap_or_default();
        } else {
            filled.push(c);
        }
    }
    filled
}

/// Makes a constant of each line, and `ALL` of all of them.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $english:literal, $german:literal;)*) => {
        $(
            $(#[$doc])*
            #[doc = concat!("“", $english, "”")]
            pub const $name: Text = Text { english: $english, german: $german };
        )*

        /// All of them, by their names.
        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    // Where the recording stands.
    RECORD: "Record", "Aufnehmen";
    STOP: "Stop", "Stopp";
    PAUSE: "Pause", "Pause";
    RESUME: "Resume", "Fortsetzen";
    TRY_AGAIN: "Try again", "Noch einmal";
    END_TURN: "End turn now", "Satz jetzt beenden";
    READY: "Ready", "Bereit";
    WAITING_FOR_MICROPHONE: "Waiting for the microphone", "Wartet auf das Mikrofon";
    RECORDING_CONNECTING: "Recording, still connecting", "Nimmt auf, verbindet noch";
    RECORDING: "Recording", "Nimmt auf";
    RECORDING_RECONNECTING: "Recording, reconnecting", "Nimmt auf, verbindet neu";
    PAUSED: "Paused", "Angehalten";
    WAITING_FOR_A_MICROPHONE: "Waiting for a microphone", "Wartet auf ein Mikrofon";
    CONNECTING_TO_SEND: "Connecting, to send what you said. Stop discards it",
        "Verbindet, um Gesagtes zu senden. Stopp verwirft es";
    SENDING: "Sending what you said, {} to go. Stop discards it", "Sendet Gesagtes, noch {}. Stopp verwirft es";
    FINISHING: "Finishing", "Kommt zum Ende";

    // A recording that was not finished.
    UNFINISHED: "A recording of {} from {}, {}, was not finished. Continue it, save what there is, or discard it.",
        "Eine Aufnahme von {} vom {}, {}, wurde nicht beendet. Setze sie fort, sichere sie oder verwirf sie.";
    WITHOUT_WORDS: "without words yet", "noch ohne Worte";
    WITH_ONE_WORD: "with one word", "mit einem Wort";
    WITH_WORDS: "with {} words", "mit {} Worten";

    // The transcript.
    NOT_TRANSCRIBED: "[{} not transcribed]", "[{} nicht mitgeschrieben]";
    SPEAKER: "Speaker {}", "Person {}";
    SPEAKER_OF_CONNECTION: "Speaker {} ({})", "Person {} ({})";
    REVISED: "speaker corrected", "Person berichtigt";
    EDITED: "edited", "bearbeitet";
    TOOLS_NOT_LOADED: "This part of the page could not be loaded. Check the network and that the server runs, then try again.",
        "Dieser Teil der Seite konnte nicht geladen werden. Prüfe das Netz und ob der Server läuft, dann versuche es noch einmal.";
    BACK_TO_THE_END: "Back to the end", "Zurück ans Ende";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_both_languages_with_as_much_to_fill_in() {
        for (name, Text { english, german }) in ALL {
            let places = |text: &str| text.matches("{}").count();
            assert!(!english.is_empty() && !german.is_empty(), "{name}");
            assert_eq!(places(english), places(german), "{name}");
            for text in [english, german] {
                assert_eq!(
                    places(text),
                    text.matches(['{', '}']).count() / 2,
                    "{name} has a brace for itself"
                );
            }
        }
    }

    #[test]
    fn no_two_texts_are_the_same_in_english() {
        let mut seen = std::collections::BTreeMap::new();
        for (name, text) in ALL {
            assert_eq!(seen.insert(text.english, *name), None, "{name}: one of them will do");
        }
    }

    #[test]
    fn places_are_filled_in_order_and_nothing_is_left_open() {
        assert_eq!(fill("{} of {}", &["1", "2"]), "1 of 2");
        assert_eq!(fill("{} of {}.", &["1"]), "1 of .");
        assert_eq!(fill("none", &["1"]), "none");
    }

    #[test]
    fn a_language_is_known_by_its_tag() {
        assert_eq!(["de", "DE-at", "de_CH"].map(Language::of), [Language::German; 3]);
        assert_eq!(["en", "fr", "", "den"].map(Language::of), [Language::English; 4]);
    }
}
