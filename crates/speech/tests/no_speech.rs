//! Sounds without speech give no word. Needs `cargo xtask setup --model base` and `--model tiny`.

mod common;

use common::noise::{KINDS, RATE_HZ, sound};
use common::{Outcome, model, recognize};

/// Seconds of each sound. The bench takes 30 and more seeds.
const SECONDS: u32 = 10;
const SEEDS: u64 = 2;

fn no_sound_gives_a_word(model_name: &str) -> Outcome {
    let model = model(model_name)?;
    let mut words = vec![];
    for kind in KINDS {
        for seed in 0..SEEDS {
            for level_db in [-50.0, -35.0, -20.0] {
                let samples = sound(kind, seed, SECONDS, level_db);
                for shown in recognize(&model, RATE_HZ, &samples, |_| {})? {
                    words.push(format!("{kind} {seed} {level_db} dB: {:?}", shown.hypothesis.text()));
                }
            }
        }
    }
    assert!(words.is_empty(), "{}", words.join("\n"));
    Ok(())
}

#[test]
fn no_sound_gives_the_tiny_model_a_word() -> Outcome {
    no_sound_gives_a_word("tiny-en")
}

#[test]
fn no_sound_gives_the_base_model_a_word() -> Outcome {
    no_sound_gives_a_word("base-en")
}
