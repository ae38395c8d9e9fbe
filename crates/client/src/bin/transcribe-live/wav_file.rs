use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use assemblyai_streaming::SAMPLE_RATE_HZ;
use transcript_export::{SAMPLE_BYTES, WAV_HEADER_BYTES, wav_header};

/// A WAV file that is valid at any moment: after each block its header counts what has been written.
#[derive(Debug)]
pub(crate) struct WavFile {
    file: File,
    samples: u64,
}

impl WavFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        file.write_all(&wav_header(0, SAMPLE_RATE_HZ))?;
        Ok(Self { file, samples: 0 })
    }

    /// Adds samples. After an error the file holds what its header counts, and is valid.
    pub(crate) fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        if let Err(error) = self.file.write_all(&bytes) {
            // What has fit is kept; a device keeps nothing.
            self.keep_what_fits().ok();
            return Err(error);
        }
        self.samples += samples.len() as u64;
        self.count()
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
