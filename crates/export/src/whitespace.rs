/// The text on one line, with one space between words. No-break spaces stay; control characters go.
pub(crate) fn normalize_whitespace(text: &str) -> String {
    let is_space =
        |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}') || c == '\u{200b}';
    let words = text.split(is_space).filter(|word| !word.is_empty());
    let words: Vec<String> =
        words.map(|word| word.chars().filter(|c| !c.is_control()).collect::<String>()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_space_apart_and_no_break_spaces_stay() {
        assert_eq!(normalize_whitespace("  one\r\n\n two\u{2028}three\u{7}  "), "one two three");
        assert_eq!(normalize_whitespace("Bonjour\u{202f}! 5\u{a0}km"), "Bonjour\u{202f}! 5\u{a0}km");
        assert_eq!(normalize_whitespace("\u{7} \u{200b}"), "");
    }
}
