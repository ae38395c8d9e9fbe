use std::collections::HashMap;

/// A text as it is compared, and where each part of it stands in the text as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Folded {
    pub(super) text: String,
    /// For each byte of `text`: the UTF-16 unit of the written text at which its character begins.
    pub(super) begins: Vec<u32>,
    /// For each byte of `text`: the unit behind that character and the marks that belong to it.
    pub(super) ends: Vec<u32>,
}

/// Makes texts comparable: case, accents, widths and runs of space make no difference.
///
/// What characters are made of is the browser's knowledge (`String.normalize`), asked once for each character.
pub struct Folder<D> {
    decompose: D,
    known: HashMap<char, String>,
}

impl<D: FnMut(char) -> String> Folder<D> {
    /// `decompose` is Unicode's compatibility decomposition (NFKD) of one character.
    pub fn new(decompose: D) -> Self {
        Self { decompose, known: HashMap::new() }
    }

    /// A text as it is compared, for searches that need not know where something is.
    pub fn fold_text(&mut self, written: &str) -> String {
        self.fold(written).text
    }

    pub(super) fn fold(&mut self, written: &str) -> Folded {
        let mut folded = Folded::default();
        let mut unit = 0;
        for c in written.chars() {
            let begin = unit;
            unit += c.len_utf16() as u32;
            if c.is_whitespace() {
                if !folded.text.is_empty() && !folded.text.ends_with(' ') {
                    folded.put(" ", begin, unit);
                }
                continue;
            }
            let decompose = &mut self.decompose;
            let alike = self.known.entry(c).or_insert_with(|| alike(c, decompose));
            if alike.is_empty() {
                // A mark belongs to the letter before it.
                folded.stretch(unit);
            } else {
                folded.put(alike, begin, unit);
            }
        }
        folded
    }
}

impl Folded {
    fn put(&mut self, text: &str, begin: u32, end: u32) {
        self.text.push_str(text);
        self.begins.resize(self.text.len(), begin);
        self.ends.resize(self.text.len(), end);
    }

    fn stretch(&mut self, end: u32) {
        let Some(&last) = self.ends.last() else { return };
        for other in self.ends.iter_mut().rev().take_while(|other| **other == last) {
            *other = end;
        }
    }
}

/// What all characters that are alike have in common.
fn alike(c: char, decompose: impl FnOnce(char) -> String) -> String {
    // A Hangul syllable is a letter to who reads it; its parts are not looked for.
    let parts = if ('\u{ac00}'..='\u{d7a3}').contains(&c) { c.to_string() } else { decompose(c) };
    let letters = parts.chars().filter(|c| !is_mark(*c)).map(plain_punctuation).map(plain_arabic);
    // Upper case first: that is how ß is ss, and both forms of σ are the same.
    letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Punctuation as keyboards have it, for apostrophes, quotation marks and hyphens as they are printed: the service writes
/// the one form, phones the other.
fn plain_punctuation(c: char) -> char {
    match c {
        '‘' | '’' | '‛' | 'ʼ' | '′' => '\'',
        '“' | '”' | '„' | '″' => '"',
        '‐' | '‑' | '–' | '−' => '-',
        _ => c,
    }
}

/// The digits, and one of the letters that are the same to readers of Arabic, Persian and Urdu, and differ by keyboard: kaf,
/// yeh and heh.
fn plain_arabic(c: char) -> char {
    let digit = |zero: char| char::from_digit(u32::from(c).wrapping_sub(u32::from(zero)), 10);
    match c {
        'ك' => 'ک',
        'ي' | 'ى' => 'ی',
        'ہ' | 'ھ' | 'ە' => 'ه',
        '٠'..='٩' => digit('٠').unwrap_or(c),
        '۰'..='۹' => digit('۰').unwrap_or(c),
        _ => c,
    }
}

/// Accents, vowel points and what else is written above or below a letter (Unicode's blocks of combining marks, Hebrew
/// points, Arabic vowels), the hyphenation's, the directions' and the emojis' unseen signs.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}'
        | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{640}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As much of the decomposition as the tests need.
    pub(crate) fn decompose(c: char) -> String {
        match c {
            'é' => "e\u{301}".to_owned(),
            'É' => "E\u{301}".to_owned(),
            'ü' => "u\u{308}".to_owned(),
            'Ａ' => "A".to_owned(),
            'ﬁ' => "fi".to_owned(),
            '가' => "\u{1100}\u{1161}".to_owned(),
            'が' => "か\u{3099}".to_owned(),
            _ => c.to_string(),
        }
    }

    fn fold(text: &str) -> String {
        Folder::new(decompose).fold(text).text
    }

    #[test]
    fn case_accents_widths_and_ligatures_make_no_difference() {
        assert_eq!(fold("Éﬁ Ａü"), "efi au");
        assert_eq!(fold("e\u{301}"), fold("é"));
        assert_eq!(fold("STRASSE"), fold("Straße"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
    }

    #[test]
    fn letters_that_are_others_stay_others() {
        assert_eq!(fold("가"), "가");
        assert_ne!(fold("が"), fold("か"));
        assert_eq!(fold("日本"), "日本");
    }

    #[test]
    fn printed_and_typed_punctuation_are_alike() {
        for written in ["don’t", "donʼt", "don‘t", "don′t"] {
            assert_eq!(fold(written), "don't");
        }
        assert_eq!(fold("“so” „so“ ten–twelve well‑known"), "\"so\" \"so\" ten-twelve well-known");
    }

    #[test]
    fn vowel_points_are_not_needed_to_find_a_word() {
        assert_eq!(fold("שָׁלוֹם"), fold("שלום"));
        assert_eq!(fold("مَرحَبا"), fold("مرحبا"));
    }

    #[test]
    fn words_are_found_whichever_arabic_or_persian_keyboard_wrote_them() {
        assert_eq!(fold("كتابي"), fold("کتابی"));
        assert_eq!(fold("اللہ"), fold("الله"));
        assert_eq!((fold("٢٠٢٦"), fold("۲۰۲۶")), ("2026".to_owned(), "2026".to_owned()));
        assert_ne!(fold("گ"), fold("ک"));
        assert_eq!(fold("❤\u{fe0f}"), fold("❤"));
    }

    #[test]
    fn runs_of_space_are_one_and_none_is_first() {
        assert_eq!(fold("  a \n\u{a0} b"), "a b");
    }

    #[test]
    fn each_part_knows_where_it_is_written_and_marks_belong_to_their_letter() {
        let folded = Folder::new(decompose).fold("𝒳e\u{301}b");
        // 𝒳 has 4 bytes here and two units on the page.
        assert_eq!(folded.begins, [0, 0, 0, 0, 2, 4]);
        assert_eq!(folded.ends, [2, 2, 2, 2, 4, 5]);
    }
}
