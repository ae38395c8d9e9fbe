//! The limits of what a model may take and get wrong.

use crate::measure::Measurements;
use crate::prototype::Costs;

/// Medians of latencies, in ms.
const FINAL_MS: f64 = 700.0;
const WORD_MS: f64 = 400.0;
/// CPU to that of full decoding in the same run, which stands for the prototype; it was 0.68 with tiny, 0.79 with base.
const CPU_OF_PROTOTYPE: f64 = 0.9;

/// The limits of one model, and which were exceeded.
pub(crate) struct Limits<'a> {
    model: &'a str,
    pub(crate) faults: Vec<String>,
}

impl<'a> Limits<'a> {
    pub(crate) fn new(model: &'a str) -> Self {
        Self { model, faults: vec![] }
    }

    /// Notes a value that is over its limit, or is not a number.
    pub(crate) fn check(&mut self, what: &str, value: f64, most: f64) {
        if value.is_nan() || value > most {
            self.faults.push(format!("{}: {what}: {value:.3} instead of at most {most}", self.model));
        }
    }

    pub(crate) fn check_speech(&mut self, measurements: &Measurements) {
        let errors_percent = if self.model == "base-en" { 3.5 } else { 7.0 };
        self.check("percent of words wrong", measurements.errors.percent(), errors_percent);
        self.check(
            "a final after the last voice, median in ms",
            measurements.final_latency_ms(0.5),
            FINAL_MS,
        );
        self.check("a word after its end, median in ms", measurements.word_latency_ms(0.5), WORD_MS);
    }

    pub(crate) fn check_prototype(&mut self, costs: &Costs) {
        self.check("CPU to that of the prototype", costs.ours / costs.prototype, CPU_OF_PROTOTYPE);
    }
}
