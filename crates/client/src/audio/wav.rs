use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use assemblyai_session::SAMPLE_RATE_HZ;
use futures_util::{Stream, TryStreamExt as _, stream};
use hound::{SampleFormat, WavReader, WavSpec};
use transcript_export::WavInput;

use super::source::{READ_BYTES, RawSamples};
use super::{AudioSource, Resampler};

/// How much of a file is read at once, in ms: each read wakes another thread.
const FILE_BLOCK_MS: u32 = 1_000;
/// How much of it is handed over at once, in samples: 300 ms. More would be sent in bursts.
const FILE_CHUNK_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 3 / 10;
/// How much of a pipe is read at once, in ms: its writer may be a microphone.
const PIPE_BLOCK_MS: u32 = 100;
/// The bytes in which a WAV file says that it is one.
const HEAD_BYTES: u64 = 12;

impl AudioSource {
    /// A WAV file: 8 to 32 bits or floating point, any rate, any number of channels, which are averaged. One that a
    /// program wrote to a pipe, one over 4 GB (RF64), and one that was cut off or is still written are read as far as
    /// they go.
    ///
    /// # Errors
    /// If the file cannot be opened or is not a WAV file of such a format.
    pub fn wav(path: impl AsRef<Path>) -> io::Result<Self> {
        let wav = Wav::open(BufReader::new(File::open(path)?), FILE_BLOCK_MS)?;
        let chunks = blocks(wav).map_ok(|block| {
            stream::iter(block.chunks(FILE_CHUNK_SAMPLES).map(|chunk| Ok(chunk.to_vec())).collect::<Vec<_>>())
        });
        Ok(Self::file(chunks.try_flatten()))
    }

    /// What another program writes, such as to standard input: a WAV file, as [`Self::wav`] reads it, if it begins as
    /// one, and otherwise samples as [`Self::pcm`] reads them. It is read on a thread of its own, since reading may block.
    ///
    /// # Errors
    /// If the rate is out of range or there is no channel. A WAV file of a format that cannot be read ends the source with
    /// an error.
    pub fn wav_or_pcm(reader: impl Read + Send + 'static, rate_hz: u32, channels: u16) -> io::Result<Self> {
        let samples = RawSamples::new(resampler(rate_hz, channels)?);
        Ok(Self::new(blocks(Unknown::Unread(reader, samples))))
    }
}

/// What is read in blocks, by calls that may block.
trait Blocks: Send + 'static {
    /// The next block; `None` after the last one.
    fn read(&mut self) -> io::Result<Option<Vec<i16>>>;
}

/// Reads on a thread for blocking calls.
fn blocks(input: impl Blocks) -> impl Stream<Item = io::Result<Vec<i16>>> {
    stream::unfold(input, |input| async {
        let read = tokio::task::spawn_blocking(move || {
            let mut input = input;
            (input.read().transpose(), input)
        });
        let (block, input) = read.await.ok()?;
        Some((block?, input))
    })
}

/// Reads what there is, and waits if there is nothing; 0 at the end.
fn read_some(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// The beginning that was read already, and what follows it.
type Replayed<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

/// A WAV file, or raw samples: its first bytes say which.
enum Unknown<R> {
    Unread(R, RawSamples),
    Wav(Wav<BufReader<Replayed<R>>>),
    Raw(Replayed<R>, RawSamples),
    Over,
}

impl<R: Read + Send + 'static> Blocks for Unknown<R> {
    fn read(&mut self) -> io::Result<Option<Vec<i16>>> {
        if matches!(self, Self::Unread(..))
            && let Self::Unread(reader, samples) = std::mem::replace(self, Self::Over)
        {
            *self = Self::recognise(reader, samples)?;
        }
        match self {
            Self::Wav(wav) => wav.read(),
            Self::Raw(reader, samples) => {
                let mut bytes = [0; READ_BYTES];
                let read = read_some(reader, &mut bytes)?;
                if read > 0 {
                    return Ok(Some(samples.convert(&bytes[..read])));
                }
                let rest = samples.finish();
                *self = Self::Over;
                Ok(Some(rest))
            }
            Self::Unread(..) | Self::Over => Ok(None),
        }
    }
}

