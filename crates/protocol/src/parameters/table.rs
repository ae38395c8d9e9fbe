//! The table of parameters: the one place in this crate where a parameter is added or changed.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::model::SpeechModel;
use super::rules::{Allowed, Models, Parameter};
use super::update::{or_cleared, or_unchanged};
use super::values::{Encoding, Mode, PiiSubstitution, VoiceFocus};
use super::wire::Value;
use super::{INACTIVITY_TIMEOUT_S, SAMPLE_RATES_HZ, TURN_SILENCE_MS};

parameters! {
    required {
        /// The model; always sent, because the service's own default changed four times within a year.
        "speech_model" => speech_model: SpeechModel = SpeechModel::U3_RT_PRO, allowed: Allowed::Model;
        /// Samples per second.
        "sample_rate" => sample_rate_hz: u32 = 16_000, allowed: Allowed::Whole(SAMPLE_RATES_HZ);
        /// The encoding of the audio.
        "encoding" => encoding: Encoding = Encoding::PcmS16le, allowed: Allowed::OneOf(Encoding::NAMES);
    }
    optional {
        /// Punctuation and capitals; Pro models always format.
        "format_turns" => format_turns: bool,
            allowed: Allowed::Switch, models: Universal, live: or_unchanged;
        /// The confidence, 0 to 1, from which on the model may end a turn.
        "end_of_turn_confidence_threshold" => end_of_turn_confidence_threshold: f64,
            allowed: Allowed::Fraction, models: Universal, live: or_unchanged;
        /// Silence in ms that ends a turn when the model is confident.
        "min_turn_silence" | "min_end_of_turn_silence_when_confident" => min_turn_silence_ms: u32,
            allowed: Allowed::Whole(TURN_SILENCE_MS), models: UniversalAndPro, live: or_unchanged;
        /// Silence in ms that ends a turn in any case.
        "max_turn_silence" => max_turn_silence_ms: u32,
            allowed: Allowed::Whole(TURN_SILENCE_MS), models: UniversalAndPro, live: or_unchanged;
        /// Seconds without a message after which the service closes the session. The default here is 60, because an
        /// open socket is billed; the service's own is never.
        "inactivity_timeout" => inactivity_timeout_s: u32 = 60,
            allowed: Allowed::Whole(INACTIVITY_TIMEOUT_S), models: All;
        /// The turn detection preset; without effect where speaker labels are on.
        "mode" => mode: Mode,
            allowed: Allowed::OneOf(Mode::NAMES), models: Pro, live: or_unchanged;
        /// The longest turn, in a unit that the service does not document; its default is 60 s, with speaker labels
        /// 10 s.
        "max_turn_duration" => max_turn_duration: u32,
            allowed: Allowed::Any, models: Pro;
        /// The probability of speech, 0 to 1, above which audio counts as speech; the service's default is 0.2 to
        /// 0.4, depending on the model.
        "vad_threshold" => vad_threshold: f64,
            allowed: Allowed::Fraction, models: UniversalAndPro, live: or_unchanged;
        /// How long the first partial of a turn is delayed, in ms; the service adds 256.
        "interruption_delay" => interruption_delay_ms: u32,
            allowed: Allowed::Whole(0..=1_000), models: Pro, live: or_unchanged;
        /// A partial about every second, and not only at pauses; the service's default is on.
        "continuous_partials" => continuous_partials: bool,
            allowed: Allowed::Switch, models: Pro, live: or_unchanged;
        /// Whether partials are sent before a turn's final; the service's default is on, and off with `redact_pii`.
        "include_partial_turns" => include_partial_turns: bool,
            allowed: Allowed::Switch, models: All;
        /// Audio before a turn that the model decodes again, in ms; only in the SDKs, not documented.
        "turn_left_pad_ms" => turn_left_pad_ms: u32,
            allowed: Allowed::Any, models: Pro, live: or_unchanged;
        /// Words and names to expect.
        "keyterms_prompt" => keyterms_prompt: Vec<String>,
            allowed: Allowed::Texts { items: 100, characters: 50 }, models: UniversalAndPro, live: or_cleared;
        /// Instructions to the model.
        "prompt" => prompt: String,
            allowed: Allowed::Text(1_750), models: Pro, live: or_cleared;
        /// What the other party of the conversation said last. A longer text ends the session.
        "agent_context" => agent_context: String,
            allowed: Allowed::Text(1_750), models: Pro, live: or_unchanged;
        /// How many previous turns the model uses as context; the service's default is 5.
        "previous_context_n_turns" => previous_context_n_turns: u32,
            allowed: Allowed::Whole(0..=100), models: Pro;
        /// Reports the language of each final.
        "language_detection" => language_detection: bool,
            allowed: Allowed::Switch, models: Multilingual;
        /// The languages to expect, the likeliest first; see [`LANGUAGE_CODES`](crate::LANGUAGE_CODES).
        "language_codes" => language_codes: Vec<String>,
            allowed: Allowed::Languages(10), models: Pro, live: or_cleared;
        /// The language; the model's name says the same.
        "language" => language: String,
            allowed: Allowed::OneOf(&["en", "multi"]), models: Universal;
        /// The field whose terms the model knows; in English, Spanish, German and French.
        "domain" => domain: String,
            allowed: Allowed::OneOf(&["medical-v1"]), models: All;
        /// Labels the speakers; turns are then ended by other rules.
        "speaker_labels" => speaker_labels: bool,
            allowed: Allowed::Switch, models: All;
        /// The largest number of speakers.
        "max_speakers" => max_speakers: u32,
            allowed: Allowed::Whole(1..=10), models: All, needs: "speaker_labels";
        /// Audio between two revisions of the speakers, in ms; 0 for one at the end of the session.
        "speaker_labels_revision_interval_ms" => speaker_labels_revision_interval_ms: u32,
            allowed: Allowed::ZeroOr(120_000..=300_000), models: All, needs: "speaker_labels";
        /// Masks profanity.
        "filter_profanity" => filter_profanity: bool,
            allowed: Allowed::Switch, models: All, live: or_unchanged;
        /// Masks personal data in finals, and omits partials.
        "redact_pii" => redact_pii: bool,
            allowed: Allowed::Switch, models: UniversalAndPro;
        /// The kinds of personal data to mask, by the service's names such as `person_name`; its default is all.
        "redact_pii_policies" => redact_pii_policies: Vec<String>,
            allowed: Allowed::Any, models: UniversalAndPro, needs: "redact_pii";
        /// What replaces personal data.
        "redact_pii_sub" => redact_pii_sub: PiiSubstitution,
            allowed: Allowed::OneOf(PiiSubstitution::NAMES), models: UniversalAndPro, needs: "redact_pii";
        /// The speaker's distance from the microphone.
        "voice_focus" => voice_focus: VoiceFocus,
            allowed: Allowed::OneOf(VoiceFocus::NAMES), models: Pro;
        /// How strongly other voices are suppressed, 0 to 1; the service refuses it without `voice_focus`.
        "voice_focus_threshold" => voice_focus_threshold: f64,
            allowed: Allowed::Fraction, models: Pro, needs: "voice_focus";
        /// A [`Heartbeat`](crate::Heartbeat) every 5 s.
        "session_heartbeat" => session_heartbeat: bool,
            allowed: Allowed::Switch, models: All, live: or_unchanged;
        /// A [`Silence`](crate::Silence) about every second without speech.
        "acknowledge_silence" => acknowledge_silence: bool,
            allowed: Allowed::Switch, models: Pro, live: or_unchanged;
        /// A task for a language model on each final: JSON text of an object `{model, messages, max_tokens}`.
        "llm_gateway" => llm_gateway: String,
            allowed: Allowed::Any, models: All;
        /// The address to which the service posts the finals after the session. Users of the page can read this and
        /// the next two.
        "webhook_url" => webhook_url: String,
            allowed: Allowed::Any, models: All;
        /// The name of the header that authenticates the service at `webhook_url`.
        "webhook_auth_header_name" => webhook_auth_header_name: String,
            allowed: Allowed::Any, models: All, needs: "webhook_url";
        /// The value of that header.
        "webhook_auth_header_value" => webhook_auth_header_value: String,
            allowed: Allowed::Any, models: All, needs: "webhook_url";
        /// Lets AssemblyAI's support keep the audio.
        "customer_support_audio_capture" => customer_support_audio_capture: bool,
            allowed: Allowed::Switch, models: All;
    }
}

/// The first of none or one: an optional part of a row.
const fn first(part: &[&'static str]) -> Option<&'static str> {
    if let [first, ..] = part { Some(first) } else { None }
}
