//! Off the record: the words of a span of the recording are removed, and do not come back with a later message.

use super::Transcript;
use crate::turn::{ShownTurn, ShownWord, TurnKey};

/// How far a later message may move a word, in ms: it is then still the same word.
const MOVED_MS: u64 = 1_000;
/// Two other words are as different as the same word at two times that are so far apart, in ms.
const OTHER_WORD_MS: u64 = MOVED_MS / 2;

/// What of a recording is off the record.
#[derive(Debug, Default)]
pub(super) struct OffRecord {
    /// From the first ms to before the second.
    spans: Vec<(u64, u64)>,
    cuts: Vec<Cut>,
}

/// The words that a turn has lost. A later message may give them other times, and the turn more words or fewer, so its
/// words are compared with those before.
#[derive(Debug)]
struct Cut {
    key: TurnKey,
    /// All words of the turn before.
    words: Vec<Mark>,
    span: (u64, u64),
}

/// Identifies a word in a later message without storing its text.
#[derive(Debug)]
pub(super) struct Mark {
    start_ms: u64,
    end_ms: u64,
    /// A sum of its first letters. Words may differ in a capital, in punctuation, or in their ending, and are one word.
    /// Many words share each of the 256 values, so that it does not reveal the word.
    sum: u8,
}

/// How many letters of a word count in [`Mark::sum`].
const MARKED_LETTERS: usize = 3;

impl Mark {
    fn of(word: &ShownWord) -> Self {
        // Lower case, and without what is before `0` in ASCII.
        let bytes = word.text.bytes().filter(|byte| byte | 32 > b'/');
        let (mut letters, mut sum) = (0, 0_u8);
        for byte in bytes {
            // Further bytes of a letter start with the bits 10 (UTF-8).
            letters += usize::from(byte >> 6 != 0b10);
            if letters > MARKED_LETTERS {
                break;
            }
            sum = sum.wrapping_mul(31).wrapping_add(byte | 32);
        }
        Self { start_ms: word.start_ms, end_ms: word.end_ms, sum }
    }
}

/// What [`Transcript::take_off_record`] has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffRecordChange {
    /// The turns that have lost words.
    pub changed: Vec<TurnKey>,
    /// The turns that have lost all their words, and are gone.
    pub removed: Vec<TurnKey>,
}

/// Whether a word from `start_ms` to before `end_ms` has a part in a span, from its first ms to before its second.
pub fn touches(span: (u64, u64), start_ms: u64, end_ms: u64) -> bool {
    // A word of no length is there all the same.
    start_ms < span.1 && end_ms.max(start_ms + 1) > span.0
}

impl OffRecord {
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    fn touches(&self, start_ms: u64, end_ms: u64) -> bool {
        self.spans.iter().any(|span| touches(*span, start_ms, end_ms))
    }

    /// Whether a word, one of these of a turn, is off the record; without a key, by its times alone.
    fn has(&self, key: Option<TurnKey>, words: &[Mark], word: &Mark) -> bool {
        self.touches(word.start_ms, word.end_ms)
            || self.cuts.iter().any(|cut| key == Some(cut.key) && cut.has(words, word))
    }

    /// Removes from a turn what is off the record, and returns the marks of its words before if it has lost some. `words` are
    /// those of the turn and, if they are known, those behind them that may still change; they lose the same. Text without
    /// words is from the time from `untimed.0`, or the end of the last word, to before `untimed.1`.
    pub(super) fn cut(
        &self,
        key: Option<TurnKey>,
        turn: &mut ShownTurn,
        words: &mut Vec<ShownWord>,
        untimed: (u64, u64),
    ) -> Option<Vec<Mark>> {
        let marks: Vec<Mark> = words.iter().map(Mark::of).collect();
        let settled = turn.words.len();
        let mut texts = [String::new(), String::new()];
        let mut has_lost = [false, false];
        let mut kept = Vec::new();
        let mut kept_settled = 0;
        for (index, word) in words.iter().enumerate() {
            let part = usize::from(index >= settled);
            if self.has(key, &marks, &marks[index]) {
                has_lost[part] = true;
                continue;
            }
            join_word(&mut texts[part], &word.text);
            kept.push(word.clone());
            kept_settled += 1 - part;
        }
        let untimed_from_ms = marks.last().map_or(untimed.0, |word| word.end_ms);
        if marks.len() <= settled && self.touches(untimed_from_ms, untimed.1) {
            has_lost[1] = !turn.unsettled.is_empty();
            has_lost[0] |= marks.is_empty() && !turn.settled.is_empty();
        }
        let has_lost_any = has_lost[0] || has_lost[1];
        if has_lost_any && !marks.is_empty() {
            turn.from_ms = kept.first().map(|word| word.start_ms);
        }
        let [settled_text, unsettled] = texts;
        words.clone_from(&kept);
        if has_lost[0] {
            turn.settled = settled_text;
            kept.truncate(kept_settled);
            turn.words = kept;
        }
        if has_lost[1] {
            turn.unsettled = unsettled;
        }
        has_lost_any.then_some(marks)
    }
}

