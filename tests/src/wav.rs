//! Sound as a file.

use std::path::Path;

use hound::{Error, SampleFormat, WavSpec, WavWriter};

/// Writes a WAV file of 16-bit samples, which alternate between the channels.
///
/// # Errors
/// If it cannot be written, or the last sample of a channel is missing.
pub fn write_wav(path: &Path, channels: u16, sample_rate: u32, samples: &[i16]) -> Result<(), Error> {
    let spec = WavSpec { channels, sample_rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::create(path, spec)?;
    samples.iter().try_for_each(|sample| writer.write_sample(*sample))?;
    writer.finalize()
}
