//! Each test damages the recording in one way and checks which fault is reported.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use test_result::TestResult;

use super::{Alignment, Fault, Misalignment, Reference};
use crate::Recording;

static SPEECH: LazyLock<(Reference, Vec<i16>)> = LazyLock::new(|| {
    let recording = Recording::speech().expect("the recording of this crate");
    (Reference::new(&recording), recording.wire_pcm())
});

fn clean() -> Vec<i16> {
    SPEECH.1.clone()
}

fn check(received: &[i16]) -> Result<Alignment, Misalignment> {
    SPEECH.0.check(received)
}

fn faults(received: &[i16]) -> Vec<Fault> {
    let misalignment = check(received).expect_err("no fault was reported");
    println!("{misalignment}");
    misalignment.faults
}

/// The index of the sample at `ms`.
const fn at(ms: usize) -> usize {
    ms * 16
}

/// The recording played at `speed` from sample `from` on, by an interpolation independent of the reference's resampler.
fn replayed(from: f64, speed: f64) -> Vec<i16> {
    let samples = &SPEECH.1;
    let windowed_sinc = |distance: f64| {
        let x = distance * TAU / 2.0;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        sinc * (0.5 + 0.5 * (distance * TAU / 64.0).cos())
    };
    let count = (samples.len() as f64 / speed) as usize;
    let value = |index: usize| {
        let place = from + index as f64 * speed;
        let middle = place.floor() as i64;
        let around = (middle - 31..=middle + 32)
            .filter_map(|i| Some((i, samples.get(usize::try_from(i).ok()?)?)))
            .map(|(i, &sample)| f64::from(sample) * windowed_sinc(place - i as f64));
        around.sum::<f64>() as i16
    };
    (0..count).map(value).collect()
}

/// White noise with a peak of `peak` (of 32 767).
fn noise(peak: i64) -> impl FnMut() -> i16 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as i64 % (2 * peak + 1) - peak) as i16
    }
}

#[test]
fn a_clean_copy_passes_with_every_window_found() -> TestResult {
    let alignment = check(&clean())?;
    assert_eq!(alignment.found, alignment.windows);
    assert!(alignment.windows > 100, "{alignment}");
    assert_eq!((alignment.repeated(), alignment.missing()), (0, 0));
    assert!(alignment.offset.abs() <= 0.25, "{alignment}");
    assert!((alignment.gain - 1.0).abs() < 0.01, "{alignment}");
    Ok(())
}

#[test]
fn a_late_copy_with_a_fractional_delay_and_noise_passes() -> TestResult {
    let mut hiss = noise(33); // -60 dBFS.
    let mut received: Vec<i16> = (0..1234).map(|_| hiss()).collect();
    received.extend(replayed(-0.39, 1.0).iter().map(|sample| sample + hiss()));
    let alignment = check(&received)?;
    assert!((alignment.offset - 1234.39).abs() <= 0.25, "{alignment}");
    assert!(alignment.slips.is_empty(), "{alignment}");
    Ok(())
}

#[test]
fn missing_silence_at_the_start_passes() -> TestResult {
    let alignment = check(&clean()[at(250)..])?;
    assert!((alignment.offset + 4000.0).abs() <= 0.25, "{alignment}");
    Ok(())
}

#[test]
fn one_slip_of_ten_ms_passes_and_is_counted() -> TestResult {
    let mut received = clean();
    received.drain(at(5000)..at(5010));
    let alignment = check(&received)?;
    assert_eq!((alignment.repeated(), alignment.missing()), (0, 160), "{alignment}");
    Ok(())
}

#[test]
fn four_ms_sent_twice_in_every_204_are_detected() {
    let twice = |chunk: &[i16]| [chunk, &chunk[chunk.len() - 64..]].concat();
    let received: Vec<i16> = clean().chunks(3200).flat_map(twice).collect();
    assert!(faults(&received).contains(&Fault::Slipped));
}

