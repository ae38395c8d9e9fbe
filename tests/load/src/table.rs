//! The table of results, and the check of the targets.

use std::fmt::Write as _;

/// A measured value of both contenders, with its targets.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    what: &'static str,
    ours: f64,
    express: f64,
    decimals: usize,
    less_is_better: bool,
    at_least_times: Option<f64>,
    below: Option<f64>,
}

impl Row {
    /// A value of (ours, Express) of which less is better.
    pub(crate) fn less(what: &'static str, (ours, express): (f64, f64), decimals: usize) -> Self {
        Self { what, ours, express, decimals, less_is_better: true, at_least_times: None, below: None }
    }

    /// A value of (ours, Express) of which more is better.
    pub(crate) fn more(what: &'static str, values: (f64, f64), decimals: usize) -> Self {
        Self { less_is_better: false, ..Self::less(what, values, decimals) }
    }

    /// Sets the target that our value is at least this many times better.
    pub(crate) fn at_least_times(self, times: f64) -> Self {
        Self { at_least_times: Some(times), ..self }
    }

    /// Sets the target that our value is below `limit`.
    pub(crate) fn below(self, limit: f64) -> Self {
        Self { below: Some(limit), ..self }
    }

    /// How many times better our value is.
    fn times(&self) -> f64 {
        if self.less_is_better { self.express / self.ours } else { self.ours / self.express }
    }

    fn target(&self) -> String {
        let times = self.at_least_times.map(|times| format!("{times:.0}×"));
        let below = self.below.map(|limit| format!("below {limit:.0}"));
        times.into_iter().chain(below).collect::<Vec<_>>().join(", ")
    }

    /// The target that was missed, with the values; NaN misses every target.
    pub(crate) fn missed_target(&self) -> Option<String> {
        let is_met = self.at_least_times.is_none_or(|times| self.times() >= times)
            && self.below.is_none_or(|limit| self.ours < limit);
        let (what, ours, times) = (self.what, self.ours, self.times());
        (!is_met).then(|| format!("{what}: {ours:.1}, {times:.1}× better; target: {}", self.target()))
    }
}

/// The median of the values; NaN if there are none.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The rows as a table.
pub(crate) fn text(rows: &[Row]) -> String {
    let mut text = format!("{:32} {:>10} {:>10} {:>8}  target\n", "", "ours", "Express", "better");
    for row in rows {
        let Row { what, ours, express, decimals, .. } = row;
        // Writing to a `String` does not fail.
        writeln!(
            text,
            "{what:32} {ours:10.decimals$} {express:10.decimals$} {:7.1}×  {}",
            row.times(),
            row.target()
        )
        .ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_missed_by_the_ratio_or_by_the_limit() {
        let row = |ours| Row::less("memory", (ours, 60.0), 1).at_least_times(6.0).below(10.0);
        assert_eq!(row(9.9).missed_target(), None);
        assert_eq!(
            row(10.0).missed_target().as_deref(),
            Some("memory: 10.0, 6.0× better; target: 6×, below 10")
        );
        assert!(Row::less("memory", (9.9, 50.0), 1).at_least_times(6.0).missed_target().is_some());
        assert!(Row::more("requests", (50.0, 9.0), 1).at_least_times(6.0).missed_target().is_some());
        assert_eq!(Row::more("requests", (60.0, 10.0), 1).at_least_times(6.0).missed_target(), None);
    }

    #[test]
    fn a_missing_measurement_misses_every_target() {
        let nothing = median(std::iter::empty());
        assert!(Row::less("cpu", (nothing, 1.0), 1).at_least_times(2.0).missed_target().is_some());
        assert!(Row::less("cpu", (nothing, 1.0), 1).below(2.0).missed_target().is_some());
    }

    #[test]
    fn the_median_does_not_depend_on_the_order() {
        assert!((median([9.0, 1.0, 5.0].into_iter()) - 5.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_row_shows_both_values_and_the_target() {
        let text = text(&[Row::less("start, ms", (2.0, 50.0), 1).at_least_times(5.0)]);
        let words: Vec<&str> = text.lines().last().unwrap_or_default().split_whitespace().collect();
        assert_eq!(words, ["start,", "ms", "2.0", "50.0", "25.0×", "5×"]);
    }
}
