use transcription_common::{clock, speaker_name};

use super::{Document, Options};

/// The transcript as plain text: a turn a line, an empty line between two recordings.
pub(super) fn text(document: &Document, options: Options) -> String {
    let mut text = String::new();
    let mut stretch = 0;
    for entry in &document.entries {
        if entry.stretch != std::mem::replace(&mut stretch, entry.stretch) && !text.is_empty() {
            text.push('\n');
        }
        // Only a time that was told.
        if let Some(from_ms) = entry.turn.from_ms.filter(|_| options.times) {
            text += &["[", &clock(from_ms / 1000), "] "].concat();
        }
        if let Some(speaker) = speaker_name(&entry.turn.speaker).filter(|_| options.speakers) {
            text += &[&*speaker, ": "].concat();
        }
        text += &[&*entry.turn.display_text(), "\n"].concat();
    }
    text
}

#[cfg(test)]
mod tests {
    use transcription_common::{ConnectionId, ShownTurn, TurnKey};

    use super::super::Recording;
    use super::*;

    fn key(connection: u32, turn_order: u64) -> TurnKey {
        TurnKey { connection: ConnectionId(connection), turn_order }
    }

    fn turn(from_ms: impl Into<Option<u64>>, settled: &str, unsettled: &str) -> ShownTurn {
        ShownTurn {
            settled: settled.to_owned(),
            unsettled: unsettled.to_owned(),
            from_ms: from_ms.into(),
            ..ShownTurn::default()
        }
    }

    const ALL: Options = Options { speakers: true, times: true };

    #[test]
    fn each_turn_is_a_line_behind_its_time() {
        let mut edited = turn(None, "Fore", "");
        edited.speaker.label.push('A');
        edited.edited = Some("Four".to_owned());
        let turns = vec![
            (key(1, 0), turn(0, "Book a table.", "")),
            (key(1, 1), turn(61_999, "For", "two")),
            (key(1, 2), turn(3_661_000, "", "or three")),
            (key(1, 3), edited),
        ];
        let document = Document::of(turns, vec![]);
        assert_eq!(
            text(&document, ALL),
            "[0:00] Book a table.\n[1:01] For two\n[1:01:01] or three\nSpeaker A: Four\n"
        );
        let neither = Options { speakers: false, times: false };
        assert_eq!(text(&document, neither), "Book a table.\nFor two\nor three\nFour\n");
    }

    #[test]
    fn an_empty_line_stands_between_two_recordings() {
        let turns = vec![(key(1, 0), turn(0, "One.", "")), (key(2, 0), turn(0, "Two.", ""))];
        let recording =
            |first| Recording { first: ConnectionId(first), samples: 16_000, ..Recording::default() };
        let document = Document::of(turns, vec![recording(1), recording(2)]);
        assert_eq!(text(&document, ALL), "[0:00] One.\n\n[0:01] Two.\n");
    }
}
