use assemblyai_protocol::{RevisedTurn, ServerMessage, SpeechStarted};

use super::render;
use super::turn::{Event, FinalWhen, TurnState};
use crate::recognizer::{Recognizer, Report, TurnEnd};
use crate::turn_rules::TurnRules;
use crate::words::SpokenWord;

/// Confidence in `SpeechStarted`, as the service was seen to send it.
const SPEECH_CONFIDENCE: f64 = 0.95;

/// Turns words into messages as the audio reaches them.
#[derive(Debug)]
pub struct Transcriber {
    turns: Turns,
    /// `None` if all words are known from the start.
    recognizer: Option<Box<dyn Recognizer>>,
}

impl Transcriber {
    /// Starts with turns whose words are known already, and with a recogniser that adds others.
    pub fn new(turns: Vec<TurnState>, recognizer: Option<Box<dyn Recognizer>>) -> Self {
        Self { turns: Turns { open: turns, next_order: 0, revisions: Vec::new() }, recognizer }
    }

    /// Whether the samples are needed, and not only their number.
    pub fn needs_samples(&self) -> bool {
        self.recognizer.is_some()
    }

    /// Takes the samples that follow those before; appends the messages that they cause.
    pub fn push(&mut self, samples: &[i16], rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        let Some(recognizer) = &mut self.recognizer else { return };
        let turns = &mut self.turns;
        recognizer.push(samples, &mut |report| turns.apply(report, rules, out));
    }

    /// Appends the messages for what the recogniser has found since.
    pub fn poll(&mut self, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        let Some(recognizer) = &mut self.recognizer else { return };
        let turns = &mut self.turns;
        recognizer.poll(&mut |report| turns.apply(report, rules, out));
    }

    /// Passes changed rules on to the recogniser, and appends the messages that they cause at once.
    pub fn configure(&mut self, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if let Some(recognizer) = &mut self.recognizer {
            recognizer.configure(rules);
        }
        self.poll(rules, out);
    }

    /// No more audio will come; appends the messages for what that completes at once.
    pub fn end_audio(&mut self, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if let Some(recognizer) = &mut self.recognizer {
            recognizer.end_audio();
        }
        self.poll(rules, out);
    }

    /// Whether no more samples are to be pushed for now.
    pub fn is_behind(&self) -> bool {
        self.recognizer.as_ref().is_some_and(|recognizer| recognizer.is_behind())
    }

    /// Whether the recogniser has failed.
    pub fn has_failed(&self) -> bool {
        self.recognizer.as_ref().is_some_and(|recognizer| recognizer.has_failed())
    }

    /// Whether no work of the recogniser is left.
    pub fn is_finished(&self) -> bool {
        self.recognizer.as_ref().is_none_or(|recognizer| recognizer.is_finished())
    }

    /// The largest probability of speech since the last call, 0 to 1; `None` without a voice detector.
    pub fn take_speech_probability(&mut self) -> Option<f64> {
        self.recognizer.as_mut()?.take_speech_probability()
    }

    /// Appends the messages that are due by this position of the audio, in ms, if all words were known from the start.
    /// With a recogniser they follow its reports instead.
    pub fn advance(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if self.recognizer.is_none() {
            self.turns.advance(audio_ms, false, rules, out);
        }
    }

    /// Whether speech is, or may be, in progress at this position of the audio, in ms.
    pub fn is_speaking(&self, audio_ms: u64) -> bool {
        let is_settled = self.recognizer.as_ref().is_none_or(|recognizer| recognizer.is_settled(audio_ms));
        !is_settled || self.has_begun_turn(audio_ms)
    }

    /// Whether a turn without a final has words at this position of the audio, in ms.
    pub fn has_begun_turn(&self, audio_ms: u64) -> bool {
        self.turns.first_begun(audio_ms).is_some()
    }

    /// Removes and returns the corrections of speaker labels since the last call.
    pub fn take_revisions(&mut self) -> Vec<RevisedTurn> {
        std::mem::take(&mut self.turns.revisions)
    }

    /// Ends the turn that has begun, if any.
    pub fn force_endpoint(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if let Some(recognizer) = &mut self.recognizer {
            self.turns.add(recognizer.commit(audio_ms));
        }
        let index = self.turns.first_begun(audio_ms);
        // A recogniser that ends its turns itself does so once it has all words.
        let index = index.filter(|index| self.turns.open[*index].final_when != FinalWhen::Recognised);
        if let Some(index) = index {
            let count = self.turns.open[index].begun(audio_ms);
            self.turns.apply_event(index, audio_ms, Event::End { count, sure: true }, rules, out);
        }
        self.poll(rules, out);
    }

    /// Ends all turns that have begun, and those whose final waits for `Terminate`.
    pub fn finish(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        self.poll(rules, out);
        if let Some(mut recognizer) = self.recognizer.take() {
            self.turns.apply(recognizer.finish(audio_ms), rules, out);
        }
        self.turns.finish(audio_ms, rules, out);
    }
}

/// The turns of a session.
#[derive(Debug)]
struct Turns {
    /// Turns without a final, in the order of their starts.
    open: Vec<TurnState>,
    next_order: u64,
    /// Corrections for the next `SpeakerRevision`.
    revisions: Vec<RevisedTurn>,
}

impl Turns {
    fn apply(&mut self, report: Report, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if report.end != TurnEnd::ByRules {
            return self.apply_turn(report, rules, out);
        }
        self.add(report.words);
        self.advance(report.settled_ms, report.speaking, rules, out);
    }

