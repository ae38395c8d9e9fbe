use serde::Serialize;
use transcription_common::{SAMPLE_RATE_HZ, speaker_name};

use super::Document;
use super::document::{Entry, Stretch};

/// The form of the file; a later one has a larger number.
const VERSION: u32 = 1;

/// A transcript with all that is known of its words. Times are in ms on one clock: recordings come one after the
/// other, each where those before it end, as in the audio file.
#[cfg(test)] // Written is one line of it after the other.
#[derive(Serialize, schemars::JsonSchema)]
struct Transcript<'a> {
    /// The form of this file. What is added to it leaves the number as it is.
    version: u32,
    /// The recordings, in order.
    recordings: Vec<Recording>,
    /// What was said, in order, and what was not transcribed.
    turns: Vec<TurnOrGap<'a>>,
}

/// A recording.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Recording {
    /// When it began, in ms since 1970-01-01 00:00 UTC.
    began_unix_ms: u64,
    /// Where it begins on the one clock, in ms.
    start_ms: u64,
    /// Where it ends, in ms.
    end_ms: u64,
    /// How many samples were captured.
    samples: u64,
    /// Their rate, in Hz.
    sample_rate_hz: u32,
    /// Its first connection.
    first_connection: u32,
}

/// A turn, or a gap.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TurnOrGap<'a> {
    /// What it is.
    kind: Kind,
    /// Which of the recordings it belongs to, from 0.
    recording: usize,
    /// The connection that it came over; with `turn_order` it names a turn.
    connection: u32,
    /// The turn's number, which begins anew with each connection; none for a gap.
    turn_order: Option<u64>,
    /// Where it begins, in ms.
    start_ms: u64,
    /// Where it ends, in ms.
    end_ms: u64,
    /// Who speaks; none where nobody is named.
    speaker: Option<Speaker<'a>>,
    /// The language, such as `de`, where it was detected.
    language: Option<&'a str>,
    /// What is shown: `edited`, or else `original`.
    text: String,
    /// The service's text.
    original: String,
    /// What the user has made of it.
    edited: Option<&'a str>,
    /// The end of `original` that may still change; empty but while it is said.
    unsettled: &'a str,
    /// Whether it has ended.
    is_final: bool,
    /// Whether it has punctuation and capitals.
    is_formatted: bool,
    /// Whether the service has named the speaker anew after the turn had ended.
    is_speaker_revised: bool,
    /// The words of `original` that stay, with their times. Its spelling may differ from theirs.
    words: Vec<Word<'a>>,
}

/// What a turn is.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Something that was said.
    Turn,
    /// A time of which nothing was transcribed.
    Gap,
}

/// Who speaks.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Speaker<'a> {
    /// The service's label, which begins anew with each connection.
    label: &'a str,
    /// The user's name, where there is one.
    name: Option<&'a str>,
    /// What is shown.
    shown: String,
}

/// A word.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Word<'a> {
    /// The word, perhaps with punctuation.
    text: &'a str,
    /// Where it begins, in ms.
    start_ms: u64,
    /// Where it ends, in ms.
    end_ms: u64,
    /// How sure the service is, 0 to 100 %, where it says.
    confidence_percent: Option<u8>,
    /// The label of who says it, where that is not the turn's speaker.
    speaker: Option<&'a str>,
}

/// The transcript as JSON: version 1 of the form that `docs/transcript.schema.json` describes. Each recording and
/// each turn is a line, for those who read or compare it by line.
pub(super) fn json(document: &Document) -> String {
    let recordings: Vec<String> =
        document.stretches.iter().map(|stretch| line(&recording(stretch))).collect();
    let turns: Vec<String> = document.entries.iter().map(|entry| line(&turn(entry))).collect();
    let array = |lines: &[String]| {
        if lines.is_empty() { String::new() } else { ["\n", &*lines.join(",\n"), "\n"].concat() }
    };
    let parts =
        ["{\"version\":", &VERSION.to_string(), ",\"recordings\":[", &array(&recordings), "],\"turns\":["];
    [&*parts.concat(), &*array(&turns), "]}\n"].concat()
}

fn line(value: &impl Serialize) -> String {
    // Fails only for maps whose keys are no texts and for types that fail by themselves; there are none of them.
    serde_json::to_string(value).unwrap_or_default()
}

fn recording(stretch: &Stretch) -> Recording {
    Recording {
        began_unix_ms: stretch.recording.began_ms as u64,
        start_ms: stretch.from_ms,
        end_ms: stretch.to_ms,
        samples: stretch.recording.samples,
        sample_rate_hz: SAMPLE_RATE_HZ,
        first_connection: stretch.recording.first.0,
    }
}

fn turn(entry: &Entry) -> TurnOrGap<'_> {
    let Entry { key, turn, stretch, start_ms, end_ms } = entry;
    // What stands for a gap's time is no word.
    let words = turn.words.iter().filter(|_| !turn.is_gap);
    let words = words.map(|word| Word {
        text: &word.text,
        start_ms: word.start_ms,
        end_ms: word.end_ms,
        confidence_percent: word.confidence_percent,
        speaker: said(&word.speaker),
    });
    TurnOrGap {
        kind: if turn.is_gap { Kind::Gap } else { Kind::Turn },
        recording: *stretch,
        connection: key.connection.0,
        turn_order: (!turn.is_gap).then_some(key.turn_order),
        start_ms: *start_ms,
        end_ms: *end_ms,
        speaker: speaker_name(&turn.speaker).map(|shown| Speaker {
            label: &turn.speaker.label,
            name: said(&turn.speaker.name),
            shown,
        }),
        language: said(&turn.language),
        text: turn.display_text(),
        original: turn.text(),
        edited: turn.edited.as_deref(),
        unsettled: &turn.unsettled,
        is_final: turn.is_final,
        is_formatted: turn.is_formatted,
        is_speaker_revised: turn.is_revised,
        words: words.collect(),
    }
}

fn said(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;
    use transcription_common::{ConnectionId, ShownTurn, TurnKey};

    use super::*;

    #[test]
    fn the_lines_together_are_a_transcript() {
        let turn = |n| {
            let key = TurnKey { connection: ConnectionId(n), turn_order: 7 };
            (key, ShownTurn { settled: "\"One\"\n".to_owned(), ..ShownTurn::default() })
        };
        for turns in [vec![], vec![turn(1)], vec![turn(1), turn(2)]] {
            let document = Document::of(turns, vec![super::super::Recording::default()]);
            let whole = Transcript {
                version: VERSION,
                recordings: document.stretches.iter().map(recording).collect(),
                turns: document.entries.iter().map(super::turn).collect(),
            };
            let written: Value = serde_json::from_str(&json(&document)).expect("JSON");
            assert_eq!(written, serde_json::to_value(&whole).expect("JSON"));
        }
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let mut schema = serde_json::to_string_pretty(&schemars::schema_for!(Transcript)).expect("JSON");
        schema.push('\n');
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/transcript.schema.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &schema).expect("the file can be written");
        }
        let published = std::fs::read_to_string(&path).expect("the schema");
        assert_eq!(published, schema, "UPDATE=1 writes it anew");
    }
}
