use crate::transcript::{FinalWhen, SpokenWord, TurnState, duration_ms, timed};

/// Something that is said in one turn, and when.
///
/// Partials come as the words are spoken, the final after the silence that the client's parameters ask for. The
/// text is written as the service would write it: where it lacks them, a capital is put first and a full stop last
/// (and neither, in raw universal turns).
#[derive(Debug, Clone)]
pub struct Turn {
    text: String,
    words: Vec<(String, u64, u64)>,
    pub(super) from_ms: Option<u64>,
    to_ms: Option<u64>,
    misheard: Vec<(usize, String)>,
    speaker: Option<String>,
    first_attributed_to: Option<String>,
    order: Option<u64>,
    language: Option<(String, f64)>,
    final_when: FinalWhen,
}

impl Turn {
    /// A turn with this text, at 155 words a minute unless [`Turn::to_ms`] says otherwise.
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

    /// A turn of words with their own times: text, start and end in ms of audio, in the order of their starts.
    pub fn words<'a>(words: impl IntoIterator<Item = (&'a str, u64, u64)>) -> Self {
        let words: Vec<_> =
            words.into_iter().map(|(text, start, end)| (text.to_owned(), start, end)).collect();
        let texts: Vec<&str> = words.iter().map(|(text, ..)| text.as_str()).collect();
        let mut turn = Self::said(texts.join(" "));
        turn.from_ms = words.first().map(|(_, start_ms, _)| *start_ms);
        turn.to_ms = words.last().map(|(.., end_ms)| *end_ms);
        turn.words = words;
        turn
    }

    /// Where the first word starts, in ms of audio.
    #[must_use]
    pub fn from_ms(mut self, from_ms: u64) -> Self {
        self.from_ms = Some(from_ms);
        self
    }

    /// Where the last word ends, in ms of audio.
    #[must_use]
    pub fn to_ms(mut self, to_ms: u64) -> Self {
        self.to_ms = Some(to_ms);
        self
    }

    /// The word at this index, from 0, is taken for another in the first partial that has it (Pro models).
    #[must_use]
    pub fn misheard(mut self, index: usize, taken_for: impl Into<String>) -> Self {
        self.misheard.push((index, taken_for.into()));
        self
    }

    /// Who speaks: `A`, `B` and so on; told only where the client asked for speaker labels.
    #[must_use]
    pub fn speaker(mut self, label: impl Into<String>) -> Self {
        self.speaker = Some(label.into());
        self
    }

    /// Whom the final takes for the speaker, where that is another: `B`, or `PENDING` for nobody yet. A
    /// `SpeakerRevision` puts it right before `Termination`.
    #[must_use]
    pub fn first_attributed_to(mut self, label: impl Into<String>) -> Self {
        self.first_attributed_to = Some(label.into());
        self
    }

    /// The `turn_order` of this turn; by itself it is the next in the session.
    #[must_use]
    pub fn order(mut self, turn_order: u64) -> Self {
        self.order = Some(turn_order);
        self
    }

    /// The language that is told where the client asked for detection, and how sure the service is, 0 to 1.
    #[must_use]
    pub fn language(mut self, code: impl Into<String>, confidence: f64) -> Self {
        self.language = Some((code.into(), confidence));
        self
    }

    /// The final comes when so much audio has come, not after a silence; so finals can come out of order.
    #[must_use]
    pub fn final_at_ms(mut self, audio_ms: u64) -> Self {
        self.final_when = FinalWhen::AudioMs(audio_ms);
        self
    }

    /// The final comes only after Terminate, with all words.
    #[must_use]
    pub fn final_after_terminate(mut self) -> Self {
        self.final_when = FinalWhen::Terminated;
        self
    }

    pub(super) fn end_ms(&self) -> u64 {
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
