use unicode_linebreak::linebreaks;

use super::LONGEST_MS;
use super::width::{LINE_COLUMNS, columns};
use crate::TimedTurn;
use crate::align::{align, aligned_times};
use crate::signs::is_within;
use crate::whitespace::normalize_whitespace;

/// Text that a line break must not divide: usually a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Segment {
    pub(super) text: String,
    /// The width of the text.
    pub(super) columns: usize,
    /// Whether no space precedes it.
    pub(super) is_glued: bool,
    /// Whether it is a speaker's name rather than speech.
    pub(super) is_name: bool,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// The label of its speaker; empty if it is the turn's speaker.
    pub(super) label: String,
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    Word,
    Clause,
    Sentence,
}

impl Segment {
    /// Appends a character.
    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
        self.columns += columns(c);
    }

    /// Removes the space at the end, which precedes another speaker's text.
    fn trim_end(&mut self) {
        let length = self.text.trim_end_matches(' ').len();
        self.columns -= self.text.len() - length;
        self.text.truncate(length);
    }

    pub(super) fn ending(&self) -> Ending {
        let closing = |c: char| matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）');
        match self.text.trim_end_matches(closing).chars().next_back() {
            Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।' | '።') => {
                Ending::Sentence
            }
            Some(',' | ';' | ':' | '–' | '—' | '、' | '，' | '；' | '：' | '،' | '؛') => {
                Ending::Clause
            }
            _ => Ending::Word,
        }
    }
}

/// The time and speaker of a character.
#[derive(Clone, Copy)]
struct Timing<'a> {
    start_ms: u64,
    end_ms: u64,
    label: &'a str,
    /// Whether a word of the service begins here.
    begins_word: bool,
}

/// The text of a turn in segments.
pub(super) fn segments(timed: &TimedTurn) -> Vec<Segment> {
    let text = normalize_whitespace(&timed.turn.display_text());
    let timings = timings(timed, &text);
    let mut timings = timings.as_slice();
    let mut segments: Vec<Segment> = Vec::new();
    let (mut from, mut is_glued) = (0, false);
    for (to, _) in linebreaks(&text) {
        let unbreakable = &text[from..to];
        for part in divide_long(unbreakable.trim(), timings) {
            // A change of speaker ends a segment, even where a line cannot break.
            let mut open: Option<Segment> = None;
            for c in part.chars() {
                let timing = if c == ' ' { None } else { timings.split_off_first() };
                let label = timing.map(|timing| timing.label);
                if let Some(segment) =
                    open.take_if(|segment| label.is_some_and(|label| label != segment.label))
                {
                    segments.push(segment);
                }
                let segment = open.get_or_insert_with(|| Segment {
                    is_glued: std::mem::replace(&mut is_glued, true),
                    start_ms: timing.map_or(0, |timing| timing.start_ms),
                    label: label.unwrap_or_default().to_owned(),
                    ..Segment::default()
                });
                segment.push(c);
                segment.end_ms = timing.map_or(segment.end_ms, |timing| timing.end_ms);
            }
            segments.extend(open);
        }
        (from, is_glued) = (to, !unbreakable.ends_with(' '));
    }
    for segment in &mut segments {
        segment.trim_end();
    }
    segments
}

