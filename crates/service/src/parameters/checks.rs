//! Validation of single parameters, where their type alone is not enough.

use assemblyai_protocol::{Encoding, SAMPLE_RATES_HZ};
use serde_json::Value;

use super::values::{boolean, fraction, integer, integer_in, list, one_of, should_be, text};

/// The codes that the service accepts in `language_codes`.
const LANGUAGES: [&str; 33] = [
    "en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he", "ja",
    "ur", "zh", "ru", "ko", "ca", "gl", "ro", "et", "fa", "yue", "af", "mr", "zu", "xh", "nn", "multi",
];
/// Maximum number of characters in `prompt` and in `agent_context`.
const MAX_PROMPT_CHARS: usize = 1750;

/// Validates a parameter that has no effect here. Returns whether the service has a parameter of this name.
pub(super) fn check_only(name: &str, value: &Value) -> Result<bool, String> {
    match name {
        "vad_threshold" | "voice_focus_threshold" | "noise_suppression_threshold" => drop(fraction(value)?),
        "keyterms_prompt" => {
            if list(value)?.len() > 100 {
                return Err("Value error, Max 100 items".to_owned());
            }
        }
        "prompt" | "agent_context" => drop(text(name, value, MAX_PROMPT_CHARS)?),
        "previous_context_n_turns" => drop(integer_in(value, 0, 100)?),
        "max_speakers" => drop(integer_in(value, 1, 10)?),
        "max_turn_duration" | "turn_left_pad_ms" => drop(integer_in(value, 0, i64::from(u32::MAX))?),
        "language_codes" => {
            let codes = list(value).map_err(|text| format!("Invalid 'language_codes': {text}"))?;
            if let Some(index) = codes.iter().position(|code| !LANGUAGES.contains(&code.as_str())) {
                return Err(format!("Invalid 'language_codes.{index}': {}", should_be(&LANGUAGES)));
            }
            if codes.len() > 10 {
                return Err("Invalid 'language_codes': Value error, Max 10 items".to_owned());
            }
        }
        "language_code" => drop(one_of(value, &LANGUAGES.map(|code| (code, ())))?),
        "language" => one_of(value, &[("en", ()), ("multi", ())])?,
        "redact_pii_sub" => one_of(value, &[("hash", ()), ("entity_name", ())])?,
        // Documented as a comma-separated list, sent by the SDKs as an array: both are accepted.
        "redact_pii_policies" => {}
        "llm_gateway" => {
            let object = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            if !object.is_some_and(|object| object.is_object()) {
                return Err("Invalid 'llm_gateway': Value error, Invalid JSON object".to_owned());
            }
        }
        "webhook_url" | "webhook_auth_header_name" | "webhook_auth_header_value" => {}
        "_customer_support_audio_capture" | "customer_support_audio_capture" => drop(boolean(value)?),
        _ => return Ok(false),
    }
    Ok(true)
}

pub(super) fn sample_rate_hz(value: &Value) -> Result<u32, String> {
    let rate = integer(value)?;
    let (least, most) = SAMPLE_RATES_HZ.into_inner();
    if rate < i64::from(least) {
        return Err("Value error, sample_rate must be at least 8,000 Hz".to_owned());
    }
    u32::try_from(rate)
        .ok()
        .filter(|rate| *rate <= most)
        .ok_or_else(|| "Value error, sample_rate must be at most 96,000 Hz".to_owned())
}

pub(super) fn encoding(value: &Value) -> Result<Encoding, String> {
    match value.as_str().unwrap_or_default() {
        "pcm_s16le" => Ok(Encoding::PcmS16le),
        "pcm_mulaw" => Ok(Encoding::PcmMulaw),
        name @ ("opus" | "ogg_opus" | "aac") => {
            Err(format!("'{name}' is taken by AssemblyAI, but not here: audio is counted by its bytes"))
        }
        name => Err(format!("'{name}' is not a valid Encoding")),
    }
}
