//! The line at the bottom of a terminal, which is repainted.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use transcript_export::clock;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The width of a terminal that does not say it, in columns.
const USUAL_WIDTH: usize = 80;
/// The steps of the level meter.
const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The lowest level that the meter shows, in dB of full scale.
const LOWEST_DB: f32 = -54.0;

/// The line, if standard error is a terminal.
#[derive(Debug)]
pub(crate) struct Screen {
    is_terminal: bool,
    painted: String,
}

/// What the line shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State<'a> {
    pub(crate) elapsed: Duration,
    /// The highest magnitude since it was last painted, 0 to 1.
    pub(crate) peak: f32,
    /// What is happening, if it is not the usual.
    pub(crate) status: &'a str,
    /// What is being spoken.
    pub(crate) partial: &'a str,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), painted: String::new() }
    }

    /// Whether there is a line to paint.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Paints the line, unless it shows this already.
    pub(crate) fn paint(&mut self, state: State<'_>) {
        if self.is_terminal {
            let line = line(state, width());
            if line != self.painted {
                write(&format!("\r\x1b[2K{line}"));
                self.painted = line;
            }
        }
    }

    /// Removes the line, because something else is printed.
    pub(crate) fn clear(&mut self) {
        if !std::mem::take(&mut self.painted).is_empty() {
            write("\r\x1b[2K");
        }
    }

    /// Prints a sentence above the line.
    pub(crate) fn say(&mut self, sentence: &str) {
        self.clear();
        write(&format!("transcribe-live: {sentence}\n"));
    }
}

/// A terminal that is gone is no reason to stop.
fn write(text: &str) {
    let mut stderr = io::stderr().lock();
    // Without a terminal nobody misses it.
    stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).ok();
}

/// The line: at most one column less than the terminal has, because some wrap a full line.
fn line(state: State<'_>, width: usize) -> String {
    let status = if state.status.is_empty() { String::new() } else { format!("[{}] ", state.status) };
    let head = format!("{} {} {status}", clock(state.elapsed.as_secs()), meter(state.peak));
    let room = width.saturating_sub(1);
    let head = start_within(&head, room);
    let left = room - head.width();
    format!("{head}{}", end_within(state.partial, left))
}

/// The level in one character.
fn meter(peak: f32) -> char {
    let part = 1.0 - 20.0 * peak.max(f32::MIN_POSITIVE).log10() / LOWEST_DB;
    STEPS[(part.clamp(0.0, 1.0) * 8.0).round() as usize]
}

/// The start of a text that fits into so many columns.
fn start_within(text: &str, columns: usize) -> String {
    let mut used = 0;
    text.chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// The end of a text, without control characters, that fits into so many columns: the newest words.
fn end_within(text: &str, columns: usize) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.width() <= columns {
        return text;
    }
    let mut used = 1; // The ellipsis.
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        start = at;
    }
    if columns == 0 { String::new() } else { format!("…{}", text[start..].trim_start()) }
}

#[cfg(unix)]
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(USUAL_WIDTH)
}

#[cfg(not(unix))]
fn width() -> usize {
    USUAL_WIDTH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: &'static str, partial: &'static str) -> State<'static> {
        State { elapsed: Duration::from_secs(65), peak: 1.0, status, partial }
    }

    #[test]
    fn the_line_has_the_time_the_level_the_status_and_the_partial() {
        assert_eq!(line(state("", "so far"), 80), "1:05 █ so far");
        assert_eq!(line(state("reconnecting, 12 s kept", "so"), 80), "1:05 █ [reconnecting, 12 s kept] so");
    }

    #[test]
    fn a_long_partial_loses_its_start_and_the_line_never_fills_the_terminal() {
        assert_eq!(line(state("", "one two three four"), 20), "1:05 █ …three four");
        // Wide characters take two columns; none is cut in two.
        let wide = "これは長い文章です";
        for columns in 0..40 {
            let line = line(state("", wide), columns);
            assert!(line.width() < columns.max(1), "{columns}: {line:?}");
        }
    }

    #[test]
    fn control_characters_of_the_service_do_not_reach_the_terminal() {
        assert_eq!(line(state("", "a\x1b[2Jb\r"), 80), "1:05 █ a[2Jb");
    }

    #[test]
    fn the_meter_rises_with_the_level() {
        let steps: Vec<char> = [0.0, 0.002, 0.01, 0.1, 0.5, 1.0].map(meter).into();
        assert_eq!((steps[0], steps[5]), (' ', '█'));
        assert!(steps.is_sorted(), "{steps:?}");
    }
}
