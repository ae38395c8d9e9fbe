//! The parameters of a session: parsed, validated and rejected as the service does.

mod checks;
mod values;

use assemblyai_protocol::{Encoding, Family, INACTIVITY_TIMEOUT_S, SpeechModel};
use serde_json::Value;

use checks::{check_only, encoding, sample_rate_hz};
pub(crate) use values::integer_in_text;
use values::{boolean, fraction, integer_in, one_of, should_be, silence_ms, texts};

/// Prefix of the service's messages about invalid input.
pub(crate) const REFUSAL: &str = "User Input Validation Error: ";
/// The models that the service lists when it rejects one (observed in September 2026).
const MODELS: [&str; 11] = [
    "universal-streaming-english",
    "universal-streaming-multilingual",
    "whisper-rt",
    "u3-rt-pro",
    "u3-rt-pro-beta-1",
    "u3-rt-agent",
    "universal-3-5-pro",
    "universal-3-6-pro",
    "universal-3-6",
    "universal-3-7-preview",
    "_universal-3-5-notetaker",
];
/// The model used if the client names none (documented since 2026-09-29).
const DEFAULT_MODEL: &str = "universal-3-6-pro";
/// A turn detection preset of the Pro models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Shortest silences.
    MinLatency,
    /// The default.
    Balanced,
    /// Longest silences.
    MaxAccuracy,
}

const MODES: [(&str, Mode); 3] =
    [("min_latency", Mode::MinLatency), ("balanced", Mode::Balanced), ("max_accuracy", Mode::MaxAccuracy)];

/// The parameters that affect the session or appear in `Begin`; others are only validated.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the service's own parameters")]
pub struct Parameters {
    /// The model, as the client named it.
    pub model: String,
    /// Sample rate of the audio, in Hz.
    pub sample_rate_hz: u32,
    /// Encoding of the audio.
    pub encoding: Encoding,
    /// Whether finals are formatted (universal models).
    pub format_turns: bool,
    /// How sure the end of a turn must be (universal models), 0 to 1.
    pub end_of_turn_confidence_threshold: Option<f64>,
    /// Silence that ends a turn whose sentence is complete, in ms.
    pub min_turn_silence_ms: Option<u32>,
    /// Silence that ends any turn, in ms.
    pub max_turn_silence_ms: Option<u32>,
    /// The preset of the turn detection (Pro models).
    pub mode: Option<Mode>,
    /// Time to the first partial (Pro models), in ms.
    pub interruption_delay_ms: Option<u32>,
    /// Whether partials come at intervals instead of at pauses (Pro models).
    pub continuous_partials: Option<bool>,
    /// Whether partials are sent.
    pub include_partial_turns: Option<bool>,
    /// Whether finals name their language.
    pub language_detection: bool,
    /// Time without a message after which the session ends, in s.
    pub inactivity_timeout_s: Option<u32>,
    /// Whether finals name their speakers.
    pub speaker_labels: bool,
    /// Whether profanity is masked.
    pub filter_profanity: bool,
    /// Whether personal data are redacted.
    pub redact_pii: bool,
    /// The vocabulary of a field.
    pub domain: Option<String>,
    /// Where the speaker is whose voice is isolated.
    pub voice_focus: Option<String>,
    /// Whether heartbeats are sent.
    pub session_heartbeat: bool,
    /// Whether silence is acknowledged.
    pub acknowledge_silence: bool,
    /// Audio between two `SpeakerRevision` messages, in ms; 0 for one at the end of the session.
    pub revision_interval_ms: u32,
    /// The names of further parameters that the client gave; this crate only checks their values.
    pub without_effect: Vec<String>,
    /// The languages that the client asked for, as it wrote them.
    pub languages: Vec<String>,
    /// Whether the client named a model.
    pub model_given: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            model: DEFAULT_MODEL.to_owned(),
            sample_rate_hz: 16_000,
            encoding: Encoding::PcmS16le,
            format_turns: false,
            end_of_turn_confidence_threshold: None,
            min_turn_silence_ms: None,
            max_turn_silence_ms: None,
            mode: None,
            interruption_delay_ms: None,
            continuous_partials: None,
            include_partial_turns: None,
            language_detection: false,
            inactivity_timeout_s: None,
            speaker_labels: false,
            filter_profanity: false,
            redact_pii: false,
            domain: None,
            voice_focus: None,
            session_heartbeat: false,
            acknowledge_silence: false,
            revision_interval_ms: 0,
            without_effect: Vec::new(),
            languages: Vec::new(),
            model_given: false,
        }
    }
}

