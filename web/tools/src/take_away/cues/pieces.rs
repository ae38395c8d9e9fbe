use unicode_linebreak::linebreaks;

use super::super::{Entry, plain};
use super::LINE_COLUMNS;
use super::lines::columns;
use super::timing::LONGEST_MS;

/// Text that stays together: most often a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    /// How wide it is.
    pub(super) columns: usize,
    /// Whether no space is before it.
    pub(super) is_glued: bool,
    /// Whether it is no word, but the name of who speaks.
    pub(super) is_name: bool,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// The label of who says it, where that is not the turn's.
    pub(super) label: String,
}

impl Piece {
    /// One more character.
    pub(super) fn put(&mut self, c: char) {
        self.text.push(c);
        self.columns += columns(c);
    }

    /// Without the space at its end that was before what another one says.
    fn trim(&mut self) {
        let length = self.text.trim_end_matches(' ').len();
        self.columns -= self.text.len() - length;
        self.text.truncate(length);
    }

    /// 2 where a sentence ends with it, 1 where a part of one does, 0 otherwise.
    pub(super) fn ends(&self) -> u8 {
        let closing = |c: char| matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）');
        match self.text.trim_end_matches(closing).chars().next_back() {
            Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।' | '።') => 2,
            Some(',' | ';' | ':' | '–' | '—' | '、' | '，' | '；' | '：' | '،' | '؛') => 1,
            _ => 0,
        }
    }
}

/// Where a character stands in time, and who says it.
#[derive(Clone, Copy)]
struct Moment<'a> {
    start_ms: u64,
    end_ms: u64,
    label: &'a str,
}

/// The text that is wanted of a turn, in pieces that can be put on lines.
pub(super) fn pieces(entry: &Entry) -> Vec<Piece> {
    let text = plain(&entry.turn.display_text());
    let moments = moments(entry, &text);
    let mut moments = moments.iter();
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut from, mut is_glued) = (0, false);
    for (to, _) in linebreaks(&text) {
        let together = &text[from..to];
        for part in short(together.trim()) {
            // Of two speakers, each has a part, also where a line would not break.
            let mut part_of: Option<Piece> = None;
            for c in part.chars() {
                let moment = if c == ' ' { None } else { moments.next() };
                let label = moment.map(|moment| moment.label);
                if let Some(piece) = part_of.take_if(|piece| label.is_some_and(|label| label != piece.label))
                {
                    pieces.push(piece);
                }
                let piece = part_of.get_or_insert_with(|| Piece {
                    is_glued: std::mem::replace(&mut is_glued, true),
                    start_ms: moment.map_or(0, |moment| moment.start_ms),
                    label: label.unwrap_or_default().to_owned(),
                    ..Piece::default()
                });
                piece.put(c);
                piece.end_ms = moment.map_or(piece.end_ms, |moment| moment.end_ms);
            }
            pieces.extend(part_of);
        }
        (from, is_glued) = (to, !together.ends_with(' '));
    }
    for piece in &mut pieces {
        piece.trim();
    }
    pieces
}

/// A word that is longer than a line, in parts that are not; never before a mark that belongs to the letter.
fn short(word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut width = 0;
    for c in word.chars() {
        if width + columns(c) > LINE_COLUMNS {
            parts.push(String::new());
            width = 0;
        }
        width += columns(c);
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The moment of each character but spaces.
///
/// Words that the service has timed have their own; where the text is another one, because it was edited or because
/// there are no words, it is spread evenly over the turn.
fn moments<'a>(entry: &'a Entry, text: &str) -> Vec<Moment<'a>> {
    let count = letters(text).count();
    let turn = &entry.turn;
    if turn.is_gap {
        let end_ms = entry.end_ms.min(entry.start_ms + LONGEST_MS);
        return vec![Moment { start_ms: entry.start_ms, end_ms, label: "" }; count];
    }
    let words = turn.words.iter().map(|word| (plain(&word.text), word));
    let words: Vec<_> = words.collect();
    let settled = plain(&turn.settled);
    let is_same = letters(&settled).eq(words.iter().flat_map(|(text, _)| letters(text)));
    if turn.edited.is_some() || words.is_empty() || !is_same {
        return spread(count, entry.start_ms, entry.end_ms, "");
    }
    let mut moments = Vec::with_capacity(count);
    for (text, word) in &words {
        moments.extend(spread(letters(text).count(), word.start_ms, word.end_ms, &word.speaker));
    }
    let from_ms = moments.iter().map(|moment| moment.end_ms).max().unwrap_or(entry.start_ms);
    moments.extend(spread(count.saturating_sub(moments.len()), from_ms, entry.end_ms, ""));
    moments
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| *c != ' ')
}

fn spread(count: usize, start_ms: u64, end_ms: u64, label: &str) -> Vec<Moment<'_>> {
    let length_ms = end_ms.saturating_sub(start_ms);
    let at = |n: usize| start_ms + length_ms * n as u64 / count as u64;
    (0..count).map(|n| Moment { start_ms: at(n), end_ms: at(n + 1), label }).collect()
}
