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

/// Where two texts differ, in order: words of the first, and those that stand in their place in the second. Both sides
/// are normalized, and what is missing or added has an empty side.
pub fn differences(first: &str, second: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let (first, second) = (normalize(first), normalize(second));
    // The longest common subsequence of what follows each pair of positions.
    let mut common = vec![vec![0; second.len() + 1]; first.len() + 1];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            common[i][j] = if first[i] == second[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut found, mut open) = (0, 0, Vec::new(), (Vec::new(), Vec::new()));
    while i < first.len() || j < second.len() {
        if i < first.len() && j < second.len() && first[i] == second[j] {
            found.push(std::mem::take(&mut open));
            (i, j) = (i + 1, j + 1);
        } else if j == second.len() || (i < first.len() && common[i + 1][j] >= common[i][j + 1]) {
            open.0.push(first[i].clone());
            i += 1;
        } else {
            open.1.push(second[j].clone());
            j += 1;
        }
    }
    found.push(open);
    found.retain(|(first, second)| !first.is_empty() || !second.is_empty());
    found
}

/// Whether what was said once was heard in another way, and neither dropped nor repeated: up to three words take the
/// place of as many, as "a" of "the"; or of one more or less with more than half of the same letters, as "we're" of
/// "we were".
pub fn is_heard_otherwise((first, second): &(Vec<String>, Vec<String>)) -> bool {
    let (before, after) = (first.concat(), second.concat());
    let letters = |text: &str| text.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let changed = word_errors(&letters(&before), &letters(&after));
    let is_similar = 2 * changed < before.len().max(after.len());
    let (count, other_count) = (first.len(), second.len());
    let is_short = (1..=3).contains(&count) && (1..=3).contains(&other_count);
    is_short && (count == other_count || count.abs_diff(other_count) == 1 && is_similar)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "It was the best of times, it was the worst of times; we were all going.";

    fn is_whole(heard: &str) -> bool {
        differences(SAID, heard).iter().all(is_heard_otherwise)
    }

    #[test]
    fn words_that_are_heard_otherwise_are_neither_missing_nor_doubled() {
        assert_eq!(differences(SAID, SAID), []);
        assert!(is_whole("it was the best of times it was the worse of times we're all going"));
        let expected = (vec!["worst".to_owned()], vec!["worse".to_owned()]);
        assert_eq!(
            differences(SAID, "It was the best of times. It was the worse of times. We were all going."),
            [expected]
        );
    }

    #[test]
    fn a_word_that_is_missing_or_doubled_is_found() {
        for heard in [
            "it was the best of times it was the worst of we were all going",
            "it was the best of of times it was the worst of times we were all going",
            "it was the best of times it was the best of times it was the worst of times we were all going",
            "it was the best of times it was the worst the worse of times we were all going",
            "it was the best of times it was the worst of times we were all",
            "it was the best of times it was of times we were all going",
        ] {
            assert!(!is_whole(heard), "{heard}: {:?}", differences(SAID, heard));
        }
    }
}