impl<R: Read> Unknown<R> {
    fn recognise(mut reader: R, samples: RawSamples) -> io::Result<Self> {
        let mut head = Vec::new();
        reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        let forms = [b"RIFF", b"RF64", b"BW64"];
        let is_wav = forms.iter().any(|form| head.starts_with(*form)) && head.ends_with(b"WAVE");
        let replayed = io::Cursor::new(head).chain(reader);
        Ok(if is_wav {
            Self::Wav(Wav::open(BufReader::new(replayed), PIPE_BLOCK_MS)?)
        } else {
            Self::Raw(replayed, samples)
        })
    }
}

struct Wav<R> {
    input: WavInput<R>,
    spec: WavSpec,
    block_frames: u32,
    resampler: Resampler,
    is_over: bool,
}

impl<R: Read> Wav<R> {
    fn open(reader: R, block_ms: u32) -> io::Result<Self> {
        let input = WavInput::open(reader)?;
        let mut input = input.ok_or_else(|| invalid("it is not a WAV file".to_owned()))?;
        let spec = WavReader::new(input.next_file(0)?.as_slice()).map_err(into_io)?.spec();
        let block_frames = (spec.sample_rate / 1_000 * block_ms).max(1);
        let resampler = resampler(spec.sample_rate, spec.channels)?;
        Ok(Self { input, spec, block_frames, resampler, is_over: false })
    }

    /// The next samples, −1 to 1.
    fn samples(&mut self) -> io::Result<Vec<f32>> {
        let file = self.input.next_file(self.block_frames)?;
        let reader = WavReader::new(file.as_slice()).map_err(into_io)?;
        let samples: Result<Vec<f32>, hound::Error> = match self.spec.sample_format {
            SampleFormat::Float => reader.into_samples::<f32>().collect(),
            SampleFormat::Int => {
                let scale = 2.0_f32.powi(i32::from(self.spec.bits_per_sample) - 1);
                reader.into_samples::<i32>().map(|sample| Ok(sample? as f32 / scale)).collect()
            }
        };
        samples.map_err(into_io)
    }
}

impl<R: Read + Send + 'static> Blocks for Wav<R> {
    fn read(&mut self) -> io::Result<Option<Vec<i16>>> {
        while !self.is_over {
            let samples = self.samples()?;
            let block = if samples.is_empty() {
                self.is_over = true;
                self.resampler.finish()
            } else {
                self.resampler.convert_f32(samples)
            };
            if !block.is_empty() {
                return Ok(Some(block));
            }
        }
        Ok(None)
    }
}

