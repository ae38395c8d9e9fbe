//! Turns as text, for the database.
//!
//! By hand: what serde and JSON make of the same types takes 4 kB of the page's 100.

use crate::transcript::{ShownTurn, ShownWord};

/// Stands between two parts; a control character (Unit Separator), which no service sends.
const SEPARATOR: char = '\u{1f}';

/// A turn as one line: marks, settled, unsettled, and for each word text, start and end.
pub fn to_text(turn: &ShownTurn) -> String {
    let marks = [(turn.is_final, "F"), (turn.is_formatted, "f"), (turn.is_gap, "g")];
    let mut line: String = marks.into_iter().filter_map(|(is_so, mark)| is_so.then_some(mark)).collect();
    let mut put = |part: &str| {
        line.push(SEPARATOR);
        line.extend(part.chars().filter(|&c| c != SEPARATOR));
    };
    put(&turn.settled);
    put(&turn.unsettled);
    for word in &turn.words {
        put(&word.text);
        put(&word.start_ms.to_string());
        put(&word.end_ms.to_string());
    }
    line
}

/// Reads what [`to_text`] has written; `None` where it has not.
pub fn from_text(line: &str) -> Option<ShownTurn> {
    let mut parts = line.split(SEPARATOR);
    let marks = parts.next()?;
    let mut turn = ShownTurn {
        settled: parts.next()?.to_owned(),
        unsettled: parts.next()?.to_owned(),
        words: Vec::new(),
        is_final: marks.contains('F'),
        is_formatted: marks.contains('f'),
        is_gap: marks.contains('g'),
    };
    while let Some(text) = parts.next() {
        let (start_ms, end_ms) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        turn.words.push(ShownWord { text: text.to_owned(), start_ms, end_ms });
    }
    Some(turn)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_turn_is_read_back_as_it_was(
            settled in "[^\u{1f}]*",
            unsettled in "[^\u{1f}]*",
            words in prop::collection::vec(("[^\u{1f}]*", any::<u64>(), any::<u64>()), 0..5),
            marks: [bool; 3],
        ) {
            let words = words.into_iter().map(|(text, start_ms, end_ms)| ShownWord { text, start_ms, end_ms });
            let [is_final, is_formatted, is_gap] = marks;
            let words = words.collect();
            let turn = ShownTurn { settled, words, is_gap, unsettled, is_final, is_formatted };
            prop_assert_eq!(from_text(&to_text(&turn)), Some(turn));
        }

        #[test]
        fn what_is_no_turn_is_none_rather_than_a_panic(line in "[Ffg\u{1f}0-9a]*") {
            if let Some(turn) = from_text(&line) {
                prop_assert_eq!(from_text(&to_text(&turn)), Some(turn));
            }
        }
    }

    #[test]
    fn a_separator_in_what_was_said_does_no_harm() {
        let mut turn = ShownTurn::default();
        turn.settled.push_str("a\u{1f}b");
        assert_eq!(from_text(&to_text(&turn)).map(|turn| turn.settled), Some("ab".to_owned()));
    }
}
