//! Decodes the clock in the samples of the fake microphones.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::ENGINE;
use crate::engines::{Capabilities as _, TornSound};

/// Samples in 5 ms; filters do not change their median.
const BLOCK: usize = 80;
const BLOCK_MS: f64 = 5.0;

/// The length of a chunk, in ms.
const CHUNK_MS: f64 = 100.0;

/// Samples that the page was given, with the number of the audio node that gave them.
pub(super) type Chunk = (u64, Vec<i16>);

/// A contiguous part of a recording that comes from one device.
#[derive(Debug)]
struct Part {
    sign: i16,
    /// The device's clock at each block, in ms.
    times_ms: Vec<f64>,
}

/// Splits received audio into parts by device, without the zeros between them.
fn parts(pcm: &[i16]) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![];
    for block in pcm.chunks_exact(BLOCK) {
        let mut block = block.to_vec();
        block.sort_unstable();
        let level = f64::from(block[BLOCK / 2]) / 32767.0;
        let (sign, ms) = (level.signum() as i16, (level.abs() - 0.1) / 0.04 * 1000.0);
        if ms < -BLOCK_MS {
            continue; // No device sends levels below 0.1.
        }
        match parts.last_mut() {
            Some(part) if part.sign == sign => part.times_ms.push(ms),
            _ => parts.push(Part { sign, times_ms: vec![ms] }),
        }
    }
    parts
}

impl Part {
    fn starts_ms(&self) -> f64 {
        self.times_ms[0]
    }

    fn ends_ms(&self) -> f64 {
        self.times_ms[self.times_ms.len() - 1] + BLOCK_MS
    }

    /// The missing audio in ms; negative if audio is repeated. The first 40 blocks are ignored, because browsers lose
    /// or repeat some ms where a device starts.
    fn missing_ms(&self) -> f64 {
        let skipped = self.times_ms.len().min(40);
        self.ends_ms() - self.times_ms[skipped - 1] - (self.times_ms.len() + 1 - skipped) as f64 * BLOCK_MS
    }

    /// Its sign and the missing audio in ms, if it is more than the engine may lose.
    fn torn(&self) -> Option<(i16, f64)> {
        let missing_ms = self.missing_ms();
        (missing_ms.abs() >= ENGINE.max_slips_ms()).then_some((self.sign, missing_ms))
    }
}

/// Asserts that the recording consists of one complete part per sign, in order, and returns the gaps between the parts
/// in ms.
///
/// # Errors
/// If a part is not complete, but neither was what the page was given by one of its audio nodes: the browser has torn
/// the sound.
#[track_caller]
pub(super) fn gaps_ms(pcm: &[i16], signs: &[i16], given: &[Chunk]) -> Result<Vec<f64>, TornSound> {
    let received = parts(pcm);
    let found: Vec<i16> = received.iter().map(|part| part.sign).collect();
    let torn: Vec<(i16, f64)> =
        by_node(given).values().flat_map(|pcm| parts(pcm)).filter_map(|part| part.torn()).collect();
    let is_whole = found == signs && received.iter().all(|part| part.torn().is_none());
    if !is_whole && !torn.is_empty() {
        return Err(TornSound(format!("{torn:.1?} ms are missing")));
    }
    assert_eq!(found, signs);
    for part in &received {
        assert_eq!(part.torn(), None, "ms are missing: {:?}", part.times_ms);
    }
    let gaps_ms: Vec<f64> = received.windows(2).map(|pair| pair[1].starts_ms() - pair[0].ends_ms()).collect();
    println!("from one microphone to the other: {gaps_ms:.1?} ms");
    Ok(gaps_ms)
}

/// As [`gaps_ms`], and asserts that the gaps are within `limits_ms`.
///
/// # Errors
/// Also if the browser gave the page the sound of the two microphones so far apart.
#[track_caller]
pub(super) fn assert_gaps_ms(
    pcm: &[i16],
    signs: &[i16],
    given: &[Chunk],
    limits_ms: &Range<f64>,
) -> Result<(), TornSound> {
    let gaps_ms = gaps_ms(pcm, signs, given)?;
    let received = parts(pcm);
    for (pair, gap_ms) in received.windows(2).zip(gaps_ms) {
        if !limits_ms.contains(&gap_ms) {
            let given_ms = given_gap_ms(given, &pair[0], &pair[1]);
            let is_torn = given_ms.is_some_and(|given_ms| (gap_ms - given_ms).abs() < CHUNK_MS);
            assert!(is_torn, "{gap_ms} ms, where the page was given {given_ms:?} ms");
            return Err(TornSound(format!("it is {gap_ms:.1} ms apart")));
        }
    }
    Ok(())
}

/// The samples that each node gave.
fn by_node(given: &[Chunk]) -> BTreeMap<u64, Vec<i16>> {
    given.iter().fold(BTreeMap::new(), |mut nodes, (node, chunk)| {
        nodes.entry(*node).or_insert_with(Vec::new).extend(chunk);
        nodes
    })
}

/// The time between the end of a part that was received and the sound of the next microphone that the page was given
/// then, in ms: it is not 0 if the browser delays the sound of one of them.
fn given_gap_ms(given: &[Chunk], before: &Part, after: &Part) -> Option<f64> {
    let ends_ms = before.ends_ms();
    let parts: Vec<Option<Part>> = given.iter().map(|(_, chunk)| parts(chunk).pop()).collect();
    let is_of = |part: &Option<Part>, sign| part.as_ref().is_some_and(|part| part.sign == sign);
    let last = parts.iter().rposition(|part| {
        is_of(part, before.sign) && part.as_ref().is_some_and(|part| part.starts_ms() < ends_ms)
    })?;
    let next = parts[last..].iter().find(|part| is_of(part, after.sign))?.as_ref()?;
    Some(next.starts_ms() - ends_ms)
}
