//! Another resampler's opinion: rubato, which works in blocks by Fourier transform, in f64.

mod support;

use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Fft, FixedSync, Resampler as _};
use support::{OUTPUT_HZ, level_db, middle, resample, tone_at};
use test_result::TestResult;

const SECONDS: usize = 3;

/// Voiced speech, roughly: a pitch that glides and all its harmonics below 6 kHz, in syllables.
fn speech_like(rate_hz: u32) -> Vec<f32> {
    let frames = SECONDS * rate_hz as usize;
    let mut turns = 0.0_f64; // How often the pitch has gone round.
    (0..frames)
        .map(|frame| {
            let seconds = frame as f64 / f64::from(rate_hz);
            let pitch_hz = 140.0 + 40.0 * tone_at(0.7, seconds);
            turns += pitch_hz / f64::from(rate_hz);
            let harmonics = (1..=36).map(|n| tone_at(f64::from(n), turns) / f64::from(n)).sum::<f64>();
            (0.3 * (1.0 + tone_at(4.0, seconds)) * harmonics) as f32
        })
        .collect()
}

fn rubato(rate_hz: u32, frames: &[f32]) -> TestResult<Vec<f64>> {
    // Blocks of 40 ms: a filter so long that it is flat up to 7.9 kHz; and of an even number of frames, as the
    // delay, which is half of them, is removed in whole frames.
    let block = rate_hz as usize / 25;
    let mut oracle = Fft::<f64>::new(rate_hz as usize, OUTPUT_HZ as usize, block, 1, FixedSync::Both)?;
    let input: Vec<f64> = frames.iter().map(|&frame| f64::from(frame)).collect();
    let input = InterleavedOwned::new_from(input, 1, frames.len())?;
    Ok(oracle.process_all(&input, frames.len(), None)?.take_data())
}

#[test]
fn speech_comes_out_as_rubato_would_have_it() -> TestResult {
    for rate_hz in [22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000] {
        let frames = speech_like(rate_hz);
        let ours = resample(rate_hz, &frames);
        let theirs = rubato(rate_hz, &frames)?;
        assert_eq!(ours.len(), theirs.len(), "{rate_hz} Hz");
        let (ours, theirs) = (middle(&ours), middle(&theirs));
        let loud = level_db(theirs.iter().copied());
        let error = level_db(ours.iter().zip(theirs).map(|(&ours, theirs)| f64::from(ours) - theirs));
        println!("{rate_hz} Hz: {:.1} dB below the signal", loud - error);
        assert!(error < loud - 90.0, "{rate_hz} Hz: differs by {:.1} dB of the signal", error - loud);
    }
    Ok(())
}
