use assemblyai_session::SAMPLE_RATE_HZ;
use transcription_common::{clock, texts};

/// A recording that was not finished, as it is offered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecoveryPrompt {
    /// Samples captured, at [`SAMPLE_RATE_HZ`].
    pub captured_samples: u64,
    /// Words shown, settled or not.
    pub words: usize,
    /// When it began, in ms since 1970.
    pub began_ms: f64,
}

impl RecoveryPrompt {
    /// What there is and what can be done with it; `when` is its beginning as the user reads it.
    pub fn sentence(&self, when: &str) -> String {
        let length = clock(self.captured_samples / u64::from(SAMPLE_RATE_HZ));
        let words = match self.words {
            0 => texts::WITHOUT_WORDS.get().to_owned(),
            1 => texts::WITH_ONE_WORD.get().to_owned(),
            words => texts::WITH_WORDS.with(&[&words.to_string()]),
        };
        texts::UNFINISHED.with(&[&length, when, &words])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_how_long_when_and_how_much() {
        let mut offer =
            RecoveryPrompt { captured_samples: 761 * 16_000 + 15_999, words: 1532, began_ms: 0.0 };
        assert_eq!(
            offer.sentence("21 November 2026 at 14:03"),
            "A recording of 12:41 from 21 November 2026 at 14:03, with 1532 words, was not finished. Continue it, \
             save what there is, or discard it."
        );
        offer.words = 1;
        assert!(offer.sentence("").contains(", with one word, "));
        offer.words = 0;
        assert!(offer.sentence("").contains(", without words yet, "));
    }
}
