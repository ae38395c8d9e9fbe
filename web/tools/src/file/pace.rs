use transcription_common::SAMPLE_RATE_HZ;

/// What is handed over at once, in samples: 100 ms, as the microphone delivers.
const CHUNK: u64 = SAMPLE_RATE_HZ as u64 / 10;
/// The most that is made up for, in samples: 2 s. Browsers let the timers of hidden pages run once a second, and the
/// socket takes 3 s at once.
const MOST_LATE: u64 = 2 * SAMPLE_RATE_HZ as u64;

/// The most that is handed over at once ahead of real time, in samples: 2 s. Between two ticks the socket sends it.
const MOST_AT_ONCE: u64 = 2 * SAMPLE_RATE_HZ as u64;
/// How much the service may have to confirm while audio is handed over ahead of real time, in s. More than a few sentences
/// are not on their way then, and the progress is that of the words.
const MOST_UNCONFIRMED_S: u32 = 20;
/// The same for the last minute of a file: after its end a service waits only some seconds for its last words.
const MOST_UNCONFIRMED_AT_THE_END_S: u32 = 5;
/// The samples of that minute.
const END: u64 = 60 * SAMPLE_RATE_HZ as u64;

/// From how much on the speed so far says something about the rest, in samples: 30 s, more than are taken at once.
const MEASURED: u64 = 30 * SAMPLE_RATE_HZ as u64;

/// How fast a file is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// In real time: the service refuses audio that is far ahead of time, and the page counts time by the samples.
    RealTime,
    /// As fast as the service confirms the audio, and at least in real time.
    AsConfirmed,
}

/// What is to be handed over next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The first sample.
    pub from: u64,
    /// The end of the samples.
    pub to: u64,
    /// The samples wait while more than this is unconfirmed, in s.
    pub most_unconfirmed_s: u32,
}

/// Decides when which samples of a file are handed over.
#[derive(Debug)]
pub struct Pace {
    speed: Speed,
    total: u64,
    position: u64,
    /// Samples whose time has come and that are not handed over.
    late: u64,
    /// Samples that may still be handed over ahead of their time before time passes.
    ahead: u64,
    /// When that was counted last, in ms.
    at_ms: f64,
    /// How long samples were taken, in ms.
    active_ms: f64,
    /// Whether none were taken when they were handed over last.
    is_held: bool,
}

impl Pace {
    /// The pace of a file of so many samples that begins now; times are in ms, of any clock that only advances.
    pub fn new(speed: Speed, total: u64, now_ms: f64) -> Self {
        Self {
            speed,
            total,
            position: 0,
            late: CHUNK,
            ahead: 0,
            at_ms: now_ms,
            active_ms: 0.0,
            is_held: false,
        }
    }

    /// Time has passed.
    pub fn advance(&mut self, now_ms: f64) {
        let ms = (now_ms - self.at_ms).max(0.0);
        self.at_ms = now_ms;
        if !self.is_held {
            self.active_ms += ms;
        }
        let samples = (ms * f64::from(SAMPLE_RATE_HZ) / 1_000.0) as u64;
        self.late = (self.late + samples).min(MOST_LATE);
        if self.speed == Speed::AsConfirmed {
            self.ahead = MOST_AT_ONCE;
        }
    }

    /// The samples to hand over now: a chunk, or the rest of the file.
    pub fn due(&self) -> Option<Due> {
        let samples = CHUNK.min(self.total - self.position);
        let most_unconfirmed_s = match self.total - self.position {
            _ if self.late >= samples => u32::MAX,
            rest if rest > END => MOST_UNCONFIRMED_S,
            _ => MOST_UNCONFIRMED_AT_THE_END_S,
        };
        let is_due = samples > 0 && (self.late >= samples || self.ahead >= samples);
        is_due.then_some(Due { from: self.position, to: self.position + samples, most_unconfirmed_s })
    }

    /// So many of the samples that were due were taken. If none were although their time had come, time stands still until
    /// some are.
    pub fn taken(&mut self, due: Due, samples: u64) {
        self.position = (self.position + samples).min(self.total);
        if due.most_unconfirmed_s == u32::MAX {
            self.is_held = samples == 0;
            self.late = if self.is_held { CHUNK } else { self.late.saturating_sub(samples) };
        } else {
            self.ahead = if samples == 0 { 0 } else { self.ahead.saturating_sub(samples) };
        }
    }