/// Whether the service has a parameter of a given name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Known,
    Unknown,
}

impl Parameters {
    /// Parses a query string. Also returns the names that the service ignores and those given twice.
    ///
    /// # Errors
    /// Returns the text of the service's error.
    pub fn from_query(query: &str) -> Result<(Self, Vec<String>), String> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let mut parameters = Self::default();
        let mut notes = Vec::new();
        for (index, (name, value)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                notes.push(format!("{name} (given twice)"));
            }
            match parameters.set(name, &Value::String(value.clone().into_owned())) {
                Ok(Name::Known) => {}
                Ok(Name::Unknown) => notes.push(name.clone().into_owned()),
                Err(text) => return Err(format!("{REFUSAL}{text}")),
            }
        }
        parameters.check_together(|wanted| pairs.iter().any(|(name, _)| name == wanted))?;
        Ok((parameters, notes))
    }

    /// Applies an `UpdateConfiguration` message and returns the fields that the service ignores in it.
    ///
    /// # Errors
    /// The text of the service's refusal, which ends the session.
    pub fn update(&mut self, fields: &serde_json::Map<String, Value>) -> Result<Vec<String>, String> {
        let mut ignored = Vec::new();
        for (name, value) in fields {
            if name == "type" || value.is_null() {
                continue;
            }
            if !CHANGEABLE.contains(&name.as_str()) {
                ignored.push(name.clone());
                continue;
            }
            // In JSON a list must be an array; only query strings encode it as text.
            if matches!(name.as_str(), "keyterms_prompt" | "language_codes") && !value.is_array() {
                return Err(format!("{REFUSAL}Invalid '{name}': Input should be a valid list"));
            }
            self.set(name, value).map_err(|text| format!("{REFUSAL}{text}"))?;
        }
        self.check_together(|name| fields.contains_key(name))?;
        Ok(ignored)
    }

    /// The family of the model.
    pub fn family(&self) -> Family {
        match self.model.as_str() {
            "u3-rt-agent" | "_universal-3-5-notetaker" => Family::Pro,
            name => name.parse::<SpeechModel>().map_or(Family::Unknown, |model| model.family()),
        }
    }

    /// The mode in `Begin`; `None` for models other than Pro ones.
    pub fn mode_name(&self) -> Option<&'static str> {
        let mode = self.mode.unwrap_or(Mode::Balanced);
        let name = MODES.iter().find(|(_, each)| *each == mode).map(|(name, _)| *name);
        name.filter(|_| self.family() == Family::Pro)
    }

    /// Whether AssemblyAI accepts sessions with this model but soon ends them with an error (observed).
    pub fn model_fails(&self) -> bool {
        matches!(self.model.as_str(), "u3-rt-agent" | "universal-3-7-preview")
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<Name, String> {
        self.set_value(name, value).map_err(|text| match name {
            "language_codes" | "llm_gateway" => text,
            _ => format!("Invalid '{name}': {text}"),
        })
    }

    fn set_value(&mut self, name: &str, value: &Value) -> Result<Name, String> {
        match name {
            "token" => {}
            "speech_model" => {
                let given = value.as_str().unwrap_or_default();
                if !MODELS.contains(&given) {
                    return Err(should_be(&MODELS));
                }
                given.clone_into(&mut self.model);
                self.model_given = true;
            }
            "sample_rate" => self.sample_rate_hz = sample_rate_hz(value)?,
            "encoding" => self.encoding = encoding(value)?,
            "format_turns" => self.format_turns = boolean(value)?,
            "end_of_turn_confidence_threshold" => {
                self.end_of_turn_confidence_threshold = Some(fraction(value)?);
            }
            "min_turn_silence" | "min_end_of_turn_silence_when_confident" => {
                self.min_turn_silence_ms = Some(silence_ms(value)?);
            }
            "max_turn_silence" => self.max_turn_silence_ms = Some(silence_ms(value)?),
            "mode" => self.mode = Some(one_of(value, &MODES)?),
            "interruption_delay" => self.interruption_delay_ms = Some(integer_in(value, 0, 1000)?),
            "continuous_partials" => self.continuous_partials = Some(boolean(value)?),
            "include_partial_turns" => self.include_partial_turns = Some(boolean(value)?),
            "language_detection" => self.language_detection = boolean(value)?,
            "inactivity_timeout" => {
                let (least, most) = INACTIVITY_TIMEOUT_S.into_inner();
                self.inactivity_timeout_s = Some(integer_in(value, least.into(), most.into())?);
            }
            "speaker_labels" => self.speaker_labels = boolean(value)?,
            "filter_profanity" => self.filter_profanity = boolean(value)?,
            "redact_pii" => self.redact_pii = boolean(value)?,
            "domain" => self.domain = Some(one_of(value, &[("medical-v1", "medical-v1")])?.to_owned()),
            "voice_focus" | "noise_suppression_model" => {
                let fields = [("near-field", "near-field"), ("far-field", "far-field")];
                self.voice_focus = Some(one_of(value, &fields)?.to_owned());
            }
            "session_heartbeat" => self.session_heartbeat = boolean(value)?,
            "acknowledge_silence" => self.acknowledge_silence = boolean(value)?,
            "speaker_labels_revision_interval_ms" => {
                // 0 is kept; other values are clamped (JavaScript SDK).
                let interval_ms = integer_in(value, 0, 86_400_000)?;
                self.revision_interval_ms =
                    if interval_ms == 0 { 0 } else { interval_ms.clamp(120_000, 300_000) };
            }
            _ if check_only(name, value)? => {
                if !self.without_effect.iter().any(|it| it == name) {
                    self.without_effect.push(name.to_owned());
                }
                if matches!(name, "language" | "language_code" | "language_codes") {
                    self.languages = texts(value);
                }
            }
            _ => return Ok(Name::Unknown),
        }
        Ok(Name::Known)
    }

    fn check_together(&self, given: impl Fn(&str) -> bool) -> Result<(), String> {
        let family = self.family();
        for name in ["prompt", "mode", "agent_context"] {
            if given(name) && !matches!(family, Family::Pro | Family::Unknown) {
                return Err(format!("{REFUSAL}{name} is only supported with the 'u3-rt-pro' speech_model"));
            }
        }
        if (given("voice_focus_threshold") || given("noise_suppression_threshold"))
            && self.voice_focus.is_none()
        {
            return Err(format!("{REFUSAL}voice_focus_threshold requires voice_focus"));
        }
        Ok(())
    }
}

