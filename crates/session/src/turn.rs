/// Numbers the connections that a session has attempted; together with `turn_order` it identifies a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ConnectionId(pub u32);

/// Identifies a turn: `turn_order` starts over with each connection. Turns are shown in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnKey {
    /// The connection over which it was received.
    pub connection: ConnectionId,
    /// Its number in the session of that connection, from 0.
    pub turn_order: u64,
}

/// What a turn stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TurnKind {
    /// Speech.
    #[default]
    Speech,
    /// Audio that was not transcribed.
    Gap,
}

/// A turn as it is shown, or a gap in the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownTurn {
    /// Text that does not change any more.
    pub settled: String,
    /// The words of `settled`; they may be incomplete, see [`Self::has_all_words`].
    pub words: Vec<ShownWord>,
    /// What it stands for.
    pub kind: TurnKind,
    /// Text after `settled` that may still change.
    pub unsettled: String,
    /// Whether the turn has ended.
    pub is_final: bool,
    /// Whether it has punctuation and capital letters.
    pub is_formatted: bool,
    /// The beginning of its first word, in ms of the recording, if known.
    pub from_ms: Option<u64>,
    /// The speaker, if speakers are distinguished.
    pub speaker: Speaker,
    /// The detected language, such as `de`; empty if none was detected.
    pub language: String,
    /// The text after a correction by the user.
    pub edited: Option<String>,
    /// Whether the service revised the speakers after the end of the turn.
    pub is_revised: bool,
}

/// A speaker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Speaker {
    /// The service's label, such as `A`; empty if there is none.
    pub label: String,
    /// The number of the connection among those with labels, from 1: the `A` of one connection need not be the `A` of
    /// another.
    pub session: u32,
    /// The name that the user gave; empty if there is none.
    pub name: String,
}

/// A word with its times in the recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownWord {
    /// The word, with its punctuation if the turn is formatted.
    pub text: String,
    /// Its beginning, in ms.
    pub start_ms: u64,
    /// Its end, in ms.
    pub end_ms: u64,
    /// The service's confidence, 0 to 100 %, if it reports one.
    pub confidence_percent: Option<u8>,
    /// The label of its speaker if that is not the turn's; empty otherwise.
    pub speaker: String,
}

impl ShownTurn {
    /// Whether it stands for audio that was not transcribed.
    pub fn is_gap(&self) -> bool {
        self.kind == TurnKind::Gap
    }

    /// The service's text, the part that may still change included.
    pub fn text(&self) -> String {
        join(&self.settled, &self.unsettled)
    }

    /// The text to show: the user's correction, or else the service's text.
    pub fn display_text(&self) -> String {
        self.edited.clone().unwrap_or_else(|| self.text())
    }

    /// Whether the user has corrected its text or named its speaker.
    pub fn has_edits(&self) -> bool {
        self.edited.is_some() || !self.speaker.name.is_empty()
    }

    /// Applies the edits of the same turn as it is shown. A turn that was corrected is final.
    pub fn apply_edits(&mut self, shown: &Self) {
        self.edited.clone_from(&shown.edited);
        self.speaker.name.clone_from(&shown.speaker.name);
        self.is_final |= self.edited.is_some();
    }

    /// Whether the words make up the whole settled text, so that it can be shown word by word.
    pub fn has_all_words(&self) -> bool {
        !self.words.is_empty()
            && self.words.iter().fold(String::new(), |text, word| join(&text, &word.text))
                == self.settled.trim()
    }
}

/// Joins two texts with a space, unless one is empty.
pub fn join(one: &str, other: &str) -> String {
    let (one, other) = (one.trim(), other.trim());
    let space = if one.is_empty() || other.is_empty() { "" } else { " " };
    [one, space, other].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_shown_in_place_of_the_text_of_the_service() {
        let mut turn = ShownTurn::default();
        turn.settled.push_str("Book a ");
        turn.unsettled.push_str("cable");
        assert_eq!(turn.display_text(), "Book a cable");
        turn.edited = Some("Book a table".to_owned());
        assert_eq!(
            (turn.display_text(), turn.text()),
            ("Book a table".to_owned(), "Book a cable".to_owned())
        );
    }

    #[test]
    fn a_text_with_missing_words_is_not_shown_word_by_word() {
        let word = |text: &str| ShownWord { text: text.to_owned(), ..ShownWord::default() };
        let mut turn = ShownTurn { words: vec![word("One "), word("two.")], ..ShownTurn::default() };
        turn.settled.push_str("One two.");
        assert!(turn.has_all_words());
        turn.words.pop();
        assert!(!turn.has_all_words());
        assert!(!ShownTurn::default().has_all_words());
    }
}
