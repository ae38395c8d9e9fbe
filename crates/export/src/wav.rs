use crate::Recording;

/// The bytes of a sample: 16 bits.
pub const SAMPLE_BYTES: u64 = 2;

/// The length of the longest [`AudioRange`], in s: a minute at 16 kHz is 2 MB.
const RANGE_S: u64 = 60;

/// The bytes before the samples of a WAV file: RIFF header, format and the data's header (Microsoft and IBM,
/// Multimedia Programming Interface and Data Specifications 1.0, 1991).
pub const WAV_HEADER_BYTES: usize = 44;

/// A range of a recording's samples, short enough to be read at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AudioRange {
    /// The recording, identified by its start in ms since 1970.
    pub began_ms: f64,
    /// The first sample.
    pub from: u64,
    /// The sample after the last.
    pub to: u64,
}

/// The ranges of an audio file in order: all recordings one after the other, as in [`Document`](crate::Document).
pub fn audio_ranges(recordings: &[Recording]) -> Vec<AudioRange> {
    let mut in_order: Vec<&Recording> = recordings.iter().collect();
    in_order.sort_by_key(|recording| recording.first_connection);
    let ranges = |recording: &Recording| {
        let &Recording { began_ms, samples, sample_rate_hz, .. } = recording;
        let step = RANGE_S * u64::from(sample_rate_hz.max(1));
        (0..samples.div_ceil(step)).map(move |n| AudioRange {
            began_ms,
            from: n * step,
            to: ((n + 1) * step).min(samples),
        })
    };
    in_order.into_iter().flat_map(ranges).collect()
}

/// The header of a WAV file; `audio_bytes` bytes of 16-bit mono samples at `sample_rate_hz` follow it.
///
/// The format counts bytes in 32 bits, which is 37 hours at 16 kHz. A longer file gets the largest number, and most
/// players read on to the end of the file.
pub fn wav_header(audio_bytes: u64, sample_rate_hz: u32) -> [u8; WAV_HEADER_BYTES] {
    const SAMPLE_BYTES: u32 = self::SAMPLE_BYTES as u32;
    let audio_bytes = u32::try_from(audio_bytes).unwrap_or(u32::MAX);
    let mut header = [0; WAV_HEADER_BYTES];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        header[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(b"RIFF");
    // All bytes after these two fields.
    put(&audio_bytes.saturating_add(WAV_HEADER_BYTES as u32 - 8).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16_u32.to_le_bytes());
    // Format 1 is PCM.
    put(&1_u16.to_le_bytes());
    put(&1_u16.to_le_bytes());
    put(&sample_rate_hz.to_le_bytes());
    put(&sample_rate_hz.saturating_mul(SAMPLE_BYTES).to_le_bytes());
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
    fn ranges_cover_each_recording_from_its_first_sample_to_its_last() {
        let recording = |began_ms, first_connection, samples| Recording {
            began_ms,
            first_connection,
            samples,
            ..Recording::default()
        };
        let range = |began_ms, from, to| AudioRange { began_ms, from, to };
        let recordings = [recording(9.0, 4, 7), recording(5.0, 1, 1_920_001), recording(7.0, 2, 0)];
        assert_eq!(
            audio_ranges(&recordings),
            [
                range(5.0, 0, 960_000),
                range(5.0, 960_000, 1_920_000),
                range(5.0, 1_920_000, 1_920_001),
                range(9.0, 0, 7),
            ]
        );
    }

    #[test]
    fn an_independent_reader_reads_the_samples_that_were_written() -> Result<(), hound::Error> {
        let samples = [0_i16, 1, -1, i16::MAX, i16::MIN];
        let mut file = wav_header(samples.len() as u64 * SAMPLE_BYTES, 16_000).to_vec();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let mut reader = hound::WavReader::new(&file[..])?;
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 16_000, 16));
        assert_eq!(spec.sample_format, hound::SampleFormat::Int);
        assert_eq!(reader.samples().collect::<Result<Vec<i16>, _>>()?, samples);
        // hound does not check these: all bytes but the first 8, and bytes per second.
        assert_eq!(file[4..8], (file.len() as u32 - 8).to_le_bytes());
        assert_eq!(file[28..32], 32_000_u32.to_le_bytes());
        Ok(())
    }

    #[test]
    fn a_file_that_is_too_long_has_the_largest_length() {
        let header = wav_header(u64::from(u32::MAX) + 10, 16_000);
        assert_eq!(header[4..8], [0xff; 4]);
        assert_eq!(header[40..44], [0xff; 4]);
    }
}
