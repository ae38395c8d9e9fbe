//! WAV files whose header does not say how long they are.
//!
//! A program that writes to a pipe cannot go back to the header: `ffmpeg -f wav -` leaves 0xFFFFFFFF as the length of
//! the samples, others leave 0 or a length that the file never reached, as does one that is killed before it finishes. Files over 4 GB (RF64, EBU Tech 3306) have their
//! lengths in a chunk of their own. In all of them the samples are there.

use std::fmt;
use std::io::{self, Cursor, Read};

/// The longest description of a format, in bytes: the longest known one has 40, and some have an extension.
const MOST_FORMAT_BYTES: u64 = 4_096;

/// The samples of a WAV file, as far as they go, in plain WAV files that any parser reads.
pub struct WavInput<R> {
    samples: io::Take<io::Chain<Cursor<Vec<u8>>, R>>,
    /// The contents of the chunk `fmt `.
    format: Vec<u8>,
}

impl<R: Read> WavInput<R> {
    /// Reads the header.
    ///
    /// `None` if it is that of no WAV file, or ends before the samples; the caller's parser says what is wrong with it.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn open(mut reader: R) -> io::Result<Option<Self>> {
        let Some(head) = array::<12>(&mut reader)? else { return Ok(None) };
        if ![b"RIFF", b"RF64", b"BW64"].iter().any(|known| head[..4] == **known) || head[8..] != *b"WAVE" {
            return Ok(None);
        }
        let [.., a, b, c, d, _, _, _, _] = head;
        // Where the header says that the file ends. A program that writes to a pipe does not know that.
        let file_bytes = u64::from(u32::from_le_bytes([a, b, c, d])) + 8;
        let mut position = head.len() as u64;
        let (mut format, mut long_data_bytes) = (None, None);
        while let Some([a, b, c, d, length @ ..]) = array::<8>(&mut reader)? {
            let length = u64::from(u32::from_le_bytes(length));
            position += 8 + length.next_multiple_of(2);
            // Chunks start at even positions.
            let mut padded = reader.by_ref().take(length.next_multiple_of(2));
            match &[a, b, c, d] {
                b"fmt " if length <= MOST_FORMAT_BYTES => {
                    let mut contents = Vec::new();
                    padded.by_ref().take(length).read_to_end(&mut contents)?;
                    format = Some(contents).filter(|contents| contents.len() as u64 == length);
                }
                // The length of the whole, then that of the samples, in 64 bits each.
                b"ds64" => {
                    let lengths = array::<16>(&mut padded)?;
                    long_data_bytes =
                        lengths.map(|[_, _, _, _, _, _, _, _, bytes @ ..]| u64::from_le_bytes(bytes));
                }
                b"data" => {
                    let mut next = Vec::new();
                    if length == 0 {
                        reader.by_ref().take(8).read_to_end(&mut next)?;
                    }
                    let is_empty = length == 0 && is_chunk(&next, file_bytes.saturating_sub(position));
                    let is_unknown = length == 0 && !is_empty || length == u64::from(u32::MAX);
                    let known =
                        if is_unknown { long_data_bytes.filter(|bytes| *bytes > 0) } else { Some(length) };
                    let samples = Cursor::new(next).chain(reader).take(known.unwrap_or(u64::MAX));
                    return Ok(format
                        .filter(|format| format.len() >= 16)
                        .map(|format| Self { samples, format }));
                }
                _ => {}
            }
            io::copy(&mut padded, &mut io::sink())?;
        }
        Ok(None)
    }

    /// A plain WAV file of the next whole frames, at most so many, and none at the end.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next_file(&mut self, frames: u32) -> io::Result<Vec<u8>> {
        let frame_bytes = u64::from(u16::from_le_bytes([self.format[12], self.format[13]]).max(1));
        // What a plain file can have at most.
        let most = u64::from(u32::MAX) - self.format.len() as u64 - 20;
        let bytes = (u64::from(frames) * frame_bytes).min(most / frame_bytes * frame_bytes);
        let mut samples = Vec::new();
        self.samples.by_ref().take(bytes).read_to_end(&mut samples)?;
        samples.truncate(samples.len() / frame_bytes as usize * frame_bytes as usize);
        Ok(riff(&self.format, &samples))
    }
}

impl<R> fmt::Debug for WavInput<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WavInput").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Whether these eight bytes begin a chunk that ends within the next `most` bytes.
fn is_chunk(bytes: &[u8], most: u64) -> bool {
    let [name @ .., a, b, c, d] = bytes else { return false };
    let is_name = name.len() == 4 && name.iter().all(|byte| (b' '..=b'~').contains(byte));
    is_name && u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8 <= most
}