    /// Whether all samples were taken.
    pub fn is_over(&self) -> bool {
        self.position == self.total
    }

    /// How long the rest will take, in whole seconds, by the speed so far, at the beginning by real time.
    pub fn seconds_left(&self) -> u64 {
        let rest = (self.total - self.position) as f64;
        let ms = match self.speed {
            Speed::AsConfirmed if self.position >= MEASURED => rest * self.active_ms / self.position as f64,
            _ => rest * 1_000.0 / f64::from(SAMPLE_RATE_HZ),
        };
        (ms / 1_000.0).ceil() as u64
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

    /// Hands over all that is due to a service that leaves at most so many seconds unconfirmed.
    fn drain_to(pace: &mut Pace, unconfirmed_s: u32) -> u64 {
        let mut samples = 0;
        while let Some(due) = pace.due() {
            let taken = if unconfirmed_s > due.most_unconfirmed_s { 0 } else { due.to - due.from };
            pace.taken(due, taken);
            samples += taken;
        }
        samples
    }

    /// Hands over all that is due.
    fn drain(pace: &mut Pace) -> u64 {
        drain_to(pace, 0)
    }

    fn take(pace: &mut Pace, samples: u64) {
        if let Some(due) = pace.due() {
            pace.taken(due, samples);
        }
    }

    fn real_time(total: u64) -> Pace {
        Pace::new(Speed::RealTime, total, 0.0)
    }

    #[test]
    fn a_file_is_handed_over_in_real_time_to_its_last_sample() {
        let mut pace = real_time(16_000 + 7);
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
        let mut pace = real_time(160_000);
        drain(&mut pace);
        for second in 1..=3 {
            pace.advance(f64::from(second) * 1_000.0);
            assert_eq!(drain(&mut pace), 16_000);
        }
    }

    #[test]
    fn after_a_long_sleep_two_seconds_are_made_up_for() {
        let mut pace = real_time(16_000_000);
        drain(&mut pace);
        pace.advance(3_600_000.0);
        assert_eq!(drain(&mut pace), MOST_LATE);
    }

    #[test]
    fn what_is_not_taken_is_due_again_and_a_pause_is_not_made_up_for() {
        let mut pace = real_time(160_000);
        take(&mut pace, 1_000);
        pace.advance(100.0);
        let due = |pace: &Pace| pace.due().map(|due| (due.from, due.to));
        assert_eq!(due(&pace), Some((1_000, 2_600)));
        for second in 0..60 {
            pace.advance(1_000.0 * f64::from(second));
            assert_eq!(due(&pace), Some((1_000, 2_600)));
            take(&mut pace, 0);
        }
        assert_eq!(drain(&mut pace), 1_600);
    }

    #[test]
    fn a_service_that_confirms_gets_a_file_in_a_tenth_of_its_time_and_a_slow_one_in_real_time() {
        let ticks = |unconfirmed_s: u32| {
            let mut pace = Pace::new(Speed::AsConfirmed, 120 * 16_000, 0.0);
            let mut ticks = 0_u32;
            while !pace.is_over() {
                drain_to(&mut pace, unconfirmed_s);
                ticks += 1;
                pace.advance(f64::from(ticks) * 100.0);
            }
            ticks
        };
        let ticks = [5, 20, 21].map(ticks);
        assert!(ticks[0] <= 120, "{ticks:?}");
        assert!((600..=660).contains(&ticks[1]), "the last minute is not that of real time: {ticks:?}");
        assert!((1_199..=1_201).contains(&ticks[2]), "{ticks:?}");
    }

    #[test]
    fn the_time_left_follows_the_speed_so_far_without_pauses() {
        let mut pace = real_time(60 * 16_000);
        assert_eq!(pace.seconds_left(), 60);
        drain(&mut pace);
        assert_eq!(pace.seconds_left(), 60);
        let mut pace = Pace::new(Speed::AsConfirmed, 120 * 16_000, 0.0);
        // What is taken at once says nothing of the speed.
        take(&mut pace, 16_000);
        assert_eq!(pace.seconds_left(), 119);
        for tick in 1..=58 {
            pace.advance(f64::from(tick) * 100.0);
            take(&mut pace, 8_000);
        }
        // 30 s of the file took 5.8.
        assert_eq!((pace.seconds(), pace.seconds_left()), (30, 18));
        pace.advance(6_100.0);
        take(&mut pace, 0);
        pace.advance(1e6);
        assert_eq!(pace.seconds_left(), 19);
    }
}
