use std::borrow::Cow;

use serde::{Deserialize, Serialize, de};

use crate::document::{TimedMarker, TimedRecording, TimedTurn};
use crate::{Document, Options, TurnKey, TurnKind};

/// The version of the format; a later one has a larger number.
const VERSION: u32 = 1;

/// A transcript with all its words. Times are in ms on one clock: recordings follow each other, each starts where the
/// one before it ends, as in the audio file.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Transcript<'a> {
    /// The version of this format. Added fields do not change it.
    version: u32,
    /// The recordings in order.
    recordings: Vec<Recording>,
    /// The turns and gaps in order.
    #[serde(borrow)]
    turns: Vec<TurnOrGap<'a>>,
    /// The places that the user has marked, in order; absent if there are none.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    markers: Vec<Marker<'a>>,
}

/// A place that the user has marked.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Marker<'a> {
    /// The index of its recording, from 0.
    recording: usize,
    /// The place on the clock, in ms.
    at_ms: u64,
    /// The user's name for it, if there is one.
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

/// A recording.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Recording {
    /// When it began, in ms since 1970-01-01 00:00 UTC.
    began_unix_ms: u64,
    /// The start on the clock, in ms.
    start_ms: u64,
    /// The end on the clock, in ms.
    end_ms: u64,
    /// The number of samples captured.
    samples: u64,
    /// The sample rate, in Hz.
    sample_rate_hz: u32,
    /// The number of its first connection.
    first_connection: u32,
}

/// A turn, or a gap.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TurnOrGap<'a> {
    /// Whether it is a turn or a gap.
    kind: Kind,
    /// The index of its recording, from 0.
    recording: usize,
    /// The number of the connection that it arrived on; with `turn_order` it identifies a turn.
    connection: u32,
    /// The turn's number, which starts at 0 with each connection; none for a gap.
    turn_order: Option<u64>,
    /// The start, in ms.
    start_ms: u64,
    /// The end, in ms.
    end_ms: u64,
    /// The speaker; none if unknown.
    #[serde(borrow)]
    speaker: Option<Speaker<'a>>,
    /// The language code, such as `de`, if a language was detected.
    language: Option<Cow<'a, str>>,
    /// The text as shown: `edited`, or else `original`.
    text: Cow<'a, str>,
    /// The service's text.
    original: Cow<'a, str>,
    /// The user's text, if it was edited.
    edited: Option<Cow<'a, str>>,
    /// The end of `original` that can still change; empty unless the turn is in progress.
    unsettled: Cow<'a, str>,
    /// Whether the turn has ended.
    is_final: bool,
    /// Whether the text has punctuation and capitals.
    is_formatted: bool,
    /// Whether the service corrected the speaker after the turn had ended.
    is_speaker_revised: bool,
    /// The settled words of `original` with their times. Their spelling may differ from the text's.
    words: Vec<Word<'a>>,
}

/// The kind of an entry.
#[derive(Serialize, Deserialize, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Speech.
    Turn,
    /// Audio that was not transcribed.
    Gap,
}

/// A speaker.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Speaker<'a> {
    /// The service's label; each connection assigns its labels independently.
    #[serde(borrow)]
    label: Cow<'a, str>,
    /// The user's name for the speaker, if there is one.
    name: Option<Cow<'a, str>>,
    /// The name as shown.
    shown: Cow<'a, str>,
}

/// A word.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Word<'a> {
    /// The word, with punctuation if the text has it.
    #[serde(borrow)]
    text: Cow<'a, str>,
    /// The start, in ms.
    start_ms: u64,
    /// The end, in ms.
    end_ms: u64,
    /// The service's confidence, 0 to 100 %, if it reports one.
    confidence_percent: Option<u8>,
    /// The label of the word's speaker, if that is not the turn's speaker.
    speaker: Option<Cow<'a, str>>,
}

/// Writes version 1 of the format that `docs/transcript.schema.json` describes. Each recording, turn and marker is on a
/// line of its own, so that the file can be read and compared by line.
pub(crate) fn write(document: &Document, _: Options) -> String {
    let recordings: Vec<String> = document.recordings.iter().map(|timed| line(&recording(timed))).collect();
    let turns: Vec<String> = document.turns.iter().map(|timed| line(&turn(document, timed))).collect();
    let array = |lines: &[String]| {
        if lines.is_empty() { String::new() } else { ["\n", &*lines.join(",\n"), "\n"].concat() }
    };
    let parts =
        ["{\"version\":", &VERSION.to_string(), ",\"recordings\":[", &array(&recordings), "],\"turns\":["];
    let markers: Vec<String> = document.markers.iter().map(|timed| line(&marker(timed))).collect();
    let markers =
        if markers.is_empty() { String::new() } else { [",\"markers\":[", &*array(&markers), "]"].concat() };
    [&*parts.concat(), &*array(&turns), "]", &*markers, "}\n"].concat()
}

