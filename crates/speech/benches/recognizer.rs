//! Prints how good and how expensive recognition is: errors, CPU, latencies, memory, words in noise.
//!
//! `cargo bench -p local-speech [-- base-en | tiny-en] [FILE.wav …]`; needs the models in `target/models`. Wall-clock
//! figures are only those of an idle machine; CPU figures are of this thread.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::time::Instant;

use common::noise::{KINDS, RATE_HZ, sound};
use common::score::{WordErrors, word_errors};
use common::speech::RECORDINGS;
use common::{CHUNK_MS, Outcome, model, models, recognize, wav};
use local_speech::{Priority, Recognizer, Settings, Word};

/// Seconds and seeds of each sound without speech.
const NOISE_SECONDS: u32 = 30;
const NOISE_SEEDS: u64 = 10;

fn main() -> Outcome {
    let names: Vec<String> = std::env::args().skip(1).filter(|name| name.ends_with("-en")).collect();
    let names = if names.is_empty() { vec!["tiny-en".to_owned(), "base-en".to_owned()] } else { names };
    for name in names {
        println!("{name}");
        speech(&name)?;
        if std::env::args().all(|argument| argument != "--no-noise") {
            noise(&name)?;
        }
    }
    Ok(())
}

/// CPU time of this thread, in ms. Linux only; elsewhere wall-clock time.
fn cpu_ms(start: Instant) -> f64 {
    let scheduler = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = scheduler.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64() * 1e3, |nanoseconds| nanoseconds / 1e6)
}

/// Resident memory and its peak, as Linux reports them.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(((values.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0.0)
}

#[derive(Default)]
struct Figures {
    errors: WordErrors,
    audio_ms: f64,
    work_ms: f64,
    jobs: [usize; 2],
    word_latencies_ms: Vec<f64>,
    final_latencies_ms: Vec<f64>,
    partial_words: usize,
    changed_words: usize,
}

fn speech(name: &str) -> Outcome {
    let start = Instant::now();
    let model = model(name)?;
    let weights_mb = model.weight_bytes() as f64 / 1e6;
    println!(
        "  loaded in {:.0} ms, weights {weights_mb:.1} MB; {}",
        start.elapsed().as_secs_f64() * 1e3,
        memory()
    );
    let mut figures = Figures::default();
    let mut files: Vec<(PathBuf, Option<&str>)> =
        RECORDINGS.map(|(file, text)| (models().join("audio").join(file), Some(text))).into();
    files.extend(
        std::env::args().skip(1).filter(|name| name.ends_with(".wav")).map(|file| (file.into(), None)),
    );
    for (file, reference) in files {
        let (rate_hz, samples) = wav(&file)?;
        let text = stream(
            &mut figures,
            Recognizer::new(model.clone(), Settings::default(), rate_hz)?,
            rate_hz,
            &samples,
        );
        println!("  {text}");
        if let Some(reference) = reference {
            let result = word_errors(reference, &text);
            figures.errors.errors += result.errors;
            figures.errors.words += result.words;
        }
    }
    let Figures { errors, audio_ms, work_ms, jobs: [finals, partials], .. } = figures;
    println!("  word error rate {:.1} % ({} of {})", errors.percent(), errors.errors, errors.words);
    println!(
        "  CPU {:.3} s a second of audio; {finals} decodings of pauses, {partials} of open turns",
        work_ms / audio_ms
    );
    let words = &mut figures.word_latencies_ms;
    println!(
        "  a word after its end: p50 {:.0}, p90 {:.0} ms",
        percentile(words, 0.5),
        percentile(words, 0.9)
    );
    let finals = &mut figures.final_latencies_ms;
    println!(
        "  a final after the last voice: p50 {:.0}, p90 {:.0} ms",
        percentile(finals, 0.5),
        percentile(finals, 0.9)
    );
    let changed = 100.0 * figures.changed_words as f64 / figures.partial_words.max(1) as f64;
    println!("  {changed:.1} % of words in partials changed later; {}", memory());
    Ok(())
}

