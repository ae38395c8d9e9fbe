//! Words at the pace of the voice in the audio: nothing is recognised, but who speaks sees words come.

use super::vad::{HOP_MS, Vad};
use super::words::{SpokenWord, duration_ms};

/// Says the words of a text, over and over, while somebody speaks.
#[derive(Debug)]
pub(crate) struct PacedRecognizer {
    words: Vec<String>,
    next: usize,
    vad: Vad,
    heard_ms: u64,
    /// Up to here somebody spoke, in ms.
    voiced_ms: u64,
    /// Speech since the last word, in ms; pauses between words are part of speech.
    spoken_ms: u64,
    speaking: bool,
}

impl PacedRecognizer {
    /// A paced over the text for audio of this rate; a text without words says nothing.
    pub(crate) fn new(text: &str, rate_hz: u32) -> Self {
        Self {
            words: text.split_whitespace().map(str::to_owned).collect(),
            next: 0,
            vad: Vad::new(rate_hz),
            heard_ms: 0,
            voiced_ms: 0,
            spoken_ms: 0,
            speaking: false,
        }
    }

    /// Hears samples; `step` is called every 10 ms of audio with the time, whether somebody speaks, and the word
    /// that has just been completed.
    pub(crate) fn hear(&mut self, samples: &[i16], mut step: impl FnMut(u64, bool, Option<SpokenWord>)) {
        for sample in samples {
            let Some(heard) = self.vad.push(*sample) else { continue };
            self.heard_ms += HOP_MS;
            let word = if heard.speaking && heard.loud {
                // What came before the onset is not speech; a pause within speech is.
                let since_ms = if self.speaking { self.heard_ms - self.voiced_ms } else { HOP_MS };
                self.spoken_ms += since_ms;
                self.voiced_ms = self.heard_ms;
                self.word_if(1)
            } else if self.speaking && !heard.speaking {
                self.flush()
            } else {
                None
            };
            self.speaking = heard.speaking;
            step(self.heard_ms, heard.speaking, word);
        }
    }

    /// The voice broke off: a word that was half said is said.
    pub(crate) fn flush(&mut self) -> Option<SpokenWord> {
        let word = self.word_if(2);
        self.spoken_ms = 0;
        word
    }

    /// The next word, if as much as one part in `parts` of it is said.
    fn word_if(&mut self, parts: u64) -> Option<SpokenWord> {
        let word = self.words.get(self.next)?;
        if self.spoken_ms == 0 || self.spoken_ms * parts < duration_ms(word) {
            return None;
        }
        let spoken = SpokenWord::new(word, self.voiced_ms.saturating_sub(self.spoken_ms), self.voiced_ms);
        self.next = (self.next + 1) % self.words.len();
        self.spoken_ms = 0;
        Some(spoken)
    }
}