fn line(value: &impl Serialize) -> String {
    // Fails only for maps with keys that are not strings, and for types whose `Serialize` fails: there are none here.
    serde_json::to_string(value).unwrap_or_default()
}

fn recording(timed: &TimedRecording) -> Recording {
    Recording {
        began_unix_ms: timed.recording.began_ms as u64,
        start_ms: timed.start_ms,
        end_ms: timed.end_ms,
        samples: timed.recording.samples,
        sample_rate_hz: timed.recording.sample_rate_hz,
        first_connection: timed.recording.first_connection,
    }
}

fn marker(timed: &TimedMarker) -> Marker<'_> {
    let crate::Marker { at_ms, name } = &timed.marker;
    Marker { recording: timed.recording, at_ms: *at_ms, name: non_empty(name) }
}

fn turn<'a>(document: &Document, timed: &'a TimedTurn) -> TurnOrGap<'a> {
    let TimedTurn { key, turn, recording, start_ms, end_ms } = timed;
    // The word of a gap only carries its times.
    let words = turn.words.iter().filter(|_| !turn.is_gap());
    let words = words.map(|word| Word {
        text: (&word.text).into(),
        start_ms: word.start_ms,
        end_ms: word.end_ms,
        confidence_percent: word.confidence_percent,
        speaker: non_empty(&word.speaker),
    });
    TurnOrGap {
        kind: if turn.is_gap() { Kind::Gap } else { Kind::Turn },
        recording: *recording,
        connection: key.connection,
        turn_order: (!turn.is_gap()).then_some(key.turn_order),
        start_ms: *start_ms,
        end_ms: *end_ms,
        speaker: document.labels.speaker_name(&turn.speaker).map(|shown| Speaker {
            label: (&turn.speaker.label).into(),
            name: non_empty(&turn.speaker.name),
            shown: shown.into(),
        }),
        language: non_empty(&turn.language),
        text: turn.display_text().into(),
        original: turn.text().into(),
        edited: turn.edited.as_deref().map(Cow::from),
        unsettled: (&turn.unsettled).into(),
        is_final: turn.is_final,
        is_formatted: turn.is_formatted,
        is_speaker_revised: turn.is_speaker_revised,
        words: words.collect(),
    }
}

fn non_empty(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(text.into())
}

impl Document {
    /// Reads what [`Format::Json`](crate::Format::Json) writes. Labels are English, and [`Recording::began`] is in UTC.
    ///
    /// [`Recording::began`]: crate::Recording::began
    ///
    /// # Errors
    ///
    /// If the text is not JSON of that form, or of a later version.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let transcript: Transcript<'_> = serde_json::from_str(text)?;
        if transcript.version > VERSION {
            let version = transcript.version;
            return Err(de::Error::custom(format!("version {version} is newer than version {VERSION}")));
        }
        let mut document = Self::default();
        document.recordings = transcript.recordings.iter().map(read_recording).collect();
        document.markers = transcript
            .markers
            .into_iter()
            .map(|marker| read_marker(marker, &mut document.recordings))
            .collect();
        document.turns =
            transcript.turns.into_iter().map(|turn| read_turn(turn, &document)).collect::<Vec<_>>();
        Ok(document)
    }
}

fn read_recording(recording: &Recording) -> TimedRecording {
    TimedRecording {
        start_ms: recording.start_ms,
        end_ms: recording.end_ms,
        recording: crate::Recording {
            began_ms: recording.began_unix_ms as f64,
            began: utc(recording.began_unix_ms / 60_000),
            first_connection: recording.first_connection,
            samples: recording.samples,
            sample_rate_hz: recording.sample_rate_hz,
            markers: Vec::new(),
        },
    }
}

/// Reads a marker, and adds it to its recording, in which its time starts at 0.
fn read_marker(marker: Marker<'_>, recordings: &mut [TimedRecording]) -> TimedMarker {
    let name = marker.name.unwrap_or_default().into_owned();
    if let Some(timed) = recordings.get_mut(marker.recording) {
        let at_ms = marker.at_ms.saturating_sub(timed.start_ms);
        timed.recording.markers.push(crate::Marker { at_ms, name: name.clone() });
    }
    TimedMarker { marker: crate::Marker { at_ms: marker.at_ms, name }, recording: marker.recording }
}

