//! The whole path from blocks to chunks: nothing lost, nothing twice, whatever the blocks and the data.

mod support;

use proptest::prelude::*;
use support::{capture, joined, tone};
use transcription_worklet::contract::{CHUNK_SAMPLES, SAMPLE_RATE_HZ};

/// Rates of every kind: passed through, lower, whole and fractional ratios, exact and interpolated tables.
const RATES_HZ: [u32; 9] = [16_000, 8_000, 11_025, 22_050, 44_056, 44_100, 48_000, 96_000, 191_999];

fn rates_hz() -> impl Strategy<Value = u32> {
    prop_oneof![proptest::sample::select(RATES_HZ.to_vec()), 3_000_u32..=768_000]
}

/// Blocks of sizes from 0 to far beyond a chunk, with samples that sometimes are too loud.
fn blocks() -> impl Strategy<Value = Vec<Vec<f32>>> {
    let size = prop_oneof![Just(0_usize), Just(128), 1_usize..300, 300_usize..6_000];
    let block = size.prop_flat_map(|size| proptest::collection::vec(-1.2_f32..1.2, size));
    proptest::collection::vec(block, 0..12)
}

fn as_slices(blocks: &[Vec<f32>]) -> impl Iterator<Item = &[f32]> {
    blocks.iter().map(Vec::as_slice)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn how_the_input_is_split_into_blocks_changes_nothing(rate_hz in rates_hz(), blocks in blocks()) {
        let whole = blocks.concat();
        prop_assert_eq!(capture(rate_hz, as_slices(&blocks)), capture(rate_hz, [&whole[..]]));
    }

    #[test]
    fn every_chunk_but_the_last_is_full_and_together_they_last_as_long_as_the_input(
        rate_hz in rates_hz(),
        blocks in blocks(),
    ) {
        let sizes: Vec<_> = capture(rate_hz, as_slices(&blocks)).iter().map(|(pcm, _)| pcm.len()).collect();
        let frames = blocks.concat().len() as u64;
        let samples = (frames * u64::from(SAMPLE_RATE_HZ)).div_ceil(u64::from(rate_hz)) as usize;
        prop_assert_eq!(sizes.iter().sum::<usize>(), samples);
        prop_assert_eq!(sizes.len(), samples.div_ceil(CHUNK_SAMPLES));
        prop_assert!(sizes.iter().rev().skip(1).all(|&size| size == CHUNK_SAMPLES));
    }

    #[test]
    fn at_16_khz_each_sample_is_passed_on_once_and_in_order(
        pcm in proptest::collection::vec(any::<i16>(), 0..10_000),
        block in 1_usize..5_000,
    ) {
        let frames: Vec<f32> = pcm.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
        prop_assert_eq!(joined(&capture(SAMPLE_RATE_HZ, frames.chunks(block))), pcm);
    }

    #[test]
    fn no_data_makes_it_fail_or_lose_count(
        rate_hz in rates_hz(),
        bits in proptest::collection::vec(any::<u32>(), 0..3_000),
    ) {
        // Any bit pattern: infinities, all kinds of NaN, the largest and the smallest numbers.
        let frames: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        let chunks = capture(rate_hz, [&frames[..]]);
        let samples = (frames.len() as u64 * u64::from(SAMPLE_RATE_HZ)).div_ceil(u64::from(rate_hz));
        prop_assert_eq!(joined(&chunks).len() as u64, samples);
        prop_assert!(chunks.iter().all(|(_, peak)| (0.0..=1.0).contains(peak)));
    }
}

#[test]
fn a_recording_without_audio_has_no_chunks() {
    for rate_hz in RATES_HZ {
        assert_eq!(capture(rate_hz, [&[][..], &[]]), [], "{rate_hz} Hz");
    }
}

#[test]
fn a_tone_twice_too_loud_is_clipped_at_its_crests_and_never_wrapped() {
    for rate_hz in RATES_HZ {
        let quiet = tone(rate_hz, 300.0, rate_hz as usize / 2);
        let loud: Vec<f32> = quiet.iter().map(|frame| frame * 4.0).collect();
        let (quiet, loud) = (joined(&capture(rate_hz, [&quiet[..]])), joined(&capture(rate_hz, [&loud[..]])));
        assert!(loud.contains(&i16::MAX) && loud.contains(&i16::MIN), "{rate_hz} Hz");
        for (quiet, loud) in quiet.iter().zip(&loud) {
            let expected = (i32::from(*quiet) * 4).clamp(-32_768, 32_767);
            assert!((expected - i32::from(*loud)).abs() <= 2, "{rate_hz} Hz: {loud} for {expected}");
        }
    }
}

#[test]
fn one_bad_frame_harms_nothing_but_its_own_moment() {
    for (bad, clipped) in [(f32::NAN, 0.0), (f32::INFINITY, 1.0), (f32::NEG_INFINITY, -1.0)] {
        for rate_hz in RATES_HZ {
            let mut frames = tone(rate_hz, 300.0, rate_hz as usize / 2);
            frames[2_000] = clipped;
            let expected = capture(rate_hz, [&frames[..]]);
            frames[2_000] = bad;
            let chunks = capture(rate_hz, [&frames[..]]);
            assert_eq!(joined(&chunks), joined(&expected), "{bad} at {rate_hz} Hz");
        }
    }
}

#[test]
fn the_peak_is_the_level_of_each_chunk() {
    for rate_hz in RATES_HZ {
        // 300 ms at one half, 300 ms of silence, 300 ms of four times too much.
        let part = tone(rate_hz, 1_000.0, rate_hz as usize * 3 / 10);
        let silence = vec![0.0; part.len()];
        let loud: Vec<f32> = part.iter().map(|frame| frame * 8.0).collect();
        let chunks = capture(rate_hz, [&part[..], &silence, &loud]);
        let peaks: Vec<f32> = chunks.iter().map(|(_, peak)| *peak).collect();
        // The chunks in the middle of each part: the others reach into the neighbour.
        assert!((peaks[1] - 0.5).abs() < 0.01, "{rate_hz} Hz: {peaks:?}");
        assert!(peaks[4] < 1e-6, "{rate_hz} Hz: {peaks:?}");
        assert!((peaks[7] - 1.0).abs() < 1e-6, "{rate_hz} Hz: {peaks:?}");
    }
}
