use std::path::{Path, PathBuf};

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use crate::WIRE_RATE_HZ;

/// A mono recording in memory, at the sample rate of its file.
#[derive(Clone, Debug)]
pub struct Recording {
    samples: Vec<f32>,
    sample_rate_hz: u32,
}

/// One sentence of `speech.wav`: its position in the file, in ms, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The position of its first sound.
    pub start_ms: u64,
    /// The position of its last sound.
    pub end_ms: u64,
    /// The text that the speech synthesizer was given.
    pub text: String,
}

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The file is missing, or not a valid WAV file.
    #[error("cannot read {path}")]
    Wav {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: hound::Error,
    },
    /// The format is not 16 bit mono: Chromium plays other integer formats as silence, without an error.
    #[error("{path} has {bits} bits and {channels} channels, not 16 bits and one channel")]
    Format {
        /// The file.
        path: PathBuf,
        /// Bits per sample.
        bits: u16,
        /// Number of channels.
        channels: u16,
    },
}

impl Recording {
    /// The file that plays as the microphone: four sentences, described in this crate's `README.md`.
    pub fn speech_path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("speech.wav")
    }

    /// A talk of more than a minute, described in this crate's `README.md`.
    pub fn talk_path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("talk.wav")
    }

    /// The words of the talk with their times, one per line.
    pub fn talk_words_path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("talk.tsv")
    }

    /// Reads [`Self::speech_path`].
    ///
    /// # Errors
    /// If the file cannot be read or has another format.
    pub fn speech() -> Result<Self, AudioError> {
        Self::read(&Self::speech_path())
    }

    /// Reads a mono WAV file of 16-bit samples.
    ///
    /// # Errors
    /// If the file cannot be read or has another format.
    pub fn read(path: &Path) -> Result<Self, AudioError> {
        let broken = |source| AudioError::Wav { path: path.to_owned(), source };
        let mut reader = hound::WavReader::open(path).map_err(broken)?;
        let hound::WavSpec { channels, sample_rate, bits_per_sample: bits, .. } = reader.spec();
        if (channels, bits) != (1, 16) {
            return Err(AudioError::Format { path: path.to_owned(), bits, channels });
        }
        let samples = reader.samples::<i16>().map(|sample| sample.map(|s| f32::from(s) / 32768.0));
        Ok(Self { samples: samples.collect::<Result<_, _>>().map_err(broken)?, sample_rate_hz: sample_rate })
    }

    /// The samples at `rate_hz`; unchanged if that is the file's rate.
    pub fn pcm_at(&self, rate_hz: u32) -> Vec<i16> {
        let resampled = (rate_hz != self.sample_rate_hz).then(|| self.at_rate(rate_hz));
        let samples = resampled.as_ref().unwrap_or(&self.samples);
        samples.iter().map(|sample| (sample * 32768.0) as i16).collect()
    }

    /// The first `ms` of the recording, for a test that stops early.
    #[must_use]
    pub fn first_ms(&self, ms: u64) -> Self {
        let end = (ms * u64::from(self.sample_rate_hz) / 1000) as usize;
        Self { samples: self.samples[..end.min(self.samples.len())].to_vec(), ..*self }
    }

    /// A recording of received samples.
    pub fn of(samples: &[i16], sample_rate_hz: u32) -> Self {
        Self { samples: samples.iter().map(|&sample| f32::from(sample) / 32768.0).collect(), sample_rate_hz }
    }

    /// The recording at half of [`WIRE_RATE_HZ`], which keeps what is below 4 kHz.
    #[must_use]
    pub fn halved(&self) -> Self {
        let sample_rate_hz = WIRE_RATE_HZ / 2;
        Self { samples: self.at_rate(sample_rate_hz), sample_rate_hz }
    }

    /// Its length in ms, rounded down.
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(self.sample_rate_hz)
    }

    /// The samples at 16 kHz, 16 bit, as an ideal client sends them.
    pub fn wire_pcm(&self) -> Vec<i16> {
        self.at_rate(WIRE_RATE_HZ).iter().map(|sample| (sample * 32767.0) as i16).collect()
    }

    /// The samples at another rate, by rubato's FFT resampler: linear phase, flat to 7 kHz, aliases below -140 dB.
    pub(super) fn at_rate(&self, rate_hz: u32) -> Vec<f32> {
        let (from, to) = (self.sample_rate_hz as usize, rate_hz as usize);
        let length = self.samples.len();
        let resampled = Fft::<f32>::new(from, to, 1024, 1, FixedSync::Both)
            .map_err(|error| error.to_string())
            .and_then(|mut resampler| {
                let input =
                    InterleavedSlice::new(&self.samples, 1, length).map_err(|error| error.to_string())?;
                resampler.process_all(&input, length, None).map_err(|error| error.to_string())
            });
        // rubato fails only for a rate of 0 or a wrong number of samples or channels.
        resampled.expect("a mono recording can be resampled").take_data()
    }
}

impl Sentence {
    /// The sentences of `speech.wav`, in order.
    pub fn all() -> Vec<Self> {
        include_str!("../../audio/speech.tsv").lines().skip(1).filter_map(Self::parse).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let (start_ms, end_ms) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Self { start_ms, end_ms, text: fields.next()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn the_recording_matches_its_readme() -> TestResult {
        let speech = Recording::speech()?;
        assert_eq!((speech.sample_rate_hz, speech.duration_ms()), (48_000, 13_180));
        let peak = speech.samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((20.0 * peak.log10() + 3.0).abs() < 0.1, "peak {peak}");
        assert!(std::fs::metadata(Recording::speech_path())?.len() < 1_500_000);
        Ok(())
    }

    #[test]
    fn sound_is_where_the_sentences_are_and_nowhere_else() -> TestResult {
        let speech = Recording::speech()?;
        let sentences = Sentence::all();
        assert_eq!(sentences.len(), 4);
        let loudest = |from_ms: u64, to_ms: u64| {
            let samples = &speech.samples[from_ms as usize * 48..to_ms as usize * 48];
            samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
        };
        let mut silent_from_ms = 0;
        for Sentence { start_ms, end_ms, text } in &sentences {
            assert!(start_ms - silent_from_ms >= 950, "too short a pause before {text:?}");
            assert!(loudest(silent_from_ms, start_ms - 50) < 0.001, "sound in the pause before {text:?}");
            assert!(loudest(*start_ms, start_ms + 100) > 0.02, "{text:?} starts later than written");
            assert!(loudest(end_ms - 100, *end_ms) > 0.02, "{text:?} ends earlier than written");
            silent_from_ms = end_ms + 50;
        }
        assert!(loudest(silent_from_ms, speech.duration_ms()) < 0.001, "sound after the last sentence");
        Ok(())
    }

    #[test]
    fn resampling_keeps_length_and_level() -> TestResult {
        let speech = Recording::speech()?;
        let pcm = speech.wire_pcm();
        assert_eq!(pcm.len(), speech.samples.len().div_ceil(3));
        let rms = |samples: &mut dyn Iterator<Item = f64>, count: usize| {
            (samples.map(|sample| sample * sample).sum::<f64>() / count as f64).sqrt()
        };
        let before = rms(&mut speech.samples.iter().map(|s| f64::from(*s)), speech.samples.len());
        let after = rms(&mut pcm.iter().map(|s| f64::from(*s) / 32767.0), pcm.len());
        assert!((after / before - 1.0).abs() < 0.001, "{before} became {after}");
        Ok(())
    }
}
