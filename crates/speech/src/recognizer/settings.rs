//! What a caller can set.

/// When a recogniser shows words and ends turns. Can be changed at any time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Silence after which a turn ends if its text ends with `.`, `?` or `!`, in ms.
    pub min_silence_ms: u32,
    /// Silence after which a turn ends in any case, in ms.
    pub max_silence_ms: u32,
    /// A turn that is longer ends where words are committed next, in ms: what a hypothesis holds, and costs, is bounded.
    pub max_turn_ms: u32,
    /// Least audio between two partial results, in ms.
    pub partial_interval_ms: u32,
    /// Further audio between two partial results, as a share of the audio that a partial decodes: it costs what that is
    /// long, so this bounds the cost of a second of speech.
    pub partial_interval_share: f32,
    /// Audio that a partial decodes, in ms: once it is more, partials leave out the words before a gap. Finals decode
    /// the whole segment, so they may correct those words.
    pub partial_window_ms: u32,
    /// From this length of the open segment on, words before a gap are committed and their audio is dropped, in ms.
    /// At most [`MAX_SEGMENT_MS`].
    pub commit_after_ms: u32,
    /// Probability of voice from which a turn starts, 0 to 1. It goes on from 0.7 of this.
    pub voice_threshold: f32,
    /// Confidence from which a new word is shown at once, 0 to 1. Others are shown when two results agree.
    pub show_confidence: f32,
}

/// Longest audio that a job decodes, in ms: also where results are late, or a caller asks for longer segments.
pub const MAX_SEGMENT_MS: u32 = 12_000;

impl Default for Settings {
    /// The silences are those of AssemblyAI's `min_turn_silence` and `max_turn_silence`, and the longest turn is that of
    /// its `max_turn_duration`; the rest is measured.
    fn default() -> Self {
        Self {
            min_silence_ms: 400,
            max_silence_ms: 1280,
            max_turn_ms: 60_000,
            partial_interval_ms: 300,
            partial_interval_share: 0.05,
            partial_window_ms: 3_000,
            commit_after_ms: 9_000,
            voice_threshold: 0.5,
            show_confidence: 0.5,
        }
    }
}
