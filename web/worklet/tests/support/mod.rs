//! Tones, and the two ways through the crate: the bare resampler and the whole path.

#![allow(dead_code)] // Each test file uses its own part of it.

use std::f64::consts::TAU;

use transcription_worklet::{Capture, Resampler};

/// Rate of the output, in Hz.
pub(crate) const OUTPUT_HZ: f64 = 16_000.0;

/// What is left out at both ends when the middle of a tone is measured: 20 ms, more than the filter's reach.
pub(crate) const EDGE_SAMPLES: usize = 320;

/// A tone of amplitude one half. Its phase is f64: with f32 the tone itself would carry noise at -48 dB.
pub(crate) fn tone(rate_hz: u32, tone_hz: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|frame| tone_at(tone_hz, frame as f64 / f64::from(rate_hz)) as f32).collect()
}

/// The same tone at a time in seconds.
pub(crate) fn tone_at(tone_hz: f64, seconds: f64) -> f64 {
    0.5 * (TAU * (tone_hz * seconds).fract()).sin()
}

/// The resampler alone, its tail included: f32, so that leaks below the 16-bit noise can be measured.
pub(crate) fn resample(rate_hz: u32, frames: &[f32]) -> Vec<f32> {
    let mut resampler = Resampler::new(rate_hz).expect("a rate that audio contexts can have");
    let silence = std::iter::repeat_n(0.0, resampler.tail_frames());
    let mut input = frames.iter().copied().chain(silence);
    std::iter::from_fn(|| resampler.next_sample(&mut input)).collect()
}

/// The chunks of a recording of these blocks, with their peaks.
pub(crate) fn capture<'a>(rate_hz: u32, blocks: impl IntoIterator<Item = &'a [f32]>) -> Vec<(Vec<i16>, f32)> {
    let mut capture = Capture::new(rate_hz).expect("a rate that audio contexts can have");
    let mut chunks = Vec::new();
    for block in blocks {
        let mut input = block.iter().copied();
        while let Some(chunk) = capture.next_chunk(&mut input) {
            chunks.push((chunk.pcm.to_vec(), chunk.peak));
        }
    }
    let full_chunks = chunks.len();
    while let Some(chunk) = capture.last_chunk() {
        assert!(chunks.len() < full_chunks + 2, "the tail does not end");
        chunks.push((chunk.pcm.to_vec(), chunk.peak));
    }
    chunks
}

/// The samples of all chunks in a row.
pub(crate) fn joined(chunks: &[(Vec<i16>, f32)]) -> Vec<i16> {
    chunks.iter().flat_map(|(pcm, _)| pcm).copied().collect()
}

/// Without the two ends.
pub(crate) fn middle<T>(samples: &[T]) -> &[T] {
    &samples[EDGE_SAMPLES..samples.len() - EDGE_SAMPLES]
}

/// Root mean square relative to that of [`tone`], in dB.
pub(crate) fn level_db(samples: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = samples.len() as f64;
    let mean_square = samples.map(|sample| sample * sample).sum::<f64>() / count;
    10.0 * (mean_square / 0.125).max(1e-30).log10()
}
