//! The list of recordings, as far as it needs no browser.

use transcript_export::whole;
use transcription_common::texts::recordings as texts;

use crate::reader::search::{Folder, Index};

/// The longest title that is made of first words, in characters.
const TITLE_CHARACTERS: usize = 60;
/// How much of a turn is shown before what was found in it, in characters.
const BEFORE_HIT: usize = 40;
/// How much of a turn is shown behind what was found in it, in characters.
const AFTER_HIT: usize = 120;

/// The texts of a recording's turns.
#[derive(Debug, Default)]
pub struct RecordingText {
    /// For each turn the text as it is written, and as it is compared.
    turns: Vec<(String, String)>,
    /// The same for the name of each marker.
    markers: Vec<(String, String)>,
}

/// A part of a turn in which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The text before it, which may begin with an ellipsis.
    pub before: String,
    /// What was found.
    pub hit: String,
    /// The text behind it, which may end with an ellipsis.
    pub after: String,
}

/// Whether a character is of a script that writes a word with a few characters and no spaces.
fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

impl RecordingText {
    /// The texts of turns, in order.
    pub fn new<D: FnMut(char) -> String>(
        turns: impl Iterator<Item = String>,
        folder: &mut Folder<D>,
    ) -> Self {
        Self { turns: with_compared(turns, folder), markers: Vec::new() }
    }

    /// The texts, and the names of markers.
    #[must_use]
    pub fn with_markers<D: FnMut(char) -> String>(
        self,
        names: impl Iterator<Item = String>,
        folder: &mut Folder<D>,
    ) -> Self {
        Self { markers: with_compared(names, folder), ..self }
    }

    /// The number of markers.
    pub fn markers(&self) -> usize {
        self.markers.len()
    }

    /// The number of words, as spaces separate them; of Chinese and Japanese each character counts, as in word processors.
    pub fn words(&self) -> usize {
        let words = self.turns.iter().flat_map(|(text, _)| text.split_whitespace());
        let count = |word: &str| {
            let characters = word.chars().filter(|c| is_cjk(*c)).count();
            let has_others = word.chars().any(|c| c.is_alphanumeric() && !is_cjk(c));
            if characters == 0 { 1 } else { characters + usize::from(has_others) }
        };
        words.map(count).sum()
    }

    /// The bytes that the texts take.
    pub fn bytes(&self) -> usize {
        self.turns.iter().map(|(text, _)| text.len()).sum()
    }

    /// The first words, with an ellipsis if more follow; `None` if there are no words.
    pub fn title(&self) -> Option<String> {
        let mut title = String::new();
        let mut characters = 0;
        let words = self.turns.iter().flat_map(|(text, _)| text.split_whitespace());
        for word in words {
            let length = word.chars().count();
            if characters > 0 && characters + 1 + length > TITLE_CHARACTERS {
                title.push('…');
                break;
            }
            if characters > 0 {
                title.push(' ');
                characters += 1;
            }
            if length > TITLE_CHARACTERS {
                // A script without spaces.
                let end = word.char_indices().map(|(at, _)| at).nth(TITLE_CHARACTERS).unwrap_or(word.len());
                title.push_str(whole(word, end));
                title.push('…');
                break;
            }
            title.push_str(word);
            characters += length;
        }
        (!title.is_empty()).then_some(title)
    }

    /// The first place where a text is, in a turn or else in the name of a marker; `wanted` is compared as [`Folder`] does.
    pub fn find<D: FnMut(char) -> String>(&self, wanted: &str, folder: &mut Folder<D>) -> Option<Snippet> {
        let compared = folder.fold_text(wanted);
        let compared = compared.trim_end();
        if compared.is_empty() {
            return None;
        }
        let mut all = self.turns.iter().chain(&self.markers);
        let (text, _) = all.find(|(_, text)| text.contains(compared))?;
        let mut index = Index::default();
        index.put(0, text, folder);
        let hit = index.find(wanted, folder).into_iter().next()?;
        let (before, rest) = split_at_unit(text, hit.from.unit);
        let (found, after) = split_at_unit(rest, hit.to.unit.saturating_sub(hit.from.unit));
        Some(Snippet { before: end_of(before), hit: found.to_owned(), after: start_of(after) })
    }
}

/// Texts as they are written, and as they are compared.
fn with_compared<D: FnMut(char) -> String>(
    texts: impl Iterator<Item = String>,
    folder: &mut Folder<D>,
) -> Vec<(String, String)> {
    let compared = texts.map(|text| {
        let compared = folder.fold_text(&text);
        (text, compared)
    });
    compared.collect()
}

/// Splits a text behind so many UTF-16 units.
fn split_at_unit(text: &str, unit: u32) -> (&str, &str) {
    let mut units = 0;
    let at = text.char_indices().find(|(_, c)| {
        let is_here = units >= unit;
        units += c.len_utf16() as u32;
        is_here
    });
    text.split_at(at.map_or(text.len(), |(at, _)| at))
}

