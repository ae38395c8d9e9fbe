//! The expensive part, which a caller runs where and when it likes.

use std::fmt;
use std::sync::Arc;

use crate::model::{Model, Transcription};

/// What a job runs: a [`Model`]; in tests, a script.
pub(crate) trait Decode: fmt::Debug + Send + Sync {
    /// The words in `audio`: 16 kHz, from -1 to 1. `draft` is a guess of the word pieces.
    fn decode(&self, audio: &[f32], draft: &[u32]) -> Transcription;
}

impl Decode for Model {
    fn decode(&self, audio: &[f32], draft: &[u32]) -> Transcription {
        self.transcribe(audio, draft)
    }
}

/// How urgent a job is. Finals sort before partials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The text of a pause, which may end a turn: never skip it.
    Final,
    /// The text of an open turn: may be skipped; the next one has newer audio.
    Partial,
}

/// Audio to be decoded. Owns all it needs, so it can go to another thread.
#[derive(Debug)]
pub struct Job {
    pub(super) decoder: Arc<dyn Decode>,
    pub(super) priority: Priority,
    pub(super) turn: u64,
    pub(super) audio: Vec<f32>,
    pub(super) draft: Vec<u32>,
    pub(super) start_sample: u64,
    pub(super) last_voice_sample: u64,
    /// Words of the turn that come before this audio.
    pub(super) kept_words: usize,
}

/// What a [`Job`] found, for [`Recognizer::complete`](super::Recognizer::complete).
#[derive(Debug)]
pub struct JobResult {
    pub(super) priority: Priority,
    pub(super) turn: u64,
    pub(super) start_sample: u64,
    pub(super) end_sample: u64,
    pub(super) last_voice_sample: u64,
    pub(super) kept_words: usize,
    pub(super) transcription: Transcription,
}

impl Job {
    /// How urgent this is.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// Audio to decode, in ms. The cost grows with it, somewhat faster than in proportion.
    pub fn audio_ms(&self) -> u64 {
        super::to_ms(self.audio.len() as u64)
    }

    /// Decodes. This is all that takes long: some tenths of a second.
    pub fn run(self) -> JobResult {
        JobResult {
            priority: self.priority,
            turn: self.turn,
            start_sample: self.start_sample,
            end_sample: self.start_sample + self.audio.len() as u64,
            last_voice_sample: self.last_voice_sample,
            kept_words: self.kept_words,
            transcription: self.decoder.decode(&self.audio, &self.draft),
        }
    }
}
