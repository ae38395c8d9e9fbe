/// Counts the attempts at a connection since the page was loaded; with `turn_order` it names a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ConnectionId(pub u32);

/// Names a turn: `turn_order` begins anew with each connection. Turns are shown in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnKey {
    /// The connection that it came over.
    pub connection: ConnectionId,
    /// Its place in that connection's session.
    pub turn_order: u64,
}

/// A turn as it is shown, or a gap between turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ShownTurn {
    /// Text that stays.
    pub settled: String,
    /// The words of that text; the text may have others, see [`Self::has_a_word_for_each`].
    pub words: Vec<ShownWord>,
    /// Whether it says that something was not transcribed.
    pub is_gap: bool,
    /// Text behind it that may still change.
    pub unsettled: String,
    /// Whether the turn has ended.
    pub is_final: bool,
    /// Whether it has punctuation and capitals.
    pub is_formatted: bool,
    /// Where its first word begins on the recording's clock, in ms, where that is known.
    pub from_ms: Option<u64>,
    /// Who speaks, where speakers are told apart.
    pub speaker: Speaker,
    /// The language, such as `de`, where it was detected; empty otherwise.
    pub language: String,
    /// What the user has made of it.
    pub edited: Option<String>,
    /// Whether the service has named the speaker anew after the turn had ended.
    pub is_revised: bool,
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Speaker {
    /// The service's label, such as `A`; empty where nobody is named.
    pub label: String,
    /// Labels begin anew with each connection, and the `A` of one need not be the `A` of another: which connection
    /// with labels it is, from 1.
    pub session: u32,
    /// The user's name for it; empty where there is none.
    pub name: String,
}

/// A word with its times on the recording's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownWord {
    /// The word, perhaps with punctuation.
    pub text: String,
    /// Where it begins, in ms.
    pub start_ms: u64,
    /// Where it ends, in ms.
    pub end_ms: u64,
    /// How sure the service is, 0 to 100 %, where it says.
    pub confidence_percent: Option<u8>,
    /// The label of who says it, where that is not the turn's; empty otherwise.
    pub speaker: String,
}

impl ShownTurn {
    /// All of the service's text.
    pub fn text(&self) -> String {
        join(&self.settled, &self.unsettled)
    }

    /// The text that the user wants: the edited one, or else the service's.
    pub fn display_text(&self) -> String {
        self.edited.clone().unwrap_or_else(|| self.text())
    }

    /// Whether the user has changed anything about it.
    pub fn has_edits(&self) -> bool {
        self.edited.is_some() || !self.speaker.name.is_empty()
    }

    /// Takes over what the user has made of it where it is shown. What the user has written is an end.
    pub fn apply_edits(&mut self, shown: &Self) {
        self.edited.clone_from(&shown.edited);
        self.speaker.name.clone_from(&shown.speaker.name);
        self.is_final |= self.edited.is_some();
    }

    /// Whether the words, one after the other, are the text that stays: then it can be shown word by word.
    pub fn has_a_word_for_each(&self) -> bool {
        !self.words.is_empty()
            && self.words.iter().fold(String::new(), |text, word| join(&text, &word.text))
                == self.settled.trim()
    }
}

/// Two texts with one space between them, unless one is empty.
pub fn join(one: &str, other: &str) -> String {
    let (one, other) = (one.trim(), other.trim());
    let space = if one.is_empty() || other.is_empty() { "" } else { " " };
    [one, space, other].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_has_written_goes_before_what_was_heard() {
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
    fn a_text_that_has_more_than_its_words_is_not_shown_word_by_word() {
        let word = |text: &str| ShownWord { text: text.to_owned(), ..ShownWord::default() };
        let mut turn = ShownTurn { words: vec![word("One "), word("two.")], ..ShownTurn::default() };
        turn.settled.push_str("One two.");
        assert!(turn.has_a_word_for_each());
        turn.words.pop();
        assert!(!turn.has_a_word_for_each());
        assert!(!ShownTurn::default().has_a_word_for_each());
    }
}
