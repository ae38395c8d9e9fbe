//! What the prototype of this crate costs on the same recordings, in the same run.
//!
//! The prototype decoded the whole segment each 300 ms, as soon as the audio was there: what full decoding does where
//! each job takes no time. Side by side on the same machine it cost as much as that with tiny, and more with base,
//! since its products took 1.6 times as long; README.md has the measurements. So full decoding's cost stands for it.

use std::sync::Arc;

use local_speech::{Model, Settings};

use crate::common::{recognize, wav};
use crate::measure::cpu_ms;
use crate::{Set, full_decoding};
use test_result::TestResult;

/// CPU time for a second of audio where each job takes no time, in s.
pub(crate) struct Costs {
    pub(crate) ours: f64,
    pub(crate) prototype: f64,
}

/// Measures the costs, and prints them.
pub(crate) fn compare(model: &Arc<Model>, settings: Settings, sets: &[Set]) -> TestResult<Costs> {
    let (mut audio_ms, mut ours_ms, mut full_ms) = (0.0, 0.0, 0.0);
    for (file, _) in sets.iter().flat_map(|(_, files)| files) {
        let (rate_hz, samples) = wav(file)?;
        audio_ms += samples.len() as f64 * 1000.0 / f64::from(rate_hz);
        for (work_ms, settings) in [(&mut ours_ms, settings), (&mut full_ms, full_decoding(settings))] {
            let before = cpu_ms();
            recognize(model, settings, rate_hz, &samples, |_| {})?;
            *work_ms += cpu_ms() - before;
        }
    }
    let (ours, prototype) = (ours_ms / audio_ms, full_ms / audio_ms);
    println!("  jobs that take no time, CPU a second of audio");
    println!(
        "    full decoding, for the prototype {prototype:.3} s, ours {ours:.3} s, ratio {:.2}",
        ours / prototype
    );
    Ok(Costs { ours, prototype })
}