/// The next bytes; `None` if the file ends before.
fn array<const N: usize>(reader: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match reader.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A plain file; the lengths fit.
fn riff(format: &[u8], samples: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| (bytes as u32).to_le_bytes();
    let mut file = Vec::with_capacity(samples.len() + format.len() + 28);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&length(samples.len() + format.len() + 20));
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&length(format.len()));
    file.extend_from_slice(format);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length(samples.len()));
    file.extend_from_slice(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

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

    fn open(file: &[u8]) -> TestResult<Option<WavInput<&[u8]>>> {
        Ok(WavInput::open(file)?)
    }

    /// The samples of a file, read so many frames at a time.
    fn samples_by(file: &[u8], frames: u32) -> TestResult<Vec<i16>> {
        let mut input = open(file)?.ok_or("not a WAV file")?;
        let mut all = Vec::new();
        loop {
            let file = input.next_file(frames)?;
            let reader = hound::WavReader::new(file.as_slice())?;
            assert_eq!((reader.spec().channels, reader.spec().sample_rate), (1, 16_000));
            let samples: Vec<i16> = reader.into_samples().collect::<Result<_, _>>()?;
            if samples.is_empty() {
                return Ok(all);
            }
            all.extend(samples);
        }
    }

    fn samples(file: &[u8]) -> TestResult<Vec<i16>> {
        let at_once = samples_by(file, u32::MAX)?;
        assert_eq!(samples_by(file, 1)?, at_once);
        Ok(at_once)
    }

    #[test]
    fn an_empty_file_with_a_chunk_behind_it_has_no_samples() -> TestResult {
        let mut file = wav(b"RIFF", b"", 0, b"LIST\x04\0\0\0abcd");
        let length = u32::try_from(file.len() - 8)?;
        file[4..8].copy_from_slice(&length.to_le_bytes());
        assert_eq!(samples(&file)?, [0; 0]);
        Ok(())
    }

    #[test]
    fn a_file_from_a_pipe_has_the_samples_that_follow() -> TestResult {
        let list = b"LIST\x03\0\0\0abc\0".as_slice();
        for length in [u32::MAX, 0, 0x7FFF_FFFF, 0x7FFF_F000] {
            assert_eq!(samples(&wav(b"RIFF", list, length, &[1, 0, 2, 0]))?, [1, 2], "{length:x}");
        }
        Ok(())
    }

    #[test]
    fn a_file_whose_writer_never_came_back_to_the_header_has_its_samples() -> TestResult {
        for whole in [36_u32, 4088] {
            let mut file = wav(b"RIFF", b"", 0, &[1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
            file[4..8].copy_from_slice(&whole.to_le_bytes());
            assert_eq!(samples(&file)?, [1, 2, 3, 4, 5], "{whole}");
        }
        Ok(())
    }

    #[test]
    fn a_file_that_was_cut_off_has_its_whole_samples() -> TestResult {
        assert_eq!(samples(&wav(b"RIFF", b"", 6, &[1, 0, 2, 0, 3]))?, [1, 2]);
        assert_eq!(samples(&wav(b"RIFF", b"", u32::MAX, &[1]))?, [] as [i16; 0]);
        Ok(())
    }

    #[test]
    fn what_follows_the_samples_is_no_sound() -> TestResult {
        assert_eq!(samples(&wav(b"RIFF", b"", 2, &[1, 0, b'L', b'I', b'S', b'T']))?, [1]);
        Ok(())
    }

    #[test]
    fn a_file_over_4_gb_has_its_length_in_a_chunk_of_its_own() -> TestResult {
        let mut lengths = b"ds64\x1c\0\0\0".to_vec();
        for value in [100u64, 4, 2] {
            lengths.extend_from_slice(&value.to_le_bytes());
        }
        lengths.extend_from_slice(&[0; 4]);
        assert_eq!(samples(&wav(b"RF64", &lengths, u32::MAX, &[1, 0, 2, 0, b'x', b'x']))?, [1, 2]);
        assert_eq!(samples(&wav(b"RF64", b"", u32::MAX, &[1, 0]))?, [1], "without that chunk");
        Ok(())
    }

    #[test]
    fn what_is_no_wav_file_is_left_to_the_parser() -> TestResult {
        let good = wav(b"RIFF", b"", 2, &[1, 0]);
        for end in 0..good.len() - 2 {
            assert!(open(&good[..end])?.is_none(), "{end}");
        }
        assert!(open(b"OggS0000WAVE")?.is_none());
        Ok(())
    }
}
