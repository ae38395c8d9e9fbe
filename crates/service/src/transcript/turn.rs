//! The events of one turn, from its first word to its final, and the positions of the audio at which they are due.

use crate::turn_rules::TurnRules;
use crate::words::SpokenWord;

/// Universal models first send a fragment of words of at least this many letters.
const FRAGMENT_FROM_LETTERS: usize = 6;

/// When the final of a turn is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalWhen {
    /// After the silence that the parameters require.
    Silence,
    /// When this much audio has been received, in ms.
    AudioMs(u64),
    /// Only after `Terminate`.
    Terminated,
    /// When the recogniser has ended it.
    Recognised,
}

/// An event of a turn; each causes messages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Event {
    /// A partial with the first `count` words.
    Partial { count: usize },
    /// A partial with `done` words and the first `letters` letters of the next.
    Fragment { done: usize, letters: usize },
    /// A pause that does not end the turn, after `count` words.
    Utterance { count: usize },
    /// The end of the turn after `count` words; `sure` says that its sentence is complete.
    End { count: usize, sure: bool },
}

/// A turn whose final has not been sent.
#[derive(Debug, Clone)]
pub struct TurnState {
    /// Its words, in order.
    pub words: Vec<SpokenWord>,
    /// Whether the turn keeps all its words, whatever its pauses; other speech is split by the rules.
    pub whole: bool,
    /// When its final is due.
    pub final_when: FinalWhen,
    /// Its `turn_order`; by default the next free one.
    pub order: Option<u64>,
    /// Its language's code and how sure that is, 0 to 1.
    pub language: Option<(String, f64)>,
    /// Whether the rules held back the latest words of a recogniser that ends its turns itself.
    pub(super) held_back: bool,
    pub(super) sent: Sent,
}

/// What has been sent of a turn.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    /// The number of words in the latest partial.
    pub(super) words: usize,
    /// Whether a fragment of the next word was sent.
    pub(super) fragment: bool,
    pub(super) utterance: bool,
    pub(super) speech_started: bool,
    /// When the next partial is due (Pro), in ms of audio; `None` before the first.
    pub(super) next_partial_ms: Option<u64>,
}

impl TurnState {
    /// A turn with these words; see [`TurnState::whole`].
    pub fn new(words: Vec<SpokenWord>, whole: bool) -> Self {
        Self {
            words,
            whole,
            final_when: FinalWhen::Silence,
            order: None,
            language: None,
            held_back: false,
            sent: Sent::default(),
        }
    }

    pub(super) fn order(&self) -> u64 {
        self.order.unwrap_or_default()
    }

    pub(super) fn first(&self, count: usize) -> &[SpokenWord] {
        &self.words[..count.min(self.words.len())]
    }

    /// Replaces the uncommitted words at the end. A partial is due again from the first word that differs.
    pub(super) fn replace_uncommitted(&mut self, words: Vec<SpokenWord>) {
        let committed = self.words.partition_point(|word| word.committed);
        let replaced = self.words.split_off(committed);
        let unchanged = replaced.iter().zip(&words).take_while(|(old, new)| old.text == new.text).count();
        if unchanged < replaced.len() {
            self.sent.words = self.sent.words.min(committed + unchanged);
        }
        self.words.extend(words);
    }

    /// The number of words that have started before this position of the audio, in ms.
    pub(super) fn begun(&self, audio_ms: u64) -> usize {
        self.words.partition_point(|word| word.start_ms < audio_ms)
    }

    /// Splits off the words after the first `count`: they are the next turn.
    pub(super) fn split_off(&mut self, count: usize) -> Option<Self> {
        if count >= self.words.len() {
            return None;
        }
        let rest = self.words.split_off(count);
        Some(Self {
            final_when: self.final_when,
            language: self.language.clone(),
            ..Self::new(rest, self.whole)
        })
    }

    /// The next event and the position of the audio at which it is due, in ms. While `speaking`, the turn does not end.
    pub(super) fn next_event(&self, rules: &TurnRules, speaking: bool) -> Option<(u64, Event)> {
        if self.final_when == FinalWhen::Recognised {
            return None;
        }
        let end = self.end(rules, speaking);
        let last = end.map_or(self.words.len(), |(_, count, _)| count);
        let partial = rules.partials.then(|| self.next_partial(last, rules, speaking)).flatten();
        let end = end.map(|(at, count, sure)| (at, Event::End { count, sure }));
        match (partial, end) {
            (Some(partial), Some(end)) => Some(if partial.0 <= end.0 { partial } else { end }),
            (partial, end) => partial.or(end),
        }
    }

    fn next_partial(&self, last: usize, rules: &TurnRules, speaking: bool) -> Option<(u64, Event)> {
        let words = self.first(last);
        if let Some(next) = words.get(self.sent.words) {
            if rules.profile.is_pro() {
                // At a pause the unsent words are due at once, so that each turn has a partial before its final.
                let pause_ms = words.last().filter(|_| !speaking).map(|word| word.end_ms);
                let due_ms = match (self.sent.next_partial_ms, rules.partial_every_ms) {
                    (_, None) => pause_ms?,
                    (Some(due_ms), _) => due_ms,
                    (None, _) => words.first()?.start_ms + rules.first_partial_ms,
                };
                let at = pause_ms.map_or(due_ms, |pause_ms| due_ms.min(pause_ms)).max(next.end_ms);
                let count = words.partition_point(|word| word.end_ms <= at);
                return Some((at, Event::Partial { count: count.max(self.sent.words + 1) }));
            }
            let letters = next.text.chars().count();
            if self.whole && !self.sent.fragment && letters >= FRAGMENT_FROM_LETTERS {
                let at = u64::midpoint(next.start_ms, next.end_ms);
                return Some((at, Event::Fragment { done: self.sent.words, letters: letters / 2 }));
            }
            return Some((next.end_ms, Event::Partial { count: self.sent.words + 1 }));
        }
        if rules.profile.is_pro() || self.sent.utterance || speaking {
            return None;
        }
        let at = words.last()?.end_ms + rules.min_silence_ms;
        Some((at, Event::Utterance { count: last }))
            .filter(|(at, _)| self.end(rules, speaking).is_none_or(|(end, ..)| *at < end))
    }

    /// The position of the audio at which the turn ends, in ms, after how many words, and whether its sentence is
    /// complete.
    fn end(&self, rules: &TurnRules, speaking: bool) -> Option<(u64, usize, bool)> {
        let count = self.words.len();
        let first = self.words.first()?;
        match self.final_when {
            FinalWhen::Terminated | FinalWhen::Recognised => return None,
            FinalWhen::AudioMs(at) => return Some((at, count, true)),
            FinalWhen::Silence => {}
        }
        self.words.iter().enumerate().find_map(|(index, word)| {
            let next = self.words.get(index + 1);
            if self.whole && next.is_some() {
                return None;
            }
            let sure = self.whole || word.ends_a_sentence();
            if !self.whole && word.end_ms - first.start_ms >= rules.max_turn_ms {
                return Some((word.end_ms, index + 1, sure));
            }
            let at = word.end_ms + silence_ms(sure, rules);
            let silent = next.map_or(!speaking, |next| next.start_ms >= at);
            (silent && word.committed).then_some((at, index + 1, sure))
        })
    }
}

/// The duration of silence that ends a turn, in ms; shorter after a complete sentence.
fn silence_ms(sure: bool, rules: &TurnRules) -> u64 {
    if rules.ends_early(sure) { rules.min_silence_ms } else { rules.max_silence_ms }
}
