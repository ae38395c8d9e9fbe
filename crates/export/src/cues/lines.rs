use super::LINES;
use super::segments::{Ending, Segment};
use super::width::LINE_COLUMNS;

/// The segments joined to a line.
fn line(segments: &[Segment]) -> String {
    let mut line = String::new();
    for segment in segments {
        if !line.is_empty() && !segment.is_glued {
            line.push(' ');
        }
        line += &segment.text;
    }
    line
}

/// The width of that line, in columns.
pub(super) fn width(segments: &[Segment]) -> usize {
    let with_space =
        |(n, segment): (usize, &Segment)| segment.columns + usize::from(n > 0 && !segment.is_glued);
    segments.iter().enumerate().map(with_space).sum()
}

/// Whether the segments fit into the lines of a cue.
pub(super) fn fits(segments: &[Segment]) -> bool {
    let mut rest = segments;
    for _ in 0..LINES {
        let mut columns = 0;
        // As many as fit: that leaves the fewest for the next line.
        let taken = rest.iter().enumerate().take_while(|(n, segment)| {
            columns += segment.columns + usize::from(*n > 0 && !segment.is_glued);
            columns <= LINE_COLUMNS
        });
        rest = &rest[taken.count()..];
    }
    rest.is_empty()
}

/// The lines of a cue whose segments fit.
pub(super) fn lay_out(segments: &[Segment]) -> Vec<String> {
    const { assert!(LINES == 2) };
    let fits = |at: &usize| {
        let (first, second) = segments.split_at(*at);
        width(first) <= LINE_COLUMNS && width(second) <= LINE_COLUMNS
    };
    let at = (1..segments.len()).filter(fits).min_by_key(|&at| break_cost(segments, at));
    match at.filter(|_| width(segments) > LINE_COLUMNS) {
        Some(at) => vec![line(&segments[..at]), line(&segments[at..])],
        None => vec![line(segments)],
    }
}

/// The cost of breaking a line at a segment: low after punctuation (Netflix's General Requirements, 4; BBC Subtitle
/// Guidelines, 3.4) and for lines of similar length, high inside a word and after a name.
fn break_cost(segments: &[Segment], at: usize) -> usize {
    let (first, second) = segments.split_at(at);
    let unevenness = width(first).abs_diff(width(second));
    let inside_clause =
        if first.last().is_some_and(|segment| segment.ending() > Ending::Word) { 0 } else { 12 };
    let inside_word = if second.first().is_some_and(|segment| segment.is_glued) { 12 } else { 0 };
    let after_name = if first.iter().all(|segment| segment.is_name) { 24 } else { 0 };
    unevenness + inside_clause + inside_word + after_name
}
