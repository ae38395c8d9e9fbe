//! A recording whose words are known, and the words of it that a session hears.
//!
//! Nothing is recognised here either: the session's sound is compared with the recording's. An fingerprint of loudness
//! and brightness says where a piece may come from (`envelope.rs`), the samples say where it does (`locate.rs`), and
//! from there on each word is looked for where it should be (`listener.rs`, `compare.rs`).

mod compare;
mod downsampler;
mod files;
mod fingerprint;
mod history;
mod locate;
mod recognizer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use assemblyai_protocol::SAMPLE_RATE_HZ;

use crate::script::Turn;
use crate::transcript::SpokenWord;
use downsampler::{DOWNSAMPLED_HZ, Downsampler};
use fingerprint::Fingerprint;
pub(crate) use recognizer::RecordingRecognizer;

/// A recording and what is said in it, for [`Script::recording`](crate::Script::recording). Clones are cheap.
///
/// A session tells the words that it really hears, with the times at which they are in its own audio, wherever in the
/// recording that audio comes from: after a reconnect that begins in the middle, over a gap, or when the recording
/// starts anew. What counts as heard:
///
/// - A word is told where all of its sound came, and otherwise not at all. Slips of up to 30 ms, as they happen in
///   browsers and sound drivers, are followed, also inside a word; so as much may be missing from a word beside a gap, and rarely more.
/// - Times are those of the word's sound in the session, to a few ms; they are as good as the recording's own.
/// - Gain, noise of up to −10 dB, a browser's low-pass, another sample rate and µ-law do no harm: only what lies
///   between 60 and 1100 Hz is compared. Another speed or pitch is another recording, and so is an echo.
/// - The place is found once 600 to 800 ms of the recording came in one piece, a quarter of a second of it loud;
///   words before that are told then. Where a recording says the same twice, sample for sample, its place is known
///   when something else has been said; the end of the session takes the nearest. Of what is not found, 10 minutes
///   are kept.
/// - A turn ends by the rules and parameters as any other speech's does. Sound that is not of the recording keeps it
///   open, for 5 s at most.
#[derive(Clone)]
pub struct Recording(Arc<Reference>);

/// The recording as it is compared.
struct Reference {
    samples: Vec<f32>,
    fingerprint: Fingerprint,
    words: Vec<Word>,
}

/// A word and the samples of the reference that are its sound.
struct Word {
    spoken: SpokenWord,
    from: usize,
    to: usize,
}

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The words' file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The audio's file is no WAV file of 16-bit samples.
    #[error("{}: {problem}", path.display())]
    Audio {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A line of the words' file is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    Words {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The sample rate is none that the service takes.
    #[error("a recording has 8000 to 96000 samples a second, not {rate_hz}")]
    Rate {
        /// The rate, in Hz.
        rate_hz: u32,
    },
    /// A word starts where the audio has ended.
    #[error("{text:?} at {start_ms} ms is behind the end of the audio at {end_ms} ms")]
    BehindTheEnd {
        /// The word.
        text: String,
        /// Where it starts, in ms.
        start_ms: u64,
        /// Where the audio ends, in ms.
        end_ms: u64,
    },
}

impl Recording {
    /// A recording of one channel, and what is said in it: turns with their times in ms of the recording. Where one
    /// turn ends for a client, its parameters say, as with [`Script::speech`](crate::Script::speech).
    ///
    /// # Errors
    /// Where the rate is none that the service takes, or a word starts behind the end of the audio.
    pub fn new(
        samples: &[i16],
        rate_hz: u32,
        said: impl IntoIterator<Item = Turn>,
    ) -> Result<Self, RecordingError> {
        if !SAMPLE_RATE_HZ.contains(&rate_hz) {
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
            Err(RecordingError::BehindTheEnd { text: spoken.text, start_ms: spoken.start_ms, end_ms })
        };
        let words = words.into_iter().map(word).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Reference { fingerprint: Fingerprint::of(&samples), samples, words })))
    }

    fn reference(&self) -> &Reference {
        &self.0
    }

    /// How many words are known.
    pub fn words(&self) -> usize {
        self.0.words.len()
    }

    /// The length, in ms.
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
