//! What a second of 48 and 44.1 kHz costs: ours, in the blocks that browsers give, beside rubato's two.
//!
//! The figures are ratios of times measured in turn in one run, the smallest of several, so that the machine
//! and what else it does matter little.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Async, Fft, FixedAsync, FixedSync, SincInterpolationParameters, WindowFunction};
use transcription_worklet::Capture;

const SECONDS: usize = 10;
const ROUNDS: usize = 5;
const BLOCK: usize = 128;

fn ours(rate_hz: u32, frames: &[f32]) -> usize {
    let mut capture = Capture::new(rate_hz).expect("a usual rate");
    let mut samples = 0;
    for block in frames.chunks(BLOCK) {
        let mut input = block.iter().copied();
        while let Some(chunk) = capture.next_chunk(&mut input) {
            samples += chunk.pcm.len();
        }
    }
    samples
}

fn rubato_sinc(rate_hz: u32, frames: &[f32]) -> usize {
    let parameters = SincInterpolationParameters::new(128, WindowFunction::BlackmanHarris2);
    let ratio = 16_000.0 / f64::from(rate_hz);
    let mut resampler = Async::<f32>::new_sinc(ratio, 1.0, &parameters, BLOCK, 1, FixedAsync::Input)
        .expect("parameters that rubato's documentation shows");
    all(&mut resampler, frames)
}

fn rubato_fft(rate_hz: u32, frames: &[f32]) -> usize {
    let mut resampler = Fft::<f32>::new(rate_hz as usize, 16_000, 1024, 1, FixedSync::Both)
        .expect("parameters that rubato's documentation shows");
    all(&mut resampler, frames)
}

fn all(resampler: &mut dyn rubato::Resampler<f32>, frames: &[f32]) -> usize {
    let input = InterleavedOwned::new_from(frames.to_vec(), 1, frames.len()).expect("one channel");
    resampler.process_all(&input, frames.len(), None).expect("a buffer of its own making").take_data().len()
}

#[allow(clippy::disallowed_methods)] // The page may not read the clock; a bench does nothing else.
fn time(convert: impl Fn() -> usize) -> Duration {
    let start = Instant::now();
    black_box(convert());
    start.elapsed()
}

fn main() {
    for rate_hz in [44_100, 48_000] {
        let frames: Vec<f32> =
            (0..rate_hz as usize * SECONDS).map(|frame| (frame as f64 * 0.1).sin() as f32).collect();
        let frames = black_box(&frames);
        let mut best = [Duration::MAX; 3];
        for _ in 0..ROUNDS {
            best[0] = best[0].min(time(|| ours(rate_hz, frames)));
            best[1] = best[1].min(time(|| rubato_sinc(rate_hz, frames)));
            best[2] = best[2].min(time(|| rubato_fft(rate_hz, frames)));
        }
        let [ours, sinc, fft] = best.map(|time| time.as_secs_f64());
        println!(
            "{rate_hz} Hz: ours {:.3} % of a core; rubato Sinc 128 takes {:.1} times that, Fft 1024 {:.1} times",
            100.0 * ours / SECONDS as f64,
            sinc / ours,
            fft / ours
        );
        // 0.05 % of a core where this was written, and as wasm five times that; 2 % would be felt on a phone.
        assert!(ours < SECONDS as f64 * 0.02, "{rate_hz} Hz costs {ours:.3} s for {SECONDS} s");
        assert!(ours < 3.0 * sinc, "{rate_hz} Hz takes more than three times as long as rubato Sinc 128");
    }
}
