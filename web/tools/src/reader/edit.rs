//! What becomes of a corrected text.

/// A corrected text as it is kept: in one line, with single spaces; no-break spaces stay where they are the only ones.
/// `None` where no word is left.
pub fn tidy(text: &str) -> Option<String> {
    let mut tidied = String::new();
    let mut space = None;
    for c in text.chars() {
        if c.is_whitespace() {
            let is_kept = is_no_break(c) && space.is_none_or(is_no_break);
            space = if is_kept { space.or(Some(c)) } else { Some(' ') };
        } else {
            tidied.extend(space.take().filter(|_| !tidied.is_empty()));
            tidied.push(c);
        }
    }
    (!tidied.is_empty()).then_some(tidied)
}

/// Whether a line does not break at this space, as before punctuation in French.
fn is_no_break(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_with_line_breaks_is_one_line() {
        assert_eq!(tidy(" Book\r\n a \u{a0}table \n"), Some("Book a table".to_owned()));
    }

    #[test]
    fn no_break_spaces_stay_unless_others_are_beside_them() {
        assert_eq!(tidy("Bonjour\u{202f}! 5\u{a0}km").as_deref(), Some("Bonjour\u{202f}! 5\u{a0}km"));
        assert_eq!(tidy("\u{a0}a\u{a0}\u{202f}b\u{a0}").as_deref(), Some("a\u{a0}b"));
        assert_eq!(tidy("a \u{a0}b\u{a0} c").as_deref(), Some("a b c"));
    }

    #[test]
    fn a_text_without_a_word_is_none() {
        assert_eq!([tidy(""), tidy(" \n\t"), tidy("\u{a0}")], [None, None, None]);
    }
}
