//! Where in the stream the words of a result are.

use super::hypothesis::Word;
use super::job::JobResult;
use super::segment::Segment;
use super::to_ms;
use crate::model::TimedWord;
use crate::vad::VOICE_FRAME;

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

/// Moves words so that none starts before the one before it, or before `from_ms`: short words share a frame of the
/// decoder, and the voice in each is found by itself.
pub(super) fn keep_order(words: &mut [Word], from_ms: u64) {
    let mut start_ms = from_ms;
    for word in words {
        start_ms = start_ms.max(word.start_ms);
        (word.start_ms, word.end_ms) = (start_ms, word.end_ms.max(start_ms + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_starts_before_the_one_before_it() {
        let word = |start_ms, end_ms| Word {
            text: "so".into(),
            start_ms,
            end_ms,
            confidence: 1.0,
            committed: false,
            pieces: vec![],
        };
        let mut words = [word(100, 180), word(150, 300), word(120, 140), word(400, 500)];
        keep_order(&mut words, 110);
        let times: Vec<_> = words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(times, [(110, 180), (150, 300), (150, 151), (400, 500)]);
    }
}
