/// The key in local storage of the id of the microphone that the user selected.
pub const MICROPHONE_KEY: &str = "microphone-id";

/// A peak, as a share of full scale, in percent of the scale of the level: decibels from -60 to 0, because loudness is
/// perceived logarithmically.
pub fn level_percent(peak: f32) -> u8 {
    let share = (1.0 + 20.0 * peak.max(1e-6).log10() / 60.0).clamp(0.0, 1.0);
    (share * 100.0).round() as u8
}
