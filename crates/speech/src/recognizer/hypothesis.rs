//! What a recogniser reports.

/// A recognised word.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// With its punctuation and case.
    pub text: String,
    /// When it starts, in ms of audio since the recogniser was made.
    pub start_ms: u64,
    /// When it ends, likewise.
    pub end_ms: u64,
    /// The least probability of its pieces, 0 to 1; not calibrated.
    pub confidence: f32,
    /// Whether it will not change any more.
    pub committed: bool,
    /// Its pieces, which are the draft of the next result.
    pub(crate) pieces: Vec<u32>,
}

impl Word {
    /// Lower case without punctuation: equal for words that sound the same.
    pub(crate) fn key(&self) -> String {
        self.text.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    }

    pub(crate) fn ends_sentence(&self) -> bool {
        self.text.ends_with(['.', '?', '!'])
    }
}

/// The words of a turn as they are known now. Replaces what was reported of this turn before.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Number of the turn, from 0.
    pub turn: u64,
    /// All words of the turn so far. Empty only where a turn ends whose reported words turned out to be none.
    pub words: Vec<Word>,
    /// Whether these are the words up to a pause, and not those of a voice that goes on.
    pub at_pause: bool,
    /// Whether this is the last of the turn.
    pub end_of_turn: bool,
    /// When the last voice was heard, in ms of audio.
    pub voice_end_ms: u64,
}

impl Hypothesis {
    /// The words, with a space between.
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Whether a voice is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Of the last 16 ms, 0 to 1.
    pub probability: f32,
    /// Whether a turn is open.
    pub in_turn: bool,
}

/// Whether two results have the same words, spelled the same.
pub(crate) fn same_text(a: &[Word], b: &[Word]) -> bool {
    a.iter().map(|word| &word.text).eq(b.iter().map(|word| &word.text))
}
