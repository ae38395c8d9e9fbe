//! The settings that the page receives.

use std::ops::RangeInclusive;

use assemblyai_protocol::{
    END_OF_TURN_CONFIDENCE, INACTIVITY_TIMEOUT_S, SpeechModel, StreamingParameters, TURN_SILENCE_MS,
};

use crate::values::{InvalidValue, boolean, in_range};

/// The parameters of a session, and whether the user may change them; standby; how long recordings are kept.
#[derive(Debug, Clone, clap::Args)]
pub struct PageSettings {
    /// The speech model
    #[arg(long, env = "SPEECH_MODEL", default_value = "u3-rt-pro", value_name = "a model's name", value_parser = speech_model)]
    pub speech_model: SpeechModel,
    /// Add punctuation and capitals: for universal-streaming models, the others always do
    #[arg(long, env = "FORMAT_TURNS", value_name = "true or false", value_parser = boolean)]
    pub format_turns: Option<bool>,
    /// How confident the model must be that a turn has ended: for universal-streaming models
    #[arg(long, env = "END_OF_TURN_CONFIDENCE_THRESHOLD", value_name = "0 to 1", value_parser = in_range(END_OF_TURN_CONFIDENCE))]
    pub end_of_turn_confidence_threshold: Option<f64>,
    /// The silence that ends a turn when the model is confident
    #[arg(long, env = "MIN_TURN_SILENCE", value_name = "50 to 10000 ms", value_parser = in_range(TURN_SILENCE_MS))]
    pub min_turn_silence: Option<u32>,
    /// The older name of `MIN_TURN_SILENCE`, which AssemblyAI's examples of 2025 use.
    #[arg(
        long,
        env = "MIN_END_OF_TURN_SILENCE_WHEN_CONFIDENT",
        hide = true,
        value_name = "50 to 10000 ms",
        value_parser = in_range(TURN_SILENCE_MS)
    )]
    pub min_end_of_turn_silence_when_confident: Option<u32>,
    /// The silence that ends a turn in any case
    #[arg(long, env = "MAX_TURN_SILENCE", value_name = "50 to 10000 ms", value_parser = in_range(TURN_SILENCE_MS))]
    pub max_turn_silence: Option<u32>,
    /// How long the service waits for audio before it closes the session: an open session is billed
    #[arg(
        long,
        env = "INACTIVITY_TIMEOUT",
        default_value_t = 60,
        value_name = "5 to 3600 s",
        value_parser = in_range(INACTIVITY_TIMEOUT_S)
    )]
    pub inactivity_timeout: u32,
    /// How long nobody may speak until the page closes its connection, which is billed while it is open; it opens another at the first sound of speech. 0: never
    #[arg(
        long,
        env = "STANDBY_AFTER_SECONDS",
        default_value = "30",
        value_name = "0, or 5 to 3600 s",
        value_parser = standby_after
    )]
    pub standby_after_seconds: u32,
    /// Let the browser keep finished recordings after their page is closed, and list them
    #[arg(
        long,
        env = "KEEP_RECORDINGS",
        action = clap::ArgAction::Set,
        default_value = "true",
        value_name = "true or false",
        value_parser = boolean
    )]
    pub keep_recordings: bool,
    /// For how many days the browser may keep finished recordings; without it, for as long as the user likes
    #[arg(long, env = "RETENTION_DAYS", value_name = "1 to 3650 days", value_parser = in_range(RETENTION_DAYS))]
    pub retention_days: Option<u32>,
    /// Show a settings panel on the page, where the user can choose other parameters and the region
    #[arg(
        long,
        env = "ALLOW_CLIENT_PARAMETERS",
        action = clap::ArgAction::Set,
        default_value = "true",
        value_name = "true or false",
        value_parser = boolean
    )]
    pub allow_client_parameters: bool,
}

/// The range of `RETENTION_DAYS`: ten years at most, which no browser's storage outlives.
const RETENTION_DAYS: RangeInclusive<u32> = 1..=3_650;

impl PageSettings {
    /// For how many days the browser may keep finished recordings, 0: not at all; `None`: for as long as the user likes.
    pub fn allowed_retention_days(&self) -> Option<u32> {
        if self.keep_recordings { self.retention_days } else { Some(0) }
    }

    /// How long nobody may speak until the page closes its connection, in seconds; `None`: it stays open.
    pub fn standby_after_s(&self) -> Option<u32> {
        Some(self.standby_after_seconds).filter(|seconds| *seconds > 0)
    }

    /// The parameters of the sessions that the page opens.
    pub fn parameters(&self) -> StreamingParameters {
        StreamingParameters {
            speech_model: self.speech_model.clone(),
            format_turns: self.format_turns,
            end_of_turn_confidence_threshold: self.end_of_turn_confidence_threshold,
            min_turn_silence_ms: self.min_turn_silence.or(self.min_end_of_turn_silence_when_confident),
            max_turn_silence_ms: self.max_turn_silence,
            inactivity_timeout_s: Some(self.inactivity_timeout),
            ..StreamingParameters::default()
        }
    }
}

fn standby_after(value: &str) -> Result<u32, InvalidValue> {
    let seconds = value.parse().map_err(|_| InvalidValue)?;
    if seconds == 0 || (5..=3_600).contains(&seconds) { Ok(seconds) } else { Err(InvalidValue) }
}

fn speech_model(value: &str) -> Result<SpeechModel, InvalidValue> {
    value.parse().map_err(|_| InvalidValue)
}
