//! From JSON to messages, whoever has parsed the JSON.
//!
//! A page reads messages with the browser's own parser, which spares it 30 kB of code; everybody else with
//! `serde_json`. What the fields mean is said once, here.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{
    Begin, BegunConfiguration, Heartbeat, LlmGatewayResponse, ParseError, RevisedTurn, ServerMessage,
    ServiceError, Silence, SpeakerRevision, SpeechStarted, Termination, Turn, Unknown, Warning, Word,
};

/// A JSON value.
pub trait JsonValue: Sized {
    /// A field of an object; `None` where it is not there, is `null`, or this is no object.
    fn field(&self, name: &str) -> Option<Self>;
    /// Whether it is an object.
    fn is_object(&self) -> bool;
    /// The text of a string.
    fn text(&self) -> Option<String>;
    /// A number.
    fn number(&self) -> Option<f64>;
    /// `true` or `false`.
    fn switch(&self) -> Option<bool>;
    /// The items of an array.
    fn items(&self) -> Option<Vec<Self>>;
    /// The value as JSON text.
    fn json(&self) -> String;
}

/// What `serde_json` has parsed so far.
pub(super) struct Parsed<'a> {
    raw: &'a RawValue,
    fields: Option<BTreeMap<String, &'a RawValue>>,
}

impl<'a> Parsed<'a> {
    pub(super) fn new(raw: &'a RawValue) -> Self {
        Self { raw, fields: serde_json::from_str(raw.get()).ok() }
    }
}

impl JsonValue for Parsed<'_> {
    fn field(&self, name: &str) -> Option<Self> {
        let raw = self.fields.as_ref()?.get(name)?;
        (raw.get() != "null").then(|| Self::new(raw))
    }
    fn is_object(&self) -> bool {
        self.fields.is_some()
    }
    fn text(&self) -> Option<String> {
        serde_json::from_str(self.raw.get()).ok()
    }
    fn number(&self) -> Option<f64> {
        serde_json::from_str(self.raw.get()).ok()
    }
    fn switch(&self) -> Option<bool> {
        serde_json::from_str(self.raw.get()).ok()
    }
    fn items(&self) -> Option<Vec<Self>> {
        let items: Vec<&RawValue> = serde_json::from_str(self.raw.get()).ok()?;
        Some(items.into_iter().map(Self::new).collect())
    }
    fn json(&self) -> String {
        self.raw.get().to_owned()
    }
}

/// An object of a message.
struct Body<'a, V> {
    value: &'a V,
    /// The message's type, for the errors.
    kind: &'static str,
}

