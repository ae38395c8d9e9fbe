use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use transcript_export::{SAMPLE_BYTES, WAV_HEADER_BYTES, wav_header};

use super::LONGEST_SILENCE;
use crate::SAMPLE_RATE_HZ;

/// A WAV file of a session's audio that is valid at any moment: after each block its header counts what has been written.
#[derive(Debug)]
pub struct WavFile {
    file: File,
    samples: u64,
}

impl WavFile {
    /// Creates a file, or replaces one.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut file = File::create(path)?;
        file.write_all(&wav_header(0, SAMPLE_RATE_HZ))?;
        Ok(Self { file, samples: 0 })
    }

    /// Adds samples. After an error the file holds what its header counts, and is valid.
    ///
    /// # Errors
    /// If the disk is full, for example.
    pub fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        if let Err(error) = self.file.write_all(&bytes) {
            // What has fit is kept; a device keeps nothing.
            self.keep_what_fits().ok();
            return Err(error);
        }
        self.samples += samples.len() as u64;
        self.count()
    }

    /// Adds silence for samples that were lost: at most 10 minutes, as a session does.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_lost(&mut self, samples: u64) -> io::Result<()> {
        let mut rest = samples.min(LONGEST_SILENCE);
        while rest > 0 {
            let block = rest.min(u64::from(SAMPLE_RATE_HZ));
            self.write(&vec![0; block as usize])?;
            rest -= block;
        }
        Ok(())
    }

    fn keep_what_fits(&mut self) -> io::Result<()> {
        let bytes = self.file.metadata()?.len().saturating_sub(WAV_HEADER_BYTES as u64);
        self.samples = bytes / SAMPLE_BYTES;
        self.file.set_len(WAV_HEADER_BYTES as u64 + self.samples * SAMPLE_BYTES)?;
        self.count()
    }

    /// Writes the count of samples into the header.
    fn count(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&wav_header(self.samples * SAMPLE_BYTES, SAMPLE_RATE_HZ))?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use futures_util::stream;
    use test_result::TestResult;

    use super::*;
    use crate::{AudioSource, Part};

    #[tokio::test]
    async fn a_stored_source_is_a_valid_file_after_each_part() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.wav");
        let parts = [Part::Samples(vec![1, 2]), Part::Lost(3), Part::Samples(vec![4])].map(Ok);
        let mut source = AudioSource::live_parts(stream::iter(parts)).stored(WavFile::create(&path)?);
        for expected in [&[1, 2][..], &[1, 2, 0, 0, 0], &[1, 2, 0, 0, 0, 4]] {
            source.next().await.ok_or("a part")??;
            let file = std::fs::read(&path)?;
            assert_eq!(file[..WAV_HEADER_BYTES], wav_header(expected.len() as u64 * 2, SAMPLE_RATE_HZ));
            let stored = file[WAV_HEADER_BYTES..].chunks(2).map(|pair| i16::from(pair[0]));
            assert_eq!(stored.collect::<Vec<_>>(), expected);
        }
        assert!(source.next().await.is_none());
        Ok(())
    }
}
