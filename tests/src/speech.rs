//! Human speech with its words, and the model that recognises it, which `cargo xtask setup --speech` brings.

use std::path::{Path, PathBuf};

/// A person reads the first sentence of Charles Dickens, "A Tale of Two Cities".
pub const TWO_CITIES: &str = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the \
    age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of light, it was \
    the season of darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had \
    nothing before us, we were all going direct to heaven, we were all going direct the other way. In short, the period \
    was so far like the present period that some of its noisiest authorities insisted on its being received, for good \
    or for evil, in the superlative degree of comparison only.";

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
        let mut wav = hound::WavReader::open(models("audio").join("two_cities.wav"))?;
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
    pub fn chunks(&self) -> impl Iterator<Item = &[i16]> {
        self.samples.chunks(self.rate_hz as usize / 10)
    }
}

/// Words in lower case without punctuation.
pub fn normalize(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['-', '—', '–'], " ").replace('’', "'");
    let word = |word: &str| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>();
    text.split_whitespace().map(word).filter(|word| !word.is_empty()).collect()
}

/// The least number of changed, missing and added words.
pub fn word_errors(reference: &[String], text: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=text.len()).collect();
    for (at, expected) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, word) in text.iter().enumerate() {
            let change = diagonal + usize::from(word != expected);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(row[column + 1] + 1);
        }
    }
    row[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_substitutions_deletions_and_insertions() {
        let errors = |text| word_errors(&normalize("It was the best of times,"), &normalize(text));
        assert_eq!(errors("it was the BEST of times"), 0);
        assert_eq!(errors("it is the best of"), 2);
        assert_eq!(errors("it was the the best of times"), 1);
    }
}
