//! Decodes the clock in the samples of the fake microphones.

use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Samples in 5 ms; filters do not change their median.
const BLOCK: usize = 80;
const BLOCK_MS: f64 = 5.0;

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
}

/// Asserts that the recording consists of one complete part per sign, in order, and returns the gaps between the parts
/// in ms.
#[track_caller]
pub(super) fn gaps_ms(pcm: &[i16], signs: &[i16]) -> Vec<f64> {
    let parts = parts(pcm);
    let found: Vec<i16> = parts.iter().map(|part| part.sign).collect();
    assert_eq!(found, signs);
    for part in &parts {
        let missing_ms = part.missing_ms();
        assert!(missing_ms.abs() < ENGINE.max_slips_ms(), "{missing_ms} ms are missing: {:?}", part.times_ms);
    }
    let gaps_ms: Vec<f64> = parts.windows(2).map(|pair| pair[1].starts_ms() - pair[0].ends_ms()).collect();
    println!("from one microphone to the other: {gaps_ms:.1?} ms");
    gaps_ms
}
