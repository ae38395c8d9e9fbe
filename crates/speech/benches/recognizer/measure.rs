//! One stream, measured with a clock of its own.

use std::time::Instant;

use local_speech::{Hypothesis, JobResult, Priority, Recognizer, Word};

use crate::common::CHUNK_MS;
use crate::common::score::WordErrors;

/// CPU time of this thread, in ms. Linux only; elsewhere wall-clock time.
pub(crate) fn cpu_ms() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let scheduler = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = scheduler.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64() * 1e3, |nanoseconds| nanoseconds / 1e6)
}

/// Resident memory and its peak, as Linux reports them, in MB.
pub(crate) fn memory_mb() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) * 1024.0 / 1e6
    };
    (value("VmRSS:"), value("VmHWM:"))
}

pub(crate) fn memory() -> String {
    let (now_mb, peak_mb) = memory_mb();
    format!("memory {now_mb:.0} MB, at most {peak_mb:.0} MB")
}

fn percentile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(((values.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}

/// What was measured over some recordings.
#[derive(Default)]
pub(crate) struct Measurements {
    pub(crate) errors: WordErrors,
    audio_ms: f64,
    work_ms: f64,
    /// The work up to each position of the audio, both in ms.
    work_at_ms: Vec<(f64, f64)>,
    finals: usize,
    partials: usize,
    word_latencies_ms: Vec<f64>,
    final_latencies_ms: Vec<f64>,
    pub(crate) longest_delay_ms: f64,
    partial_words: usize,
    changed_words: usize,
}

impl Measurements {
    pub(crate) fn append(&mut self, other: Self) {
        self.errors.errors += other.errors.errors;
        self.errors.words += other.errors.words;
        self.audio_ms += other.audio_ms;
        self.work_ms += other.work_ms;
        self.work_at_ms.extend(other.work_at_ms);
        self.finals += other.finals;
        self.partials += other.partials;
        self.word_latencies_ms.extend(other.word_latencies_ms);
        self.final_latencies_ms.extend(other.final_latencies_ms);
        self.longest_delay_ms = self.longest_delay_ms.max(other.longest_delay_ms);
        self.partial_words += other.partial_words;
        self.changed_words += other.changed_words;
    }

    /// CPU a second of audio between two positions, in s.
    pub(crate) fn cpu_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        let work_ms = |at_ms: f64| self.work_at_ms.iter().take_while(|(it, _)| *it <= at_ms).last();
        let work_ms = |at_ms: f64| work_ms(at_ms).map_or(0.0, |(_, work_ms)| *work_ms);
        (work_ms(to_ms) - work_ms(from_ms)) / (to_ms - from_ms)
    }

    pub(crate) fn cpu(&self) -> f64 {
        self.work_ms / self.audio_ms
    }

    /// Time from a word's end until it is shown: the part `share` of words has less.
    pub(crate) fn word_latency_ms(&self, share: f64) -> f64 {
        percentile(&self.word_latencies_ms, share)
    }

    /// Time from the last voice to the final.
    pub(crate) fn final_latency_ms(&self, share: f64) -> f64 {
        percentile(&self.final_latencies_ms, share)
    }

    fn changed_percent(&self) -> f64 {
        100.0 * self.changed_words as f64 / self.partial_words.max(1) as f64
    }

    /// Prints, in brackets, the measurements of full decoding.
    pub(crate) fn print(&self, full: Option<&Self>) {
        let line = |name: &str, unit: &str, value: &dyn Fn(&Self) -> f64, digits: usize| {
            let of_full = full.map(|full| format!(" [{:.digits$}]", value(full))).unwrap_or_default();
            println!("    {name}: {:.digits$}{of_full}{unit}", value(self));
        };
        if self.errors.words > 0 {
            let name = format!("words wrong of {}", self.errors.words);
            line(&name, " %", &|measurements| measurements.errors.percent(), 1);
        }
        line("CPU a second of audio", " s", &Self::cpu, 3);
        if let Some(full) = full {
            println!("    CPU of full decoding's: {:.0} %", 100.0 * self.cpu() / full.cpu());
        }
        println!("    {} decodings of pauses, {} of open turns", self.finals, self.partials);
        for (share, name) in [(0.5, "p50"), (0.9, "p90")] {
            let of_words = |measurements: &Self| measurements.word_latency_ms(share);
            let of_finals = |measurements: &Self| measurements.final_latency_ms(share);
            line(&format!("a word after its end, {name}"), " ms", &of_words, 0);
            line(&format!("a final after the last voice, {name}"), " ms", &of_finals, 0);
        }
        line("words in partials that changed later", " %", &Self::changed_percent, 1);
    }
}

/// The turn that is open, as it was shown.
#[derive(Default)]
struct OpenTurn {
    /// When there first were so many words.
    first_shown_ms: Vec<f64>,
    partials: Vec<Vec<Word>>,
}

impl OpenTurn {
    fn record(
        &mut self,
        measurements: &mut Measurements,
        hypothesis: Hypothesis,
        at_ms: f64,
    ) -> Option<String> {
        let words = hypothesis.words.len();
        self.first_shown_ms.resize(self.first_shown_ms.len().max(words), at_ms);
        if !hypothesis.end_of_turn {
            self.partials.push(hypothesis.words);
            return None;
        }
        let shown = self.first_shown_ms.iter().zip(&hypothesis.words);
        measurements.word_latencies_ms.extend(shown.map(|(at_ms, word)| at_ms - word.end_ms as f64));
        measurements.final_latencies_ms.push(at_ms - hypothesis.voice_end_ms as f64);
        let key = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
        for words in &self.partials {
            measurements.partial_words += words.len();
            let is_other = |(at, word): &(usize, &Word)| {
                hypothesis.words.get(*at).is_none_or(|last| key(&last.text) != key(&word.text))
            };
            measurements.changed_words += words.iter().enumerate().filter(is_other).count();
        }
        *self = Self::default();
        Some(hypothesis.text())
    }
}

/// Recognises with a clock that goes on while a job runs, as it would on a thread of its own.
pub(crate) fn stream(
    measurements: &mut Measurements,
    mut recognizer: Recognizer,
    rate_hz: u32,
    samples: impl Iterator<Item = i16>,
) -> String {
    let chunk_samples = (rate_hz * CHUNK_MS / 1000) as usize;
    let mut spoken = 0;
    let silence = std::iter::repeat_n(0, 2 * rate_hz as usize);
    let mut samples = samples.inspect(|_| spoken += 1).chain(silence);
    let (mut turn, mut texts) = (OpenTurn::default(), vec![]);
    let mut running: Option<(f64, JobResult)> = None;
    let mut now_ms = 0.0;
    loop {
        let chunk: Vec<i16> = samples.by_ref().take(chunk_samples).collect();
        if chunk.is_empty() {
            break;
        }
        now_ms += f64::from(CHUNK_MS);
        while let Some((done_ms, result)) = running.take_if(|(done_ms, _)| *done_ms <= now_ms) {
            recognizer.complete(result);
            texts.extend(read(measurements, &mut turn, &mut recognizer, done_ms));
            running = run_next(measurements, &mut recognizer, done_ms);
        }
        let before = cpu_ms();
        recognizer.push_i16(&chunk);
        measurements.work_ms += cpu_ms() - before;
        measurements.work_at_ms.push((now_ms, measurements.work_ms));
        texts.extend(read(measurements, &mut turn, &mut recognizer, now_ms));
        if running.is_none() {
            running = run_next(measurements, &mut recognizer, now_ms);
        }
    }
    drop(samples);
    measurements.audio_ms += f64::from(spoken) * 1000.0 / f64::from(rate_hz);
    texts.join(" ")
}

fn read(
    measurements: &mut Measurements,
    turn: &mut OpenTurn,
    recognizer: &mut Recognizer,
    at_ms: f64,
) -> Option<String> {
    let hypotheses = std::iter::from_fn(|| recognizer.next_hypothesis());
    let texts: Vec<String> =
        hypotheses.filter_map(|hypothesis| turn.record(measurements, hypothesis, at_ms)).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

fn run_next(
    measurements: &mut Measurements,
    recognizer: &mut Recognizer,
    now_ms: f64,
) -> Option<(f64, JobResult)> {
    let job = recognizer.take_job()?;
    match job.priority() {
        Priority::Final => measurements.finals += 1,
        Priority::Partial => measurements.partials += 1,
    }
    let before = cpu_ms();
    let result = job.run();
    let cost_ms = cpu_ms() - before;
    measurements.work_ms += cost_ms;
    measurements.longest_delay_ms = measurements.longest_delay_ms.max(cost_ms);
    Some((now_ms + cost_ms, result))
}
