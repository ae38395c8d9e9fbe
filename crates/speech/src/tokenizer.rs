//! The word pieces that the decoder writes.

use crate::error::Fault;

/// Starts a text.
pub(crate) const BEGIN: u32 = 1;
/// Ends a text.
pub(crate) const END: u32 = 2;
/// A piece that starts with this character (U+2581) starts a word.
const WORD_START: &[u8] = "▁".as_bytes();
/// Pieces that the decoder can write. The base model's file leaves out the last 768, which mark times and languages.
pub(crate) const VOCABULARY: usize = 32_768;
const MIN_PIECES: usize = 32_000;

/// Bytes of each piece, by number.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    pieces: Vec<Box<[u8]>>,
    suppressed: Vec<u32>,
}

/// A piece's text and whether a new word starts with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PieceText<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) starts_word: bool,
}

impl Tokenizer {
    /// Reads `tokenizer.bin`: for each piece its length (one byte, or two with 7 bits in the first) and its bytes.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, Fault> {
        let mut pieces: Vec<Box<[u8]>> = vec![];
        let mut at = 0;
        while at < file.len() {
            if pieces.len() == VOCABULARY {
                // A file of empty pieces would take 16 times its size.
                return Err(Fault::WrongVocabulary { found: VOCABULARY + 1, expected: VOCABULARY });
            }
            let outside = Fault::OutOfBounds { what: "word piece", at };
            let mut length = usize::from(file[at]);
            at += 1;
            if length >= 128 {
                let high = *file.get(at).ok_or_else(|| outside.clone())?;
                length = (length & 127) | usize::from(high) << 7;
                at += 1;
            }
            let piece = file.get(at..at + length).ok_or(outside)?;
            pieces.push(piece.into());
            at += length;
        }
        if pieces.len() < MIN_PIECES {
            return Err(Fault::WrongVocabulary { found: pieces.len(), expected: VOCABULARY });
        }
        let suppressed =
            (0..).zip(&pieces).filter(|(_, piece)| is_foreign(piece)).map(|(id, _)| id).collect();
        Ok(Self { pieces, suppressed })
    }

    pub(crate) fn piece(&self, id: u32) -> PieceText<'_> {
        let bytes: &[u8] = self.pieces.get(id as usize).map_or(&[], |piece| piece);
        match bytes.strip_prefix(WORD_START) {
            Some(bytes) => PieceText { bytes, starts_word: true },
            None => PieceText { bytes, starts_word: false },
        }
    }

    /// Pieces that must not be written.
    pub(crate) fn suppressed(&self) -> &[u32] {
        &self.suppressed
    }
}

/// Whether a piece has no place in English. In music the models write "♪" for ever, or Thai, Korean and emoji, as
/// pieces or byte by byte. What English needs beyond Latin letters (dashes, quotation marks, "€") has pieces of its
/// own, so the first bytes of such characters are foreign too; those of "é" and "š" are not.
fn is_foreign(piece: &[u8]) -> bool {
    if let [byte] = piece {
        return *byte >= 0xC6;
    }
    let is_english = |c: char| {
        matches!(c, '\0'..='\u{24F}' | '\u{2010}'..='\u{2033}' | '€' | '™' | '▁')
            || c == char::REPLACEMENT_CHARACTER
    };
    !String::from_utf8_lossy(piece).chars().all(is_english)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(pieces: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![];
        for piece in pieces {
            bytes.push(piece.len() as u8);
            bytes.extend_from_slice(piece);
        }
        // Empty pieces fill the vocabulary.
        bytes.resize(bytes.len() + VOCABULARY - pieces.len(), 0);
        bytes
    }

    #[test]
    fn a_piece_tells_whether_it_starts_a_word() -> Result<(), Fault> {
        let tokenizer = Tokenizer::parse(&file(&["▁cat".as_bytes(), b"s"]))?;
        assert_eq!(tokenizer.piece(0), PieceText { bytes: b"cat", starts_word: true });
        assert_eq!(tokenizer.piece(1), PieceText { bytes: b"s", starts_word: false });
        assert_eq!(tokenizer.piece(u32::MAX).bytes, b"");
        Ok(())
    }

    #[test]
    fn signs_of_music_and_foreign_letters_are_suppressed_whole_and_as_bytes() -> Result<(), Fault> {
        let foreign: [&[u8]; 6] =
            ["▁♪".as_bytes(), &[0xE2], &[0xF0], "ตว".as_bytes(), "🎵".as_bytes(), "да".as_bytes()];
        let english: [&[u8]; 8] =
            [b"a", "é".as_bytes(), "▁—".as_bytes(), "’".as_bytes(), "€".as_bytes(), &[0xC3], &[0xA9], b""];
        let tokenizer = Tokenizer::parse(&file(&[foreign.as_slice(), english.as_slice()].concat()))?;
        assert_eq!(tokenizer.suppressed(), [0, 1, 2, 3, 4, 5]);
        Ok(())
    }

    #[test]
    fn a_length_over_127_takes_two_bytes() {
        let mut bytes = vec![0x80 | 4, 1]; // 4 + 128
        bytes.resize(2 + 132, b'x');
        let fault = Tokenizer::parse(&bytes).expect_err("one piece is no vocabulary");
        assert_eq!(fault, Fault::WrongVocabulary { found: 1, expected: VOCABULARY });
    }

    #[test]
    fn reading_ends_with_the_first_piece_that_is_too_many() {
        let mut bytes = file(&[b"a"]);
        bytes.extend([0, 5]); // Empty; then one whose bytes are missing.
        let fault = Tokenizer::parse(&bytes).expect_err("a piece too many");
        assert_eq!(fault, Fault::WrongVocabulary { found: VOCABULARY + 1, expected: VOCABULARY });
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_a_vocabulary_or_a_fault(
            start in proptest::collection::vec(any::<u8>(), 0..2_000),
            pieces in MIN_PIECES - 1000..VOCABULARY + 1000,
        ) {
            let mut bytes = start;
            bytes.resize(bytes.len() + pieces, 0);
            if let Ok(tokenizer) = Tokenizer::parse(&bytes) {
                prop_assert!((MIN_PIECES..=VOCABULARY).contains(&tokenizer.pieces.len()));
                prop_assert!(tokenizer.suppressed().iter().all(|id| (*id as usize) < tokenizer.pieces.len()));
            }
        }
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        assert_eq!(
            Tokenizer::parse(&[1, b'a', 3, b'b']).expect_err("a byte of three"),
            Fault::OutOfBounds { what: "word piece", at: 2 }
        );
        assert!(Tokenizer::parse(&[0x80]).is_err());
    }
}
