//! Prints how good and how expensive recognition is: errors, CPU, latencies, memory, words in sounds without speech.
//!
//! `cargo bench -p local-speech [-- OPTIONS]`; needs the models in `target/models`.
//!
//! | option | what |
//! | --- | --- |
//! | `base-en`, `tiny-en` | only this model |
//! | `--corpus FOLDER` | also the recordings that the folder's `transcripts.tsv` lists: WAV file, tab, words |
//! | `--set NAME=VALUE` | another value of a setting, such as `partial_interval_ms=250` |
//! | `--endless MINUTES` | only speech without a pause, so many minutes; fails if work or memory grow |
//! | `--others` | also the recordings by Whisper and by pocketsphinx, where those are installed |
//! | `--no-noise` | no sounds without speech |
//!
//! CPU times are those of one thread. Latencies are computed from them: as on a machine that runs a job at once. The
//! last column compares with full decoding in the same run: the whole segment decoded each 300 ms. `prototype.rs` says
//! what that is of the prototype's cost.
//!
//! It prints all values, then fails if one exceeds its limit. With `--set` or `--corpus` it has no limits.

#[path = "../../tests/common/mod.rs"]
mod common;
mod limits;
mod measure;
mod others;
mod prototype;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use common::corpus::corpus;
use common::noise::{KINDS, RATE_HZ, sound};
use common::score::word_errors;
use common::speech::RECORDINGS;
use common::{model, models, recognize, wav};
use limits::Limits;
use local_speech::recognizer::MAX_SEGMENT_MS;
use local_speech::{Model, Recognizer, Settings};
use measure::{Measurements, cpu_ms, memory, memory_mb, stream};
use test_result::TestResult;

/// Seconds and seeds of each sound without speech.
const NOISE_SECONDS: u32 = 30;
const NOISE_SEEDS: u64 = 10;
/// The longest silence in speech without a pause, in 16 kHz samples: 80 ms.
const ENDLESS_SILENCE: usize = 1280;

/// The parts at the start and the end of endless speech that are compared: 5 minutes, in ms.
const ENDLESS_PART_MS: f64 = 300_000.0;
/// How much more the last part may cost than the first: less than a busy machine's noise would be no limit.
const ENDLESS_GROWTH: f64 = 1.3;
/// Memory for the models and one endless turn, at most, in MB.
const ENDLESS_MEMORY_MB: f64 = 250.0;

#[derive(Default)]
struct Options {
    models: Vec<String>,
    corpora: Vec<PathBuf>,
    settings: Settings,
    endless_minutes: Option<usize>,
    others: bool,
    no_noise: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> TestResult<Self> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--bench" => {}
                "--corpus" => options.corpora.push(value()?.into()),
                "--set" => set(&mut options.settings, &value()?)?,
                "--endless" => options.endless_minutes = Some(value()?.parse()?),
                "--others" => options.others = true,
                "--no-noise" => options.no_noise = true,
                "base-en" | "tiny-en" => options.models.push(argument),
                _ => return Err(format!("unknown option {argument}").into()),
            }
        }
        if options.models.is_empty() {
            options.models = vec!["tiny-en".to_owned(), "base-en".to_owned()];
        }
        Ok(options)
    }
}

fn set(settings: &mut Settings, assignment: &str) -> TestResult {
    let (name, value) = assignment.split_once('=').ok_or("--set NAME=VALUE")?;
    match name {
        "min_silence_ms" => settings.min_silence_ms = value.parse()?,
        "max_silence_ms" => settings.max_silence_ms = value.parse()?,
        "partial_interval_ms" => settings.partial_interval_ms = value.parse()?,
        "partial_interval_share" => settings.partial_interval_share = value.parse()?,
        "partial_window_ms" => settings.partial_window_ms = value.parse()?,
        "commit_after_ms" => settings.commit_after_ms = value.parse()?,
        "voice_threshold" => settings.voice_threshold = value.parse()?,
        "show_confidence" => settings.show_confidence = value.parse()?,
        _ => return Err(format!("no setting is called {name}").into()),
    }
    Ok(())
}

fn main() -> TestResult {
    let options = Options::parse(std::env::args().skip(1))?;
    if options.others {
        others::print(&recordings(&options)?)?;
    }
    let mut faults = vec![];
    for name in &options.models {
        let before = cpu_ms();
        let model = model(name)?;
        let (load_ms, weights_mb) = (cpu_ms() - before, model.weight_bytes() as f64 / 1e6);
        println!("{name}: loaded in {load_ms:.0} ms of CPU, weights {weights_mb:.1} MB; {}", memory());
        if let Some(minutes) = options.endless_minutes {
            endless(&model, options.settings, minutes)?;
            continue;
        }
        let mut limits = Limits::new(name);
        let measurements = speech(&model, &options)?;
        limits.check_speech(&measurements);
        let costs = prototype::compare(&model, options.settings, &recordings(&options)?)?;
        limits.check_prototype(&costs);
        if !options.no_noise {
            noise(&model, options.settings, measurements.cpu(), &mut limits)?;
        }
        faults.extend(limits.faults);
    }
    let limits_apply = options.settings == Settings::default() && options.corpora.is_empty();
    if limits_apply && !faults.is_empty() {
        return Err(format!("over the limit:\n  {}", faults.join("\n  ")).into());
    }
    Ok(())
}

/// A set's name, and its recordings with their words.
type Set = (String, Vec<(PathBuf, String)>);

