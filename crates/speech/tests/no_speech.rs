//! Sounds without speech give no word and cost no more than speech. Needs `cargo xtask setup --speech`.

mod common;

use std::sync::Arc;

use common::noise::{KINDS, RATE_HZ, sound};
use common::{model, models, recognize, wav};
use local_speech::{Model, Settings};
use test_result::TestResult;

/// Seconds of each sound.
const SECONDS: u32 = 30;

/// Recognises audio. Returns what was shown, and how much audio was decoded for a second of it, in ms: what the cost
/// grows with, on each machine alike.
fn hear(model: &Arc<Model>, rate_hz: u32, samples: &[i16]) -> TestResult<(Vec<String>, f64)> {
    let mut decoded_ms = 0;
    let shown = recognize(model, Settings::default(), rate_hz, samples, |ms| decoded_ms += ms)?;
    let texts = shown.iter().map(|shown| shown.hypothesis.text()).collect();
    Ok((texts, decoded_ms as f64 * f64::from(rate_hz) / samples.len() as f64))
}

/// The seeds are those of which some sounds gave words before: pink noise, hum and music.
fn no_sound_gives_a_word_or_costs_more_than_speech(model_name: &str) -> TestResult {
    let model = model(model_name)?;
    let (rate_hz, samples) = wav(&models().join("audio/two_cities.wav"))?;
    let (_, speech_ms) = hear(&model, rate_hz, &samples)?;
    let mut faults = vec![];
    for kind in KINDS {
        for seed in 5..7 {
            for level_db in [-40.0, -20.0] {
                let (texts, decoded_ms) = hear(&model, RATE_HZ, &sound(kind, seed, SECONDS, level_db))?;
                if !texts.is_empty() || decoded_ms > speech_ms {
                    faults.push(format!("{kind} {seed} {level_db} dB: {decoded_ms:.0} ms, {texts:?}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "speech: {speech_ms:.0} ms\n{}", faults.join("\n"));
    Ok(())
}

#[test]
fn no_sound_gives_the_tiny_model_a_word_or_costs_it_more_than_speech() -> TestResult {
    no_sound_gives_a_word_or_costs_more_than_speech("tiny-en")
}

#[test]
fn no_sound_gives_the_base_model_a_word_or_costs_it_more_than_speech() -> TestResult {
    no_sound_gives_a_word_or_costs_more_than_speech("base-en")
}
