//! A word of a turn as it is drawn, and the turn without it.

use std::ops::Range;

use transcript_export::{AlignedText, align};
use transcription_common::ShownTurn;

use super::edit::tidy;

/// A word of a final turn as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnWord {
    /// Its text.
    pub text: String,
    /// The indices of the service's words that it stands for, among the turn's.
    pub words: Range<usize>,
    before: String,
    after: String,
}

impl DrawnWord {
    /// The word that is drawn at an index, from 0, among the drawn words of a turn. Neither its start, which another word
    /// may share, nor its text on the page, which the browser may have translated, identifies it.
    pub fn of(turn: &ShownTurn, index: usize) -> Option<Self> {
        let (text, parts) = drawn_text(turn);
        let AlignedText { text: at, words, .. } = parts.into_iter().nth(index)?;
        let [word, before, after] =
            [&text[at.clone()], &text[..at.start], &text[at.end..]].map(ToOwned::to_owned);
        Some(Self { text: word, words, before, after })
    }

    /// The text of the turn with another text, perhaps an empty one, in place of the word; `None` where no word is left.
    pub fn replaced_by(&self, text: &str) -> Option<String> {
        tidy(&[&*self.before, text, &*self.after].concat())
    }
}

/// The text of a turn, and the parts of it that are drawn as words.
fn drawn_text(turn: &ShownTurn) -> (String, Vec<AlignedText>) {
    if turn.edited.is_none() && turn.has_all_words() {
        // The page draws each word itself, also an empty one.
        let mut text = String::new();
        let mut part = |(index, word): (usize, &str)| {
            if index > 0 {
                text.push(' ');
            }
            let from = text.len();
            text.push_str(word);
            AlignedText { text: from..text.len(), words: index..index + 1, is_same: true }
        };
        let parts = turn.words.iter().enumerate().map(|(index, word)| part((index, &word.text))).collect();
        return (text, parts);
    }
    let text = turn.edited.as_ref().unwrap_or(&turn.settled);
    let words: Vec<&str> = turn.words.iter().map(|word| &*word.text).collect();
    (text.clone(), align(text, &words))
}

#[cfg(test)]
mod tests {
    use transcription_common::ShownWord;

    use super::*;

    fn turn(text: &str, words: &[&str]) -> ShownTurn {
        // All words have one start.
        let words = words.iter().map(|text| ShownWord { text: (*text).to_owned(), ..ShownWord::default() });
        ShownTurn { settled: text.to_owned(), words: words.collect(), is_final: true, ..ShownTurn::default() }
    }

    fn replaced(turn: &ShownTurn, index: usize, text: &str) -> Option<String> {
        DrawnWord::of(turn, index)?.replaced_by(text)
    }

    #[test]
    fn one_of_two_words_with_the_same_start_is_replaced() {
        let turn = turn("what goes on there", &["what", "goes", "on", "there"]);
        assert_eq!(
            DrawnWord::of(&turn, 1).map(|word| (word.text, word.words)),
            Some(("goes".to_owned(), 1..2))
        );
        assert_eq!(replaced(&turn, 1, "went").as_deref(), Some("what went on there"));
        assert_eq!(replaced(&turn, 4, "went"), None);
    }

    #[test]
    fn a_word_is_removed_unless_it_is_the_only_one() {
        let two = turn("um yes", &["um", "yes"]);
        assert_eq!(replaced(&two, 0, "").as_deref(), Some("yes"));
        assert_eq!(replaced(&two, 1, "").as_deref(), Some("um"));
        assert_eq!(replaced(&turn("um", &["um"]), 0, ""), None);
    }

    #[test]
    fn an_empty_word_is_counted_where_the_page_draws_it() {
        let turn = turn("what goes", &["what", "", "goes"]);
        assert_eq!(DrawnWord::of(&turn, 2).map(|word| word.text), Some("goes".to_owned()));
        assert_eq!(replaced(&turn, 2, "went").as_deref(), Some("what went"));
    }

    #[test]
    fn words_of_a_text_that_is_written_differently_are_found_by_their_letters() {
        let mut turn = turn("私は本を読む", &["私は", "本を", "読む"]);
        assert_eq!(replaced(&turn, 1, "新聞を").as_deref(), Some("私は新聞を読む"));
        turn.edited = Some("私は今日本を読む".to_owned());
        let word = (0..4).filter_map(|index| DrawnWord::of(&turn, index)).find(|word| word.text == "読む");
        assert_eq!(word.map(|word| word.words), Some(2..3));
    }
}
