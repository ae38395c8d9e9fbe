//! What of a corrected turn stays when a span of its recording is taken off the record.

use transcript_export::{align, aligned_times};
use transcription_common::{ShownTurn, ShownWord, touches};

use super::edit::tidy;

/// The correction of a turn without what stands for the words that touch the time from `from_ms` to before `to_ms`; `None`
/// if the turn was not corrected, or nothing is left.
pub fn correction_outside(turn: &ShownTurn, from_ms: u64, to_ms: u64) -> Option<String> {
    let text = turn.edited.as_ref()?;
    let words: Vec<&str> = turn.words.iter().map(|word| &*word.text).collect();
    let times: Vec<(u64, u64)> = turn.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
    let of_turn = (times.first()?.0, times.iter().map(|(_, end_ms)| *end_ms).max()?);
    let parts = align(text, &words);
    let mut kept = String::new();
    let (mut at, mut is_kept) = (0, false);
    for (part, (start_ms, end_ms)) in parts.iter().zip(aligned_times(&parts, &times, of_turn)) {
        // What the user has added to a word goes or stays with it.
        let is_added = part.words.is_empty() && at > 0 && at == part.text.start;
        is_kept = if is_added { is_kept } else { !touches((from_ms, to_ms), start_ms, end_ms) };
        if is_kept {
            kept.push_str(text.get(at..part.text.end)?);
        }
        at = part.text.end;
    }
    tidy(&kept)
}

/// The indices of the words of a turn of which the user was sure before it lost others, and is no longer.
pub fn accepted_before(before: &ShownTurn, after: &ShownTurn) -> Vec<usize> {
    let sure = |word: &ShownWord| word.confidence_percent == Some(100);
    let was_sure = |word: &ShownWord| {
        let is_it = |old: &&ShownWord| (old.start_ms, old.end_ms) == (word.start_ms, word.end_ms);
        before.words.iter().find(is_it).is_some_and(sure)
    };
    let words = after.words.iter().enumerate();
    words.filter(|(_, word)| !sure(word) && was_sure(word)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn whose words last 500 ms each, from 0 on.
    fn turn(words: &[&str], edited: &str) -> ShownTurn {
        let words = words.iter().zip((0..).step_by(500)).map(|(text, start_ms)| ShownWord {
            text: (*text).to_owned(),
            start_ms,
            end_ms: start_ms + 500,
            ..ShownWord::default()
        });
        ShownTurn { words: words.collect(), edited: Some(edited.to_owned()), ..ShownTurn::default() }
    }

    #[test]
    fn a_correction_keeps_what_was_said_outside_the_span() {
        let turn = turn(&["Book", "a", "cable", "for", "Anna"], "Book a table for Ana.");
        assert_eq!(correction_outside(&turn, 1_500, 2_500).as_deref(), Some("Book a table"));
        assert_eq!(correction_outside(&turn, 0, 1_000).as_deref(), Some("table for Ana."));
        assert_eq!(correction_outside(&turn, 1_000, 1_500).as_deref(), Some("Book a for Ana."));
        assert_eq!(correction_outside(&turn, 0, 2_500), None);
    }

    #[test]
    fn a_correction_of_the_first_word_stays_when_the_others_go() {
        let turn = turn(&["With", "Anna", "pays"], "Without Anna pays");
        assert_eq!(correction_outside(&turn, 500, 2_500).as_deref(), Some("Without"));
    }

    #[test]
    fn a_part_that_stands_for_several_words_goes_with_one_of_them() {
        let turn = turn(&["pay", "twenty", "five", "now"], "pay 25 now");
        assert_eq!(correction_outside(&turn, 1_200, 1_300).as_deref(), Some("pay now"));
    }

    #[test]
    fn words_without_spaces_between_them_are_told_apart() {
        let turn = turn(&["私は", "本を", "読む"], "私は新聞を読む");
        assert_eq!(correction_outside(&turn, 1_000, 1_500).as_deref(), Some("私は新聞を"));
    }

    #[test]
    fn a_turn_that_was_not_corrected_has_no_correction() {
        let turn = ShownTurn { edited: None, ..turn(&["Book"], "") };
        assert_eq!(correction_outside(&turn, 1_000, 2_000), None);
    }

    #[test]
    fn words_that_stay_are_as_sure_as_before() {
        let mut before = turn(&["Book", "a", "table", "for", "Anna"], "");
        let mut after = ShownTurn { words: before.words[..4].to_vec(), ..before.clone() };
        for (word, percent) in before.words.iter_mut().zip([100, 40, 100, 30, 100]) {
            word.confidence_percent = Some(percent);
        }
        for (word, percent) in after.words.iter_mut().zip([30, 40, 100, 30]) {
            word.confidence_percent = Some(percent);
        }
        assert_eq!(accepted_before(&before, &after), [0]);
    }
}
