//! Where in the stream the words of a result are.

use super::hypothesis::Word;
use super::job::JobResult;
use super::segment::{Segment, VOICE_FRAME};
use super::to_ms;
use crate::model::TimedWord;

/// Words of a result with their times in the stream; a word is no longer than the voice in it.
pub(super) fn place_words(result: &JobResult, segment: &Segment, voice_threshold: f32) -> Vec<Word> {
    let words = result.transcription.words.iter();
    let place = |word: &TimedWord| {
        let (mut start, mut end) =
            (result.start_sample + word.start_sample as u64, result.start_sample + word.end_sample as u64);
        if let Some((voiced, _)) = segment.voiced(start..end, voice_threshold * 0.5) {
            let margin = 2 * VOICE_FRAME as u64;
            start = start.max(voiced.start.saturating_sub(margin));
            end = end.min(voiced.end + margin / 2).max(start + margin / 2);
        }
        Word {
            text: word.text.clone(),
            start_ms: to_ms(start),
            end_ms: to_ms(end),
            confidence: word.confidence,
            committed: false,
            pieces: word.pieces.clone(),
        }
    };
    words.map(place).collect()
}
