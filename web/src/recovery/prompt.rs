use assemblyai_session::SAMPLE_RATE_HZ;
use transcription_common::{clock, texts};

/// What the user is shown of an interrupted recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecoveryPrompt {
    /// Samples captured, at [`SAMPLE_RATE_HZ`].
    pub captured_samples: u64,
    /// Words of its turns, final or not.
    pub words: usize,
    /// When it began, in ms since 1970.
    pub began_ms: f64,
    /// Whether it is of a file, which the page no longer has: it can be kept, and not resumed.
    pub is_file: bool,
}

impl RecoveryPrompt {
    /// Describes the recording and what can be done with it; `when` is the formatted time of its beginning.
    pub fn sentence(&self, when: &str) -> String {
        let length = clock(self.captured_samples / u64::from(SAMPLE_RATE_HZ));
        let words = match self.words {
            0 => texts::WITHOUT_WORDS.get().to_owned(),
            1 => texts::WITH_ONE_WORD.get().to_owned(),
            words => texts::WITH_WORDS.with(&[&words.to_string()]),
        };
        let next = if self.is_file { texts::KEEP_FILE_OR } else { texts::CONTINUE_IT_OR };
        texts::UNFINISHED.with(&[&length, when, &words, next.get()])
    }

    /// The label of the button that resumes it, or keeps it as it is.
    pub fn button(&self) -> &'static str {
        if self.is_file { texts::KEEP_AS_IT_IS.get() } else { texts::CONTINUE.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_has_length_time_and_number_of_words() {
        let mut prompt = RecoveryPrompt {
            captured_samples: 761 * 16_000 + 15_999,
            words: 1532,
            began_ms: 0.0,
            is_file: false,
        };
        assert_eq!(
            prompt.sentence("21 November 2026 at 14:03"),
            "A recording (12:41 long) from 21 November 2026 at 14:03, with 1532\u{a0}words, was not finished. Continue it, \
             save what there is, or discard it."
        );
        prompt.words = 1;
        assert!(prompt.sentence("").contains(", with one word, "));
        prompt.words = 0;
        assert!(prompt.sentence("").contains(", without words yet, "));
        assert_eq!(prompt.button(), "Continue");
    }

    #[test]
    fn the_sentence_of_a_file_says_that_it_has_to_be_added_again() {
        let prompt = RecoveryPrompt { captured_samples: 16_000, words: 1, began_ms: 0.0, is_file: true };
        assert_eq!(
            prompt.sentence("Monday"),
            "A recording (0:01 long) from Monday, with one word, was not finished. It is of a file: keep what there is, \
             or add the file again."
        );
        assert_eq!(prompt.button(), "Keep as it is");
    }
}
