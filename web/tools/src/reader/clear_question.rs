//! The question before the page is cleared.

use transcription_common::texts;
use transcription_common::texts::recordings as list_texts;

/// The question for a page with so many turns, whose recordings stay in the list unless the user deletes them, or not.
pub fn question(turns: u32, is_kept: bool) -> String {
    let question = match (is_kept, turns) {
        (true, 0) => list_texts::NEW_QUESTION_WITH_LIST_NONE,
        (true, 1) => list_texts::NEW_QUESTION_WITH_LIST_ONE,
        (true, _) => list_texts::NEW_QUESTION_WITH_LIST,
        (false, 0) => texts::NEW_QUESTION_NONE,
        (false, 1) => texts::NEW_QUESTION_ONE,
        (false, _) => texts::NEW_QUESTION,
    };
    question.with(&[&turns.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_without_turns_is_called_that() {
        assert!(question(0, false).starts_with("Delete the recording of this page? It has no words yet."));
        assert!(question(0, true).contains("(a recording without words) can stay"));
    }

    #[test]
    fn turns_are_counted() {
        assert!(
            question(1, false).starts_with("Delete the one turn")
                && question(1, true).contains("(1\u{a0}turn)")
        );
        assert!(
            question(2, false).starts_with("Delete all 2\u{a0}turns")
                && question(2, true).contains("(2\u{a0}turns)")
        );
    }
}
