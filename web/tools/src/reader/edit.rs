//! What becomes of a corrected text.

/// A corrected text as it is kept: in one line, with single spaces; `None` where no word is left.
pub fn tidy(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_with_line_breaks_is_one_line() {
        assert_eq!(tidy(" Book\r\n a\u{a0}table \n"), Some("Book a table".to_owned()));
    }

    #[test]
    fn a_text_without_a_word_is_none() {
        assert_eq!([tidy(""), tidy(" \n\t")], [None, None]);
    }
}
