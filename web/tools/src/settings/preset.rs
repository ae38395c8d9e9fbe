use assemblyai_protocol::{Family, SpeechModel};

/// How soon a turn ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// After a short pause.
    Fast,
    /// As the service decides by default.
    Balanced,
    /// After a long pause.
    Accurate,
}

/// The fields that a preset sets or clears.
const FIELDS: [&str; 5] = [
    "mode",
    "min_turn_silence",
    "max_turn_silence",
    "end_of_turn_confidence_threshold",
    "interruption_delay",
];

impl Preset {
    /// The text of each field for a model; `None` if the model has no turn detection settings.
    ///
    /// Pro models have the presets as modes; for universal-streaming the numbers are those of AssemblyAI's documentation
    /// ("Turn detection": aggressive, balanced, conservative).
    pub fn entries(self, model: &SpeechModel) -> Option<[(&'static str, &'static str); 5]> {
        let values = match (model.family(), self) {
            (Family::Whisper, _) => return None,
            (Family::Universal, Self::Fast) => ["", "160", "400", "0.4", ""],
            (Family::Universal, Self::Balanced) => ["", "400", "1280", "0.4", ""],
            (Family::Universal, Self::Accurate) => ["", "800", "3600", "0.7", ""],
            // Numbers would override the mode.
            (_, Self::Fast) => ["min_latency", "", "", "", ""],
            (_, Self::Balanced) => ["balanced", "", "", "", ""],
            (_, Self::Accurate) => ["max_accuracy", "", "", "", ""],
        };
        Some(std::array::from_fn(|index| (FIELDS[index], values[index])))
    }
}
