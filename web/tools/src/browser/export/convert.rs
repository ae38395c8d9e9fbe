//! The page's recordings and turns as those of `transcript_export`.

use transcript_export::{Document, Labels, Speaker, TurnKind, Word};
use transcription_common::{SAMPLE_RATE_HZ, ShownTurn, ShownWord, TurnKey, texts};
use transcription_dom::long_date_time;

use crate::browser::Recording;
use crate::markers::Marker;

/// A document with labels in the interface's language.
pub(super) fn document(
    turns: Vec<(TurnKey, ShownTurn)>,
    recordings: Vec<transcript_export::Recording>,
) -> Document {
    let mut document = Document::new(turns.into_iter().map(turn).collect(), recordings);
    let text = |text: texts::Text| text.get().to_owned();
    document.labels = Labels {
        title: text(texts::TRANSCRIPT),
        speaker: text(texts::SPEAKER),
        speaker_of_session: text(texts::SPEAKER_OF_CONNECTION),
        marker: text(texts::recordings::MARKER),
        named_marker: text(texts::recordings::NAMED_MARKER),
    };
    document
}

pub(super) fn recording(recording: &Recording, markers: Vec<Marker>) -> transcript_export::Recording {
    let began_ms = recording.began_ms();
    transcript_export::Recording {
        began_ms,
        began: long_date_time(began_ms),
        first_connection: recording.first_connection(),
        samples: recording.samples(),
        sample_rate_hz: SAMPLE_RATE_HZ,
        markers: markers.into_iter().map(marker).collect(),
    }
}

fn marker(marker: Marker) -> transcript_export::Marker {
    transcript_export::Marker { at_ms: marker.at_ms, name: marker.name }
}

fn turn((key, turn): (TurnKey, ShownTurn)) -> (transcript_export::TurnKey, transcript_export::Turn) {
    let word = |word: ShownWord| Word {
        text: word.text,
        start_ms: word.start_ms,
        end_ms: word.end_ms,
        confidence_percent: word.confidence_percent,
        speaker: word.speaker,
    };
    let kind = if turn.is_gap() { TurnKind::Gap } else { TurnKind::Speech };
    let converted = transcript_export::Turn {
        settled: turn.settled,
        unsettled: turn.unsettled,
        words: turn.words.into_iter().map(word).collect(),
        edited: turn.edited,
        from_ms: turn.from_ms,
        speaker: Speaker {
            label: turn.speaker.label,
            session: turn.speaker.session,
            name: turn.speaker.name,
        },
        language: turn.language,
        kind,
        is_final: turn.is_final,
        is_formatted: turn.is_formatted,
        is_speaker_revised: turn.is_revised,
    };
    (transcript_export::TurnKey { connection: key.connection.0, turn_order: key.turn_order }, converted)
}
