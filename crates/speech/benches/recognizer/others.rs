//! Other recognisers on the same recordings: whole files, on one thread, without partials.

use std::path::{Path, PathBuf};
use std::process::Command;

use transcription_worklet::Resampler;

use crate::Set;
use crate::common::noise::RATE_HZ;
use crate::common::score::{WordErrors, word_errors};
use crate::common::wav;
use test_result::TestResult;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/recognizer/others.py");
/// Where `cargo xtask bench` installs faster-whisper, with its model.
const WHISPER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/whisper/bin/python");
/// Debian's Python, which sees Debian's packages `python3-pocketsphinx` and `pocketsphinx-en-us`.
const DEBIAN: &str = "/usr/bin/python3";

/// Prints each one's errors and cost, or that it is missing.
pub(crate) fn print(sets: &[Set]) -> TestResult {
    let files: Vec<_> = sets.iter().flat_map(|(_, files)| files).collect();
    let (mut raw_files, mut audio_s) = (vec![], 0.0);
    for (number, (file, _)) in files.iter().enumerate() {
        let (rate_hz, samples) = wav(file)?;
        audio_s += samples.len() as f64 / f64::from(rate_hz);
        let raw = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("others-{number}.raw"));
        std::fs::write(&raw, at_16_khz(rate_hz, &samples)?)?;
        raw_files.push(raw);
    }
    let others = [
        ("Whisper tiny.en (faster-whisper, 8 bit, beam 5)", WHISPER, "whisper", "cargo xtask bench"),
        (
            "pocketsphinx en-us",
            DEBIAN,
            "pocketsphinx",
            "apt-get install python3-pocketsphinx pocketsphinx-en-us",
        ),
    ];
    for (name, python, argument, install) in others {
        match transcribe(python, argument, &raw_files) {
            Err(error) => println!("{name}: left out: {error}; install it with: {install}"),
            Ok((cpu_s, texts)) => {
                let mut errors = WordErrors::default();
                for ((_, reference), text) in files.iter().zip(&texts) {
                    let of_file = word_errors(reference, text);
                    errors.errors += of_file.errors;
                    errors.words += of_file.words;
                }
                println!("{name}");
                println!("    words wrong of {}: {:.1} %", errors.words, errors.percent());
                println!("    CPU a second of audio: {:.3} s", cpu_s / audio_s);
            }
        }
    }
    Ok(())
}

/// CPU time in s, and the text of each file.
fn transcribe(python: &str, argument: &str, files: &[PathBuf]) -> TestResult<(f64, Vec<String>)> {
    let mut command = Command::new(python);
    command.args([SCRIPT, argument]).args(files);
    // The libraries of both would take more threads than one.
    let output =
        command.env("OMP_NUM_THREADS", "1").output().map_err(|error| format!("{python}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.trim().lines().last().unwrap_or("it failed").into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (cpu_s, texts) = text.split_once('\n').ok_or("it printed nothing")?;
    let texts: Vec<String> = texts.lines().map(str::to_owned).collect();
    if texts.len() != files.len() {
        return Err(format!("{} texts of {} files", texts.len(), files.len()).into());
    }
    Ok((cpu_s.parse()?, texts))
}

/// Samples at 16 kHz, as bytes.
fn at_16_khz(rate_hz: u32, samples: &[i16]) -> TestResult<Vec<u8>> {
    let mut samples = samples.iter().map(|sample| f32::from(*sample));
    let mut bytes = vec![];
    let mut write = |sample: f32| bytes.extend((sample as i16).to_le_bytes());
    if rate_hz == RATE_HZ {
        samples.for_each(write);
    } else {
        let mut resampler = Resampler::new(rate_hz)?;
        while let Some(sample) = resampler.next_sample(&mut samples) {
            write(sample);
        }
    }
    Ok(bytes)
}
