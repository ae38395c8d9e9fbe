//! The whole path of the audio thread: blocks of any size in, chunks out.

use crate::chunker::{Chunk, Chunker};
use crate::contract::SAMPLE_RATE_HZ;
use crate::resampler::{Resampler, UnsupportedRate};

/// One recording: takes blocks of any size from the device and returns chunks of 100 ms.
///
/// ```
/// # use transcription_worklet::Capture;
/// let mut capture = Capture::new(48_000)?;
/// let mut samples = 0;
/// for block in [[0.5_f32; 128]; 1000] {
///     let mut input = block.into_iter();
///     while let Some(chunk) = capture.next_chunk(&mut input) {
///         samples += chunk.pcm.len();
///     }
/// }
/// while let Some(chunk) = capture.last_chunk() {
///     samples += chunk.pcm.len();
/// }
/// assert_eq!(samples, (128 * 1000_usize).div_ceil(3));
/// # Ok::<(), transcription_worklet::UnsupportedRate>(())
/// ```
#[derive(Debug)]
pub struct Capture {
    /// `None` at 16 kHz, where samples are not changed.
    resampler: Option<Resampler>,
    /// Frames of silence still to be added after the end, to get the last samples out of the filter.
    tail_frames: usize,
    chunker: Chunker,
}

impl Capture {
    /// Starts a recording of a context that runs at `rate_hz`. Nothing is allocated after this.
    ///
    /// # Errors
    ///
    /// If the rate is outside [`Resampler::RATES_HZ`].
    pub fn new(rate_hz: u32) -> Result<Self, UnsupportedRate> {
        let resampler = match rate_hz {
            SAMPLE_RATE_HZ => None,
            _ => Some(Resampler::new(rate_hz)?),
        };
        let tail_frames = resampler.as_ref().map_or(0, Resampler::tail_frames);
        Ok(Self { resampler, tail_frames, chunker: Chunker::new() })
    }

    /// Takes frames from `input` until a chunk is full; `None` if there are too few.
    ///
    /// Call it until it returns `None`: a long block at a low rate fills several chunks.
    pub fn next_chunk(&mut self, input: &mut impl Iterator<Item = f32>) -> Option<Chunk<'_>> {
        self.fill(input);
        self.chunker.is_full().then(|| self.chunker.take())
    }

    /// After the last block: returns the remaining chunks, of which the last may be shorter, then `None`.
    pub fn last_chunk(&mut self) -> Option<Chunk<'_>> {
        let mut silence = std::iter::repeat_n(0.0, self.tail_frames);
        self.fill(&mut silence);
        self.tail_frames = silence.len();
        (!self.chunker.is_empty()).then(|| self.chunker.take())
    }

    /// Moves samples into the chunk until it is full or `input` is empty.
    fn fill(&mut self, input: &mut impl Iterator<Item = f32>) {
        while !self.chunker.is_full() {
            let sample = match &mut self.resampler {
                Some(resampler) => resampler.next_sample(input),
                None => input.next(),
            };
            match sample {
                Some(sample) => self.chunker.push(sample),
                None => return,
            }
        }
    }
}
