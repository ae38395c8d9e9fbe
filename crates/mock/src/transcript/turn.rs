//! One turn on its way from the first word to its final: what happens next to it, and at which ms of audio.

use super::rules::TurnRules;
use super::words::SpokenWord;

/// How sure a universal model is, at a turn's end, of a complete sentence and of an incomplete one.
pub(super) const END_CONFIDENCE: f64 = 0.72;
pub(super) const UNSURE_CONFIDENCE: f64 = 0.31;

/// Words from this length on are first heard in half by universal models.
const FRAGMENT_FROM_LETTERS: usize = 6;

/// When a turn's final comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FinalWhen {
    /// After the silence that the parameters name.
    Silence,
    /// At this ms of audio.
    AudioMs(u64),
    /// Only when the client has said Terminate.
    Terminated,
}

/// What happens to a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Event {
    /// The first `heard` words are told.
    Partial { heard: usize },
    /// After `done` words, the first `letters` letters of the next are told.
    Fragment { done: usize, letters: usize },
    /// A pause that does not end the turn.
    Utterance { heard: usize },
    /// The turn ends after `heard` words.
    End { heard: usize, sure: bool },
}

/// A turn that has not had its final yet.
#[derive(Debug, Clone)]
pub(crate) struct TurnState {
    pub(crate) words: Vec<SpokenWord>,
    /// A scripted turn is one turn whatever its pauses; other speech is cut where the rules say.
    pub(crate) whole: bool,
    pub(crate) final_when: FinalWhen,
    pub(crate) order: Option<u64>,
    pub(crate) language: Option<(String, f64)>,
    pub(super) told: Told,
}

/// What the client has heard of a turn.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// Words in the latest partial.
    pub(super) words: usize,
    /// A part of the next word.
    pub(super) fragment: bool,
    pub(super) utterance: bool,
    pub(super) speech_started: bool,
    /// When the next partial is due (Pro), once the first was sent.
    pub(super) next_partial_ms: Option<u64>,
}

impl TurnState {
    pub(crate) fn new(words: Vec<SpokenWord>, whole: bool) -> Self {
        Self {
            words,
            whole,
            final_when: FinalWhen::Silence,
            order: None,
            language: None,
            told: Told::default(),
        }
    }

    pub(super) fn order(&self) -> u64 {
        self.order.unwrap_or_default()
    }

    pub(super) fn heard(&self, heard: usize) -> &[SpokenWord] {
        &self.words[..heard.min(self.words.len())]
    }

    /// Words that have begun by this ms of audio.
    pub(super) fn begun(&self, audio_ms: u64) -> usize {
        self.words.partition_point(|word| word.start_ms < audio_ms)
    }

    /// Takes off what comes after the first `heard` words: that is the next turn.
    pub(super) fn split_off(&mut self, heard: usize) -> Option<Self> {
        if heard >= self.words.len() {
            return None;
        }
        let rest = self.words.split_off(heard);
        Some(Self {
            final_when: self.final_when,
            language: self.language.clone(),
            ..Self::new(rest, self.whole)
        })
    }

    /// The next thing that happens, and at which ms of audio; `speaking` holds the end back.
    pub(super) fn next_event(&self, rules: &TurnRules, speaking: bool) -> Option<(u64, Event)> {
        let end = self.end(rules, speaking);
        let last = end.map_or(self.words.len(), |(_, heard, _)| heard);
        let partial = rules.partials.then(|| self.next_partial(last, rules, speaking)).flatten();
        let end = end.map(|(at, heard, sure)| (at, Event::End { heard, sure }));
        match (partial, end) {
            (Some(partial), Some(end)) => Some(if partial.0 <= end.0 { partial } else { end }),
            (partial, end) => partial.or(end),
        }
    }

    fn next_partial(&self, last: usize, rules: &TurnRules, speaking: bool) -> Option<(u64, Event)> {
        let words = self.heard(last);
        if let Some(next) = words.get(self.told.words) {
            if rules.profile.is_pro() {
                // A pause brings what is untold out at once, so that each turn has a partial before its final.
                let pause_ms = words.last().filter(|_| !speaking).map(|word| word.end_ms);
                let due_ms = match (self.told.next_partial_ms, rules.partial_every_ms) {
                    (_, None) => pause_ms?,
                    (Some(due_ms), _) => due_ms,
                    (None, _) => words.first()?.start_ms + rules.first_partial_ms,
                };
                let at = pause_ms.map_or(due_ms, |pause_ms| due_ms.min(pause_ms)).max(next.end_ms);
                let heard = words.partition_point(|word| word.end_ms <= at);
                return Some((at, Event::Partial { heard: heard.max(self.told.words + 1) }));
            }
            let letters = next.text.chars().count();
            if self.whole && !self.told.fragment && letters >= FRAGMENT_FROM_LETTERS {
                let at = u64::midpoint(next.start_ms, next.end_ms);
                return Some((at, Event::Fragment { done: self.told.words, letters: letters / 2 }));
            }
            return Some((next.end_ms, Event::Partial { heard: self.told.words + 1 }));
        }
        if rules.profile.is_pro() || self.told.utterance || speaking {
            return None;
        }
        let at = words.last()?.end_ms + rules.min_silence_ms;
        Some((at, Event::Utterance { heard: last }))
            .filter(|(at, _)| self.end(rules, speaking).is_none_or(|(end, ..)| *at < end))
    }

    /// When the turn ends, after how many words, and whether its sentence is complete.
    fn end(&self, rules: &TurnRules, speaking: bool) -> Option<(u64, usize, bool)> {
        let count = self.words.len();
        let first = self.words.first()?;
        match self.final_when {
            FinalWhen::Terminated => return None,
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
            silent.then_some((at, index + 1, sure))
        })
    }
}

/// The silence that ends a turn, by whether its sentence is complete.
fn silence_ms(sure: bool, rules: &TurnRules) -> u64 {
    let confidence = if sure { END_CONFIDENCE } else { UNSURE_CONFIDENCE };
    let ends_early = if rules.profile.is_pro() { sure } else { confidence > rules.threshold };
    if ends_early { rules.min_silence_ms } else { rules.max_silence_ms }
}
