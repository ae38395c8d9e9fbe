use unicode_width::UnicodeWidthChar;

/// The start of a text up to `end`, in bytes, or less: no mark is cut off its letter, and no sign of several characters is
/// cut apart, such as a flag or a face with a skin tone.
///
/// # Panics
///
/// If `end` is not between two characters of the text.
pub fn whole(text: &str, end: usize) -> &str {
    let mut end = end;
    while is_within(text, end) {
        end = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
    }
    &text[..end]
}

/// Whether a byte position of a text is within what readers see as one sign: before a mark, around a joiner, before a skin
/// tone, or between the two letters of a flag (Unicode Standard Annex 29, 3.1.1, as far as speech needs it).
pub(crate) fn is_within(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let (Some(previous), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return false;
    };
    let letters = || before.chars().rev().take_while(|c| is_flag_letter(*c)).count();
    next.width() == Some(0)
        || matches!(next, '\u{1f3fb}'..='\u{1f3ff}')
        || previous == '\u{200d}'
        || is_flag_letter(next) && letters() % 2 == 1
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_several_characters_are_kept_whole_or_left_out() {
        for sign in ["e\u{301}", "ก\u{e47}", "👩\u{200d}🔬", "👍🏽", "👩🏽\u{200d}🌾", "🇩🇪", "❤\u{fe0f}"]
        {
            let text = ["ab", sign, "c"].concat();
            for (end, _) in text.char_indices().filter(|(at, _)| *at > 2 && *at < 2 + sign.len()) {
                assert_eq!(whole(&text, end), "ab", "{sign} up to {end}");
            }
            assert_eq!(whole(&text, 2 + sign.len()), ["ab", sign].concat());
        }
        // Two flags.
        assert_eq!(whole("🇩🇪🇫🇷", 12), "🇩🇪");
        assert_eq!(whole("🇩🇪🇫🇷", 8), "🇩🇪");
        assert_eq!((whole("", 0), whole("\u{301}a", 0)), ("", ""));
    }
}
