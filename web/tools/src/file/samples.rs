/// Mixes channels of equally many samples, -1 to 1, to one of 16 bits, each with the same weight.
///
/// Times 32768, as the page's audio thread does it: this undoes the division with which a browser decodes 16 bits.
pub fn to_i16(channels: &[Vec<f32>]) -> Vec<i16> {
    let Some(first) = channels.first() else { return vec![] };
    let sum = |at: usize| channels.iter().filter_map(|channel| channel.get(at)).sum::<f32>();
    let scale = 32_768.0 / channels.len() as f32;
    // `as` clips, and converts NaN to 0.
    (0..first.len()).map(|at| (sum(at) * scale).round_ties_even() as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_come_back_as_they_were() {
        let decoded = [-32_768.0, -1.0, 0.0, 1.0, 32_767.0].map(|sample| sample / 32_768.0).to_vec();
        assert_eq!(to_i16(&[decoded]), [-32_768, -1, 0, 1, 32_767]);
    }

    #[test]
    fn the_channels_of_a_file_are_averaged_so_that_none_clips() {
        assert_eq!(to_i16(&[vec![1.0, 0.5, -1.0], vec![1.0, -0.5, 0.0]]), [32_767, 0, -16_384]);
    }

    #[test]
    fn what_is_beyond_full_scale_is_clipped() {
        assert_eq!(to_i16(&[vec![1.5, -1.5, f32::NAN]]), [32_767, -32_768, 0]);
        assert!(to_i16(&[]).is_empty());
    }
}
