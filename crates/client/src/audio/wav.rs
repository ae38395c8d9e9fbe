use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use futures_util::stream;
use hound::{SampleFormat, WavReader, WavSpec};
use transcript_export::WavInput;

use super::{AudioSource, Resampler};

/// Frames that are read at once: 100 ms at 48 kHz.
const FRAMES: u32 = 4_800;

impl AudioSource {
    /// A WAV file: 8 to 32 bits or floating point, any rate, any number of channels, which are averaged. One that a
    /// program wrote to a pipe, one over 4 GB (RF64), and one that was cut off or is still written are read as far as
    /// they go.
    ///
    /// # Errors
    /// If the file cannot be opened or is not a WAV file of such a format.
    pub fn wav(path: impl AsRef<Path>) -> io::Result<Self> {
        let input = WavInput::open(BufReader::new(File::open(path)?))?;
        let mut input = input.ok_or_else(|| invalid("it is not a WAV file".to_owned()))?;
        let spec = WavReader::new(input.next_file(0)?.as_slice()).map_err(into_io)?.spec();
        let resampler = Resampler::new(spec.sample_rate, spec.channels)
            .ok_or_else(|| invalid(format!("{} channels at {} Hz", spec.channels, spec.sample_rate)))?;
        let wav = Wav { input, spec, resampler, is_over: false };
        Ok(Self::file(stream::unfold(wav, |wav| async {
            // Reading a file blocks.
            let read = tokio::task::spawn_blocking(move || {
                let mut wav = wav;
                (wav.read().transpose(), wav)
            });
            let (block, wav) = read.await.ok()?;
            Some((block?, wav))
        })))
    }
}

struct Wav {
    input: WavInput<BufReader<File>>,
    spec: WavSpec,
    resampler: Resampler,
    is_over: bool,
}

impl Wav {
    /// The next block; `None` after the last one.
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

    /// The next samples, −1 to 1.
    fn samples(&mut self) -> io::Result<Vec<f32>> {
        let file = self.input.next_file(FRAMES)?;
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
    use std::error::Error;

    use futures_util::TryStreamExt as _;
    use hound::{WavSpec, WavWriter};

    use super::*;

    async fn read(path: &Path) -> io::Result<Vec<i16>> {
        let blocks: Vec<Vec<i16>> = AudioSource::wav(path)?.try_collect().await?;
        Ok(blocks.concat())
    }

    #[tokio::test]
    async fn the_samples_of_a_file_are_read_whatever_its_format() -> Result<(), Box<dyn Error>> {
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
    async fn a_file_that_was_cut_off_is_read_to_its_end() -> Result<(), Box<dyn Error>> {
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
    -> Result<(), Box<dyn Error>> {
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
            std::fs::write(&path, file)?;
            assert_eq!(read(&path).await?, vec![1; 10_000], "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_file_that_is_not_a_wav_file_is_an_error() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        std::fs::write(&path, "not a WAV file at all")?;
        assert!(AudioSource::wav(&path).is_err());
        Ok(())
    }
}