/// The last words of a text, with an ellipsis if it is long.
fn end_of(text: &str) -> String {
    let length = text.chars().count();
    if length <= BEFORE_HIT {
        return text.to_owned();
    }
    let cut = text.char_indices().map(|(at, _)| at).nth(length - BEFORE_HIT).unwrap_or_default();
    let end = &text[whole(text, cut).len()..];
    // From the start of a word.
    let end = end.split_once(char::is_whitespace).map_or(end, |(_, words)| words);
    format!("… {end}")
}

/// The first words of a text, with an ellipsis if it is long.
fn start_of(text: &str) -> String {
    let Some((cut, _)) = text.char_indices().nth(AFTER_HIT) else { return text.to_owned() };
    let start = whole(text, cut);
    let start = start.rsplit_once(char::is_whitespace).map_or(start, |(words, _)| words);
    format!("{start} …")
}

/// The choices of how long recordings are kept, in days; `None`: until they are deleted. The operator of the server may
/// allow only so many days, which then is the last choice.
pub fn retention_choices(allowed: Option<u32>) -> Vec<Option<u32>> {
    let shorter = [0, 7, 30, 90].into_iter().filter(|days| allowed.is_none_or(|allowed| *days < allowed));
    shorter.map(Some).chain([allowed]).collect()
}

/// Why the list could not be read, by the name of the database's exception; "" if there is no database.
pub fn read_failure(name: &str) -> String {
    match name {
        "SecurityError" | "InvalidStateError" | "" => texts::NOTHING_STORED_HERE.get().to_owned(),
        "VersionError" => texts::RECORDINGS_NOT_READ.with(&[texts::NEWER_RECORDINGS.get()]),
        other => texts::RECORDINGS_NOT_READ.with(&[other]),
    }
}

/// For how much audio there is room.
pub fn room(minutes: u64) -> String {
    if minutes == 0 {
        texts::ROOM_BELOW_A_MINUTE.get().to_owned()
    } else {
        texts::ROOM.with(&[&minutes.to_string()])
    }
}