fn read_turn(turn: TurnOrGap<'_>, document: &Document) -> TimedTurn {
    let words = turn.words.into_iter().map(|word| crate::Word {
        text: word.text.into_owned(),
        start_ms: word.start_ms,
        end_ms: word.end_ms.max(word.start_ms),
        confidence_percent: word.confidence_percent,
        speaker: word.speaker.unwrap_or_default().into_owned(),
    });
    let settled = turn.original.strip_suffix(turn.unsettled.trim()).unwrap_or(&turn.original).trim();
    TimedTurn {
        key: TurnKey { connection: turn.connection, turn_order: turn.turn_order.unwrap_or(u64::MAX) },
        recording: turn.recording,
        start_ms: turn.start_ms,
        end_ms: turn.end_ms.max(turn.start_ms),
        turn: crate::Turn {
            settled: settled.to_owned(),
            unsettled: turn.unsettled.into_owned(),
            words: words.collect(),
            edited: turn.edited.map(Cow::into_owned),
            from_ms: Some(turn.start_ms),
            speaker: turn.speaker.map(|speaker| read_speaker(speaker, document)).unwrap_or_default(),
            language: turn.language.unwrap_or_default().into_owned(),
            kind: if turn.kind == Kind::Gap { TurnKind::Gap } else { TurnKind::Speech },
            is_final: turn.is_final,
            is_formatted: turn.is_formatted,
            is_speaker_revised: turn.is_speaker_revised,
        },
    }
}

fn read_speaker(speaker: Speaker<'_>, document: &Document) -> crate::Speaker {
    let unnamed = crate::Speaker { label: speaker.label.into_owned(), session: 1, name: String::new() };
    let is_shown = |name: &str| document.labels.speaker_name(&unnamed).as_deref() == Some(name);
    let name = match speaker.name {
        Some(name) => name.into_owned(),
        // The file has no session: where the label alone would not give the same name, the name is kept.
        None if is_shown(&speaker.shown) => String::new(),
        None => speaker.shown.into_owned(),
    };
    crate::Speaker { name, ..unnamed }
}

/// `2026-11-21 14:03 UTC`, from minutes since 1970.
///
/// From days to a date: Howard Hinnant, “chrono-Compatible Low-Level Date Algorithms”, `civil_from_days`.
fn utc(minutes: u64) -> String {
    let (days, minute) = (minutes / (24 * 60) + 719_468, minutes % (24 * 60));
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March here.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + next;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;
    use test_result::TestResult;

    use super::*;

    const OPTIONS: Options = Options { speakers: true, times: true };

    #[test]
    fn the_lines_together_are_a_transcript() -> TestResult {
        let turn = |connection| {
            let key = TurnKey { connection, turn_order: 7 };
            (key, crate::Turn { settled: "\"One\"\n".to_owned(), ..crate::Turn::default() })
        };
        for turns in [vec![], vec![turn(1)], vec![turn(1), turn(2)]] {
            let marked = |name: &str| crate::Marker { at_ms: 5, name: name.to_owned() };
            let markers = if turns.len() == 1 { vec![] } else { vec![marked(""), marked("\"2\"")] };
            let recording = crate::Recording { samples: 160, markers, ..crate::Recording::default() };
            let document = Document::new(turns, vec![recording]);
            let whole = Transcript {
                version: VERSION,
                recordings: document.recordings.iter().map(super::recording).collect(),
                markers: document.markers.iter().map(marker).collect(),
                turns: document.turns.iter().map(|timed| super::turn(&document, timed)).collect(),
            };
            let written: Value = serde_json::from_str(&write(&document, OPTIONS))?;
            assert_eq!(written, serde_json::to_value(&whole)?);
        }
        Ok(())
    }

    #[test]
    fn a_later_version_and_text_that_is_no_transcript_are_errors() {
        let error = |text: &str| Document::from_json(text).expect_err(text).to_string();
        let later = r#"{"version":2,"recordings":[],"turns":[]}"#;
        assert_eq!(error(later), "version 2 is newer than version 1");
        assert!(error("{}").starts_with("missing field `version`"));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let ms = [0, 951_782_399_000, 951_782_400_000, 1_709_164_800_000, 1_795_269_780_000];
        assert_eq!(
            ms.map(|ms| utc(ms / 60_000)),
            [
                "1970-01-01 00:00 UTC",
                "2000-02-28 23:59 UTC",
                "2000-02-29 00:00 UTC",
                "2024-02-29 00:00 UTC",
                "2026-11-21 14:03 UTC"
            ]
        );
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() -> TestResult {
        let mut schema = serde_json::to_string_pretty(&schemars::schema_for!(Transcript))?;
        schema.push('\n');
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/transcript.schema.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &schema)?;
        }
        assert_eq!(std::fs::read_to_string(&path)?, schema, "UPDATE=1 writes it");
        Ok(())
    }
}
