//! The source of a session's words.

use std::fmt;

use crate::words::SpokenWord;

/// Recognises the words in the audio of one session.
///
/// The session pushes samples and passes each [`Report`] on to the turns. Reports follow each other in the order of
/// audio time, however the audio was split into messages, so that a client that sends larger messages or sends faster
/// than real time gets the same turns.
pub(crate) trait Recognizer: fmt::Debug + Send {
    /// Takes the samples that follow those pushed before, and reports what they yield, in steps of audio time.
    fn push(&mut self, samples: &[i16], report: &mut dyn FnMut(Report));

    /// Commits all words so far, because the client has sent `ForceEndpoint`; `audio_ms` is the duration of the audio.
    /// A recogniser that has committed them already returns none.
    fn commit(&mut self, _audio_ms: u64) -> Vec<SpokenWord> {
        Vec::new()
    }

    /// Returns the remaining words: no more audio will come. `audio_ms` is the duration of the audio.
    fn finish(&mut self, audio_ms: u64) -> Report;

    /// Whether no further word can start before this position of the audio, in ms.
    fn is_settled(&self, _audio_ms: u64) -> bool {
        true
    }
}

/// What a recogniser has found at a position of the audio.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Position of the audio, in ms, up to which no further word is expected: events of turns up to here are due.
    pub(crate) settled_ms: u64,
    /// Whether speech is in progress, or a pause between two words of it. Holds back the end of a turn.
    pub(crate) speaking: bool,
    /// The words that follow the committed ones, replacing those reported as uncommitted before.
    pub(crate) words: Vec<SpokenWord>,
}