/// Recognises with a clock that goes on while a job runs, as it would on a thread of its own.
fn stream(figures: &mut Figures, mut recognizer: Recognizer, rate_hz: u32, samples: &[i16]) -> String {
    let start = Instant::now();
    let chunk_samples = (rate_hz * CHUNK_MS / 1000) as usize;
    let silence = vec![0; 2 * rate_hz as usize];
    let mut running: Option<(f64, local_speech::JobResult)> = None;
    let (mut texts, mut partials): (Vec<String>, Vec<Vec<Word>>) = (vec![], vec![]);
    let mut first_shown: Vec<f64> = vec![];
    let mut now_ms = 0.0;
    let mut record = |figures: &mut Figures, recognizer: &mut Recognizer, at_ms: f64| {
        while let Some(hypothesis) = recognizer.next_hypothesis() {
            first_shown.resize(first_shown.len().max(hypothesis.words.len()), at_ms);
            if !hypothesis.end_of_turn {
                partials.push(hypothesis.words);
                continue;
            }
            let shown = first_shown.drain(..).zip(&hypothesis.words);
            figures.word_latencies_ms.extend(shown.map(|(at_ms, word)| at_ms - word.end_ms as f64));
            figures.final_latencies_ms.push(at_ms - hypothesis.voice_end_ms as f64);
            let key = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
            for words in partials.drain(..) {
                figures.partial_words += words.len();
                let is_other = |(at, word): &(usize, &Word)| {
                    hypothesis.words.get(*at).is_none_or(|last| key(&last.text) != key(&word.text))
                };
                figures.changed_words += words.iter().enumerate().filter(is_other).count();
            }
            texts.push(hypothesis.text());
        }
    };
    for chunk in samples.chunks(chunk_samples).chain(silence.chunks(chunk_samples)) {
        now_ms += f64::from(CHUNK_MS);
        while let Some((done_ms, result)) = running.take_if(|(done_ms, _)| *done_ms <= now_ms) {
            recognizer.complete(result);
            record(figures, &mut recognizer, done_ms);
            run_next(figures, &mut recognizer, &mut running, done_ms, start);
        }
        let before = cpu_ms(start);
        recognizer.push_i16(chunk);
        figures.work_ms += cpu_ms(start) - before;
        record(figures, &mut recognizer, now_ms);
        if running.is_none() {
            run_next(figures, &mut recognizer, &mut running, now_ms, start);
        }
    }
    figures.audio_ms += samples.len() as f64 * 1000.0 / f64::from(rate_hz);
    texts.join(" ")
}

fn run_next(
    figures: &mut Figures,
    recognizer: &mut Recognizer,
    running: &mut Option<(f64, local_speech::JobResult)>,
    now_ms: f64,
    start: Instant,
) {
    let Some(job) = recognizer.take_job() else { return };
    figures.jobs[usize::from(job.priority() == Priority::Partial)] += 1;
    let before = cpu_ms(start);
    let result = job.run();
    let cost_ms = cpu_ms(start) - before;
    figures.work_ms += cost_ms;
    *running = Some((now_ms + cost_ms, result));
}

fn noise(name: &str) -> Outcome {
    let model = model(name)?;
    let start = Instant::now();
    for kind in KINDS {
        let (mut words, mut examples, before) = (0, vec![], cpu_ms(start));
        let mut seconds = 0;
        for seed in 0..NOISE_SEEDS {
            for level_db in [-50.0, -40.0, -30.0, -20.0] {
                seconds += NOISE_SECONDS;
                for shown in recognize(&model, RATE_HZ, &sound(kind, seed, NOISE_SECONDS, level_db), |_| {})?
                {
                    words += shown.hypothesis.words.len();
                    examples.push(shown.hypothesis.text());
                }
            }
        }
        examples.truncate(4);
        let cpu = (cpu_ms(start) - before) / 1e3 / f64::from(seconds);
        println!("  {kind}: {words} words, CPU {cpu:.3} s a second {examples:?}");
    }
    Ok(())
}
