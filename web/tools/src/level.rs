//! The level of a source of sound.

use transcription_common::level_percent;

/// The loudest of these samples, -1 to 1 of full scale, in percent of the scale of the page's level.
pub fn percent(samples: &[f32]) -> u8 {
    level_percent(samples.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs())))
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