/// The parameters that `UpdateConfiguration` can change.
const CHANGEABLE: [&str; 17] = [
    "end_of_turn_confidence_threshold",
    "min_turn_silence",
    "min_end_of_turn_silence_when_confident",
    "max_turn_silence",
    "vad_threshold",
    "format_turns",
    "keyterms_prompt",
    "prompt",
    "agent_context",
    "filter_profanity",
    "interruption_delay",
    "turn_left_pad_ms",
    "language_codes",
    "session_heartbeat",
    "acknowledge_silence",
    "continuous_partials",
    "mode",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_result::TestResult;

    fn refusal(query: &str) -> String {
        Parameters::from_query(query).expect_err(query)
    }

    #[test]
    fn errors_have_the_texts_that_were_observed() -> TestResult {
        let cases = [
            (
                "speech_model=universal-3-pro",
                "User Input Validation Error: Invalid 'speech_model': Input should be 'universal-streaming-english', 'universal-streaming-multilingual', 'whisper-rt', 'u3-rt-pro', 'u3-rt-pro-beta-1', 'u3-rt-agent', 'universal-3-5-pro', 'universal-3-6-pro', 'universal-3-6', 'universal-3-7-preview' or '_universal-3-5-notetaker'",
            ),
            (
                "sample_rate=7999",
                "User Input Validation Error: Invalid 'sample_rate': Value error, sample_rate must be at least 8,000 Hz",
            ),
            (
                "encoding=flac",
                "User Input Validation Error: Invalid 'encoding': 'flac' is not a valid Encoding",
            ),
            (
                "keyterms_prompt=a&keyterms_prompt=b",
                "User Input Validation Error: Invalid 'keyterms_prompt': Value error, Invalid JSON array",
            ),
        ];
        for (query, text) in cases {
            assert_eq!(refusal(query), text);
        }
        let many = serde_json::to_string(&vec!["x"; 101])?;
        assert!(refusal(&format!("keyterms_prompt={many}")).ends_with("Max 100 items"));
        let long = "x".repeat(1751);
        assert!(
            refusal(&format!("prompt={long}"))
                .ends_with("prompt exceeds maximum length of 1750 characters (got 1751)")
        );
        assert!(
            refusal("speech_model=universal-streaming-english&prompt=x")
                .contains("prompt is only supported with the 'u3-rt-pro' speech_model")
        );
        assert!(
            refusal("language_codes=%5B%22en%22,%22xx%22%5D")
                .contains("Invalid 'language_codes.1': Input should be 'en', 'es',")
        );
        Ok(())
    }

    #[test]
    fn out_of_range_values_are_rejected() {
        for query in [
            "sample_rate=96001",
            "sample_rate=abc",
            "sample_rate=-1",
            "sample_rate=99999999999999999999",
            "inactivity_timeout=4",
            "inactivity_timeout=3601",
            "end_of_turn_confidence_threshold=1.01",
            "min_turn_silence=-1",
            "max_speakers=11",
            "format_turns=perhaps",
            "mode=fast",
            "voice_focus_threshold=0.5",
            "encoding=opus",
        ] {
            assert!(refusal(query).starts_with(REFUSAL), "{query}");
        }
    }

    #[test]
    fn the_parameters_of_the_sdks_are_accepted() -> TestResult {
        let query = "sample_rate=16000&encoding=pcm_s16le&speech_model=universal-3-6-pro&format_turns=True\
                     &keyterms_prompt=%5B%22Kubernetes%22%2C+%22axum%22%5D&speaker_labels=False&mode=balanced\
                     &min_turn_silence=160&token=x&_customer_support_audio_capture=true";
        let (parameters, unknown) = Parameters::from_query(query)?;
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(parameters.format_turns && !parameters.speaker_labels);
        assert_eq!(parameters.min_turn_silence_ms, Some(160));
        assert_eq!(parameters.mode_name(), Some("balanced"));
        Ok(())
    }

    #[test]
    fn unknown_and_repeated_names_are_ignored_and_reported() -> TestResult {
        let (parameters, notes) = Parameters::from_query(
            "speechModel=whisper-rt&formatted_finals=true&sample_rate=8000&sample_rate=16000",
        )?;
        assert_eq!(parameters.model, DEFAULT_MODEL);
        assert_eq!(notes, ["speechModel", "formatted_finals", "sample_rate (given twice)"]);
        assert_eq!(parameters.sample_rate_hz, 16_000, "the last value counts");
        Ok(())
    }

    #[test]
    fn an_update_changes_the_named_fields_and_rejects_invalid_values() -> TestResult {
        let mut parameters = Parameters::default();
        let update = |parameters: &mut Parameters, value: Value| -> TestResult<_> {
            Ok(parameters.update(value.as_object().ok_or("no object")?))
        };
        let ignored = update(
            &mut parameters,
            json!({"type": "UpdateConfiguration", "max_turn_silence": 700, "mode": null, "sample_rate": 8000}),
        )?;
        assert_eq!(ignored, Ok(vec!["sample_rate".to_owned()]));
        assert_eq!((parameters.max_turn_silence_ms, parameters.sample_rate_hz), (Some(700), 16_000));
        assert_eq!(
            update(&mut parameters, json!({"agent_context": "x".repeat(2500)}))?,
            Err("User Input Validation Error: Invalid 'agent_context': Value error, agent_context exceeds maximum length of 1750 characters (got 2500)".to_owned())
        );
        assert!(update(&mut parameters, json!({"keyterms_prompt": "[]"}))?.is_err());
        assert_eq!(update(&mut parameters, json!({"keyterms_prompt": []}))?, Ok(vec![]));
        Ok(())
    }
}
