//! From audio time to messages: a pure model with no clock and no I/O.

mod paced;
mod render;
mod rules;
mod turn;
mod vad;
mod words;

use assemblyai_protocol::{ServerMessage, SpeechStarted};

use crate::recording::RecordingRecognizer;

pub(crate) use paced::PacedRecognizer;
use render::Revision;
pub use rules::Profile;
pub(crate) use rules::TurnRules;
use turn::Event;
pub(crate) use turn::{FinalWhen, TurnState};
pub(crate) use words::{SpokenWord, duration_ms, timed};

/// A recording is settled in steps of 10 ms.
const SETTLING_MS: u64 = 10;

/// Tells turns as the audio reaches them.
#[derive(Debug)]
pub(crate) struct Transcriber {
    /// Turns without a final, in the order of their starts.
    turns: Vec<TurnState>,
    /// Makes words of the audio; `None` where the script has them all.
    ear: Option<Ear>,
    next_order: u64,
    /// What the next `SpeakerRevision` puts right.
    revisions: Vec<Revision>,
}

/// What makes words of the audio.
#[derive(Debug)]
pub(crate) enum Ear {
    /// A text at the pace of the voice.
    PacedRecognizer(PacedRecognizer),
    /// A recording that is known.
    RecordingRecognizer(Box<RecordingRecognizer>),
}

impl Transcriber {
    pub(crate) fn new(turns: Vec<TurnState>, ear: Option<Ear>) -> Self {
        Self { turns, ear, next_order: 0, revisions: Vec::new() }
    }

    /// Whether the samples themselves are needed, and not only their number.
    pub(crate) fn listens(&self) -> bool {
        self.ear.is_some()
    }

    /// Hears the samples that follow what was heard before.
    pub(crate) fn hear(&mut self, samples: &[i16], rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        let Some(mut ear) = self.ear.take() else { return };
        match &mut ear {
            Ear::PacedRecognizer(paced) => paced.hear(samples, |heard_ms, speaking, word| {
                self.add(word);
                self.tell(heard_ms, speaking, rules, out);
            }),
            Ear::RecordingRecognizer(listener) => listener.hear(samples, |settled_ms, words| {
                self.add(words);
                self.tell(settled_ms, false, rules, out);
            }),
        }
        self.ear = Some(ear);
    }

    /// These words were said next.
    fn add(&mut self, words: impl IntoIterator<Item = SpokenWord>) {
        for word in words {
            match self.turns.last_mut() {
                Some(turn) => turn.words.push(word),
                None => self.turns.push(TurnState::new(vec![word], false)),
            }
        }
    }

    /// Tells what the script has up to this ms of audio.
    pub(crate) fn advance(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if self.ear.is_none() {
            self.tell(audio_ms, false, rules, out);
        }
    }

    /// Whether somebody is being heard at this ms of audio.
    pub(crate) fn is_open(&self, audio_ms: u64) -> bool {
        let unsettled = match &self.ear {
            Some(Ear::RecordingRecognizer(listener)) => {
                listener.settled_ms() < audio_ms.saturating_sub(SETTLING_MS)
            }
            _ => false,
        };
        unsettled || self.turns.iter().any(|turn| turn.begun(audio_ms) > 0)
    }

    /// Where in the recording that is known the session is, in ms.
    pub(crate) fn recording_ms(&self) -> Option<u64> {
        match &self.ear {
            Some(Ear::RecordingRecognizer(listener)) => listener.recording_ms(),
            _ => None,
        }
    }

    /// The turns whose speakers were named wrongly since the last call.
    pub(crate) fn take_revisions(&mut self) -> Vec<Revision> {
        std::mem::take(&mut self.revisions)
    }

    /// Ends the turn that is open; where none is, nothing happens.
    pub(crate) fn force_endpoint(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        if let Some(index) = self.turns.iter().position(|turn| turn.begun(audio_ms) > 0) {
            let heard = self.turns[index].begun(audio_ms);
            self.happen(index, audio_ms, Event::End { heard, sure: true }, rules, out);
        }
    }

    /// Ends all turns that have begun, and those that waited for this.
    pub(crate) fn finish(&mut self, audio_ms: u64, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        match self.ear.take() {
            Some(Ear::PacedRecognizer(mut paced)) => self.add(paced.flush()),
            Some(Ear::RecordingRecognizer(mut listener)) => {
                self.add(listener.finish());
                self.tell(audio_ms, false, rules, out);
            }
            None => {}
        }
        let mut index = 0;
        while let Some(turn) = self.turns.get_mut(index) {
            let heard = match turn.final_when {
                FinalWhen::Terminated => turn.words.len(),
                FinalWhen::AudioMs(_) | FinalWhen::Silence => turn.begun(audio_ms),
            };
            if heard == 0 {
                index += 1;
                continue;
            }
            turn.words.truncate(heard);
            self.happen(index, audio_ms, Event::End { heard, sure: true }, rules, out);
        }
    }

    /// Lets all happen, in order, that is due by this ms of audio.
    fn tell(&mut self, audio_ms: u64, speaking: bool, rules: &TurnRules, out: &mut Vec<ServerMessage>) {
        loop {
            let events = self.turns.iter().enumerate().filter_map(|(index, turn)| {
                turn.next_event(rules, speaking).map(|(at, event)| (at, index, event))
            });
            match events.min_by_key(|(at, index, _)| (*at, *index)) {
                Some((at, index, event)) if at <= audio_ms => self.happen(index, at, event, rules, out),
                _ => return,
            }
        }
    }

    fn happen(
        &mut self,
        index: usize,
        at: u64,
        event: Event,
        rules: &TurnRules,
        out: &mut Vec<ServerMessage>,
    ) {
        let Some(turn) = self.turns.get_mut(index) else { return };
        let order = *turn.order.get_or_insert(self.next_order);
        self.next_order = self.next_order.max(order.saturating_add(1));
        if rules.profile.is_pro() && !turn.told.speech_started {
            turn.told.speech_started = true;
            let timestamp_ms = turn.words.first().map_or(0.0, |word| word.start_ms as f64);
            out.push(ServerMessage::SpeechStarted(SpeechStarted { timestamp_ms, confidence: Some(0.95) }));
        }
        match event {
            Event::Partial { heard } => {
                out.push(ServerMessage::Turn(if rules.profile.is_pro() {
                    render::pro_partial(turn, heard, rules)
                } else {
                    render::universal_partial(turn, heard.saturating_sub(1), None, rules)
                }));
                turn.told.words = heard;
                turn.told.fragment = false;
                turn.told.next_partial_ms = rules.partial_every_ms.map(|every_ms| at + every_ms);
            }
            Event::Fragment { done, letters } => {
                out.push(ServerMessage::Turn(render::universal_partial(turn, done, Some(letters), rules)));
                turn.told.fragment = true;
            }
            Event::Utterance { heard } => {
                out.push(ServerMessage::Turn(render::utterance(turn, heard, rules)));
                turn.told.utterance = true;
            }
            Event::End { heard, sure } => {
                let finals = render::finals(turn, heard, sure, rules);
                if rules.speaker_labels {
                    let revision = finals.last().and_then(|last| render::revision(last, turn.heard(heard)));
                    self.revisions.extend(revision);
                }
                out.extend(finals.into_iter().map(ServerMessage::Turn));
                match turn.split_off(heard) {
                    Some(rest) => *turn = rest,
                    None => drop(self.turns.remove(index)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