impl Cut {
    /// Whether a word, one of these of a later message for the turn, is one that was removed.
    fn has(&self, words: &[Mark], word: &Mark) -> bool {
        let Some((difference_ms, before)) = nearest(word, &self.words) else { return false };
        // Another word is new if the message has one that is more like that which was removed.
        let is_it = || nearest(before, words).is_some_and(|(least_ms, _)| least_ms == difference_ms);
        difference_ms <= MOVED_MS
            && touches(self.span, before.start_ms, before.end_ms)
            && (difference_ms < OTHER_WORD_MS || is_it())
    }
}

/// The word that differs least from another, and by how much, in ms.
fn nearest<'a>(word: &Mark, words: &'a [Mark]) -> Option<(u64, &'a Mark)> {
    let mut nearest = None;
    for other in words {
        let difference_ms =
            word.start_ms.abs_diff(other.start_ms) + if word.sum == other.sum { 0 } else { OTHER_WORD_MS };
        if nearest.is_none_or(|(least_ms, _)| difference_ms < least_ms) {
            nearest = Some((difference_ms, other));
        }
    }
    nearest
}

/// Appends a word, behind a space unless both sides are of a script that has none between words.
fn join_word(text: &mut String, word: &str) {
    let word = word.trim();
    let has_no_spaces = |c: Option<char>| {
        // Thai to Lao, Myanmar, Khmer; Chinese and Japanese with their punctuation, but not Korean.
        c.is_some_and(|c| {
            matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
                | '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..)
        })
    };
    let is_one_script = has_no_spaces(text.chars().next_back()) && has_no_spaces(word.chars().next());
    if !text.is_empty() && !is_one_script {
        *text += " ";
    }
    *text += word;
}

impl Transcript {
    /// Removes the words of the current recording that touch the time from `from_ms` to before `to_ms`, and drops them from
    /// all later messages. Text without times goes if it may be from that time, and so does the user's correction of a turn
    /// that has lost words: [`Self::edit`] brings back what of it may stay.
    pub fn take_off_record(&mut self, from_ms: u64, to_ms: u64) -> OffRecordChange {
        let span = (from_ms, to_ms);
        self.off_record.spans.push(span);
        let mut change = OffRecordChange::default();
        let Some(first) = self.first else { return change };
        // Text without times lies somewhere before the next turn.
        let mut next_ms = u64::MAX;
        for (key, turn) in self.turns.from_mut(TurnKey { connection: first, turn_order: 0 }).iter_mut().rev()
        {
            if turn.is_gap() {
                continue;
            }
            let starts_ms = turn.from_ms;
            let (open, open_words) = &mut self.open;
            let key_of_open = open.filter(|open| open == key);
            let words = if key_of_open.is_some() { open_words } else { &mut turn.words.clone() };
            let untimed = (starts_ms.unwrap_or_default(), next_ms);
            if let Some(words) = self.off_record.cut(key_of_open, turn, words, untimed) {
                turn.edited = None;
                self.off_record.cuts.push(Cut { key: *key, words, span });
                let is_gone = turn.text().is_empty();
                if is_gone { &mut change.removed } else { &mut change.changed }.push(*key);
            }
            next_ms = starts_ms.unwrap_or(next_ms);
        }
        for key in &change.removed {
            self.turns.remove(*key);
        }
        change
    }

    /// The end of the last word up to a turn, in ms of the current recording.
    pub(super) fn heard_until(&self, last: TurnKey) -> u64 {
        let first = self.first.unwrap_or_default();
        let of_recording = self.turns().filter(|(key, _)| key.connection >= first && **key <= last);
        let ends = of_recording.filter_map(|(_, turn)| turn.words.last()).map(|word| word.end_ms);
        ends.max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_as_their_script_is_written() {
        let joined = |words: &[&str]| {
            let mut text = String::new();
            for word in words {
                join_word(&mut text, word);
            }
            text
        };
        assert_eq!(joined(&["Book", "a", "table."]), "Book a table.");
        assert_eq!(joined(&["今日", "は", "良い", "天気", "です。"]), "今日は良い天気です。");
        assert_eq!(joined(&["我", "用", "Rust", "写"]), "我用 Rust 写");
        assert_eq!(joined(&["สวัสดี", "ครับ"]), "สวัสดีครับ");
        assert_eq!(joined(&["오늘", "날씨가"]), "오늘 날씨가");
    }
}
