//! From JSON to messages, with any parser.
//!
//! A field that is missing, `null` or of the wrong type has its default: what the service adds or changes in one field
//! does not cost the rest of the message. Only `turn_order` has none, because without it a turn has no place.

use super::{
    Begin, BegunConfiguration, Heartbeat, LlmGatewayResponse, ParseError, RevisedTurn, ServerMessage,
    ServiceError, Silence, SpeakerRevision, SpeechStarted, Termination, Turn, Unknown, Warning, Word,
};
use crate::small::JsonValue;

/// Reads a message; `value` is an object.
pub(super) fn read<V: JsonValue>(value: &V) -> Result<ServerMessage, ParseError> {
    use ServerMessage as M;

    let kind = value.field("type").as_ref().map(text_or_json);
    Ok(match kind.as_deref() {
        Some("Begin") => M::Begin(begin(value)),
        Some("Turn") => M::Turn(turn(value).ok_or(ParseError::NoTurnOrder)?),
        Some("SpeechStarted") => M::SpeechStarted(SpeechStarted {
            timestamp_ms: number(value, "timestamp").unwrap_or_default(),
            confidence: number(value, "confidence"),
        }),
        Some("Heartbeat") => M::Heartbeat(Heartbeat {
            total_audio_received_ms: number(value, "total_audio_received_ms").unwrap_or_default(),
            total_duration_ms: number(value, "total_duration_ms").unwrap_or_default(),
            realtime_factor: number(value, "realtime_factor"),
            max_speech_probability: number(value, "max_speech_probability"),
        }),
        Some("Silence") => M::Silence(Silence {
            start_ms: number(value, "start_ms").unwrap_or_default(),
            end_ms: number(value, "end_ms").unwrap_or_default(),
        }),
        Some("SpeakerRevision") => {
            M::SpeakerRevision(SpeakerRevision { revisions: items(value, "revisions", revised_turn) })
        }
        Some("Warning") => M::Warning(Warning {
            warning_code: number(value, "warning_code"),
            warning: text(value, "warning").unwrap_or_default(),
        }),
        Some("LLMGatewayResponse") => M::LlmGatewayResponse(LlmGatewayResponse {
            turn_order: turn_order(value).ok_or(ParseError::NoTurnOrder)?,
            transcript: text(value, "transcript").unwrap_or_default(),
            data: value.field("data").map(|data| data.json()).unwrap_or_default(),
        }),
        Some("Termination") => M::Termination(Termination {
            audio_duration_s: number(value, "audio_duration_seconds"),
            session_duration_s: number(value, "session_duration_seconds"),
        }),
        _ => {
            let error = value.field("error").as_ref().map(text_or_json);
            if kind.as_deref() != Some("Error") && error.is_none() {
                return Ok(M::Unknown(Unknown { kind }));
            }
            M::Error(ServiceError {
                error_code: value
                    .field("error_code")
                    .and_then(|code| text_or_json(&code).parse::<u64>().ok()?.try_into().ok()),
                error: error.unwrap_or_default(),
            })
        }
    })
}

fn begin<V: JsonValue>(value: &V) -> Begin {
    let configuration = value.field("configuration").filter(V::is_object);
    Begin {
        id: text(value, "id").unwrap_or_default(),
        expires_at: number(value, "expires_at").unwrap_or(f64::INFINITY),
        configuration: configuration.map(|value| BegunConfiguration {
            model: text(&value, "model"),
            mode: text(&value, "mode"),
            api_version: text(&value, "api_version"),
            speaker_labels: switch(&value, "speaker_labels"),
            redact_pii: switch(&value, "redact_pii"),
            filter_profanity: switch(&value, "filter_profanity"),
            domain: text(&value, "domain"),
            voice_focus: text(&value, "voice_focus"),
        }),
    }
}

fn turn<V: JsonValue>(value: &V) -> Option<Turn> {
    Some(Turn {
        turn_order: turn_order(value)?,
        turn_is_formatted: switch(value, "turn_is_formatted"),
        end_of_turn: switch(value, "end_of_turn").unwrap_or_default(),
        transcript: text(value, "transcript").unwrap_or_default(),
        end_of_turn_confidence: number(value, "end_of_turn_confidence").unwrap_or_default(),
        words: items(value, "words", word),
        utterance: text(value, "utterance").unwrap_or_default(),
        language_code: text(value, "language_code"),
        language_confidence: number(value, "language_confidence"),
        speaker_label: text(value, "speaker_label"),
        speaker_confidence: number(value, "speaker_confidence"),
    })
}

fn word<V: JsonValue>(value: &V) -> Option<Word> {
    value.is_object().then(|| Word {
        start_ms: number(value, "start").unwrap_or_default(),
        end_ms: number(value, "end").unwrap_or_default(),
        text: text(value, "text").unwrap_or_default(),
        confidence: number(value, "confidence"),
        word_is_final: switch(value, "word_is_final").unwrap_or_default(),
        speaker: text(value, "speaker"),
        speaker_confidence: number(value, "speaker_confidence"),
    })
}

fn revised_turn<V: JsonValue>(value: &V) -> Option<RevisedTurn> {
    Some(RevisedTurn {
        turn_order: turn_order(value)?,
        speaker_label: text(value, "speaker_label"),
        words: items(value, "words", word),
    })
}

/// The place of a turn in the session: a whole number from 0.
fn turn_order<V: JsonValue>(value: &V) -> Option<u64> {
    let order = number(value, "turn_order").filter(|order| *order >= 0.0 && order.fract() == 0.0)?;
    Some(order as u64)
}

fn text<V: JsonValue>(value: &V, name: &str) -> Option<String> {
    value.field(name)?.text()
}

fn number<V: JsonValue>(value: &V, name: &str) -> Option<f64> {
    value.field(name)?.number()
}

fn switch<V: JsonValue>(value: &V, name: &str) -> Option<bool> {
    value.field(name)?.switch()
}

/// The items of an array that `read` can read.
fn items<V: JsonValue, T>(value: &V, name: &str, read: fn(&V) -> Option<T>) -> Vec<T> {
    let items = value.field(name).and_then(|array| array.items()).unwrap_or_default();
    items.iter().filter_map(read).collect()
}

fn text_or_json<V: JsonValue>(value: &V) -> String {
    value.text().unwrap_or_else(|| value.json())
}
