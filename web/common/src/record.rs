//! A turn as a line of text, for the database.
//!
//! Written by hand: serde and JSON would add 4 kB to the page.

use crate::{ShownTurn, ShownWord, Speaker, TurnKind};

/// Separates two fields: a control character (Unit Separator), which the service does not send.
const FIELD: char = '\u{1f}';
const SEPARATOR: &str = "\u{1f}";

/// Writes a turn: flags, texts, speaker, language, and for each word text, start, end, confidence and speaker.
pub fn to_text(turn: &ShownTurn) -> String {
    let marks = [
        (turn.is_final, "F"),
        (turn.is_formatted, "f"),
        (turn.is_gap(), "g"),
        (turn.is_revised, "r"),
        (turn.edited.is_some(), "e"),
    ];
    let mut line: String = marks.into_iter().filter_map(|(is_so, mark)| is_so.then_some(mark)).collect();
    let mut put = |part: &str| {
        line += SEPARATOR;
        part.split([FIELD]).for_each(|part| line += part);
    };
    put(&turn.settled);
    put(&turn.unsettled);
    put(turn.edited.as_deref().unwrap_or_default());
    put(&number(turn.from_ms));
    put(&turn.speaker.label);
    put(&turn.speaker.session.to_string());
    put(&turn.speaker.name);
    put(&turn.language);
    for word in &turn.words {
        put(&word.text);
        put(&word.start_ms.to_string());
        put(&word.end_ms.to_string());
        put(&number(word.confidence_percent));
        put(&word.speaker);
    }
    line
}

/// A number, or an empty field.
fn number(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// Reads what [`number`] writes. One type of number is parsed: each further one takes 150 bytes of the page.
fn read_number<T: TryFrom<u64>>(text: &str) -> Result<Option<T>, ()> {
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse::<u64>().ok().and_then(|it| it.try_into().ok()).map(Some).ok_or(())
    }
}

/// Reads what [`to_text`] writes; `None` for any other text.
pub fn from_text(line: &str) -> Option<ShownTurn> {
    let mut parts = line.split([FIELD]);
    let mut text = || parts.next().map(str::to_owned);
    let marks = text()?;
    let (settled, unsettled, edited) = (text()?, text()?, text()?);
    let from_ms = read_number(&text()?).ok()?;
    let speaker = Speaker { label: text()?, session: read_number(&text()?).ok()??, name: text()? };
    let has = |mark: char| marks.contains([mark]);
    let mut turn = ShownTurn {
        settled,
        unsettled,
        edited: has('e').then_some(edited),
        from_ms,
        speaker,
        language: text()?,
        words: Vec::new(),
        is_final: has('F'),
        is_formatted: has('f'),
        kind: if has('g') { TurnKind::Gap } else { TurnKind::Speech },
        is_revised: has('r'),
    };
    while let Some(text) = parts.next() {
        let (start_ms, end_ms) = (read_number(parts.next()?).ok()??, read_number(parts.next()?).ok()??);
        let confidence_percent = read_number(parts.next()?).ok()?;
        let speaker = parts.next()?.to_owned();
        turn.words.push(ShownWord { text: text.to_owned(), start_ms, end_ms, confidence_percent, speaker });
    }
    Some(turn)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "[^\u{1f}]*";

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_turn_is_read_back_unchanged(
            (settled, unsettled, language) in (TEXT, TEXT, TEXT),
            (label, session, name) in (TEXT, any::<u32>(), TEXT),
            from_ms: Option<u64>,
            edited in prop::option::of(TEXT),
            words in prop::collection::vec((TEXT, any::<u64>(), any::<u64>(), any::<Option<u8>>(), TEXT), 0..5),
            marks: [bool; 4],
        ) {
            let words = words.into_iter().map(|(text, start_ms, end_ms, confidence_percent, speaker)| {
                ShownWord { text, start_ms, end_ms, confidence_percent, speaker }
            });
            let [is_final, is_formatted, is_gap, is_revised] = marks;
            let words = words.collect();
            let speaker = Speaker { label, session, name };
            let kind = if is_gap { TurnKind::Gap } else { TurnKind::Speech };
            let turn = ShownTurn {
                settled, words, kind, unsettled, is_final, is_formatted, from_ms, speaker, language, edited,
                is_revised,
            };
            prop_assert_eq!(from_text(&to_text(&turn)), Some(turn));
        }

        #[test]
        fn no_text_causes_a_panic(line in "[Ffgre\u{1f}0-9a]*") {
            if let Some(turn) = from_text(&line) {
                prop_assert_eq!(from_text(&to_text(&turn)), Some(turn));
            }
        }
    }

    #[test]
    fn a_separator_in_a_text_is_removed() {
        let mut turn = ShownTurn::default();
        turn.settled.push_str("a\u{1f}b");
        assert_eq!(from_text(&to_text(&turn)).map(|turn| turn.settled), Some("ab".to_owned()));
    }
}