/// For how many minutes of audio there is room in so many bytes.
pub fn minutes_of_audio(bytes: f64) -> u64 {
    // 16 bits at 16 kHz.
    (bytes / (2.0 * 16_000.0 * 60.0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn folder() -> Folder<impl FnMut(char) -> String> {
        Folder::new(|c| if c == 'é' { "e\u{301}".to_owned() } else { c.to_string() })
    }

    fn text(turns: &[&str]) -> RecordingText {
        RecordingText::new(turns.iter().map(|&turn| turn.to_owned()), &mut folder())
    }

    #[test]
    fn the_title_is_the_first_words_over_turns_up_to_60_characters() -> TestResult {
        assert_eq!(text(&[]).title(), None);
        assert_eq!(text(&["", " "]).title(), None);
        assert_eq!(text(&["Yes.", "No."]).title().as_deref(), Some("Yes. No."));
        let long =
            text(&["The microphone opens before the first word.", "Every sentence ends with a pause."]);
        let title = long.title().ok_or("no title")?;
        assert_eq!(title, "The microphone opens before the first word. Every sentence…");
        assert!(title.chars().count() <= TITLE_CHARACTERS + 1);
        let without_spaces = text(&["今日は良い天気です。".repeat(10).as_str()]);
        assert_eq!(without_spaces.title().map(|title| title.chars().count()), Some(TITLE_CHARACTERS + 1));
        let exact = text(&["a".repeat(29).as_str(), "b".repeat(30).as_str()]);
        assert_eq!(exact.title().map(|title| title.chars().count()), Some(TITLE_CHARACTERS));
        Ok(())
    }

    #[test]
    fn a_title_cuts_no_mark_off_its_letter() {
        // The 61st character is a vowel sign above the 60th.
        let thai = "ก".repeat(TITLE_CHARACTERS) + "\u{e47}ข";
        assert_eq!(text(&[&thai]).title(), Some("ก".repeat(TITLE_CHARACTERS - 1) + "…"));
        let joined = "a".repeat(TITLE_CHARACTERS - 2) + "👩\u{200D}🔬";
        assert_eq!(text(&[&joined]).title(), Some("a".repeat(TITLE_CHARACTERS - 2) + "…"));
    }

    #[test]
    fn a_title_cuts_no_sign_of_several_characters_apart() {
        for sign in ["👍🏽", "🇩🇪"] {
            let letters = "a".repeat(TITLE_CHARACTERS - 1);
            assert_eq!(text(&[&[&letters, sign].concat()]).title(), Some(letters + "…"), "{sign}");
        }
    }

    #[test]
    fn what_is_around_a_hit_begins_and_ends_with_whole_characters() -> TestResult {
        // A letter with a vowel sign above it, in a script without spaces.
        let thai = "ก\u{e47}".repeat(100);
        let found = text(&[&[&thai, "ข", &thai].concat()]).find("ข", &mut folder()).ok_or("not found")?;
        assert!(found.before.trim_start_matches(['…', ' ']).starts_with('ก'), "{}", found.before);
        assert!(found.after.trim_end_matches(['…', ' ']).ends_with('\u{e47}'), "{}", found.after);
        // One character more, so that the ends fall between the others.
        let odd = ["ค", &*thai].concat();
        let found = text(&[&[&thai, "ค", "ข", &odd].concat()]).find("ข", &mut folder()).ok_or("not found")?;
        assert!(found.before.trim_start_matches(['…', ' ']).starts_with('ก'), "{}", found.before);
        assert!(found.after.trim_end_matches(['…', ' ']).ends_with('\u{e47}'), "{}", found.after);
        Ok(())
    }

    #[test]
    fn characters_of_chinese_and_japanese_count_as_words() {
        assert_eq!(text(&["今日は良い天気です。", "Hello world, OK?"]).words(), 9 + 3);
        assert_eq!(text(&["USBケーブル"]).words(), 4 + 1);
        assert_eq!(text(&["좋은 날씨입니다."]).words(), 2);
    }

    #[test]
    fn words_and_bytes_are_counted_over_all_turns() {
        let text = text(&["One two.", "Three."]);
        assert_eq!((text.words(), text.bytes()), (3, 14));
    }

    #[test]
    fn names_of_markers_are_found_after_words_and_are_no_words() -> TestResult {
        let names = ["", "Café"].map(str::to_owned);
        let marked = text(&["In the bar."]).with_markers(names.into_iter(), &mut folder());
        assert_eq!((marked.markers(), marked.words()), (2, 3));
        assert_eq!(marked.title().as_deref(), Some("In the bar."));
        let found = marked.find("cafe", &mut folder()).ok_or("no marker")?;
        assert_eq!((&*found.before, &*found.hit), ("", "Café"));
        assert_eq!(marked.find("pub", &mut folder()), None);
        Ok(())
    }

    #[test]
    fn what_is_found_stands_between_what_is_around_it() -> TestResult {
        let snippet = |wanted: &str, turns: &[&str]| text(turns).find(wanted, &mut folder());
        let found = snippet("CAFE", &["Nothing.", "In the café we met."]).ok_or("not found")?;
        let expected = Snippet { before: "In the ".into(), hit: "café".into(), after: " we met.".into() };
        assert_eq!(found, expected);
        assert_eq!(snippet("tea", &["In the café we met."]), None);
        assert_eq!(snippet("  ", &["In the café we met."]), None);
        // A character of two units before it.
        let found = snippet("met", &["😀 we met."]).ok_or("not found")?;
        assert_eq!((&*found.before, &*found.hit), ("😀 we ", "met"));
        let long = ["word ".repeat(30), "wanted ".to_owned(), "other ".repeat(40)].concat();
        let found = snippet("wanted", &[&long]).ok_or("not found")?;
        assert!(found.before.starts_with("… word ") && found.before.chars().count() <= BEFORE_HIT + 2);
        assert!(found.after.ends_with("other …") && found.after.chars().count() <= AFTER_HIT + 2);
        Ok(())
    }

    #[test]
    fn the_operators_limit_is_the_longest_choice() {
        assert_eq!(retention_choices(None), [Some(0), Some(7), Some(30), Some(90), None]);
        assert_eq!(retention_choices(Some(30)), [Some(0), Some(7), Some(30)]);
        assert_eq!(retention_choices(Some(3)), [Some(0), Some(3)]);
    }

    #[test]
    fn room_below_a_minute_is_not_called_zero() {
        assert_eq!(room(0), "less than 1\u{a0}min of audio");
        assert_eq!(room(52), "about 52\u{a0}min of audio");
    }

    #[test]
    fn a_list_that_cannot_be_read_is_said_to_stay_only_if_it_exists() {
        assert!(read_failure("VersionError").ends_with("reload the page. What is stored stays there."));
        assert!(read_failure("UnknownError").ends_with("UnknownError. What is stored stays there."));
        for name in ["SecurityError", "InvalidStateError", ""] {
            let sentence = read_failure(name);
            assert!(sentence.contains("stores nothing") && !sentence.contains("stays there"), "{sentence}");
        }
    }

    #[test]
    fn a_minute_of_audio_takes_1_92_mb() {
        assert_eq!(minutes_of_audio(1_919_999.0), 0);
        assert_eq!(minutes_of_audio(1_920_000.0), 1);
        assert_eq!(minutes_of_audio(-1.0), 0);
    }
}
