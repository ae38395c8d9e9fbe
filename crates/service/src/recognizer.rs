//! The source of a session's words.

use std::fmt;

use crate::turn_rules::TurnRules;
use crate::words::SpokenWord;

/// Recognises the words in the audio of one session.
///
/// The session pushes samples and passes each [`Report`] on to the turns. Reports follow each other in the order of
/// audio time, however the audio was split into messages, so that a client that sends larger messages or sends faster
/// than real time gets the same turns.
///
/// A recogniser that works elsewhere reports in [`Recognizer::poll`], which the session calls when its host was woken.
pub trait Recognizer: fmt::Debug + Send {
    /// Takes the samples that follow those pushed before, and reports what they yield, in steps of audio time.
    fn push(&mut self, samples: &[i16], report: &mut dyn FnMut(Report));

    /// Reports what was found since, by work that is done elsewhere.
    fn poll(&mut self, _report: &mut dyn FnMut(Report)) {}

    /// Applies the rules for turns: at the start, and after each change by the client.
    fn configure(&mut self, _rules: &TurnRules) {}

    /// Commits all words so far, because the client has sent `ForceEndpoint`; `audio_ms` is the duration of the audio.
    /// A recogniser that has committed them already, or that ends its turns itself, returns none.
    fn commit(&mut self, _audio_ms: u64) -> Vec<SpokenWord> {
        Vec::new()
    }

    /// No more audio will come: work that is left starts now.
    fn end_audio(&mut self) {}

    /// Whether no work is left.
    fn is_finished(&self) -> bool {
        true
    }

    /// Whether it has failed: it reports nothing more, and the session ends with an error.
    fn has_failed(&self) -> bool {
        false
    }

    /// Whether to push no more until it wakes the session: reading from the client pauses, so that a client that sends
    /// ahead of time waits instead of filling memory.
    fn is_behind(&self) -> bool {
        false
    }

    /// Returns the remaining words: no more audio will come. `audio_ms` is the duration of the audio.
    fn finish(&mut self, audio_ms: u64) -> Report;

    /// Whether no further word can start before this position of the audio, in ms.
    fn is_settled(&self, _audio_ms: u64) -> bool {
        true
    }

    /// The largest probability of speech since the last call, 0 to 1; `None` without a voice detector.
    fn take_speech_probability(&mut self) -> Option<f64> {
        None
    }
}

/// What a recogniser has found at a position of the audio.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Position of the audio, in ms, up to which no further word is expected: events of turns up to here are due.
    pub settled_ms: u64,
    /// Whether speech is in progress, or a pause between two words of it. Holds back the end of a turn.
    pub speaking: bool,
    /// The words that follow the committed ones, replacing those reported as uncommitted before; all words of the turn
    /// if the recogniser ends its turns itself.
    pub words: Vec<SpokenWord>,
    /// Whether these are the words up to a pause. Only a recogniser that ends its turns itself says so.
    pub at_pause: bool,
    /// What ends the turn.
    pub end: TurnEnd,
}

/// What ends a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TurnEnd {
    /// The rules do, by the times of the words.
    #[default]
    ByRules,
    /// The recogniser does, and it has not ended yet.
    NotYet,
    /// The recogniser does: these are the turn's last words.
    Here,
}