fn resampler(rate_hz: u32, channels: u16) -> io::Result<Resampler> {
    let resampler = Resampler::new(rate_hz, channels);
    resampler.ok_or_else(|| invalid(format!("{channels} channels at {rate_hz} Hz")))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn into_io(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        error => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use hound::{WavSpec, WavWriter};
    use test_result::TestResult;

    use super::super::source::samples_of;
    use super::*;

    async fn read(path: &Path) -> io::Result<Vec<i16>> {
        Ok(samples_of(AudioSource::wav(path)?.try_collect().await?))
    }

    /// The samples of what another program writes, a few bytes at a time.
    async fn read_piped(bytes: Vec<u8>) -> io::Result<Vec<i16>> {
        /// Returns at most seven bytes a call.
        struct Slowly(io::Cursor<Vec<u8>>);
        impl Read for Slowly {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let most = into.len().min(7);
                self.0.read(&mut into[..most])
            }
        }
        let source = AudioSource::wav_or_pcm(Slowly(io::Cursor::new(bytes)), 8_000, 1)?;
        Ok(samples_of(source.try_collect().await?))
    }

    #[tokio::test]
    async fn the_samples_of_a_file_are_read_whatever_its_format() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        let samples: Vec<i16> = (0..12_345).map(|n| ((n * 37) % 20_000) as i16 - 10_000).collect();
        for (bits_per_sample, sample_format) in
            [(16, SampleFormat::Int), (24, SampleFormat::Int), (32, SampleFormat::Float)]
        {
            let spec = WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample, sample_format };
            let mut writer = WavWriter::create(&path, spec)?;
            for &sample in &samples {
                match (bits_per_sample, sample_format) {
                    (32, SampleFormat::Float) => writer.write_sample(f32::from(sample) / 32_768.0)?,
                    (24, _) => writer.write_sample(i32::from(sample) * 256)?,
                    _ => writer.write_sample(sample)?,
                }
            }
            writer.finalize()?;
            assert_eq!(read(&path).await?, samples, "{bits_per_sample} bits");
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_file_is_handed_over_in_pieces_of_300_ms() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        let mut bytes = transcript_export::wav_header(40_000, 16_000).to_vec();
        bytes.extend([1, 0].repeat(20_000));
        std::fs::write(&path, bytes)?;
        let parts: Vec<_> = AudioSource::wav(&path)?.try_collect().await?;
        let pieces: Vec<usize> = parts.into_iter().map(|part| samples_of(vec![part]).len()).collect();
        assert_eq!(pieces[..4], [4_800, 4_800, 4_800, 1_600], "the first second");
        assert_eq!(pieces.iter().sum::<usize>(), 20_000);
        Ok(())
    }

    #[tokio::test]
    async fn a_file_that_was_cut_off_is_read_to_its_end() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        let mut bytes = transcript_export::wav_header(32_000, 16_000).to_vec();
        bytes.extend([1, 0].repeat(10_000));
        std::fs::write(&path, bytes)?;
        assert_eq!(read(&path).await?, vec![1; 10_000]);
        Ok(())
    }

    #[tokio::test]
    async fn a_file_from_a_pipe_one_over_4_gb_and_one_cut_off_in_a_sample_are_read_as_far_as_they_go()
    -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        let wav = |form: &[u8], lengths: &[u8], data_bytes: u32| {
            let mut file = transcript_export::wav_header(0, 16_000).to_vec();
            file[..4].copy_from_slice(form);
            file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
            file[40..44].copy_from_slice(&data_bytes.to_le_bytes());
            file.splice(12..12, lengths.iter().copied());
            file.extend([1, 0].repeat(10_000));
            file
        };
        let mut lengths = b"ds64\x1c\0\0\0".to_vec();
        for value in [20_072_u64, 20_000, 10_000] {
            lengths.extend_from_slice(&value.to_le_bytes());
        }
        lengths.extend_from_slice(&[0; 4]);
        let mut long = wav(b"RF64", &lengths, u32::MAX);
        long.extend(b"LIST\x04\0\0\0abcd");
        let mut odd = wav(b"RIFF", b"", 40_000);
        odd.push(7);
        for (name, file) in [
            ("from a pipe", wav(b"RIFF", b"", u32::MAX)),
            ("without a length", wav(b"RIFF", b"", 0)),
            ("over 4 GB", long),
            ("cut off in a sample", odd),
        ] {
            std::fs::write(&path, &file)?;
            assert_eq!(read(&path).await?, vec![1; 10_000], "{name}");
            assert_eq!(read_piped(file).await?, vec![1; 10_000], "{name}, by a pipe");
        }
        Ok(())
    }

    #[tokio::test]
    async fn what_does_not_begin_as_a_wav_file_is_raw_samples_to_the_last_one() -> io::Result<()> {
        // At 8 kHz each sample becomes two.
        for bytes in [&b""[..], b"RI", b"RIFF", b"RIFF\0\0\0\0AVI ", &[1, 0].repeat(5_000)] {
            let samples = read_piped(bytes.to_vec()).await?;
            assert_eq!(samples.len(), bytes.len() / 2 * 2, "{bytes:?}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_piped_wav_file_of_a_format_that_cannot_be_read_is_an_error() {
        let mut bytes = transcript_export::wav_header(0, 16_000).to_vec();
        bytes[20] = 0x55; // MPEG layer 3.
        assert!(read_piped(bytes).await.is_err());
    }

    #[test]
    fn a_file_that_is_not_a_wav_file_is_an_error() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        std::fs::write(&path, "not a WAV file at all")?;
        assert!(AudioSource::wav(&path).is_err());
        Ok(())
    }
}
