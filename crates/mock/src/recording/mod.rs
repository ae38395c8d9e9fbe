//! A recording with known words, and a recogniser that finds them in the audio of a session.
//!
//! The session's sound is compared with the recording's. A fingerprint of loudness and brightness yields candidate
//! positions (`fingerprint.rs`), the samples decide between them (`locate.rs`), and from there each word is looked for
//! where it is expected (`recognizer.rs`, `compare.rs`).

mod compare;
mod downsampler;
mod files;
mod fingerprint;
mod history;
mod locate;
mod position;
mod recognizer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use assemblyai_protocol::SAMPLE_RATES_HZ;

use crate::turn::Turn;
use assemblyai_service::SpokenWord;
use downsampler::{DOWNSAMPLED_HZ, Downsampler};
use fingerprint::Fingerprint;
pub(crate) use position::Position;
pub(crate) use recognizer::RecordingRecognizer;

/// A recording and its words, for [`Script::recording`](crate::Script::recording). Clones are cheap.
///
/// A session transcribes the words whose sound occurs in its audio, wherever in the recording that audio comes from:
/// after a reconnect in the middle, after a gap, or when the recording is played again.
///
/// - A word is transcribed if all of its sound arrives. Slips of up to 30 ms, as they happen in browsers and sound
///   drivers, are tolerated, also inside a word; so up to that much, and rarely more, may be missing from a word beside
///   a gap.
/// - Times are those of the word's sound in the session, to a few ms, and as exact as the recording's own.
/// - Gain, noise of up to −10 dB, a browser's low-pass, another sample rate and µ-law do not matter: only frequencies
///   between 60 and 1100 Hz are compared. With another speed or pitch, or with an echo, no words are found.
/// - The position is found after 600 to 800 ms of uninterrupted sound, a quarter of a second of it loud; the words
///   before are transcribed then. Where a recording repeats the same samples, the position is known only after
///   something else was spoken; at the end of the session the nearest position is taken. Up to 10 minutes of audio
///   wait for their position.
/// - Turns end by the rules and parameters for other speech. Sound that is not in the recording keeps a turn open, for
///   at most 5 s.
#[derive(Clone)]
pub struct Recording(Arc<Reference>);

/// The recording, downsampled for comparison.
struct Reference {
    samples: Vec<f32>,
    fingerprint: Fingerprint,
    words: Vec<Word>,
}

/// A word and the range of the reference's samples that are its sound.
struct Word {
    spoken: SpokenWord,
    from: usize,
    to: usize,
}

/// Why a recording cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file with the words cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The audio file is not a WAV file with 16-bit samples.
    #[error("{}: {problem}", path.display())]
    Audio {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A line of the file with the words is invalid.
    #[error("{}:{line}: {problem}", path.display())]
    Words {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The service does not accept the sample rate.
    #[error("the sample rate of a recording must be 8000 to 96000 Hz, not {rate_hz}")]
    Rate {
        /// The rate, in Hz.
        rate_hz: u32,
    },
    /// A word starts after the end of the audio.
    #[error("{text:?} at {start_ms} ms is after the end of the audio at {end_ms} ms")]
    AfterEnd {
        /// The word.
        text: String,
        /// Start of the word, in ms.
        start_ms: u64,
        /// Duration of the audio, in ms.
        end_ms: u64,
    },
}

impl Recording {
    /// Creates a recording of one channel from its samples and its words, given as turns with times in ms of the
    /// recording. The client's parameters decide where its turns end, as with
    /// [`Script::speech`](crate::Script::speech).
    ///
    /// # Errors
    /// Returns an error if the service does not accept the sample rate, or if a word starts after the end of the audio.
    pub fn new(
        samples: &[i16],
        rate_hz: u32,
        said: impl IntoIterator<Item = Turn>,
    ) -> Result<Self, RecordingError> {
        if !SAMPLE_RATES_HZ.contains(&rate_hz) {
            return Err(RecordingError::Rate { rate_hz });
        }
        let mut downsampler = Downsampler::new(rate_hz);
        let samples: Vec<f32> = samples.iter().filter_map(|sample| downsampler.push(*sample)).collect();
        let mut words: Vec<SpokenWord> = said.into_iter().flat_map(|turn| turn.state().words).collect();
        words.sort_by_key(|word| word.start_ms);
        let at = |ms: u64| {
            usize::try_from(ms.saturating_mul(u64::from(DOWNSAMPLED_HZ)) / 1000).unwrap_or(usize::MAX)
        };
        let word = |spoken: SpokenWord| {
            let (from, to) = (at(spoken.start_ms), at(spoken.end_ms).min(samples.len()));
            if from < samples.len() {
                return Ok(Word { spoken, from, to });
            }
            let end_ms = samples.len() as u64 * 1000 / u64::from(DOWNSAMPLED_HZ);
            Err(RecordingError::AfterEnd { text: spoken.text, start_ms: spoken.start_ms, end_ms })
        };
        let words = words.into_iter().map(word).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Reference { fingerprint: Fingerprint::of(&samples), samples, words })))
    }

    fn reference(&self) -> &Reference {
        &self.0
    }

    /// The number of words.
    pub fn words(&self) -> usize {
        self.0.words.len()
    }

    /// The duration, in ms.
    pub fn duration_ms(&self) -> u64 {
        self.0.samples.len() as u64 * 1000 / u64::from(DOWNSAMPLED_HZ)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ms, words) = (self.duration_ms(), self.words());
        f.debug_struct("Recording").field("duration_ms", &ms).field("words", &words).finish()
    }
}
