//! Transcribes a WAV file as if it were spoken now: partial results, then the final of each turn.
//!
//! `cargo run --release -p local-speech --example transcribe -- target/models/base-en FILE.wav`

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::sync::Arc;

use common::{Outcome, Shown, recognize, wav};
use local_speech::{Model, Settings};

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, file] = arguments.as_slice() else {
        return Err("usage: transcribe MODEL_FOLDER FILE.wav (mono, 16 bits)".into());
    };
    let model = Arc::new(Model::load(Path::new(folder))?);
    let (rate_hz, samples) = wav(Path::new(file))?;
    for Shown { at_ms, hypothesis } in recognize(&model, Settings::default(), rate_hz, &samples, |_| {})? {
        let kind = if hypothesis.end_of_turn { "final  " } else { "partial" };
        println!("{:8.2} s  {kind}  {}", at_ms as f64 / 1000.0, hypothesis.text());
    }
    Ok(())
}