/// Divides what is longer than a line: where a word of the service begins, since Thai, Khmer and Lao write no spaces, and
/// else anywhere but within a sign of several characters. `timings` begins with the first letter's.
fn divide_long(text: &str, timings: &[Timing]) -> Vec<String> {
    let mut timings = timings.iter();
    let mut parts = vec![String::new()];
    // Where the last word and the last sign in the part begin, in bytes.
    let (mut width, mut word_at, mut sign_at) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        let begins_word = c != ' ' && timings.next().is_some_and(|timing| timing.begins_word);
        let Some(part) = parts.last_mut() else { break };
        if begins_word && columns(c) > 0 {
            word_at = part.len();
        }
        if !is_within(text, at) {
            sign_at = part.len();
        }
        if width + columns(c) > LINE_COLUMNS {
            let next = part.split_off(if word_at > 0 { word_at } else { sign_at });
            sign_at = sign_at.saturating_sub(part.len());
            (width, word_at) = (next.chars().map(columns).sum(), 0);
            parts.push(next);
        }
        width += columns(c);
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The timing of each character except spaces.
///
/// Words keep their times. Text that is written differently, or was edited, has those of the words that it stands for,
/// and without any those of the turn.
fn timings<'a>(timed: &'a TimedTurn, text: &str) -> Vec<Timing<'a>> {
    let count = letters(text).count();
    let turn = &timed.turn;
    if turn.is_gap() {
        let end_ms = timed.end_ms.min(timed.start_ms + LONGEST_MS);
        return vec![Timing { start_ms: timed.start_ms, end_ms, label: "", begins_word: false }; count];
    }
    let words: Vec<&str> = turn.words.iter().map(|word| &*word.text).collect();
    let of_words: Vec<(u64, u64)> = turn.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
    let parts = align(text, &words);
    let mut timings = Vec::with_capacity(count);
    for (part, (start_ms, end_ms)) in
        parts.iter().zip(aligned_times(&parts, &of_words, (timed.start_ms, timed.end_ms)))
    {
        // Text that was edited, or stands for no word, is the turn's speaker's.
        let word = turn.words[part.words.clone()].first().filter(|_| turn.edited.is_none());
        let label = word.map_or("", |word| &*word.speaker);
        timings.extend(spread(letters(&text[part.text.clone()]).count(), start_ms, end_ms, label));
    }
    timings
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| *c != ' ')
}

/// Spreads characters evenly over a time.
fn spread(count: usize, start_ms: u64, end_ms: u64, label: &str) -> Vec<Timing<'_>> {
    let length_ms = end_ms.saturating_sub(start_ms);
    let at = |n: usize| start_ms + length_ms * n as u64 / count as u64;
    let timing = |n| Timing { start_ms: at(n), end_ms: at(n + 1), label, begins_word: n == 0 };
    (0..count).map(timing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    /// Timings of words of these lengths.
    fn timings(lengths: &[usize]) -> Vec<Timing<'static>> {
        lengths.iter().flat_map(|&length| spread(length, 0, 100, "")).collect()
    }

    #[test]
    fn a_script_without_spaces_is_divided_between_words() -> TestResult {
        // "The meeting", "begins", "at nine", thrice over: no line can hold it.
        let words = ["การประชุม", "เริ่ม", "เก้าโมง"].repeat(6);
        let lengths: Vec<usize> = words.iter().map(|word| word.chars().count()).collect();
        let parts = divide_long(&words.concat(), &timings(&lengths));
        assert_eq!(parts.concat(), words.concat());
        assert!(parts.len() > 1);
        let mut left = words.iter();
        for part in &parts {
            let mut rest = part.as_str();
            while !rest.is_empty() {
                let word = left.next().ok_or("no word")?;
                rest = rest.strip_prefix(word).ok_or_else(|| format!("{part} ends within {word}"))?;
            }
            assert!(part.chars().map(columns).sum::<usize>() <= LINE_COLUMNS, "{part}");
        }
        Ok(())
    }

    #[test]
    fn a_word_longer_than_a_line_is_divided_around_joined_signs_and_flags() {
        // A farmer with a skin tone, a flag, and a thumb, after as many letters as leave room for a part of it.
        for sign in ["\u{1f469}\u{1f3fd}\u{200d}\u{1f33e}", "\u{1f1e9}\u{1f1ea}", "\u{1f44d}\u{1f3fd}"] {
            for letters in LINE_COLUMNS - 8..=LINE_COLUMNS {
                let word = "a".repeat(letters) + sign + "b";
                let parts = divide_long(&word, &timings(&[word.chars().count()]));
                assert_eq!(parts.concat(), word);
                assert!(parts.iter().any(|part| part.contains(sign)), "{parts:?}");
                for part in &parts {
                    assert!(part.chars().map(columns).sum::<usize>() <= LINE_COLUMNS, "{part}");
                }
            }
        }
    }

    #[test]
    fn a_word_longer_than_a_line_is_divided_anywhere_but_before_a_mark() {
        let word = "a".repeat(LINE_COLUMNS) + "\u{301}bc";
        let parts = divide_long(&word, &timings(&[word.chars().count()]));
        assert_eq!(parts, ["a".repeat(LINE_COLUMNS) + "\u{301}", "bc".to_owned()]);
        assert_eq!(divide_long(&word, &[]), parts);
    }
}
