use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use assemblyai_service::{Engine, FINISH_LIMIT, Mode, Parameters, Profile, Recognizer, TurnRules};
use local_speech::{DecodePool, Model, ModelSize, PoolStats, Settings};
use tokio::sync::Notify;

use crate::recognizer::LocalRecognizer;

/// Makes the recognisers of sessions; all decode on the same threads.
#[derive(Debug)]
pub struct LocalEngine {
    pool: DecodePool,
    size: ModelSize,
    finish_limit: Option<Duration>,
}

impl LocalEngine {
    /// An engine that decodes on so many threads of its own.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn new(model: Arc<Model>, threads: NonZeroUsize) -> io::Result<Self> {
        let size = model.size();
        Ok(Self { pool: DecodePool::new(model, threads)?, size, finish_limit: None })
    }

    /// Lets the last words take so long after `Terminate`: for clients that wait longer than those of AssemblyAI do.
    #[must_use]
    pub fn with_finish_limit(mut self, limit: Duration) -> Self {
        self.finish_limit = Some(limit);
        self
    }

    /// The size of the model.
    pub fn size(&self) -> ModelSize {
        self.size
    }

    /// The model's name in `Begin`.
    pub fn name(&self) -> &'static str {
        match self.size() {
            ModelSize::Tiny => "moonshine-tiny-en",
            ModelSize::Base => "moonshine-base-en",
        }
    }

    /// What the threads have done.
    pub fn stats(&self) -> PoolStats {
        self.pool.stats()
    }
}

impl Engine for LocalEngine {
    fn recognizer(&self, parameters: &Parameters, woken: Arc<Notify>) -> Box<dyn Recognizer> {
        let wake = move || woken.notify_one();
        match self.pool.stream(Settings::default(), parameters.sample_rate_hz, wake) {
            Ok(stream) => Box::new(LocalRecognizer::new(stream)),
            // The protocol's range, 8 000 to 96 000 Hz, lies within the recogniser's.
            Err(rate) => unreachable!("{rate}"),
        }
    }

    fn model(&self) -> Option<&str> {
        Some(self.name())
    }

    fn finish_limit(&self) -> Duration {
        self.finish_limit.unwrap_or(FINISH_LIMIT)
    }

    fn rules(&self, parameters: &Parameters) -> TurnRules {
        let rules = TurnRules::of(parameters, None);
        let first_partial = parameters.interruption_delay_ms.filter(|_| rules.profile.is_pro());
        // The presets of AssemblyAI's models, no shorter than this recogniser's own silences: its models end each
        // segment with a full stop, so that shorter ones would cut sentences.
        let (min_ms, max_ms) = match parameters.mode {
            Some(Mode::MinLatency) => (240, 640),
            None | Some(Mode::Balanced) => (400, 1280),
            Some(Mode::MaxAccuracy) => (640, 2560),
        };
        let min_silence_ms = parameters.min_turn_silence_ms.map_or(min_ms, u64::from);
        let max_silence_ms = parameters.max_turn_silence_ms.map_or(max_ms, u64::from).max(min_silence_ms);
        // What a universal model's confidence decides: whether the recogniser's full stop counts.
        let min_ms = if rules.ends_early(true) { min_silence_ms } else { max_silence_ms };
        let max_ms = if rules.ends_early(false) { min_silence_ms } else { max_silence_ms };
        let profile = match rules.profile {
            Profile::Diarized => Profile::Pro,
            profile => profile,
        };
        TurnRules {
            profile,
            min_silence_ms: min_ms,
            max_silence_ms: max_ms,
            // This recogniser needs no time to make up its mind about the first words.
            first_partial_ms: first_partial.map_or(0, |_| rules.first_partial_ms),
            speaker_labels: false,
            languages: false,
            ..rules
        }
    }

    fn adopt(&self, requested: Parameters) -> (Parameters, Vec<String>) {
        let missing = missing(&requested).into_iter();
        let warnings =
            missing.map(|what| format!("This server recognises English and has no {what}.")).collect();
        let adopted = Parameters {
            speaker_labels: false,
            language_detection: false,
            redact_pii: false,
            filter_profanity: false,
            domain: None,
            voice_focus: None,
            ..requested
        };
        (adopted, warnings)
    }
}

/// What these parameters ask for that this recogniser has not, each once and in order.
fn missing(requested: &Parameters) -> Vec<&'static str> {
    let is_multilingual =
        matches!(requested.model.as_str(), "universal-streaming-multilingual" | "whisper-rt");
    let mut missing: Vec<&str> = [
        (requested.speaker_labels, "speaker labels"),
        (requested.language_detection, "detection of languages"),
        (requested.redact_pii, "redaction of personal data"),
        (requested.filter_profanity, "profanity filter"),
        (requested.domain.is_some(), "vocabularies of a domain"),
        (requested.voice_focus.is_some(), "isolation of a voice"),
        (is_multilingual || !requested.languages.iter().all(|it| is_english(it)), "other languages"),
    ]
    .into_iter()
    .filter_map(|(is_asked, what)| is_asked.then_some(what))
    .chain(requested.without_effect.iter().map(|name| without(name)))
    .filter(|what| !what.is_empty())
    .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Whether a language is English: `en`, or with a region, such as `en_us`.
fn is_english(language: &str) -> bool {
    let language = language.split(['_', '-']).next().unwrap_or_default();
    language.eq_ignore_ascii_case("en") || language.eq_ignore_ascii_case("english")
}

/// What a parameter asks for that this recogniser has not; empty for what does not change the words.
fn without(name: &str) -> &'static str {
    match name {
        "keyterms_prompt" => "key terms",
        "prompt" | "agent_context" | "previous_context_n_turns" => "prompts",
        "max_speakers" => "speaker labels",
        "redact_pii_sub" | "redact_pii_policies" => "redaction of personal data",
        "voice_focus_threshold" | "noise_suppression_threshold" => "isolation of a voice",
        "llm_gateway" => "connection to language models",
        "webhook_url" | "webhook_auth_header_name" | "webhook_auth_header_value" => "webhooks",
        "vad_threshold" | "max_turn_duration" | "turn_left_pad_ms" => "setting for the detection of voices",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_of(query: &str) -> Result<Vec<&'static str>, String> {
        Ok(missing(&Parameters::from_query(query)?.0))
    }

    #[test]
    fn what_is_asked_for_and_missing_is_named_once() -> Result<(), String> {
        let cases: [(&str, &[&str]); 9] = [
            ("speech_model=u3-rt-pro&min_turn_silence=400&redact_pii=false", &[]),
            ("language_code=en", &[]),
            ("language_codes=[\"en\"]", &[]),
            ("language_code=de", &["other languages"]),
            ("language_codes=[\"en\",\"fr\"]", &["other languages"]),
            ("speech_model=universal-streaming-multilingual", &["other languages"]),
            ("speech_model=universal-streaming-english", &[]),
            (
                "language_detection=true&redact_pii=true",
                &["detection of languages", "redaction of personal data"],
            ),
            ("speaker_labels=true&max_speakers=2", &["speaker labels"]),
        ];
        for (query, expected) in cases {
            assert_eq!(missing_of(query)?, expected, "{query}");
        }
        Ok(())
    }
}
