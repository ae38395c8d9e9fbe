//! The letters of a text: what two spellings of the same speech are compared by.

/// A letter or digit of a text, in lower case, and the number of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) letter: char,
    /// Where the character is, in bytes.
    pub(super) at: usize,
}

/// The letters of a text in order, without spaces and punctuation.
pub(super) fn letters(text: &str) -> impl Iterator<Item = Letter> {
    text.char_indices().filter(|(_, c)| is_letter(*c)).map(|(at, c)| Letter { letter: lower_case(c), at })
}

/// Whether a character is neither space nor punctuation. By ranges, because the page cannot afford Unicode's tables: a
/// rare sign that is taken for a letter does no harm.
fn is_letter(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_ascii_punctuation()
        && !matches!(
            c,
            '\0'..='\u{1f}'
                | '\u{7f}'..='¿'
                | '،' | '؛' | '؟' | '۔' | '।' | '॥' | '።'
                | '\u{2000}'..='⁯'
                | '\u{3000}'..='〄' | '〈'..='〟'
                | '！'..='／' | '：'..='＠' | '［'..='｀' | '｛'..='･'
        )
}

/// Lower case in the Latin, Greek and Cyrillic scripts, one character for one.
fn lower_case(c: char) -> char {
    let offset = match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => 32,
        'Ѐ'..='Џ' => 80,
        _ => 0,
    };
    char::from_u32(c as u32 + offset).unwrap_or(c)
}
