//! A transcript with everything that one can contain.

use transcript_export::{Document, Marker, Recording, Speaker, Turn, TurnKey, TurnKind, Word};

fn key(connection: u32, turn_order: u64) -> TurnKey {
    TurnKey { connection, turn_order }
}

/// A final turn: the words of `text`, each of 240 ms, 60 ms apart.
fn said(text: &str, start_ms: u64) -> Turn {
    let word = |(n, text): (usize, &str)| {
        let start_ms = start_ms + n as u64 * 300;
        let confidence_percent = Some(90 + (n % 10) as u8);
        Word {
            text: text.to_owned(),
            start_ms,
            end_ms: start_ms + 240,
            confidence_percent,
            speaker: String::new(),
        }
    };
    Turn {
        settled: text.to_owned(),
        words: text.split(' ').enumerate().map(word).collect(),
        is_final: true,
        is_formatted: true,
        from_ms: Some(start_ms),
        ..Turn::default()
    }
}

fn speaker(label: &str, session: u32, name: &str) -> Speaker {
    Speaker { label: label.to_owned(), session, name: name.to_owned() }
}

/// Two recordings, the first over two connections.
pub(crate) fn rich() -> Document {
    let began = ["21 November 2026 at 14:03", "21 November 2026 at 15:10"];
    let marker = |at_ms, name: &str| Marker { at_ms, name: name.to_owned() };
    let markers = [
        vec![marker(37_000, "Decision: *who* pays\n--> the <town> & 1_2"), marker(89_000, "")],
        vec![marker(0, ""), marker(4_900, "Adjourned")],
    ];
    let recording = |n: usize, first_connection, seconds: u64| Recording {
        began_ms: 1_795_269_780_000.0 + n as f64 * 4_020_000.0,
        began: began[n].to_owned(),
        first_connection,
        samples: seconds * 16_000,
        markers: markers[n].clone(),
        ..Recording::default()
    };
    let ann = speaker("A", 1, "Ann");
    let ben = speaker("B", 1, "");
    let long = "We begin with what was left open the last time, which is the harbour, and then, if there is time, \
        the boats; there are seven of them. Two need paint, and one needs a new engine, which is not cheap. \
        I would say that we ask for three offers before we decide anything at all.";
    let mut interrupted = said("Who pays for that? The town.", 36_000);
    for word in &mut interrupted.words[4..] {
        word.speaker.push('A');
    }
    let edited = Turn {
        edited: Some("Not the port: the town & its people.".to_owned()),
        ..said("Not the poor, the town.", 39_000)
    };
    let arabic = Turn {
        language: "ar".to_owned(), ..said("السلام عليكم، كيف حالكم اليوم؟", 45_000)
    };
    let chinese = Turn {
        language: "zh".to_owned(),
        words: vec![],
        from_ms: Some(50_000),
        ..said(
            "今天我们讨论港口的七艘船，其中两艘需要重新油漆，还有一艘需要新的发动机。大家有什么意见？",
            50_000,
        )
    };
    let gap = Turn {
        settled: "[0:12 not transcribed]".to_owned(),
        words: vec![Word { start_ms: 60_000, end_ms: 72_000, ..Word::default() }],
        kind: TurnKind::Gap,
        is_final: true,
        from_ms: Some(60_000),
        ..Turn::default()
    };
    let marks = "1. <b>Tags</b> & *stars*, [links](x) and a --> b_c {not code}.";
    let partial = Turn {
        unsettled: "to the".to_owned(),
        is_final: false,
        is_formatted: false,
        ..said("And now", 3_000)
    };
    let by = |turn: Turn, speaker: &Speaker| Turn { speaker: speaker.clone(), ..turn };
    let turns = vec![
        (key(1, 0), by(said("Good afternoon.", 1_000), &ann)),
        (key(1, 1), by(said(long, 3_000), &ann)),
        (key(1, 2), by(interrupted, &ben)),
        (key(1, 3), Turn { is_speaker_revised: true, ..by(edited, &ann) }),
        (key(1, 4), by(arabic, &ben)),
        (key(1, 5), by(chinese, &ann)),
        (key(1, u64::MAX), gap),
        (key(2, 0), by(said(marks, 73_000), &speaker("A", 2, ""))),
        (key(3, 0), said("This is another recording.", 1_000)),
        (key(3, 1), partial),
    ];
    Document::new(turns, vec![recording(0, 1, 90), recording(1, 3, 5)])
}
