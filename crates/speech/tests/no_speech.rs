//! Sounds without speech give no word. Needs `cargo xtask setup --model base` and `--model tiny`.

mod common;

use common::noise::{KINDS, RATE_HZ, sound};
use common::{Outcome, model, models, recognize, wav};
use local_speech::Settings;

/// Seconds of each sound.
const SECONDS: u32 = 30;

/// Recognises each kind of sound and returns what was shown.
fn shown_words(model_name: &str, seeds: std::ops::Range<u64>, levels_db: &[f32]) -> Outcome<Vec<String>> {
    let model = model(model_name)?;
    let mut words = vec![];
    for kind in KINDS {
        for seed in seeds.clone() {
            for level_db in levels_db {
                let samples = sound(kind, seed, SECONDS, *level_db);
                for shown in recognize(&model, Settings::default(), RATE_HZ, &samples, |_| {})? {
                    words.push(format!("{kind} {seed} {level_db} dB: {:?}", shown.hypothesis.text()));
                }
            }
        }
    }
    Ok(words)
}

/// Seeds of which some sounds gave words before: pink noise, hum and music.
fn no_sound_gives_a_word(model_name: &str) -> Outcome {
    let words = shown_words(model_name, 5..7, &[-40.0, -20.0])?;
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

#[test]
#[ignore = "takes ten minutes: ten seeds at four levels with both models"]
fn no_sound_of_ten_seeds_gives_a_word() -> Outcome {
    for model_name in ["tiny-en", "base-en"] {
        let words = shown_words(model_name, 0..10, &[-50.0, -40.0, -30.0, -20.0])?;
        assert!(words.is_empty(), "{model_name}: {}", words.join("\n"));
    }
    Ok(())
}

/// Audio that is decoded for a second of `samples`, in ms: what the cost grows with.
fn decoded_ms(rate_hz: u32, samples: &[i16]) -> Outcome<f64> {
    let mut decoded_ms = 0;
    recognize(&model("tiny-en")?, Settings::default(), rate_hz, samples, |ms| decoded_ms += ms)?;
    Ok(decoded_ms as f64 * f64::from(rate_hz) / samples.len() as f64)
}

#[test]
fn music_costs_no_more_than_speech() -> Outcome {
    let (rate_hz, samples) = wav(&models().join("audio/two_cities.wav"))?;
    let speech_ms = decoded_ms(rate_hz, &samples)?;
    for seed in 5..7 {
        let music_ms = decoded_ms(RATE_HZ, &sound("music", seed, SECONDS, -20.0))?;
        assert!(music_ms <= speech_ms, "music {music_ms:.0} ms, speech {speech_ms:.0} ms");
    }
    Ok(())
}
