//! Words and their times, from where the decoder looked while it wrote them.

use super::decoder::{Decoded, Piece};
use super::encoder::FRAME_SAMPLES;
use crate::tokenizer::Tokenizer;

/// A word and when it was spoken, in samples from the start of the audio.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimedWord {
    pub(crate) text: String,
    pub(crate) start_sample: usize,
    pub(crate) end_sample: usize,
    /// The least probability of the word's pieces.
    pub(crate) confidence: f32,
    /// Numbers of the word's pieces.
    pub(crate) pieces: Vec<u32>,
}

/// Joins pieces to words.
pub(super) fn words(tokenizer: &Tokenizer, decoded: &Decoded) -> Vec<TimedWord> {
    let starts = start_frames(&decoded.attention, decoded.frames, decoded.pieces.len() + 1);
    let sample_of = |piece: usize| starts.get(piece).or(starts.last()).unwrap_or(&0) * FRAME_SAMPLES;
    let mut words: Vec<(Vec<u8>, TimedWord)> = vec![];
    for (at, Piece { id, probability }) in decoded.pieces.iter().enumerate() {
        let piece = tokenizer.piece(*id);
        match words.last_mut() {
            Some((text, word)) if !piece.starts_word => {
                text.extend_from_slice(piece.bytes);
                word.pieces.push(*id);
                // A punctuation mark takes no time, and whether there is one says nothing about the word.
                if piece.bytes.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()) {
                    word.end_sample = sample_of(at + 1);
                    word.confidence = word.confidence.min(*probability);
                }
            }
            _ => {
                let word = TimedWord {
                    text: String::new(),
                    start_sample: sample_of(at),
                    end_sample: sample_of(at + 1),
                    confidence: *probability,
                    pieces: vec![*id],
                };
                words.push((piece.bytes.to_vec(), word));
            }
        }
    }
    let with_text =
        |(text, word)| TimedWord { text: String::from_utf8_lossy(text).trim().to_owned(), ..word };
    let words = words.iter().map(|(text, word)| with_text((text, word.clone())));
    words.filter(|word| word.text.chars().any(char::is_alphanumeric)).collect()
}

/// One step of the path through (piece, frame).
#[derive(Clone, Copy)]
enum Step {
    Both,
    Frame,
    Piece,
}

/// The frame at which each piece starts: the path with the most attention that goes back in neither.
///
/// Dynamic time warping, as Whisper finds word times.
fn start_frames(attention: &[f32], frames: usize, pieces: usize) -> Vec<usize> {
    let pieces = pieces.min(attention.len() / frames.max(1));
    if pieces == 0 {
        return vec![];
    }
    let mut gains = vec![f32::MIN; pieces * frames];
    let mut steps = vec![Step::Frame; pieces * frames];
    for piece in 0..pieces {
        for frame in 0..frames {
            let before = |piece_back: usize, frame_back: usize| match (
                piece.checked_sub(piece_back),
                frame.checked_sub(frame_back),
            ) {
                (Some(piece), Some(frame)) => gains[piece * frames + frame],
                _ => f32::MIN,
            };
            let (both, next_frame, next_piece) = (before(1, 1), before(0, 1), before(1, 0));
            let (gain, step) = if piece == 0 && frame == 0 {
                (0.0, Step::Frame)
            } else if both >= next_frame && both >= next_piece {
                (both, Step::Both)
            } else if next_frame >= next_piece {
                (next_frame, Step::Frame)
            } else {
                (next_piece, Step::Piece)
            };
            gains[piece * frames + frame] = gain + attention[piece * frames + frame];
            steps[piece * frames + frame] = step;
        }
    }
    let (mut piece, mut frame) = (pieces - 1, frames - 1);
    let mut starts = vec![0; pieces];
    loop {
        starts[piece] = frame;
        match steps[piece * frames + frame] {
            _ if piece == 0 && frame == 0 => return starts,
            Step::Both => (piece, frame) = (piece - 1, frame - 1),
            Step::Frame => frame -= 1,
            Step::Piece => piece -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_starts_where_the_decoder_looked_first() {
        // Three pieces over six frames: frames 0 and 1, 2 to 4, 5.
        let attention = [
            1.0, 1.0, 0.0, 0.0, 0.0, 0.0, //
            0.0, 0.0, 1.0, 1.0, 1.0, 0.0, //
            0.0, 0.0, 0.0, 0.0, 0.0, 1.0,
        ];
        assert_eq!(start_frames(&attention, 6, 3), [0, 2, 5]);
    }

    #[test]
    fn more_pieces_than_frames_share_frames() {
        assert_eq!(start_frames(&[1.0; 3], 1, 3), [0, 0, 0]);
        assert_eq!(start_frames(&[], 0, 3), [0; 0]);
    }
}
