//! Which part of a turn's text is which word.
//!
//! The service's text and its words can differ: text has spaces where words have none or the other way round (Japanese),
//! numbers are written as digits where words were spoken, punctuation is added. Reading order: this file, `letters`,
//! `matches`.

mod letters;
mod matches;

use std::ops::Range;

use letters::letters;

/// A part of a text, and the words that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignedText {
    /// The part of the text, in bytes.
    pub text: Range<usize>,
    /// The indices of the words: one where text and word have the same letters. A part that is written differently stands
    /// for all words, perhaps none, between those of its neighbours.
    pub words: Range<usize>,
    /// Whether it has the letters of its one word.
    pub is_same: bool,
}

/// Divides a text into the parts that stand for its words.
///
/// The parts are in order and together have every character of the text but the spaces between them; so have their words,
/// but a word that nothing in the text stands for is in no part. Takes time and memory in proportion to the text.
pub fn align(text: &str, words: &[&str]) -> Vec<AlignedText> {
    align_counting(text, words, &mut 0)
}

fn align_counting(text: &str, words: &[&str], steps: &mut usize) -> Vec<AlignedText> {
    same_text(text, words).unwrap_or_else(|| same_letters(text, words, steps))
}

/// The parts if text and words differ by nothing but spaces between words.
fn same_text(text: &str, words: &[&str]) -> Option<Vec<AlignedText>> {
    let mut rest = text.trim_start();
    let mut parts = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let word = word.trim();
        let from = text.len() - rest.len();
        rest = rest.strip_prefix(word)?.trim_start();
        if !word.is_empty() {
            parts.push(AlignedText { text: from..from + word.len(), words: index..index + 1, is_same: true });
        }
    }
    rest.is_empty().then_some(parts)
}

/// The parts by the letters that text and words have in common.
fn same_letters(text: &str, words: &[&str], steps: &mut usize) -> Vec<AlignedText> {
    let (mut of_text, mut positions) = (Vec::new(), Vec::new());
    for letter in letters(text) {
        of_text.push(letter.letter);
        positions.push(letter.at);
    }
    let (mut of_words, mut ends) = (Vec::new(), Vec::with_capacity(words.len()));
    for word in words {
        of_words.extend(letters(word).map(|letter| letter.letter));
        ends.push(of_words.len());
    }
    let matched = matches::matches(&of_text, &of_words, steps);
    // The word of each letter of the text.
    let mut owners = vec![None; of_text.len()];
    let (mut start, mut free_from) = (0, 0);
    for (index, end) in ends.into_iter().enumerate() {
        let word = &of_words[start..end];
        if let Some(at) = place(word, &matched[start..end], &of_text, free_from) {
            owners[at..at + word.len()].fill(Some(index));
            free_from = at + word.len();
        }
        start = end;
    }
    divide(text, &positions, &owners, words.len())
}

/// Where all letters of a word are in a row, judged by those of its letters that are matched.
fn place(word: &[char], matched: &[Option<usize>], text: &[char], free_from: usize) -> Option<usize> {
    let mut candidates = matched.iter().enumerate().filter_map(|(index, at)| (*at)?.checked_sub(index));
    // The path may match a letter with an earlier or later one of the same kind: the first and the last know best.
    let (first, last) = (candidates.clone().next()?, candidates.next_back()?);
    let is_here = |at: &usize| *at >= free_from && text.get(*at..*at + word.len()) == Some(word);
    [first, last].into_iter().find(is_here)
}

/// The parts of a text whose letters at these positions belong to these words.
fn divide(text: &str, positions: &[usize], owners: &[Option<usize>], words: usize) -> Vec<AlignedText> {
    let mut parts: Vec<(Range<usize>, Option<usize>)> = Vec::new();
    let mut letter = 0;
    let mut follows_space = true;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            follows_space = true;
            continue;
        }
        let is_letter = positions.get(letter) == Some(&at);
        // Punctuation after a space belongs to the letter that follows, other punctuation to what precedes it.
        let is_trailing = !is_letter && !follows_space;
        let owner = owners.get(letter).copied().flatten();
        letter += usize::from(is_letter);
        follows_space = false;
        let end = at + c.len_utf8();
        match parts.last_mut() {
            Some((part, of)) if is_trailing || *of == owner => part.end = end,
            _ => parts.push((at..end, owner)),
        }
    }
    let mut from = 0;
    let mut aligned = Vec::with_capacity(parts.len());
    for (index, (text, owner)) in parts.iter().enumerate() {
        let next = parts.get(index + 1).and_then(|(_, owner)| *owner);
        let words = owner.map_or(from..next.unwrap_or(words), |word| word..word + 1);
        from = words.end;
        aligned.push(AlignedText { text: text.clone(), words, is_same: owner.is_some() });
    }
    aligned
}

/// The start and end of each part in ms, from those of the words: a part without words lasts from the part before it to
/// the part after it. The turn's times hold where there are no others.
pub fn aligned_times(
    parts: &[AlignedText],
    words: &[(u64, u64)],
    (turn_start_ms, turn_end_ms): (u64, u64),
) -> Vec<(u64, u64)> {
    let of = |part: &AlignedText| {
        let words = &words[part.words.clone()];
        Some((words.first()?.0, words.iter().map(|(_, end_ms)| *end_ms).max()?))
    };
    let mut before_ms = turn_start_ms;
    let mut times = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let (start_ms, end_ms) = of(part).unwrap_or_else(|| {
            let next = parts.get(index + 1).and_then(of);
            (before_ms, next.map_or(turn_end_ms, |(start_ms, _)| start_ms).max(before_ms))
        });
        before_ms = end_ms;
        times.push((start_ms, end_ms));
    }
    times
}

#[cfg(test)]
mod tests;