#[test]
fn one_sample_lost_with_every_chunk_is_detected() {
    let received: Vec<i16> = clean().chunks(1600).flat_map(|chunk| chunk[1..].to_vec()).collect();
    assert!(faults(&received).contains(&Fault::Slipped));
}

#[test]
fn a_missing_chunk_is_detected_and_measured() {
    let mut received = clean();
    received.drain(at(5300)..at(5400));
    let misalignment = check(&received).unwrap_err();
    assert!(misalignment.faults.contains(&Fault::Slipped), "{misalignment}");
    assert_eq!(misalignment.alignment.missing(), 1600, "{misalignment}");
    assert!((5200..5700).contains(&misalignment.alignment.slips[0].at_ms), "{misalignment}");
}

#[test]
fn a_chunk_sent_twice_is_detected_and_measured() {
    let mut received = clean();
    let chunk = received[at(8000)..at(8100)].to_vec();
    received.splice(at(8100)..at(8100), chunk);
    let misalignment = check(&received).unwrap_err();
    assert!(misalignment.faults.contains(&Fault::Slipped), "{misalignment}");
    assert_eq!(misalignment.alignment.repeated(), 1600, "{misalignment}");
}

#[test]
fn two_chunks_in_the_wrong_order_are_detected() {
    let mut received = clean();
    let later = received[at(8100)..at(8200)].to_vec();
    received.copy_within(at(8000)..at(8100), at(8100));
    received[at(8000)..at(8100)].copy_from_slice(&later);
    assert_eq!(faults(&received), [Fault::Gap]);
}

#[test]
fn a_chunk_of_silence_in_place_of_speech_is_detected_at_every_offset() {
    for start_ms in (8000..8060).step_by(10) {
        let mut received = clean();
        received[at(start_ms)..at(start_ms + 100)].fill(0);
        assert_eq!(faults(&received), [Fault::Gap], "from {start_ms} ms");
    }
}

#[test]
fn peaks_that_wrap_around_are_detected() {
    let received: Vec<i16> = clean().iter().map(|&sample| (f32::from(sample) * 1.6) as i32 as i16).collect();
    assert!(faults(&received).contains(&Fault::Wrapped));
    let clipped: Vec<i16> = clean().iter().map(|&sample| (f32::from(sample) * 1.6) as i16).collect();
    assert_eq!(faults(&clipped), [Fault::Level], "clipping itself is allowed");
}

#[test]
fn a_rate_that_is_one_percent_off_is_detected() {
    for speed in [0.99, 1.01] {
        let faults = faults(&replayed(0.0, speed));
        assert!(faults.contains(&Fault::Unlike) || faults.contains(&Fault::Slipped), "{speed}: {faults:?}");
    }
}

#[test]
fn a_lost_start_of_the_speech_is_detected() {
    assert_eq!(faults(&clean()[at(1300)..]), [Fault::StartLost]);
}

#[test]
fn a_lost_end_of_the_speech_is_detected() {
    assert_eq!(faults(&clean()[..at(12_079 - 200)]), [Fault::EndLost]);
}

#[test]
fn half_the_level_is_detected() {
    assert_eq!(faults(&clean().iter().map(|sample| sample / 2).collect::<Vec<_>>()), [Fault::Level]);
}

#[test]
fn silence_noise_and_an_empty_stream_do_not_match() {
    let mut hiss = noise(20_000);
    for received in [vec![], vec![0; 300], vec![0; 210_000], (0..210_000).map(|_| hiss()).collect()] {
        assert!(faults(&received).contains(&Fault::Unlike));
    }
}

#[test]
fn the_error_text_names_the_faults_and_their_positions() {
    let mut received = clean();
    received.drain(at(5300)..at(5400));
    let text = check(&received).unwrap_err().to_string();
    assert!(
        text.starts_with(
            "not the recording: there is a gap in the speech, samples are missing or repeated; found "
        ),
        "{text}"
    );
    assert!(text.contains("1600 missing") && text.contains("-1600 at 5"), "{text}");
}
