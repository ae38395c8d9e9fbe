use unicode_width::UnicodeWidthChar;

use super::pieces::Piece;
use super::{LINE_COLUMNS, LINES};

/// How wide a character is, in columns; a mark that belongs to another one has none.
pub(super) fn columns(c: char) -> usize {
    c.width().unwrap_or_default()
}

/// The pieces one behind the other.
pub(super) fn line(pieces: &[Piece]) -> String {
    let mut line = String::new();
    for piece in pieces {
        if !line.is_empty() && !piece.is_glued {
            line.push(' ');
        }
        line += &piece.text;
    }
    line
}

/// How wide that is, in columns.
pub(super) fn width(pieces: &[Piece]) -> usize {
    let before = |(n, piece): (usize, &Piece)| piece.columns + usize::from(n > 0 && !piece.is_glued);
    pieces.iter().enumerate().map(before).sum()
}

/// Whether they fit into the lines of a cue.
pub(super) fn fits(pieces: &[Piece]) -> bool {
    let mut rest = pieces;
    for _ in 0..LINES {
        let mut columns = 0;
        // As many as the line takes: that leaves the least for the next.
        let taken = rest.iter().enumerate().take_while(|(n, piece)| {
            columns += piece.columns + usize::from(*n > 0 && !piece.is_glued);
            columns <= LINE_COLUMNS
        });
        rest = &rest[taken.count()..];
    }
    rest.is_empty()
}

/// The lines of a cue whose pieces fit.
pub(super) fn lay_out(pieces: &[Piece]) -> Vec<String> {
    const { assert!(LINES == 2) };
    let fits = |at: &usize| {
        let (first, second) = pieces.split_at(*at);
        width(first) <= LINE_COLUMNS && width(second) <= LINE_COLUMNS
    };
    let at = (1..pieces.len()).filter(fits).min_by_key(|&at| how_bad(pieces, at));
    match at.filter(|_| width(pieces) > LINE_COLUMNS) {
        Some(at) => vec![line(&pieces[..at]), line(&pieces[at..])],
        None => vec![line(pieces)],
    }
}

/// How bad it is to break a line there: after punctuation is good (Netflix's General Requirements, 4; BBC Subtitle
/// Guidelines, 3.4), two lines of about the same length are, and within a word or behind a name is not.
fn how_bad(pieces: &[Piece], at: usize) -> usize {
    let (first, second) = pieces.split_at(at);
    let uneven = width(first).abs_diff(width(second));
    let clause = if first.last().is_some_and(|piece| piece.ends() > 0) { 0 } else { 12 };
    let inside = if second.first().is_some_and(|piece| piece.is_glued) { 12 } else { 0 };
    let name = if first.iter().all(|piece| piece.is_name) { 24 } else { 0 };
    uneven + clause + inside + name
}
