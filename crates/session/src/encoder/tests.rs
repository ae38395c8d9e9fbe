use std::f64::consts::{PI, TAU};

use super::*;
use test_result::TestResult;

const PLAIN: &str =
    "wss://example.org/v3/ws?speech_model=u3-rt-pro&sample_rate=16000&encoding=pcm_s16le&token=A";
const HALF: &str = "wss://example.org/v3/ws?sample_rate=8000&encoding=pcm_s16le&token=A";
const MULAW: &str = "wss://example.org/v3/ws?sample_rate=16000&encoding=pcm_mulaw&token=A";
const HALF_MULAW: &str = "/demo/v3/ws?encoding=pcm_mulaw&sample_rate=8000&token=A";

const CAPTURED_HZ: f64 = 16_000.0;
const HALF_HZ: f64 = 8_000.0;
/// What the filter's own length takes at both ends of a tone, in samples of the half rate.
const EDGE: usize = 80;
/// How late the filter's output is, in samples of the captured rate.
const DELAY: usize = TAPS / 2 - 1;

/// A tone of half the full scale.
fn tone(tone_hz: f64, samples: usize) -> Vec<i16> {
    (0..samples).map(|n| (16_384.0 * (TAU * tone_hz * n as f64 / CAPTURED_HZ).sin()).round() as i16).collect()
}