    /// Takes all words of a turn whose recogniser ends it.
    fn apply_turn(&mut self, report: Report, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        let is_end = report.end == TurnEnd::Here;
        if report.words.is_empty() && !is_end {
            return;
        }
        let index = match self.open.iter().position(|turn| turn.final_when == FinalWhen::Recognised) {
            Some(index) => {
                let turn = &mut self.open[index];
                let unchanged =
                    turn.words.iter().zip(&report.words).take_while(|(a, b)| a.text == b.text).count();
                let is_changed = unchanged < turn.words.len() || unchanged < report.words.len();
                turn.words = report.words;
                if !is_changed && !is_end && !turn.held_back {
                    return;
                }
                index
            }
            None if report.words.is_empty() => return,
            None => {
                let turn =
                    TurnState { final_when: FinalWhen::Recognised, ..TurnState::new(report.words, true) };
                self.open.push(turn);
                self.open.len() - 1
            }
        };
        let turn = &self.open[index];
        let count = turn.words.len();
        // Each turn has a partial before its final.
        let is_due = match turn.words.first() {
            _ if is_end => turn.sent.words == 0,
            Some(first) if turn.sent.words == 0 => {
                report.settled_ms >= first.start_ms + rules.first_partial_ms
            }
            _ => report.at_pause || rules.partial_every_ms.is_some(),
        };
        self.open[index].held_back = rules.partials && !is_due;
        if rules.partials && is_due {
            self.apply_event(index, report.settled_ms, Event::Partial { count }, rules, out);
        }
        if is_end {
            let sure = self.open[index].words.last().is_none_or(SpokenWord::ends_a_sentence);
            self.apply_event(index, report.settled_ms, Event::End { count, sure }, rules, out);
        }
    }

    /// Appends words to the last turn, in place of its uncommitted ones. The rules decide where that turn ends and the
    /// next begins.
    fn add(&mut self, words: Vec<SpokenWord>) {
        match self.open.last_mut() {
            Some(turn) => turn.replace_uncommitted(words),
            None if words.is_empty() => {}
            None => self.open.push(TurnState::new(words, false)),
        }
    }

    /// The index of the first turn that has begun at this position of the audio, in ms.
    fn first_begun(&self, audio_ms: u64) -> Option<usize> {
        self.open.iter().position(|turn| turn.begun(audio_ms) > 0)
    }

    /// Applies all events up to this position of the audio, in ms, in order.
    fn advance(&mut self, audio_ms: u64, speaking: bool, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        loop {
            let events = self.open.iter().enumerate().filter_map(|(index, turn)| {
                turn.next_event(rules, speaking).map(|(at_ms, event)| (at_ms, index, event))
            });
            match events.min_by_key(|(at_ms, index, _)| (*at_ms, *index)) {
                Some((at_ms, index, event)) if at_ms <= audio_ms => {
                    self.apply_event(index, at_ms, event, rules, out);
                }
                _ => return,
            }
        }
    }

    fn finish(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        let mut index = 0;
        while let Some(turn) = self.open.get_mut(index) {
            let count = match turn.final_when {
                FinalWhen::Terminated | FinalWhen::Recognised => turn.words.len(),
                FinalWhen::AudioMs(_) | FinalWhen::Silence => turn.begun(audio_ms),
            };
            if count == 0 {
                index += 1;
                continue;
            }
            turn.words.truncate(count);
            self.apply_event(index, audio_ms, Event::End { count, sure: true }, rules, out);
        }
    }

    fn apply_event(
        &mut self,
        index: usize,
        at_ms: u64,
        event: Event,
        rules: &TurnRules,
        out: &mut Vec<ServerMessage>,
    ) {
        let Some(turn) = self.open.get_mut(index) else { return };
        let order = *turn.order.get_or_insert(self.next_order);
        self.next_order = self.next_order.max(order.saturating_add(1));
        if rules.profile.is_pro() && !turn.sent.speech_started {
            turn.sent.speech_started = true;
            let timestamp_ms = turn.words.first().map_or(0.0, |word| word.start_ms as f64);
            let started = SpeechStarted { timestamp_ms, confidence: Some(SPEECH_CONFIDENCE) };
            out.push(ServerMessage::SpeechStarted(started));
        }
        match event {
            Event::Partial { count } => {
                out.push(ServerMessage::Turn(if rules.profile.is_pro() {
                    render::pro_partial(turn, count, rules)
                } else {
                    render::universal_partial(turn, count, None, rules)
                }));
                turn.sent.words = count;
                turn.sent.fragment = false;
                turn.sent.next_partial_ms = rules.partial_every_ms.map(|every_ms| at_ms + every_ms);
            }
            Event::Fragment { done, letters } => {
                out.push(ServerMessage::Turn(render::universal_partial(
                    turn,
                    done + 1,
                    Some(letters),
                    rules,
                )));
                turn.sent.fragment = true;
            }
            Event::Utterance { count } => {
                out.push(ServerMessage::Turn(render::utterance(turn, count, rules)));
                turn.sent.utterance = true;
            }
            Event::End { count, sure } => {
                let finals = render::finals(turn, count, sure, rules);
                if rules.speaker_labels {
                    let revision = finals.last().and_then(|last| render::revision(last, turn.first(count)));
                    self.revisions.extend(revision);
                }
                out.extend(finals.into_iter().map(ServerMessage::Turn));
                match turn.split_off(count) {
                    Some(rest) => *turn = rest,
                    None => drop(self.open.remove(index)),
                }
            }
        }
    }
}
