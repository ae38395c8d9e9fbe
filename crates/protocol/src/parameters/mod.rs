mod model;
mod query;
mod rules;
#[cfg(test)]
mod tests;
mod update;
mod values;
mod wire;

use std::ops::RangeInclusive;

use serde_json::Number;

pub use model::{Family, SpeechModel, SpeechModelError};
pub(crate) use query::Query;
pub use rules::{Allowed, InvalidParameter, LANGUAGE_CODES, Models, PARAMETERS, Parameter};
use rules::{Slot, Value};
pub use values::{Encoding, Mode, PiiSubstitution, VoiceFocus};

/// The path of the WebSocket endpoint below the service's base URL.
pub const WEBSOCKET_PATH: &str = "/v3/ws";
/// Sample rates that the service takes, in Hz (API reference, `sample_rate`).
pub const SAMPLE_RATE_HZ: RangeInclusive<u32> = 8_000..=96_000;
/// Audio in one binary message, in ms (error 3007: "Expected between 50 and 1000 ms").
pub const FRAME_DURATION_MS: RangeInclusive<u32> = 50..=1_000;
/// The largest message, in bytes, that the service takes; a larger one closes the socket with 1009.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;
/// Silence that can end a turn, in ms; the service clamps what is outside (API reference).
pub const TURN_SILENCE_MS: RangeInclusive<u32> = 50..=10_000;
/// Seconds without a message after which the service closes the session (API reference).
pub const INACTIVITY_TIMEOUT_S: RangeInclusive<u32> = 5..=3_600;
/// The threshold's range, without a unit (API reference).
pub const END_OF_TURN_CONFIDENCE: RangeInclusive<f64> = 0.0..=1.0;

/// What a client asks of a session, as query parameters of the WebSocket's URL.
///
/// `None` leaves the choice to the service. Field names in JSON are the names on the wire; where no other source is
/// named, the API reference and AssemblyAI's SDKs are. [`PARAMETERS`] has the ranges and models in one table.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamingParameters {
    /// The model; always sent, because the service's own default changed four times within a year.
    pub speech_model: SpeechModel,
    /// Samples in a second, see [`SAMPLE_RATE_HZ`].
    pub sample_rate_hz: u32,
    /// How the audio is encoded.
    pub encoding: Encoding,
    /// Punctuation and capitals; universal-streaming only, Pro models always format.
    pub format_turns: Option<bool>,
    /// How sure the model must be that the turn has ended, see [`END_OF_TURN_CONFIDENCE`];
    /// universal-streaming only.
    pub end_of_turn_confidence_threshold: Option<f64>,
    /// Silence in ms that ends a turn when the model is sure, see [`TURN_SILENCE_MS`].
    pub min_turn_silence_ms: Option<u32>,
    /// Silence in ms that ends a turn in any case, see [`TURN_SILENCE_MS`].
    pub max_turn_silence_ms: Option<u32>,
    /// Seconds without a message after which the service closes the session, see [`INACTIVITY_TIMEOUT_S`];
    /// an open socket is billed, so the default is 60, where the service's own is never.
    pub inactivity_timeout_s: Option<u32>,
    /// The turn detection preset; Pro models. It counts for nothing with speaker labels.
    pub mode: Option<Mode>,
    /// Where a turn is cut, in a unit that the service's documents do not tell; 60 s by itself, 10 s with speaker
    /// labels. Pro models.
    pub max_turn_duration: Option<u32>,
    /// How much like speech sound must be, 0 to 1; 0.2 to 0.4 by itself, by the model. Universal-streaming and Pro.
    pub vad_threshold: Option<f64>,
    /// How long the first partial of a turn is held back, 0 to 1000 ms, to which the service adds 256; Pro models.
    pub interruption_delay_ms: Option<u32>,
    /// A partial about every second, and not only at pauses; Pro models, on by itself.
    pub continuous_partials: Option<bool>,
    /// Whether anything comes before a turn's final; on by itself, off where personal data is hidden.
    pub include_partial_turns: Option<bool>,
    /// Audio before a turn that is looked at again, in ms; in the SDKs only, not documented. Pro models.
    pub turn_left_pad_ms: Option<u32>,
    /// Words to expect, at most 100 of at most 50 characters; universal-streaming and Pro.
    pub keyterms_prompt: Option<Vec<String>>,
    /// What the model is told of its task, at most 1750 characters; Pro models.
    pub prompt: Option<String>,
    /// What the other side of the conversation said last, at most 1750 characters; Pro models.
    pub agent_context: Option<String>,
    /// How many turns back the model remembers, 0 to 100, 5 by itself; Pro models.
    pub previous_context_n_turns: Option<u32>,
    /// Tells the language of each final; all models but universal-streaming's English one.
    pub language_detection: Option<bool>,
    /// The languages to expect, at most 10 of [`LANGUAGE_CODES`], the likeliest first; Pro models.
    pub language_codes: Option<Vec<String>>,
    /// `en` or `multi`; universal-streaming, where the model's own name says the same.
    pub language: Option<String>,
    /// The field whose terms the model knows: `medical-v1`, in English, Spanish, German and French.
    pub domain: Option<String>,
    /// Tells speakers apart; turns are then ended by rules of their own.
    pub speaker_labels: Option<bool>,
    /// How many speakers there are at most, 1 to 10; with `speaker_labels`.
    pub max_speakers: Option<u32>,
    /// Audio between two revisions of speakers, in ms: 120 000 to 300 000, or 0 for one at the session's end; with
    /// `speaker_labels`.
    pub speaker_labels_revision_interval_ms: Option<u32>,
    /// Hides swearing.
    pub filter_profanity: Option<bool>,
    /// Hides personal data in finals, and leaves partials out; universal-streaming and Pro.
    pub redact_pii: Option<bool>,
    /// Which data is personal, by the service's names, such as `person_name`; all by itself. With `redact_pii`.
    pub redact_pii_policies: Option<Vec<String>>,
    /// What stands in the place of personal data; with `redact_pii`.
    pub redact_pii_sub: Option<PiiSubstitution>,
    /// How far the speaker is from the microphone; Pro models.
    pub voice_focus: Option<VoiceFocus>,
    /// How much other voices are kept out, 0 to 1; with `voice_focus`, without which the service refuses it.
    pub voice_focus_threshold: Option<f64>,
    /// A [`Heartbeat`](crate::Heartbeat) every 5 s.
    pub session_heartbeat: Option<bool>,
    /// A [`Silence`](crate::Silence) about every second while nobody is heard; Pro models.
    pub acknowledge_silence: Option<bool>,
    /// A language model's task for each final, as the text of a JSON object `{model, messages, max_tokens}`.
    pub llm_gateway: Option<String>,
    /// Where the service posts the finals when the session is over. Whoever opens the page can read this and the next
    /// two.
    pub webhook_url: Option<String>,
    /// The header by which that address knows the service.
    pub webhook_auth_header_name: Option<String>,
    /// Its value.
    pub webhook_auth_header_value: Option<String>,
    /// Lets the service's support keep the audio.
    pub customer_support_audio_capture: Option<bool>,
}

