//! The real models: damaged in any way, and without the instructions of newer processors. Needs
//! `cargo xtask setup --speech`.

use std::ops::Range;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use test_result::TestResult;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/models")
}

/// Parts of a file, by their first and last byte.
type Parts = Vec<Range<usize>>;

/// Weights of a layer have more bytes; scales, zero points and biases have fewer.
const MANY_BYTES: usize = 8_192;

/// Names, shapes, offsets and small tensors. A change there says more than one among millions of weights.
fn structure(file: &[u8]) -> Result<Parts, Fault> {
    let parsed = OrtFile::parse(file)?;
    let start = file.as_ptr().addr();
    let weights = parsed.tensors().map(|tensor| tensor.raw).filter(|raw| raw.len() > MANY_BYTES);
    let mut weights: Parts = weights
        .map(|raw| {
            let at = raw.as_ptr().addr() - start;
            at..at + raw.len()
        })
        .collect();
    weights.sort_by_key(|range| range.start);
    let mut at = 8;
    let mut parts = vec![];
    for range in weights {
        if range.start > at {
            parts.push(at..range.start);
        }
        at = at.max(range.end);
    }
    parts.push(at..file.len());
    Ok(parts)
}

/// The byte `number` of all parts.
fn position(parts: &Parts, number: usize) -> usize {
    let mut left = number % parts.iter().map(Range::len).sum::<usize>();
    for part in parts {
        if left < part.len() {
            return part.start + left;
        }
        left -= part.len();
    }
    0
}

/// Whatever the model is, it is an error or can be run.
fn parse_and_run(files: &[Vec<u8>; 3]) {
    if let Ok(model) = Model::parse(&files[0], &files[1], &files[2]) {
        let audio: Vec<f32> = (0..8_000_u16).map(|i| (f32::from(i) / 20.0).sin() / 4.0).collect();
        drop(model.transcribe(&audio, &[5, u32::MAX]));
    }
}

#[test]
fn changed_bytes_of_a_model_never_panic() -> TestResult {
    let files = read_files(&models().join("tiny-en"))?;
    let whole = std::iter::once(0..files[2].len()).collect();
    let parts = [structure(&files[0])?, structure(&files[1])?, whole];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let changes = proptest::collection::vec((any::<usize>(), any::<u8>()), 1..24);
    let case = (0..FILES.len(), changes, proptest::option::of(any::<usize>()));
    runner.run(&case, |(file, changes, length)| {
        let mut damaged = files.clone();
        for (number, byte) in changes {
            damaged[file][position(&parts[file], number)] = byte;
        }
        if let Some(length) = length {
            let length = length % files[file].len();
            damaged[file].truncate(length);
        }
        parse_and_run(&damaged);
        Ok(())
    })?;
    Ok(())
}

#[test]
fn the_fault_of_a_model_names_its_file() -> TestResult {
    let files = read_files(&models().join("tiny-en"))?;
    for (at, name) in FILES.into_iter().enumerate() {
        let mut damaged = files.clone();
        let half = damaged[at].len() / 2;
        damaged[at].truncate(half);
        let error = Model::parse(&damaged[0], &damaged[1], &damaged[2]).expect_err("half a file");
        assert!(
            error.to_string().starts_with(&format!("{name} is damaged or of another model: ")),
            "{error}"
        );
    }
    let base = read_files(&models().join("base-en"))?;
    let error = Model::parse(&files[0], &base[1], &files[2]).expect_err("the decoder of another model");
    assert!(
        error.to_string().contains("decoder_model_merged.ort") && error.to_string().contains("shape"),
        "{error}"
    );
    Ok(())
}

#[test]
fn without_newer_instructions_the_words_are_the_same() -> TestResult {
    let wav = hound::WavReader::open(models().join("audio/beckett.wav"))?;
    assert_eq!(wav.spec().sample_rate, crate::SAMPLE_RATE_HZ);
    let samples = wav.into_samples::<i16>().map(|sample| sample.map(|it| f32::from(it) / 32_768.0));
    let audio: Vec<f32> = samples.collect::<Result<_, _>>()?;
    for name in ["tiny-en", "base-en"] {
        let mut model = Model::load(&models().join(name))?;
        let text = |model: &Model| {
            let words = model.transcribe(&audio, &[]).words;
            words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
        };
        let usual = text(&model);
        model.arch = Arch::Scalar;
        assert_eq!(text(&model), usual, "{name}");
        assert!(usual.to_lowercase().starts_with("ever tried"), "{name}: {usual}");
    }
    Ok(())
}