/// The recordings of the tests, then each corpus.
fn recordings(options: &Options) -> TestResult<Vec<Set>> {
    let own = RECORDINGS.map(|(file, text)| (models().join("audio").join(file), text.to_owned()));
    let mut sets = vec![("recordings of the tests".to_owned(), own.to_vec())];
    for folder in &options.corpora {
        sets.push((folder.display().to_string(), corpus(folder)?));
    }
    Ok(sets)
}

/// One decoding of the whole segment each 300 ms: what a partial costs without any of the savings.
fn full_decoding(settings: Settings) -> Settings {
    Settings {
        partial_interval_ms: 300,
        partial_interval_share: 0.0,
        partial_window_ms: u32::MAX,
        commit_after_ms: MAX_SEGMENT_MS,
        ..settings
    }
}

/// Human speech: the recordings of the tests, then each corpus. Returns the measurements of all.
fn speech(model: &Arc<Model>, options: &Options) -> TestResult<Measurements> {
    let full = full_decoding(options.settings);
    let sets = recordings(options)?;
    let (mut all, mut all_full) = (Measurements::default(), Measurements::default());
    for (name, files) in &sets {
        let (mut measurements, mut full_measurements) = (Measurements::default(), Measurements::default());
        for (file, reference) in files {
            let (rate_hz, samples) = wav(file)?;
            for (measurements, settings) in
                [(&mut measurements, options.settings), (&mut full_measurements, full)]
            {
                let recognizer = Recognizer::new(Arc::clone(model), settings, rate_hz)?;
                let text = stream(measurements, recognizer, rate_hz, samples.iter().copied());
                let errors = word_errors(reference, &text);
                measurements.errors.errors += errors.errors;
                measurements.errors.words += errors.words;
                if errors.errors > 0 && settings == options.settings {
                    println!("    {} wrong: {text}", errors.errors);
                }
            }
        }
        println!("  {name}");
        measurements.print(Some(&full_measurements));
        all.append(measurements);
        all_full.append(full_measurements);
    }
    if sets.len() > 1 {
        println!("  all");
        all.print(Some(&all_full));
    }
    Ok(all)
}

/// Speech whose silences are cut out, again and again.
///
/// # Errors
/// If it does not keep real time, needs more and more work, or more memory than [`ENDLESS_MEMORY_MB`].
fn endless(model: &Arc<Model>, settings: Settings, minutes: usize) -> TestResult {
    let (rate_hz, samples) = wav(&models().join("audio/two_cities.wav"))?;
    let samples = without_silence(&samples, ENDLESS_SILENCE * rate_hz as usize / RATE_HZ as usize);
    let count = minutes * 60 * rate_hz as usize;
    let mut measurements = Measurements::default();
    let recognizer = Recognizer::new(Arc::clone(model), settings, rate_hz)?;
    let start = Instant::now();
    let text = stream(&mut measurements, recognizer, rate_hz, samples.iter().copied().cycle().take(count));
    let (elapsed_s, audio_s) = (start.elapsed().as_secs_f64(), minutes as f64 * 60.0);
    println!("  {minutes} minutes of speech without a pause: {} words", text.split(' ').count());
    println!("  {:.1} s of audio a second; {}", audio_s / elapsed_s, memory());
    println!("  longest delay of a job's end {:.0} ms after its audio", measurements.longest_delay_ms);
    measurements.print(None);
    let part_ms = (audio_s * 1000.0 / 2.0).min(ENDLESS_PART_MS);
    let first = measurements.cpu_between(0.0, part_ms);
    let last = measurements.cpu_between(audio_s * 1000.0 - part_ms, audio_s * 1000.0);
    println!("  CPU a second at the start {first:.3} s, at the end {last:.3} s: {:.2} times", last / first);
    let (_, peak_mb) = memory_mb();
    if last / first > ENDLESS_GROWTH || measurements.cpu() >= 1.0 || peak_mb > ENDLESS_MEMORY_MB {
        return Err("the work or the memory grows, or real time is not kept".into());
    }
    Ok(())
}

/// Cuts each silence down to so many samples.
fn without_silence(samples: &[i16], longest: usize) -> Vec<i16> {
    let mut quiet = 0;
    let is_kept = |block: &&[i16]| {
        let power = block.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / block.len() as f64;
        quiet = if power.sqrt() < 300.0 { quiet + block.len() } else { 0 };
        quiet <= longest
    };
    samples.chunks(longest / 8).filter(is_kept).flatten().copied().collect()
}

/// Sounds without speech, in which there is no word and which cost no more than speech.
fn noise(model: &Arc<Model>, settings: Settings, speech_cpu: f64, limits: &mut Limits) -> TestResult {
    for kind in KINDS {
        let (mut words, mut examples, before) = (0, vec![], cpu_ms());
        let mut seconds = 0;
        for seed in 0..NOISE_SEEDS {
            for level_db in [-50.0, -40.0, -30.0, -20.0] {
                seconds += NOISE_SECONDS;
                let samples = sound(kind, seed, NOISE_SECONDS, level_db);
                for shown in recognize(model, settings, RATE_HZ, &samples, |_| {})? {
                    words += shown.hypothesis.words.len();
                    examples.push(format!("{seed} {level_db} dB: {}", shown.hypothesis.text()));
                }
            }
        }
        examples.truncate(6);
        let cpu = (cpu_ms() - before) / 1e3 / f64::from(seconds);
        println!("  {kind}: {words} words, CPU {cpu:.3} s a second {examples:?}");
        limits.check(&format!("words in {kind}"), words as f64, 0.0);
        limits.check(&format!("CPU of {kind} to that of speech"), cpu / speech_cpu, 1.0);
    }
    Ok(())
}
