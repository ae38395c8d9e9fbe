/// The weights of left, right, centre, low frequencies, left and right surround (Web Audio API 1.1, "Channel up-mixing and
/// down-mixing", 5.1 to mono): speech is in the centre, and has its full level.
const SURROUND: [f32; 6] = [0.707_106_77, 0.707_106_77, 1.0, 0.0, 0.5, 0.5];

/// Mixes channels of equally many samples, -1 to 1, to one of 16 bits: six as 5.1, any other number each with the same
/// weight.
///
/// Times 32768, as the page's audio thread does it: this undoes the division with which a browser decodes 16 bits.
pub fn to_i16(channels: &[Vec<f32>]) -> Vec<i16> {
    let Some(first) = channels.first() else { return vec![] };
    let is_surround = channels.len() == SURROUND.len();
    let weights = if is_surround { SURROUND.to_vec() } else { vec![1.0; channels.len()] };
    let scale = if is_surround { 32_768.0 } else { 32_768.0 / channels.len() as f32 };
    let weighed = |at: usize| {
        channels.iter().zip(&weights).filter_map(move |(channel, weight)| Some(channel.get(at)? * weight))
    };
    // `as` clips, and converts NaN to 0.
    (0..first.len()).map(|at| (weighed(at).sum::<f32>() * scale).round_ties_even() as i16).collect()
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
    fn speech_in_the_centre_of_six_channels_keeps_its_level() {
        let silent = vec![0.0; 2];
        let mut channels = vec![silent; 6];
        channels[2] = vec![0.5, -0.5];
        assert_eq!(to_i16(&channels), [16_384, -16_384]);
        channels[3] = vec![1.0, 1.0];
        channels[4] = vec![0.5, 1.0];
        assert_eq!(to_i16(&channels), [24_576, 0]);
        assert_eq!(to_i16(&vec![vec![1.0]; 6]), [32_767]);
    }

    #[test]
    fn what_is_beyond_full_scale_is_clipped() {
        assert_eq!(to_i16(&[vec![1.5, -1.5, f32::NAN]]), [32_767, -32_768, 0]);
        assert!(to_i16(&[]).is_empty());
    }
}
