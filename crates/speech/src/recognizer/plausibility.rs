//! Whether words were spoken, or made up by the model where there was no speech.

use super::hypothesis::Word;
use crate::model::{Stop, Transcription};

/// Mean logarithm of the pieces' probabilities below which a text is not believed. Speech in noise at 5 dB has more.
const MIN_MEAN_LOG_PROBABILITY: f32 = -0.9;
/// Up to so many words a text is short; then its pieces need a higher mean ...
const SHORT_WORDS: usize = 2;
const SHORT_MEAN_LOG_PROBABILITY: f32 = -0.75;
/// ... and, up to so many voiced frames (400 ms), ...
const SHORT_VOICE_FRAMES: usize = 25;
/// ... at least one word must be so sure.
const SHORT_CONFIDENCE: f32 = 0.6;
/// What the models write where nobody speaks: they learned it from subtitles.
const HABITS: [&str; 8] =
    ["you", "so", "okay", "bye", "thank you", "thank you for watching", "thanks for watching", "music"];
/// In a text of [`HABITS`] each word must be so sure. In music "You" has up to 0.96.
const HABIT_CONFIDENCE: f32 = 0.97;
/// What the tiny model is even sure of in music: the end of many subtitles.
const SIGNATURE: &str = "transcript emily";
/// Voiced frames (160 ms) below which nothing is a word.
const MIN_VOICE_FRAMES: usize = 10;
/// Letters a second of voice beyond which nobody speaks; a fast speaker has 25.
const MAX_LETTERS_PER_SECOND: f32 = 45.0;
/// Letters a second of voice below which nobody speaks, from [`SPARSE_VOICE_FRAMES`] on.
const MIN_LETTERS_PER_SECOND: f32 = 4.0;
/// Voiced frames (1.6 s) that a long "Oooh" does not fill.
const SPARSE_VOICE_FRAMES: usize = 100;

/// Whether the words of a transcription can be in audio with so many frames of voice. `is_start` says that no words of
/// the turn come before them: only then a few doubtful words are no speech.
pub(super) fn is_plausible(
    transcription: &Transcription,
    words: &[Word],
    voiced_frames: usize,
    is_start: bool,
) -> bool {
    let letters = words.iter().map(|word| word.text.len()).sum::<usize>() as f32;
    let voiced_seconds = voiced_frames as f32 * 0.016;
    let is_doubtful = words.len() <= SHORT_WORDS
        && (transcription.stop == Stop::Loop
            || transcription.mean_log_probability < SHORT_MEAN_LOG_PROBABILITY
            || voiced_frames < SHORT_VOICE_FRAMES
                && words.iter().all(|word| word.confidence < SHORT_CONFIDENCE));
    let is_sparse = voiced_frames >= SPARSE_VOICE_FRAMES && letters < MIN_LETTERS_PER_SECOND * voiced_seconds;
    transcription.stop != Stop::Limit
        && transcription.mean_log_probability >= MIN_MEAN_LOG_PROBABILITY
        && voiced_frames >= MIN_VOICE_FRAMES
        && letters <= MAX_LETTERS_PER_SECOND * voiced_seconds + 5.0
        && !(is_start && (is_doubtful || is_sparse || is_habit(words)))
}

/// Whether this is what the models write where nobody speaks.
fn is_habit(words: &[Word]) -> bool {
    // The longest has four words; most texts need no comparison.
    let text = words.iter().take(5).map(Word::key).collect::<Vec<_>>().join(" ");
    let is_sure = words.iter().all(|word| word.confidence >= HABIT_CONFIDENCE);
    text.starts_with(SIGNATURE) || !is_sure && HABITS.contains(&text.as_str())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a text is plausible as the start of a turn, and after other words.
    fn plausible(text: &str, confidence: f32, voiced_frames: usize, stop: Stop) -> (bool, bool) {
        let word = |text: &str| Word {
            text: text.to_owned(),
            start_ms: 0,
            end_ms: 0,
            confidence,
            committed: false,
            pieces: vec![],
        };
        let words: Vec<Word> = text.split(' ').map(word).collect();
        let transcription = Transcription { words: vec![], stop, mean_log_probability: confidence.ln() };
        let is_plausible = |is_start| super::is_plausible(&transcription, &words, voiced_frames, is_start);
        (is_plausible(true), is_plausible(false))
    }

    #[test]
    fn speech_is_plausible() {
        assert_eq!(plausible("It was the best of times.", 0.7, 110, Stop::End), (true, true));
        assert_eq!(plausible("Yes.", 0.65, 20, Stop::End), (true, true));
        assert_eq!(plausible("Thank you.", 0.99, 40, Stop::End), (true, true));
    }

    #[test]
    fn what_the_models_write_in_noise_and_music_starts_no_turn() {
        assert_eq!(plausible("You", 0.8, 30, Stop::End), (false, true));
        assert_eq!(plausible("Thank you for watching!", 0.6, 60, Stop::End), (false, true));
        assert_eq!(plausible("transcript Emily Beynon", 0.98, 200, Stop::End), (false, true));
        assert_eq!(plausible("2-3", 0.6, 60, Stop::Loop), (false, true));
        assert_eq!(plausible("Keelo.", 0.45, 48, Stop::End), (false, true));
        assert_eq!(plausible("Yes.", 0.55, 20, Stop::End), (false, true));
        assert_eq!(
            plausible("A word", 0.9, 200, Stop::End),
            (false, true),
            "too few letters for 3 s of voice"
        );
    }

    #[test]
    fn nothing_is_said_without_a_voice_or_faster_than_anybody_speaks() {
        let neither = (false, false);
        assert_eq!(plausible("Yes.", 0.99, MIN_VOICE_FRAMES - 1, Stop::End), neither);
        assert_eq!(plausible("a text of more letters than can be spoken", 0.99, 20, Stop::End), neither);
        assert_eq!(plausible("It was the best of times.", 0.99, 110, Stop::Limit), neither);
        assert_eq!(plausible("It was the best of times.", 0.3, 110, Stop::End), neither);
    }
}