impl Default for StreamingParameters {
    fn default() -> Self {
        Self {
            speech_model: SpeechModel::default(),
            sample_rate_hz: 16_000,
            encoding: Encoding::default(),
            format_turns: None,
            end_of_turn_confidence_threshold: None,
            min_turn_silence_ms: None,
            max_turn_silence_ms: None,
            inactivity_timeout_s: Some(60),
            mode: None,
            max_turn_duration: None,
            vad_threshold: None,
            interruption_delay_ms: None,
            continuous_partials: None,
            include_partial_turns: None,
            turn_left_pad_ms: None,
            keyterms_prompt: None,
            prompt: None,
            agent_context: None,
            previous_context_n_turns: None,
            language_detection: None,
            language_codes: None,
            language: None,
            domain: None,
            speaker_labels: None,
            max_speakers: None,
            speaker_labels_revision_interval_ms: None,
            filter_profanity: None,
            redact_pii: None,
            redact_pii_policies: None,
            redact_pii_sub: None,
            voice_focus: None,
            voice_focus_threshold: None,
            session_heartbeat: None,
            acknowledge_silence: None,
            llm_gateway: None,
            webhook_url: None,
            webhook_auth_header_name: None,
            webhook_auth_header_value: None,
            customer_support_audio_capture: None,
        }
    }
}

impl StreamingParameters {
    /// The query string, without the question mark, of the parameters that the model takes.
    pub fn to_query(&self, token: Option<&str>) -> String {
        let mut query = Query::default();
        for (parameter, value) in PARAMETERS.iter().zip(self.values()) {
            let Some(value) = value.filter(|_| self.sends(parameter)) else { continue };
            match value {
                Value::Switch(on) => query.pair(parameter.name, &on),
                Value::Whole(number) => query.pair(parameter.name, &number),
                Value::Fraction(number) => {
                    // Printed by serde_json, which the page has anyway: the standard library's way takes 11 kB of code.
                    if let Some(number) = Number::from_f64(number) {
                        query.pair(parameter.name, &number);
                    }
                }
                Value::Text(text) => query.pair(parameter.name, &text),
                // One JSON array: repeated names and commas are refused.
                Value::Texts(texts) => {
                    query.pair(parameter.name, &serde_json::to_string(texts).unwrap_or_default());
                }
            }
        }
        if let Some(token) = token {
            query.pair("token", &token);
        }
        query.0
    }

    /// Checks each value, also those that the model does not take.
    ///
    /// # Errors
    /// The first parameter whose value the service would refuse or clamp.
    pub fn validate(&self) -> Result<(), InvalidParameter> {
        PARAMETERS.iter().zip(self.values()).try_for_each(|(parameter, value)| match value {
            Some(value) => parameter.check(value),
            None => Ok(()),
        })
    }

