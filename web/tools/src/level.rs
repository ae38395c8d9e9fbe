//! The level of a source of sound.

/// The loudest of these samples (-1 to 1 of full scale) in percent of a scale of 60 decibels, because loudness is perceived
/// logarithmically.
pub fn percent(samples: &[f32]) -> u8 {
    let peak = samples.iter().fold(1e-6_f32, |peak, sample| peak.max(sample.abs()));
    let share = (1.0 + 20.0 * peak.log10() / 60.0).clamp(0.0, 1.0);
    (share * 100.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_sample_counts_on_a_scale_of_60_decibels() {
        assert_eq!(percent(&[]), 0);
        assert_eq!(percent(&[0.0, 0.0005]), 0);
        assert_eq!(percent(&[0.001, -0.031_622_8, 0.01]), 50);
        assert_eq!(percent(&[f32::NAN, 2.0]), 100);
    }
}
