//! The page's recordings and turns as those of `transcript_export`.

use transcript_export::{Document, Labels, Speaker, TurnKey, Word};
use transcription_common::{SAMPLE_RATE_HZ, texts};
use transcription_dom::long_date_time;

use crate::browser::{Recording, Turn};

/// A document with labels in the interface's language.
pub(super) fn document(turns: &[Turn], recordings: Vec<transcript_export::Recording>) -> Document {
    let mut document = Document::new(turns.iter().map(turn).collect(), recordings);
    let text = |text: texts::Text| text.get().to_owned();
    document.labels = Labels {
        title: text(texts::TRANSCRIPT),
        speaker: text(texts::SPEAKER),
        speaker_of_session: text(texts::SPEAKER_OF_CONNECTION),
    };
    document
}

pub(super) fn recording(recording: &Recording) -> transcript_export::Recording {
    let began_ms = recording.began_ms();
    transcript_export::Recording {
        began_ms,
        began: long_date_time(began_ms),
        first_connection: recording.first_connection(),
        samples: recording.samples(),
        sample_rate_hz: SAMPLE_RATE_HZ,
    }
}

fn turn(turn: &Turn) -> (TurnKey, transcript_export::Turn) {
    let word = |index| Word {
        text: turn.word_text(index),
        start_ms: turn.word_start_ms(index),
        end_ms: turn.word_end_ms(index),
        confidence_percent: turn.word_confidence_percent(index),
        speaker: turn.word_speaker(index),
    };
    let converted = transcript_export::Turn {
        settled: turn.settled(),
        unsettled: turn.unsettled(),
        words: (0..turn.word_count()).map(word).collect(),
        edited: turn.edited(),
        from_ms: turn.from_ms(),
        speaker: Speaker {
            label: turn.speaker_label(),
            session: turn.speaker_session(),
            name: turn.speaker_name(),
        },
        language: turn.language(),
        is_gap: turn.is_gap(),
        is_final: turn.is_final(),
        is_formatted: turn.is_formatted(),
        is_speaker_revised: turn.is_revised(),
    };
    (TurnKey { connection: turn.connection(), turn_order: turn.turn_order() }, converted)
}
