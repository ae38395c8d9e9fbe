use crate::document::TranscriptItem;
use crate::{Document, Options, clock};

/// Writes plain text: one line for each turn and marker, an empty line between recordings.
pub(crate) fn write(document: &Document, options: Options) -> String {
    let mut text = String::new();
    let mut recording = 0;
    for item in document.items() {
        let (of, at_ms) = match item {
            // Only a time that the service reported, not one that was estimated.
            TranscriptItem::Turn(timed) => (timed.recording, timed.turn.from_ms),
            TranscriptItem::Marker(timed) => (timed.recording, Some(timed.marker.at_ms)),
        };
        if of != std::mem::replace(&mut recording, of) && !text.is_empty() {
            text.push('\n');
        }
        if let Some(at_ms) = at_ms.filter(|_| options.times) {
            text += &["[", &clock(at_ms / 1000), "] "].concat();
        }
        let timed = match item {
            TranscriptItem::Turn(timed) => timed,
            TranscriptItem::Marker(timed) => {
                text += &[&*document.labels.marker(&timed.marker.name), "\n"].concat();
                continue;
            }
        };
        if let Some(speaker) = document.labels.speaker_name(&timed.turn.speaker).filter(|_| options.speakers)
        {
            text += &[&*speaker, ": "].concat();
        }
        text += &[&*timed.turn.display_text(), "\n"].concat();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Recording, Turn, TurnKey};

    fn key(connection: u32, turn_order: u64) -> TurnKey {
        TurnKey { connection, turn_order }
    }

    fn turn(from_ms: impl Into<Option<u64>>, settled: &str, unsettled: &str) -> Turn {
        Turn {
            settled: settled.to_owned(),
            unsettled: unsettled.to_owned(),
            from_ms: from_ms.into(),
            ..Turn::default()
        }
    }

    const ALL: Options = Options { speakers: true, times: true };

    #[test]
    fn each_turn_is_a_line_after_its_time_and_speaker() {
        let mut edited = turn(None, "Fore", "");
        edited.speaker.label.push('A');
        edited.edited = Some("Four".to_owned());
        let turns = vec![
            (key(1, 0), turn(0, "Book a table.", "")),
            (key(1, 1), turn(61_999, "For", "two")),
            (key(1, 2), turn(3_661_000, "", "or three")),
            (key(1, 3), edited),
        ];
        let document = Document::new(turns, vec![]);
        assert_eq!(
            write(&document, ALL),
            "[0:00] Book a table.\n[1:01] For two\n[1:01:01] or three\nSpeaker A: Four\n"
        );
        let neither = Options { speakers: false, times: false };
        assert_eq!(write(&document, neither), "Book a table.\nFor two\nor three\nFour\n");
    }

    #[test]
    fn an_empty_line_separates_recordings() {
        let turns = vec![(key(1, 0), turn(0, "One.", "")), (key(2, 0), turn(0, "Two.", ""))];
        let recording =
            |first_connection| Recording { first_connection, samples: 16_000, ..Recording::default() };
        let document = Document::new(turns, vec![recording(1), recording(2)]);
        assert_eq!(write(&document, ALL), "[0:00] One.\n\n[0:01] Two.\n");
    }
}
