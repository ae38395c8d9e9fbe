use assemblyai_protocol::{Family, SpeechModel};

/// How soon turns end, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// At short pauses.
    Fast,
    /// As the service does by itself.
    Balanced,
    /// Once it is sure.
    Accurate,
}

/// The fields that a preset fills or empties.
const FIELDS: [&str; 5] = [
    "mode",
    "min_turn_silence",
    "max_turn_silence",
    "end_of_turn_confidence_threshold",
    "interruption_delay",
];

impl Preset {
    /// What the fields hold with it, in the way of the model; `None` where the model has no turn detection to set.
    ///
    /// Pro models have the three as modes; for universal-streaming they are the numbers of AssemblyAI's documentation
    /// ("Turn detection": aggressive, balanced, conservative).
    pub fn entries(self, model: &SpeechModel) -> Option<[(&'static str, &'static str); 5]> {
        let values = match (model.family(), self) {
            (Family::Whisper, _) => return None,
            (Family::Universal, Self::Fast) => ["", "160", "400", "0.4", ""],
            (Family::Universal, Self::Balanced) => ["", "400", "1280", "0.4", ""],
            (Family::Universal, Self::Accurate) => ["", "800", "3600", "0.7", ""],
            // Numbers of one's own would win over the mode.
            (_, Self::Fast) => ["min_latency", "", "", "", ""],
            (_, Self::Balanced) => ["balanced", "", "", "", ""],
            (_, Self::Accurate) => ["max_accuracy", "", "", "", ""],
        };
        Some(std::array::from_fn(|index| (FIELDS[index], values[index])))
    }
}
