//! The filter, measured with single tones: what passes, what is kept out, and that nothing else is added.

mod support;

use support::{EDGE_SAMPLES, OUTPUT_HZ, level_db, middle, resample, tone, tone_at};

/// Rates that devices have, then some that none should have and whose tables are interpolated.
const RATES_HZ: [u32; 16] = [
    22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000, 767_999, 44_056,
    44_101, 47_999, 95_999, 191_999,
];

/// What becomes of a tone, in dB of its level.
struct Measured {
    /// Of the tone itself: same frequency, same time.
    kept: f64,
    /// Of all that comes out.
    output: f64,
    /// Of the difference between what comes out and the tone.
    error: f64,
}

fn measure(rate_hz: u32, tone_hz: f64) -> Measured {
    let output = resample(rate_hz, &tone(rate_hz, tone_hz, rate_hz as usize / 2));
    let output: Vec<f64> = middle(&output).iter().map(|&sample| f64::from(sample)).collect();
    let expected: Vec<f64> =
        (EDGE_SAMPLES..EDGE_SAMPLES + output.len()).map(|n| tone_at(tone_hz, n as f64 / OUTPUT_HZ)).collect();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    Measured {
        kept: 20.0 * (product(&output, &expected) / product(&expected, &expected)).log10(),
        output: level_db(output.iter().copied()),
        error: level_db(output.iter().zip(&expected).map(|(output, expected)| output - expected)),
    }
}

#[test]
fn tones_up_to_7_khz_pass_unchanged_in_level_frequency_and_time() {
    for rate_hz in RATES_HZ {
        let mut worst = (0.0_f64, f64::NEG_INFINITY);
        for tone_hz in [100.0, 440.0, 1_000.0, 3_000.0, 5_000.0, 6_000.0, 6_500.0, 7_000.0] {
            let Measured { kept, error, .. } = measure(rate_hz, tone_hz);
            assert!(kept.abs() < 0.01, "{tone_hz} Hz at {rate_hz} Hz: {kept:.3} dB");
            assert!(error < -80.0, "{tone_hz} Hz at {rate_hz} Hz: error {error:.1} dB");
            worst = (worst.0.max(kept.abs()), worst.1.max(error));
        }
        println!("{rate_hz} Hz: level within {:.5} dB, error {:.1} dB", worst.0, worst.1);
    }
}

#[test]
fn tones_from_9_khz_up_leak_less_than_80_db() {
    for rate_hz in RATES_HZ {
        let highest_hz = f64::from(rate_hz) / 2.0 - 50.0;
        let mut worst = f64::NEG_INFINITY;
        for tone_hz in
            [9_000.0, 9_100.0, 10_000.0, 11_000.0, 12_000.0, 15_950.0, 16_000.0, 20_000.0, 40_000.0]
                .into_iter()
                .filter(|&tone_hz| tone_hz < highest_hz)
                .chain([highest_hz])
        {
            let leak = measure(rate_hz, tone_hz).output;
            assert!(leak < -80.0, "{tone_hz} Hz at {rate_hz} Hz leaks {leak:.1} dB");
            if matches!(rate_hz, 44_100 | 48_000 | 96_000) {
                println!("{rate_hz} Hz: {tone_hz} Hz leaks {leak:.1} dB");
            }
            worst = worst.max(leak);
        }
        println!("{rate_hz} Hz: worst leak {worst:.1} dB");
    }
}

#[test]
fn the_edge_at_8_khz_falls_without_a_bump() {
    for rate_hz in [44_100, 48_000, 96_000] {
        let mut before = 0.01;
        for tone_hz in
            [7_100.0, 7_300.0, 7_500.0, 7_700.0, 7_900.0, 8_100.0, 8_300.0, 8_500.0, 8_700.0, 8_900.0]
        {
            let level = measure(rate_hz, tone_hz).output;
            println!("{rate_hz} Hz: {tone_hz} Hz at {level:.1} dB");
            assert!(level < before, "{tone_hz} Hz at {rate_hz} Hz: {level:.2} dB after {before:.2} dB");
            before = level;
        }
    }
}

#[test]
fn a_rate_below_16_khz_keeps_its_band_and_gets_no_mirror_image() {
    // The band that is kept ends at 7/16 of the rate: 3.5 kHz of a telephone headset's 8 kHz.
    for rate_hz in [3_000, 8_000, 8_001, 11_025, 12_000, 15_999] {
        for part in [0.02, 0.125, 0.25, 0.375, 0.4375] {
            let tone_hz = f64::from(rate_hz) * part;
            let Measured { kept, error, .. } = measure(rate_hz, tone_hz);
            assert!(kept.abs() < 0.01, "{tone_hz} Hz at {rate_hz} Hz: {kept:.3} dB");
            assert!(error < -80.0, "{tone_hz} Hz at {rate_hz} Hz: error {error:.1} dB");
        }
    }
}

#[test]
fn a_constant_stays_the_same_at_every_phase() {
    for rate_hz in RATES_HZ {
        let output = resample(rate_hz, &vec![0.5; rate_hz as usize / 2]);
        for &sample in middle(&output) {
            assert!((sample - 0.5).abs() < 1e-6, "{rate_hz} Hz: {sample}");
        }
    }
}
