//! Cues: what of the transcript is on the screen at once, for SRT and WebVTT.
//!
//! Reading order: [`cues`] in this file, `pieces` (a turn's text in pieces with their times), `split` (which of them
//! make a cue), `lines` (and how that is laid out), `timing` (how long it stays).

mod lines;
mod pieces;
mod split;
mod timing;

use super::{Document, plain};
use pieces::Piece;

/// Columns of a line; a wide (East Asian) character takes two (Unicode Standard Annex 11). 42 characters are the most
/// in Netflix's Timed Text Style Guide, General Requirements; its guides for Chinese, Japanese and Korean have 13 to 16
/// full characters, and players wrap more than 42 columns.
pub const LINE_COLUMNS: usize = 42;

/// Lines of a cue (Netflix's General Requirements, 4; BBC Subtitle Guidelines, 3.3).
pub const LINES: usize = 2;

/// What a speaker's name may take of the first line, in columns: the rest is for words.
const NAME_COLUMNS: usize = 22;

/// What is on the screen at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, in ms on the one clock.
    pub start_ms: u64,
    /// When it goes, in ms; later than it appears, and not later than the next one appears.
    pub end_ms: u64,
    /// Who speaks, where somebody is named. Nobody else does in this cue.
    pub speaker: Option<String>,
    /// One or two lines, each with a word in it.
    pub lines: Vec<String>,
}

/// Where the name of a speaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// In the text, where another one speaks than before: the format has no other place.
    InText,
    /// Beside the text.
    Beside,
}

/// The cues of a transcript, in order, none of them empty and no two at the same time.
pub fn cues(document: &Document, names: Names) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut spoke: Option<String> = None;
    for entry in &document.entries {
        let pieces = pieces::pieces(entry);
        for said in pieces.chunk_by(|one, other| one.label == other.label) {
            let speaker = said
                .first()
                .and_then(|piece| transcription_common::speaker_name(&document.speaker(entry, &piece.label)));
            let speaker =
                speaker.map(|name| plain(&name)).filter(|name| !entry.turn.is_gap && !name.is_empty());
            let is_new = speaker != spoke;
            let name = speaker.as_deref().filter(|_| is_new && names == Names::InText);
            let said: Vec<Piece> =
                name.map(|name| of_name(name, said)).into_iter().chain(said.iter().cloned()).collect();
            for pieces in split::split(&said) {
                cues.extend(timing::cue(pieces, speaker.clone()));
            }
            if !entry.turn.is_gap {
                spoke = speaker;
            }
        }
    }
    timing::settle(&mut cues);
    cues
}

/// A name before what is said, no longer than leaves room for that.
fn of_name(name: &str, said: &[Piece]) -> Piece {
    let start_ms = said.first().map_or(0, |piece| piece.start_ms);
    let mut piece = Piece { start_ms, end_ms: start_ms, is_name: true, ..Piece::default() };
    for c in name.chars() {
        if piece.columns + lines::columns(c) > NAME_COLUMNS {
            piece.put('…');
            break;
        }
        piece.put(c);
    }
    piece.put(':');
    piece
}
