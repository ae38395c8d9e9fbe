use assemblyai_service::{FinalWhen, TurnState};
use assemblyai_service::{SpokenWord, duration_ms, timed};

/// Larger times and orders are taken for this: the largest integer that every reader of JSON has (RFC 8259, section 6),
/// of which sums are no overflow.
const LARGEST: u64 = 1 << 53;

/// The words of one turn and their times.
///
/// Partials are sent as the words are spoken, the final after the silence that the client's parameters require. A
/// missing initial capital and a missing full stop are added; raw universal turns have neither.
#[derive(Debug, Clone)]
pub struct Turn {
    text: String,
    words: Vec<(String, u64, u64)>,
    pub(crate) from_ms: Option<u64>,
    to_ms: Option<u64>,
    misheard: Vec<(usize, String)>,
    speaker: Option<String>,
    first_attributed_to: Option<String>,
    order: Option<u64>,
    language: Option<(String, f64)>,
    final_when: FinalWhen,
}

impl Turn {
    /// A turn with this text, at 155 words per minute unless [`Turn::to_ms`] is given.
    pub fn said(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            words: Vec::new(),
            from_ms: None,
            to_ms: None,
            misheard: Vec::new(),
            speaker: None,
            first_attributed_to: None,
            order: None,
            language: None,
            final_when: FinalWhen::Silence,
        }
    }

    /// A turn of words with given times: text, start and end in ms of audio, in the order of their starts.
    pub fn words<'a>(words: impl IntoIterator<Item = (&'a str, u64, u64)>) -> Self {
        let in_range =
            |(text, start, end): (&'a str, u64, u64)| (text.to_owned(), start.min(LARGEST), end.min(LARGEST));
        let words: Vec<_> = words.into_iter().map(in_range).collect();
        let texts: Vec<&str> = words.iter().map(|(text, ..)| text.as_str()).collect();
        let mut turn = Self::said(texts.join(" "));
        turn.from_ms = words.first().map(|(_, start_ms, _)| *start_ms);
        turn.to_ms = words.last().map(|(.., end_ms)| *end_ms);
        turn.words = words;
        turn
    }

    /// Start of the first word, in ms of audio.
    #[must_use]
    pub fn from_ms(mut self, from_ms: u64) -> Self {
        self.from_ms = Some(from_ms.min(LARGEST));
        self
    }

    /// End of the last word, in ms of audio.
    #[must_use]
    pub fn to_ms(mut self, to_ms: u64) -> Self {
        self.to_ms = Some(to_ms.min(LARGEST));
        self
    }

    /// The first partial that contains the word at this index, from 0, has another text in its place (Pro models).
    #[must_use]
    pub fn misheard(mut self, index: usize, taken_for: impl Into<String>) -> Self {
        self.misheard.push((index, taken_for.into()));
        self
    }

    /// The speaker's label, such as `A`; sent if the client requests speaker labels.
    #[must_use]
    pub fn speaker(mut self, label: impl Into<String>) -> Self {
        self.speaker = Some(label.into());
        self
    }

    /// A wrong label in the final, such as `B`, or `PENDING` for a speaker that is not known yet. A
    /// `SpeakerRevision` corrects it before `Termination`.
    #[must_use]
    pub fn first_attributed_to(mut self, label: impl Into<String>) -> Self {
        self.first_attributed_to = Some(label.into());
        self
    }

    /// The `turn_order` of this turn; by default the next in the session.
    #[must_use]
    pub fn order(mut self, turn_order: u64) -> Self {
        self.order = Some(turn_order.min(LARGEST));
        self
    }

    /// The language code and its confidence, 0 to 1; sent if the client requests language detection.
    #[must_use]
    pub fn language(mut self, code: impl Into<String>, confidence: f64) -> Self {
        self.language = Some((code.into(), confidence));
        self
    }

    /// Sends the final when this much audio has been received, in ms, instead of after a silence. Finals can thus be
    /// out of order.
    #[must_use]
    pub fn final_at_ms(mut self, audio_ms: u64) -> Self {
        self.final_when = FinalWhen::AudioMs(audio_ms.min(LARGEST));
        self
    }

    /// Sends the final only after `Terminate`, with all words.
    #[must_use]
    pub fn final_after_terminate(mut self) -> Self {
        self.final_when = FinalWhen::Terminated;
        self
    }

    pub(crate) fn end_ms(&self) -> u64 {
        let from_ms = self.from_ms.unwrap_or_default();
        let usual_ms: u64 = self.text.split_whitespace().map(duration_ms).sum();
        self.to_ms.unwrap_or_else(|| from_ms.saturating_add(usual_ms))
    }

    pub(crate) fn state(&self) -> TurnState {
        let mut words: Vec<SpokenWord> = if self.words.is_empty() {
            timed(&self.text, self.from_ms.unwrap_or_default(), self.end_ms())
        } else {
            self.words.iter().map(|(text, start, end)| SpokenWord::new(text, *start, *end)).collect()
        };
        words.sort_by_key(|word| word.start_ms);
        for word in &mut words {
            word.speaker.clone_from(&self.speaker);
            word.first_attributed_to.clone_from(&self.first_attributed_to);
        }
        for (index, text) in &self.misheard {
            if let Some(word) = words.get_mut(*index) {
                word.misheard_as = Some(text.clone());
            }
        }
        let mut state = TurnState::new(words, true);
        state.final_when = self.final_when;
        state.order = self.order;
        state.language.clone_from(&self.language);
        state
    }
}
