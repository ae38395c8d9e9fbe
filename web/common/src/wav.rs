use crate::SAMPLE_RATE_HZ;

/// Bytes before the samples of a WAV file: RIFF header, format and the data's header (Microsoft and IBM,
/// Multimedia Programming Interface and Data Specifications 1.0, 1991).
pub const WAV_HEADER_BYTES: usize = 44;

/// The head of a WAV file whose `audio_bytes` bytes of 16-bit samples, one channel at [`SAMPLE_RATE_HZ`], follow.
///
/// The format counts bytes in 32 bits, which is 37 hours; what is longer is written as that long, and most
/// players go on to the end of the file.
pub fn wav_header(audio_bytes: u64) -> [u8; WAV_HEADER_BYTES] {
    const SAMPLE_BYTES: u32 = 2;
    let audio_bytes = u32::try_from(audio_bytes).unwrap_or(u32::MAX);
    let mut header = [0; WAV_HEADER_BYTES];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    // All that follows these two fields.
    put(&audio_bytes.saturating_add(WAV_HEADER_BYTES as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    // Format 1 is PCM.
    put(&1_u16.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&SAMPLE_RATE_HZ.to_le_bytes());
    put(&(SAMPLE_RATE_HZ * SAMPLE_BYTES).to_le_bytes());
    put(&(SAMPLE_BYTES as u16).to_le_bytes());
    put(&(SAMPLE_BYTES as u16 * 8).to_le_bytes());
    put(b"data");
    put(&audio_bytes.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_file_is_read_back_as_what_was_written() {
        let samples = [0_i16, 1, -1, i16::MAX, i16::MIN];
        let mut file = wav_header(samples.len() as u64 * 2).to_vec();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let mut reader = hound::WavReader::new(&file[..]).expect("a WAV file");
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 16_000, 16));
        assert_eq!(spec.sample_format, hound::SampleFormat::Int);
        let read: Vec<i16> = reader.samples().map(|sample| sample.expect("a sample")).collect();
        assert_eq!(read, samples);
        // What hound does not look at: all but the first 8 bytes, and bytes a second.
        assert_eq!(file[4..8], (file.len() as u32 - 8).to_le_bytes());
        assert_eq!(file[28..32], 32_000_u32.to_le_bytes());
    }

    #[test]
    fn more_audio_than_the_format_can_count_is_no_small_number() {
        let header = wav_header(u64::from(u32::MAX) + 10);
        assert_eq!(header[4..8], [0xff; 4]);
        assert_eq!(header[40..44], [0xff; 4]);
    }
}