    /// Whether the model takes a parameter, and what it needs is on.
    fn sends(&self, parameter: &Parameter) -> bool {
        let needed = match parameter.needs {
            Some("speaker_labels") => self.speaker_labels == Some(true),
            Some("redact_pii") => self.redact_pii == Some(true),
            Some("voice_focus") => self.voice_focus.is_some(),
            Some("webhook_url") => self.webhook_url.is_some(),
            _ => true,
        };
        needed && parameter.models.include(&self.speech_model)
    }

    /// The values in the order of [`PARAMETERS`].
    fn values(&self) -> [Option<Value<'_>>; PARAMETERS.len()] {
        use Value as V;
        [
            Some(V::Text(self.speech_model.as_str())),
            Some(V::Whole(self.sample_rate_hz)),
            Some(V::Text(self.encoding.as_str())),
            self.format_turns.map(V::Switch),
            self.end_of_turn_confidence_threshold.map(V::Fraction),
            self.min_turn_silence_ms.map(V::Whole),
            self.max_turn_silence_ms.map(V::Whole),
            self.inactivity_timeout_s.map(V::Whole),
            self.mode.map(|value| V::Text(value.as_str())),
            self.max_turn_duration.map(V::Whole),
            self.vad_threshold.map(V::Fraction),
            self.interruption_delay_ms.map(V::Whole),
            self.continuous_partials.map(V::Switch),
            self.include_partial_turns.map(V::Switch),
            self.turn_left_pad_ms.map(V::Whole),
            self.keyterms_prompt.as_deref().map(V::Texts),
            self.prompt.as_deref().map(V::Text),
            self.agent_context.as_deref().map(V::Text),
            self.previous_context_n_turns.map(V::Whole),
            self.language_detection.map(V::Switch),
            self.language_codes.as_deref().map(V::Texts),
            self.language.as_deref().map(V::Text),
            self.domain.as_deref().map(V::Text),
            self.speaker_labels.map(V::Switch),
            self.max_speakers.map(V::Whole),
            self.speaker_labels_revision_interval_ms.map(V::Whole),
            self.filter_profanity.map(V::Switch),
            self.redact_pii.map(V::Switch),
            self.redact_pii_policies.as_deref().map(V::Texts),
            self.redact_pii_sub.map(|value| V::Text(value.as_str())),
            self.voice_focus.map(|value| V::Text(value.as_str())),
            self.voice_focus_threshold.map(V::Fraction),
            self.session_heartbeat.map(V::Switch),
            self.acknowledge_silence.map(V::Switch),
            self.llm_gateway.as_deref().map(V::Text),
            self.webhook_url.as_deref().map(V::Text),
            self.webhook_auth_header_name.as_deref().map(V::Text),
            self.webhook_auth_header_value.as_deref().map(V::Text),
            self.customer_support_audio_capture.map(V::Switch),
        ]
    }

    /// The fields in the order of [`PARAMETERS`].
    fn slots(&mut self) -> [Slot<'_>; PARAMETERS.len()] {
        use Slot as S;
        [
            S::SpeechModel(&mut self.speech_model),
            S::SampleRate(&mut self.sample_rate_hz),
            S::Encoding(&mut self.encoding),
            S::Switch(&mut self.format_turns),
            S::Fraction(&mut self.end_of_turn_confidence_threshold),
            S::Whole(&mut self.min_turn_silence_ms),
            S::Whole(&mut self.max_turn_silence_ms),
            S::Whole(&mut self.inactivity_timeout_s),
            S::Mode(&mut self.mode),
            S::Whole(&mut self.max_turn_duration),
            S::Fraction(&mut self.vad_threshold),
            S::Whole(&mut self.interruption_delay_ms),
            S::Switch(&mut self.continuous_partials),
            S::Switch(&mut self.include_partial_turns),
            S::Whole(&mut self.turn_left_pad_ms),
            S::Texts(&mut self.keyterms_prompt),
            S::Text(&mut self.prompt),
            S::Text(&mut self.agent_context),
            S::Whole(&mut self.previous_context_n_turns),
            S::Switch(&mut self.language_detection),
            S::Texts(&mut self.language_codes),
            S::Text(&mut self.language),
            S::Text(&mut self.domain),
            S::Switch(&mut self.speaker_labels),
            S::Whole(&mut self.max_speakers),
            S::Whole(&mut self.speaker_labels_revision_interval_ms),
            S::Switch(&mut self.filter_profanity),
            S::Switch(&mut self.redact_pii),
            S::Texts(&mut self.redact_pii_policies),
            S::PiiSubstitution(&mut self.redact_pii_sub),
            S::VoiceFocus(&mut self.voice_focus),
            S::Fraction(&mut self.voice_focus_threshold),
            S::Switch(&mut self.session_heartbeat),
            S::Switch(&mut self.acknowledge_silence),
            S::Text(&mut self.llm_gateway),
            S::Text(&mut self.webhook_url),
            S::Text(&mut self.webhook_auth_header_name),
            S::Text(&mut self.webhook_auth_header_value),
            S::Switch(&mut self.customer_support_audio_capture),
        ]
    }
}
