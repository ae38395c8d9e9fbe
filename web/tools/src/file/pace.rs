use transcription_common::SAMPLE_RATE_HZ;

/// What is handed over at once, in samples: 100 ms, as the microphone delivers.
const CHUNK: u64 = SAMPLE_RATE_HZ as u64 / 10;
/// The most that is made up for, in samples: 2 s. Browsers let the timers of hidden pages run once a second, and the
/// socket takes 3 s at once.
const MOST_LATE: u64 = 2 * SAMPLE_RATE_HZ as u64;

/// Hands a file over in real time: the service refuses audio that is far ahead of time, and the page counts time by the
/// samples.
#[derive(Debug)]
pub struct Pace {
    total: u64,
    position: u64,
    /// Samples whose time has come and that are not handed over.
    late: u64,
    /// When that was counted last, in ms.
    at_ms: f64,
}

impl Pace {
    /// The pace of a file of so many samples that begins now; times are in ms, of any clock that only advances.
    pub fn new(total: u64, now_ms: f64) -> Self {
        Self { total, position: 0, late: CHUNK, at_ms: now_ms }
    }

    /// Time has passed.
    pub fn advance(&mut self, now_ms: f64) {
        let ms = (now_ms - self.at_ms).max(0.0);
        self.at_ms = now_ms;
        let samples = (ms * f64::from(SAMPLE_RATE_HZ) / 1_000.0) as u64;
        self.late = (self.late + samples).min(MOST_LATE);
    }

    /// The range of samples to hand over now: a chunk, or the rest of the file.
    pub fn due(&self) -> Option<(u64, u64)> {
        let samples = CHUNK.min(self.total - self.position);
        (samples > 0 && self.late >= samples).then_some((self.position, self.position + samples))
    }

    /// So many of the samples that were due were taken. If none were, time stands still until some are.
    pub fn taken(&mut self, samples: u64) {
        self.position = (self.position + samples).min(self.total);
        self.late = if samples == 0 { CHUNK } else { self.late.saturating_sub(samples) };
    }

    /// Whether all samples were taken.
    pub fn is_over(&self) -> bool {
        self.position == self.total
    }

    /// The length of what was taken, in whole seconds.
    pub fn seconds(&self) -> u64 {
        self.position / u64::from(SAMPLE_RATE_HZ)
    }

    /// The length of the file, in whole seconds.
    pub fn total_seconds(&self) -> u64 {
        self.total / u64::from(SAMPLE_RATE_HZ)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands over all that is due.
    fn drain(pace: &mut Pace) -> u64 {
        let mut samples = 0;
        while let Some((from, to)) = pace.due() {
            pace.taken(to - from);
            samples += to - from;
        }
        samples
    }

    #[test]
    fn a_file_is_handed_over_in_real_time_to_its_last_sample() {
        let mut pace = Pace::new(16_000 + 7, 0.0);
        let mut handed_over = drain(&mut pace);
        assert_eq!(handed_over, 1_600, "the first chunk comes at once");
        for tick in 1..=9 {
            pace.advance(f64::from(tick) * 100.0);
            assert_eq!(drain(&mut pace), 1_600, "tick {tick}");
            handed_over += 1_600;
        }
        pace.advance(950.0);
        assert!(!pace.is_over());
        handed_over += drain(&mut pace);
        assert!(pace.is_over(), "the rest is shorter than a chunk");
        assert_eq!((handed_over, pace.seconds(), pace.total_seconds()), (16_007, 1, 1));
    }

    #[test]
    fn a_hidden_page_whose_timer_runs_once_a_second_keeps_the_pace() {
        let mut pace = Pace::new(160_000, 0.0);
        drain(&mut pace);
        for second in 1..=3 {
            pace.advance(f64::from(second) * 1_000.0);
            assert_eq!(drain(&mut pace), 16_000);
        }
    }

    #[test]
    fn after_a_long_sleep_two_seconds_are_made_up_for() {
        let mut pace = Pace::new(16_000_000, 0.0);
        drain(&mut pace);
        pace.advance(3_600_000.0);
        assert_eq!(drain(&mut pace), MOST_LATE);
    }

    #[test]
    fn what_is_not_taken_is_due_again_and_a_pause_is_not_made_up_for() {
        let mut pace = Pace::new(160_000, 0.0);
        pace.taken(1_000);
        pace.advance(100.0);
        assert_eq!(pace.due(), Some((1_000, 2_600)));
        for second in 0..60 {
            pace.advance(1_000.0 * f64::from(second));
            assert_eq!(pace.due(), Some((1_000, 2_600)));
            pace.taken(0);
        }
        assert_eq!(drain(&mut pace), 1_600);
    }
}
