//! Human speech with its words, and the model that recognises it, which `cargo xtask setup --speech` brings.

use std::path::{Path, PathBuf};

#[path = "../../crates/speech/tests/common/speech.rs"]
mod recordings;
#[path = "../../crates/speech/tests/common/score.rs"]
mod score;

/// A person reads the first sentence of Charles Dickens, "A Tale of Two Cities".
pub const TWO_CITIES: &str = recordings::RECORDINGS[0].1;

/// The folder of a model, `base-en` or `tiny-en`, or of recordings, `audio`.
pub fn models(folder: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Chromium's microphone refuses paths with "..".
    tests.parent().unwrap_or(tests).join("target/models").join(folder)
}

/// A recording of one channel.
#[derive(Debug, Clone)]
pub struct Speech {
    /// Its sample rate, in Hz.
    pub rate_hz: u32,
    /// Its samples.
    pub samples: Vec<i16>,
}

impl Speech {
    /// The recording of [`TWO_CITIES`].
    ///
    /// # Errors
    /// If the file is not there, or does not have one channel of 16-bit samples.
    pub fn two_cities() -> Result<Self, hound::Error> {
        let mut wav = hound::WavReader::open(models("audio").join(recordings::RECORDINGS[0].0))?;
        if wav.spec().channels != 1 {
            return Err(hound::Error::Unsupported);
        }
        let samples = wav.samples().collect::<Result<_, _>>()?;
        Ok(Self { rate_hz: wav.spec().sample_rate, samples })
    }

    /// The first seconds of it.
    #[must_use]
    pub fn first(mut self, seconds: usize) -> Self {
        self.samples.truncate(seconds * self.rate_hz as usize);
        self
    }

    /// Its duration, in s.
    pub fn duration_s(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate_hz)
    }

    /// Pieces of 100 ms.
    pub fn chunks(&self) -> impl Iterator<Item = &[i16]> + Clone {
        self.samples.chunks(self.rate_hz as usize / 10)
    }
}

/// Words in lower case without punctuation, in one spelling.
pub fn normalize(text: &str) -> Vec<String> {
    score::normalize(text)
}

/// The least number of changed, missing and added words.
pub fn word_errors(reference: &str, text: &str) -> usize {
    score::word_errors(reference, text).errors
}

/// [`word_errors`] for a hundred words of the reference.
pub fn percent_wrong(reference: &str, text: &str) -> f64 {
    score::word_errors(reference, text).percent()
}