fn pcm(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// The level of samples against the tone's, in dB.
fn level_db(samples: impl Iterator<Item = f64>) -> f64 {
    let squares: Vec<f64> = samples.map(|sample| sample * sample).collect();
    10.0 * (squares.iter().sum::<f64>() / squares.len() as f64 / (16_384.0_f64.powi(2) / 2.0))
        .max(1e-30)
        .log10()
}

/// The filter's gain at a frequency, from its coefficients.
fn gain(hz: f64) -> f64 {
    let waves = HALF_BAND.iter().enumerate();
    0.5 + waves
        .map(|(index, c)| 2.0 * f64::from(*c) * (TAU * hz / CAPTURED_HZ * (2 * index + 1) as f64).cos())
        .sum::<f64>()
}

#[test]
fn samples_of_16_khz_and_16_bits_are_sent_unchanged() {
    let samples = [0, 1, -1, 258, i16::MIN, i16::MAX];
    let mut encoder = AudioEncoder::for_url(PLAIN);
    assert_eq!(pcm(&encoder.encode(&samples)), samples);
    assert_eq!(encoder.encode(&[258]), [2, 1]);
}

#[test]
fn encoded_bytes_are_converted_to_captured_bytes() {
    for (url, bytes_per_s) in [(PLAIN, 32_000), (HALF, 16_000), (MULAW, 16_000), (HALF_MULAW, 8_000)] {
        let mut encoder = AudioEncoder::for_url(url);
        assert_eq!(encoder.encode(&vec![0; 16_000]).len(), bytes_per_s, "{url}");
        assert_eq!(encoder.captured_bytes(bytes_per_s as u32), 32_000, "{url}");
    }
    assert_eq!(AudioEncoder::for_url(HALF_MULAW).captured_bytes(u32::MAX), u32::MAX);
}

#[test]
fn half_the_rate_is_half_the_samples_whatever_the_frame_lengths() {
    for lengths in [&[800_usize; 20][..], &[801; 20], &[1, 2, 3, 799, 0, 5, 16_000, 7], &[1; 50]] {
        let mut encoder = AudioEncoder::for_url(HALF_MULAW);
        let (mut given, mut taken) = (0, 0);
        for &length in lengths {
            let bytes = encoder.encode(&vec![0; length]).len();
            // 50 ms stay 50 ms: the service rejects less.
            assert!(bytes >= length / 2, "{bytes} of {length}");
            (given, taken) = (given + length, taken + bytes);
            assert_eq!(taken, given / 2);
        }
    }
}

#[test]
fn the_output_does_not_depend_on_the_frame_lengths() {
    let samples = tone(700.0, 5_000);
    let whole = AudioEncoder::for_url(HALF).encode(&samples);
    let mut encoder = AudioEncoder::for_url(HALF);
    let mut rest = &samples[..];
    let mut parts = Vec::new();
    for length in [1, 2, 801, 799, 3].into_iter().cycle() {
        let (part, remaining) = rest.split_at(length.min(rest.len()));
        parts.extend(encoder.encode(part));
        rest = remaining;
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(parts, whole);
}

#[test]
fn the_coefficients_are_those_of_the_formula() {
    // The modified Bessel function of order 0, by its series.
    let bessel = |x: f64| {
        let terms = (1..60).scan(1.0, |term, k| {
            *term *= (x / 2.0 / f64::from(k)).powi(2);
            Some(*term)
        });
        1.0 + terms.sum::<f64>()
    };
    let window = |n: f64| bessel(8.0 * (1.0 - (n / 42.0).powi(2)).sqrt()) / bessel(8.0);
    let raw: Vec<f64> = (0..REACH)
        .map(|index| (2 * index + 1) as f64)
        .map(|n| (PI * n / 2.0).sin() / (PI * n) * window(n))
        .collect();
    let sum: f64 = raw.iter().sum();
    for (coefficient, raw) in HALF_BAND.iter().zip(raw) {
        let exact = raw / sum / 4.0;
        // The precision of an f32.
        assert!((f64::from(*coefficient) - exact).abs() < 2e-8, "{coefficient} for {exact}");
    }
}

#[test]
fn the_filter_passes_up_to_3_5_khz_and_stops_from_4_5_khz() {
    let db = |gain: f64| 20.0 * gain.abs().max(1e-30).log10();
    let ripple = (0..=3_500).map(|hz| db(gain(f64::from(hz))).abs()).fold(0.0, f64::max);
    let leak = (4_500..=8_000).map(|hz| db(gain(f64::from(hz)))).fold(f64::NEG_INFINITY, f64::max);
    println!("flat within {ripple:.5} dB, leak {leak:.1} dB");
    assert!(ripple < 0.001, "{ripple}");
    assert!(leak < -80.0, "{leak}");
}

#[test]
fn tones_up_to_3_5_khz_pass_unchanged() {
    for tone_hz in [100.0, 440.0, 1_000.0, 2_000.0, 3_000.0, 3_500.0] {
        let halved = pcm(&AudioEncoder::for_url(HALF).encode(&tone(tone_hz, 16_000)));
        let expected = |n: usize| {
            let seconds = (2.0 * n as f64 - DELAY as f64) / CAPTURED_HZ;
            16_384.0 * (TAU * tone_hz * seconds).sin()
        };
        let (from, to) = (EDGE, halved.len());
        let error = level_db((from..to).map(|n| f64::from(halved[n]) - expected(n)));
        println!("{tone_hz} Hz: error {error:.1} dB");
        // Two roundings to 16 bits alone are -89 dB of this tone.
        assert!(error < -80.0, "{tone_hz} Hz: error {error:.1} dB");
    }
}

#[test]
fn tones_from_4_5_khz_are_not_aliased() {
    for tone_hz in [4_500.0, 4_600.0, 5_000.0, 6_000.0, 7_000.0, 7_900.0] {
        let halved = pcm(&AudioEncoder::for_url(HALF).encode(&tone(tone_hz, 16_000)));
        let leak = level_db(halved[EDGE..].iter().map(|&sample| f64::from(sample)));
        println!("{tone_hz} Hz leaks {leak:.1} dB, to {} Hz", HALF_HZ - tone_hz);
        assert!(leak < -80.0, "{tone_hz} Hz leaks {leak:.1} dB");
    }
}

#[test]
fn a_sound_beyond_full_scale_is_clipped_and_does_not_wrap() {
    // A square wave: the filter overshoots at its edges.
    let square: Vec<i16> = (0..4_000).map(|n| if n / 40 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
    let halved = pcm(&AudioEncoder::for_url(HALF).encode(&square));
    assert!(halved.contains(&i16::MAX) && halved.contains(&i16::MIN));
    let wraps = halved.windows(3).filter(|it| it[0] > 20_000 && it[1] < -20_000 && it[2] > 20_000).count();
    assert_eq!(wraps, 0);
}

/// The code of a sample by table 2a of G.711, for magnitudes of 14 bits: its decision values begin with 0 and 1, and are
/// 2 apart up to 31, then 4 up to 95, and so on in eight segments.
fn code_by_table(sample: i16) -> TestResult<u8> {
    let mut decisions = vec![0_u16, 1];
    for segment in 0..8 {
        for _ in 0..if segment == 0 { 15 } else { 16 } {
            decisions.push(decisions[decisions.len() - 1] + (2 << segment));
        }
    }
    assert_eq!(decisions.split_off(128), [8_159], "the table's last value");
    let magnitude = sample.unsigned_abs() / 4;
    let step = decisions.iter().rposition(|&decision| decision <= magnitude).ok_or("no step")?;
    Ok(if sample < 0 { 127 - step as u8 } else { 255 - step as u8 })
}

#[test]
fn mulaw_codes_are_those_of_the_standards_table() -> TestResult {
    // The standard's samples have 14 bits.
    for sample in (i16::MIN..=i16::MAX).step_by(4) {
        assert_eq!(to_mulaw(sample), code_by_table(sample)?, "{sample}");
    }
    // A sample between two of them has the code of one of its neighbours, one step apart at most.
    for sample in i16::MIN..=i16::MAX - 4 {
        let (code, next) = (to_mulaw(sample), to_mulaw(sample + 1));
        let is_step =
            if sample < 0 { next == code || next == code + 1 } else { next == code || next + 1 == code };
        assert!(is_step || (code, next) == (0x7F, 0xFF), "{sample}: {code:#x} {next:#x}");
    }
    Ok(())
}

#[test]
fn the_standards_own_examples_have_their_codes() {
    // Zero, the largest of both signs, and the ends of segments (G.711, table 2a, with its values times four).
    for (sample, code) in [
        (0, 0xFF),
        (-4, 0x7E),
        (4, 0xFE),
        (124, 0xEF),
        (-124, 0x6F),
        (380, 0xDF),
        (892, 0xCF),
        (1_916, 0xBF),
        (3_964, 0xAF),
        (8_060, 0x9F),
        (16_252, 0x8F),
        (32_636, 0x80),
        (i16::MAX, 0x80),
        (i16::MIN, 0x00),
    ] {
        assert_eq!(to_mulaw(sample), code, "{sample}");
    }
}
