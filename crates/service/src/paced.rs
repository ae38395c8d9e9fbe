//! Words of a fixed text at the pace of the speech in the audio, without recognising any.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::engine::Engine;
use crate::parameters::Parameters;
use crate::recognizer::{Recognizer, Report};
use crate::turn_rules::TurnRules;
use crate::vad::{HOP_MS, Vad};
use crate::words::{SpokenWord, duration_ms};

/// Yields the words of a text, repeatedly, while there is speech in the audio.
#[derive(Debug)]
pub struct PacedRecognizer {
    words: Vec<String>,
    next: usize,
    vad: Vad,
    /// Duration of the audio so far, in ms.
    audio_ms: u64,
    /// End of the latest speech, in ms.
    speech_end_ms: u64,
    /// Speech since the last word, in ms, including the pauses within speech.
    spoken_ms: u64,
    speaking: bool,
}

impl PacedRecognizer {
    /// For audio of this sample rate; a text without words yields none.
    pub fn new(text: &str, rate_hz: u32) -> Self {
        Self {
            words: text.split_whitespace().map(str::to_owned).collect(),
            next: 0,
            vad: Vad::new(rate_hz),
            audio_ms: 0,
            speech_end_ms: 0,
            spoken_ms: 0,
            speaking: false,
        }
    }

    /// Ends the speech: a word of which at least half was spoken is complete.
    fn flush(&mut self) -> Option<SpokenWord> {
        let word = self.word_if(2);
        self.spoken_ms = 0;
        word
    }

    /// The next word, if at least one part in `parts` of its duration was spoken.
    fn word_if(&mut self, parts: u64) -> Option<SpokenWord> {
        let word = self.words.get(self.next)?;
        if self.spoken_ms == 0 || self.spoken_ms * parts < duration_ms(word) {
            return None;
        }
        let start_ms = self.speech_end_ms.saturating_sub(self.spoken_ms);
        let spoken = SpokenWord::new(word, start_ms, self.speech_end_ms);
        self.next = (self.next + 1) % self.words.len();
        self.spoken_ms = 0;
        Some(spoken)
    }
}

impl Recognizer for PacedRecognizer {
    fn push(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        for sample in samples {
            let Some(frame) = self.vad.push(*sample) else { continue };
            self.audio_ms += HOP_MS;
            let word = if frame.speaking && frame.loud {
                // The time before the onset is not speech; a pause within speech is.
                let since_ms = if self.speaking { self.audio_ms - self.speech_end_ms } else { HOP_MS };
                self.spoken_ms += since_ms;
                self.speech_end_ms = self.audio_ms;
                self.word_if(1)
            } else if self.speaking && !frame.speaking {
                self.flush()
            } else {
                None
            };
            self.speaking = frame.speaking;
            let words = word.into_iter().collect();
            report(Report {
                settled_ms: self.audio_ms,
                speaking: frame.speaking,
                words,
                ..Report::default()
            });
        }
    }

    fn finish(&mut self, _audio_ms: u64) -> Report {
        // The final contains the last word; no partial is due for it.
        Report {
            settled_ms: 0,
            speaking: false,
            words: self.flush().into_iter().collect(),
            ..Report::default()
        }
    }
}

/// Interval of the partials of a text paced by speech, in ms: about one per word.
pub const PACED_PARTIAL_MS: u64 = 400;

/// An engine that recognises nothing: its sessions say a fixed text at the pace of the speech.
#[derive(Debug)]
pub struct PacedEngine {
    text: String,
}

impl PacedEngine {
    /// An engine that says this text, again and again.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl Engine for PacedEngine {
    fn recognizer(&self, parameters: &Parameters, _woken: Arc<Notify>) -> Box<dyn Recognizer> {
        Box::new(PacedRecognizer::new(&self.text, parameters.sample_rate_hz))
    }

    fn rules(&self, parameters: &Parameters) -> TurnRules {
        TurnRules::of(parameters, None).with_partials_every_ms(PACED_PARTIAL_MS)
    }
}
