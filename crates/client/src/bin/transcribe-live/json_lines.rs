//! Events as lines of JSON.

use assemblyai_streaming::{Event, Summary, Turn, TurnId};
use serde_json::{Value, json};

use crate::transcript::ms;

/// An event as JSON; `None` for a kind that this version does not know.
pub(crate) fn line(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Begin(begin) => {
            let model = begin.configuration.as_ref().and_then(|configuration| configuration.model.as_deref());
            json!({ "type": "begin", "session": begin.id, "model": model })
        }
        Event::Turn(it) => turn(it),
        Event::Gap(gap) => json!({ "type": "gap", "start_ms": ms(gap.start), "end_ms": ms(gap.end) }),
        Event::Reconnecting(reconnecting) => json!({
            "type": "reconnecting",
            "cause": reconnecting.cause.to_string(),
            "wait_ms": ms(reconnecting.wait),
        }),
        Event::Reconnected => json!({ "type": "reconnected" }),
        Event::SpeakersRevised(turns) => {
            json!({ "type": "speakers_revised", "turns": turns.iter().map(turn).collect::<Vec<_>>() })
        }
        Event::Message(message) => {
            let message: Value = serde_json::from_str(&message.to_json()).ok()?;
            json!({ "type": "message", "message": message })
        }
        Event::Ended(summary) => ended(summary),
        _ => return None,
    })
}

fn turn(turn: &Turn) -> Value {
    let words = turn.words.iter().map(|word| {
        json!({
            "text": word.text,
            "start_ms": ms(word.start),
            "end_ms": ms(word.end),
            "confidence_percent": word.confidence_percent,
            "speaker": word.speaker,
        })
    });
    json!({
        "type": "turn",
        "id": id(&turn.id),
        "text": turn.text,
        "is_final": turn.is_final,
        "is_formatted": turn.is_formatted,
        "start_ms": turn.start.map(ms),
        "speaker": turn.speaker,
        "language": turn.language,
        "words": words.collect::<Vec<_>>(),
        "replaces": turn.replaces.iter().map(id).collect::<Vec<_>>(),
    })
}

fn id(id: &TurnId) -> String {
    format!("{}-{}", id.connection, id.turn_order)
}

fn ended(summary: &Summary) -> Value {
    json!({
        "type": "ended",
        "is_complete": summary.is_complete(),
        "error": summary.error.as_ref().map(ToString::to_string),
        "captured_ms": ms(summary.captured),
        "dropped_ms": ms(summary.dropped),
        "standby_ms": ms(summary.standby),
        "reconnects": summary.reconnects,
        "open_ms": ms(summary.open),
        "latency_ms": summary.latency.map(|(median, most)| json!({ "median": ms(median), "p95": ms(most) })),
    })
}