impl<V: JsonValue> Body<'_, V> {
    /// A field that may be missing; one of the wrong kind is an error.
    fn get<T>(&self, name: &'static str, read: fn(&V) -> Option<T>) -> Result<Option<T>, ParseError> {
        let Some(value) = self.value.field(name) else { return Ok(None) };
        read(&value).map(Some).ok_or(self.bad(name))
    }

    fn bad(&self, field: &'static str) -> ParseError {
        ParseError::BadField { kind: self.kind, field }
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, ParseError> {
        self.get(name, V::text)
    }

    fn number(&self, name: &'static str) -> Result<Option<f64>, ParseError> {
        self.get(name, V::number)
    }

    fn switch(&self, name: &'static str) -> Result<Option<bool>, ParseError> {
        self.get(name, V::switch)
    }

    /// The place of a turn, which it cannot do without.
    fn turn_order(&self) -> Result<u64, ParseError> {
        const NAME: &str = "turn_order";
        let order = self.number(NAME)?.filter(|order| *order >= 0.0 && order.fract() == 0.0);
        // As an integer it saturates.
        order.map(|order| order as u64).ok_or(self.bad(NAME))
    }

    fn items<T>(
        &self,
        name: &'static str,
        read: fn(&Body<'_, V>) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let items = self.get(name, V::items)?.unwrap_or_default();
        let read = |value: &V| {
            let item = Body { value, kind: self.kind };
            if value.is_object() { read(&item) } else { Err(self.bad(name)) }
        };
        items.iter().map(read).collect()
    }
}

/// Reads a message that somebody has parsed.
pub(super) fn read<V: JsonValue>(value: &V) -> Result<ServerMessage, ParseError> {
    use ServerMessage as M;

    let plain = |value: V| value.text().unwrap_or_else(|| value.json());
    let kind = value.field("type").map(plain);
    let of = |kind| Body { value, kind };
    Ok(match kind.as_deref() {
        Some("Begin") => M::Begin(begin(&of("Begin"))?),
        Some("Turn") => M::Turn(turn(&of("Turn"))?),
        Some("SpeechStarted") => {
            let body = of("SpeechStarted");
            let timestamp_ms = body.number("timestamp")?.unwrap_or_default();
            M::SpeechStarted(SpeechStarted { timestamp_ms, confidence: body.number("confidence")? })
        }
        Some("Heartbeat") => {
            let body = of("Heartbeat");
            M::Heartbeat(Heartbeat {
                total_audio_received_ms: body.number("total_audio_received_ms")?.unwrap_or_default(),
                total_duration_ms: body.number("total_duration_ms")?.unwrap_or_default(),
                realtime_factor: body.number("realtime_factor")?,
                max_speech_probability: body.number("max_speech_probability")?,
            })
        }
        Some("Silence") => {
            let body = of("Silence");
            let start_ms = body.number("start_ms")?.unwrap_or_default();
            M::Silence(Silence { start_ms, end_ms: body.number("end_ms")?.unwrap_or_default() })
        }
        Some("SpeakerRevision") => {
            let revisions = of("SpeakerRevision").items("revisions", revised_turn)?;
            M::SpeakerRevision(SpeakerRevision { revisions })
        }
        Some("Warning") => {
            let body = of("Warning");
            let warning_code = body.number("warning_code")?;
            M::Warning(Warning { warning_code, warning: body.text("warning")?.unwrap_or_default() })
        }
        Some("LLMGatewayResponse") => {
            let body = of("LLMGatewayResponse");
            M::LlmGatewayResponse(LlmGatewayResponse {
                turn_order: body.turn_order()?,
                transcript: body.text("transcript")?.unwrap_or_default(),
                data: value.field("data").map(|data| data.json()).unwrap_or_default(),
            })
        }
        Some("Termination") => {
            let body = of("Termination");
            M::Termination(Termination {
                audio_duration_s: body.number("audio_duration_seconds")?,
                session_duration_s: body.number("session_duration_seconds")?,
            })
        }
        _ => {
            let error = value.field("error").map(plain);
            if kind.as_deref() != Some("Error") && error.is_none() {
                return Ok(M::Unknown(Unknown { kind }));
            }
            M::Error(ServiceError {
                error_code: value.field("error_code").and_then(|code| plain(code).parse().ok()),
                error: error.unwrap_or_default(),
            })
        }
    })
}

fn begin<V: JsonValue>(body: &Body<'_, V>) -> Result<Begin, ParseError> {
    let configuration = |value: &V| {
        let body = Body { value, kind: body.kind };
        Ok(BegunConfiguration {
            model: body.text("model")?,
            mode: body.text("mode")?,
            api_version: body.text("api_version")?,
            speaker_labels: body.switch("speaker_labels")?,
            redact_pii: body.switch("redact_pii")?,
            filter_profanity: body.switch("filter_profanity")?,
            domain: body.text("domain")?,
            voice_focus: body.text("voice_focus")?,
        })
    };
    Ok(Begin {
        id: body.text("id")?.ok_or(body.bad("id"))?,
        expires_at: body.number("expires_at")?.ok_or(body.bad("expires_at"))?,
        configuration: body.value.field("configuration").map(|value| configuration(&value)).transpose()?,
    })
}

fn turn<V: JsonValue>(body: &Body<'_, V>) -> Result<Turn, ParseError> {
    Ok(Turn {
        turn_order: body.turn_order()?,
        turn_is_formatted: body.switch("turn_is_formatted")?,
        end_of_turn: body.switch("end_of_turn")?.unwrap_or_default(),
        transcript: body.text("transcript")?.unwrap_or_default(),
        end_of_turn_confidence: body.number("end_of_turn_confidence")?.unwrap_or_default(),
        words: body.items("words", word)?,
        utterance: body.text("utterance")?.unwrap_or_default(),
        language_code: body.text("language_code")?,
        language_confidence: body.number("language_confidence")?,
        speaker_label: body.text("speaker_label")?,
        speaker_confidence: body.number("speaker_confidence")?,
    })
}

fn word<V: JsonValue>(body: &Body<'_, V>) -> Result<Word, ParseError> {
    Ok(Word {
        start_ms: body.number("start")?.unwrap_or_default(),
        end_ms: body.number("end")?.unwrap_or_default(),
        text: body.text("text")?.unwrap_or_default(),
        confidence: body.number("confidence")?,
        word_is_final: body.switch("word_is_final")?.unwrap_or_default(),
        speaker: body.text("speaker")?,
        speaker_confidence: body.number("speaker_confidence")?,
    })
}

fn revised_turn<V: JsonValue>(body: &Body<'_, V>) -> Result<RevisedTurn, ParseError> {
    Ok(RevisedTurn {
        turn_order: body.turn_order()?,
        speaker_label: body.text("speaker_label")?,
        words: body.items("words", word)?,
    })
}
