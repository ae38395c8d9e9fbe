//! WAV files whose header does not say how long they are.
//!
//! A program that writes to a pipe cannot go back to the header: `ffmpeg -f wav -` leaves 0xFFFFFFFF as the length of
//! the samples, others leave 0 or a length that the file never reached. Files over 4 GB (RF64, EBU Tech 3306) have their
//! lengths in a chunk of their own. In all of them the samples are there.

/// Rewrites a WAV file as a plain RIFF file with its format and as many whole frames as there are.
///
/// `None` if it is no WAV file or has no samples; the caller's parser says what is wrong with it.
pub(super) fn with_true_length(file: &[u8]) -> Option<Vec<u8>> {
    let (form, wave) = (file.get(..4)?, file.get(8..12)?);
    if ![b"RIFF", b"RF64", b"BW64"].iter().any(|known| form == *known) || wave != b"WAVE" {
        return None;
    }
    let (mut format, mut long_data_bytes) = (None, None);
    let mut rest = &file[12..];
    while let Some((header, contents)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes(header[4..].try_into().ok()?) as usize;
        match &header[..4] {
            b"fmt " => format = contents.get(..length),
            // The length of the whole, then that of the samples, in 64 bits each.
            b"ds64" => {
                let bytes = contents.get(8..16)?;
                long_data_bytes = usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok();
            }
            b"data" => {
                let is_unknown = length == 0 || length == u32::MAX as usize;
                let length =
                    if is_unknown { long_data_bytes.filter(|bytes| *bytes > 0) } else { Some(length) };
                return riff(format?, &contents[..length.unwrap_or(usize::MAX).min(contents.len())]);
            }
            _ => {}
        }
        // Chunks start at even positions.
        rest = contents.get(length.checked_next_multiple_of(2)?..)?;
    }
    None
}

fn riff(format: &[u8], samples: &[u8]) -> Option<Vec<u8>> {
    let frame_bytes = usize::from(u16::from_le_bytes(format.get(12..14)?.try_into().ok()?)).max(1);
    let samples = &samples[..samples.len() / frame_bytes * frame_bytes];
    let length = |bytes: usize| u32::try_from(bytes).ok().map(u32::to_le_bytes);
    let mut file = Vec::with_capacity(samples.len() + format.len() + 28);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&length(samples.len() + format.len() + 20)?);
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&length(format.len())?);
    file.extend_from_slice(format);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length(samples.len())?);
    file.extend_from_slice(samples);
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mono file of 16 bits at 16 kHz whose header says `length` and which has `samples`.
    fn wav(form: &[u8], extra: &[u8], length: u32, samples: &[u8]) -> Vec<u8> {
        let mut file = form.to_vec();
        file.extend_from_slice(&u32::MAX.to_le_bytes());
        file.extend_from_slice(b"WAVE");
        file.extend_from_slice(extra);
        file.extend_from_slice(b"fmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0");
        file.extend_from_slice(b"data");
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(samples);
        file
    }

    fn samples(file: &[u8]) -> Vec<i16> {
        let file = with_true_length(file).expect("a WAV file");
        let reader = hound::WavReader::new(file.as_slice()).expect("a header that is right");
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (1, 16_000));
        reader.into_samples().collect::<Result<_, _>>().expect("whole samples")
    }

    #[test]
    fn a_file_from_a_pipe_has_the_samples_that_follow() {
        let list = b"LIST\x03\0\0\0abc\0".as_slice();
        for length in [u32::MAX, 0, 0x7FFF_FFFF, 0x7FFF_F000] {
            assert_eq!(samples(&wav(b"RIFF", list, length, &[1, 0, 2, 0])), [1, 2], "{length:x}");
        }
    }

    #[test]
    fn a_file_that_was_cut_off_has_its_whole_samples() {
        assert_eq!(samples(&wav(b"RIFF", b"", 6, &[1, 0, 2, 0, 3])), [1, 2]);
        assert_eq!(samples(&wav(b"RIFF", b"", u32::MAX, &[1])), [] as [i16; 0]);
    }

    #[test]
    fn what_follows_the_samples_is_no_sound() {
        assert_eq!(samples(&wav(b"RIFF", b"", 2, &[1, 0, b'L', b'I', b'S', b'T'])), [1]);
    }

    #[test]
    fn a_file_over_4_gb_has_its_length_in_a_chunk_of_its_own() {
        let mut lengths = b"ds64\x1c\0\0\0".to_vec();
        for value in [100u64, 4, 2] {
            lengths.extend_from_slice(&value.to_le_bytes());
        }
        lengths.extend_from_slice(&[0; 4]);
        assert_eq!(samples(&wav(b"RF64", &lengths, u32::MAX, &[1, 0, 2, 0, b'x', b'x'])), [1, 2]);
        assert_eq!(samples(&wav(b"RF64", b"", u32::MAX, &[1, 0])), [1], "without that chunk");
    }

    #[test]
    fn what_is_no_wav_file_is_left_to_the_parser() {
        let good = wav(b"RIFF", b"", 2, &[1, 0]);
        for end in 0..good.len() - 2 {
            drop(with_true_length(&good[..end]));
        }
        assert_eq!(with_true_length(&good[..30]), None, "cut off in the format");
        assert_eq!(with_true_length(b"OggS0000WAVE"), None);
    }
}
