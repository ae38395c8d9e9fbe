//! What the user takes away of a recording that was not finished, before anything else is loaded.

use transcription_common::{ShownTurn, clock};

/// The transcript as text: a turn a line, behind the time in the recording at which it starts, where that is known.
pub fn text<'a>(turns: impl Iterator<Item = &'a ShownTurn>) -> String {
    let mut text = String::new();
    for turn in turns {
        if let Some(from_ms) = turn.from_ms {
            text += &["[", &clock(from_ms / 1000), "] "].concat();
        }
        if let Some(speaker) = turn.speaker.text() {
            text += &[&*speaker, ": "].concat();
        }
        text += &[&*turn.wanted_text(), "\n"].concat();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_turn_is_a_line_behind_its_time() {
        let turn = |start_ms, settled: &str, unsettled: &str| {
            let mut turn = ShownTurn::default();
            turn.settled.push_str(settled);
            turn.unsettled.push_str(unsettled);
            turn.from_ms = Some(start_ms);
            turn
        };
        let mut turns =
            [turn(0, "Book a table.", ""), turn(61_999, "For", "two"), turn(3_661_000, "", "or three")];
        assert_eq!(text(turns.iter()), "[0:00] Book a table.\n[1:01] For two\n[1:01:01] or three\n");
        turns[1].from_ms = None;
        turns[1].speaker.label.push('A');
        turns[1].edited = Some("Four".to_owned());
        assert_eq!(text(turns[1..2].iter()), "Speaker A: Four\n");
    }
}
