//! An hour of audio: the clock of the output must not have moved against that of the input by one sample.

mod support;

use support::{OUTPUT_HZ, tone_at};
use test_result::TestResult;
use transcription_worklet::Resampler;

const HOUR_S: usize = 3_600;

/// One second of a tone repeats without a seam, and so does what comes out: sample n is known for all n.
fn an_hour_stays_in_time(rate_hz: u32, tone_hz: f64) -> TestResult {
    let second = support::tone(rate_hz, tone_hz, rate_hz as usize);
    let expected: Vec<f32> =
        (0..OUTPUT_HZ as usize).map(|n| tone_at(tone_hz, n as f64 / OUTPUT_HZ) as f32).collect();
    let mut resampler = Resampler::new(rate_hz)?;
    let silence = std::iter::repeat_n(0.0, resampler.tail_frames());
    let mut input = (0..HOUR_S).flat_map(|_| second.iter().copied()).chain(silence);

    let mut samples = 0_usize;
    let mut worst = 0.0_f32;
    let inner = support::EDGE_SAMPLES..HOUR_S * OUTPUT_HZ as usize - support::EDGE_SAMPLES;
    while let Some(sample) = resampler.next_sample(&mut input) {
        if inner.contains(&samples) {
            worst = worst.max((sample - expected[samples % expected.len()]).abs());
        }
        samples += 1;
    }
    assert_eq!(samples, HOUR_S * OUTPUT_HZ as usize, "{rate_hz} Hz");
    // A clock off by a hundredth of a sample would show as 2e-3 at 1 kHz.
    println!("{rate_hz} Hz: an hour, worst error {worst:.1e}");
    assert!(worst < 2e-5, "{rate_hz} Hz: off by {worst}");
    Ok(())
}

#[test]
fn an_hour_at_44_100_hz_does_not_drift() -> TestResult {
    an_hour_stays_in_time(44_100, 1_000.0)
}

#[test]
fn an_hour_at_48_000_hz_does_not_drift() -> TestResult {
    an_hour_stays_in_time(48_000, 1_000.0)
}
