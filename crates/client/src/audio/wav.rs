use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use futures_util::stream;
use hound::{SampleFormat, WavReader};

use super::{AudioSource, Resampler};

/// Frames that are read at once: 100 ms at 48 kHz.
const FRAMES: usize = 4_800;

type Reader = WavReader<BufReader<File>>;

impl AudioSource {
    /// A WAV file: 8 to 32 bits or floating point, any rate, any number of channels, which are averaged.
    ///
    /// # Errors
    /// If the file cannot be opened or is not a WAV file of such a format.
    pub fn wav(path: impl AsRef<Path>) -> io::Result<Self> {
        let reader = WavReader::open(path).map_err(into_io)?;
        let spec = reader.spec();
        let resampler = Resampler::new(spec.sample_rate, spec.channels).ok_or_else(|| {
            let text = format!("{} channels at {} Hz", spec.channels, spec.sample_rate);
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
        let wav = Wav { reader, resampler, is_over: false };
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
    reader: Reader,
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
        let spec = self.reader.spec();
        let count = FRAMES * usize::from(spec.channels);
        match spec.sample_format {
            SampleFormat::Float => collect(self.reader.samples::<f32>().take(count), |sample| sample),
            SampleFormat::Int => {
                let scale = 2.0_f32.powi(i32::from(spec.bits_per_sample) - 1);
                collect(self.reader.samples::<i32>().take(count), |sample| sample as f32 / scale)
            }
        }
    }
}

/// The samples up to the end of a file, which may have been cut off or may still be written.
fn collect<S>(
    samples: impl Iterator<Item = Result<S, hound::Error>>,
    convert: impl Fn(S) -> f32,
) -> io::Result<Vec<f32>> {
    let mut converted = Vec::new();
    for sample in samples {
        match sample {
            Ok(sample) => converted.push(convert(sample)),
            Err(hound::Error::IoError(error)) if is_end(&error) => break,
            Err(error) => return Err(into_io(error)),
        }
    }
    Ok(converted)
}

/// Whether hound has met the end of the file where its header promises more.
fn is_end(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof || error.to_string() == "Failed to read enough bytes."
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

    #[test]
    fn a_file_that_is_not_a_wav_file_is_an_error() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        std::fs::write(&path, "not a WAV file at all")?;
        assert!(AudioSource::wav(&path).is_err());
        Ok(())
    }
}
