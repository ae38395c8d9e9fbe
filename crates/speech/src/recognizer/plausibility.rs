//! Whether words were spoken, or made up by the model where there was no speech.

use super::hypothesis::Word;
use crate::model::{Stop, Transcription};

/// Mean logarithm of the pieces' probabilities below which a text is not believed. Speech in noise at 5 dB has more.
const MIN_MEAN_LOG_PROBABILITY: f32 = -0.9;
/// Up to so many words a text is short ...
const SHORT_WORDS: usize = 2;
/// ... and up to so many voiced frames (400 ms) its audio is;
const SHORT_VOICE_FRAMES: usize = 25;
/// then all words must be at least so sure.
const SHORT_CONFIDENCE: f32 = 0.6;
/// Voiced frames (160 ms) below which nothing is a word.
const MIN_VOICE_FRAMES: usize = 10;
/// Letters a second of voice beyond which nobody speaks; a fast speaker has 25.
const MAX_LETTERS_PER_SECOND: f32 = 45.0;

/// Whether the words of a transcription can be in audio with so many frames of voice.
pub(super) fn is_plausible(transcription: &Transcription, words: &[Word], voiced_frames: usize) -> bool {
    let letters: usize = words.iter().map(|word| word.text.len()).sum();
    let voiced_seconds = voiced_frames as f32 * 0.016;
    let is_doubtful = words.len() <= SHORT_WORDS
        && voiced_frames < SHORT_VOICE_FRAMES
        && words.iter().all(|word| word.confidence < SHORT_CONFIDENCE);
    transcription.stop != Stop::Limit
        && transcription.mean_log_probability >= MIN_MEAN_LOG_PROBABILITY
        && voiced_frames >= MIN_VOICE_FRAMES
        && letters as f32 <= MAX_LETTERS_PER_SECOND * voiced_seconds + 5.0
        && !is_doubtful
}

/// Cuts off words that the model said again without audio for them: the same words in less time than they need.
pub(super) fn cut_repetitions(words: &mut Vec<Word>) {
    /// Nobody speaks a letter faster than this, in ms.
    const MIN_LETTER_MS: u64 = 25;
    let keys: Vec<String> = words.iter().map(Word::key).collect();
    for start in 1..words.len() {
        for count in 1..=start.min(12).min(words.len() - start) {
            if keys[start - count..start] != keys[start..start + count] {
                continue;
            }
            let letters: u64 = keys[start..start + count].iter().map(|key| key.len() as u64 + 1).sum();
            let spoken_ms = words[start + count - 1].end_ms.saturating_sub(words[start].start_ms);
            if spoken_ms < MIN_LETTER_MS * letters || words.len() - start > 3 * count {
                words.truncate(start);
                return;
            }
        }
    }
}
