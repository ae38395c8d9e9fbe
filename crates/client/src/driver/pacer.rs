use std::time::Duration;

use tokio::time::Instant;

use crate::audio::duration;

/// How far audio may be ahead of time.
const BURST: Duration = Duration::from_secs(5);
/// Audio that waits to be sent, above which a source that can wait is not read.
const MOST_UNSENT: Duration = Duration::from_secs(60);
/// Audio without final words above which a fast source is read in real time: a journal holds ten minutes.
const MOST_UNCONFIRMED: Duration = Duration::from_secs(300);
/// Audio on its way to a server above which a fast source waits.
const MOST_BUFFERED: Duration = Duration::from_secs(1);
/// How long to wait before looking again.
const LATER: Duration = Duration::from_millis(20);
/// The time without audio that one [`Timer::Pace`](assemblyai_session::Timer) stands for.
const CLOCK: Duration = Duration::from_secs(1);

/// How fast audio is taken. The session's clock is the audio that it has captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As it comes: the source is a device.
    Live,
    /// In real time, with a burst.
    RealTime,
    /// In real time, with a burst, and not while a minute waits to be sent.
    Waiting,
    /// As fast as the server reads it.
    AsRead,
}

/// What the session holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// On standby it is the audio that ends the standby.
    pub(super) is_on_standby: bool,
    pub(super) unsent: Duration,
    pub(super) unconfirmed: Duration,
    pub(super) buffered: Duration,
}

/// What to do about the next audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Take it, at this time.
    TakeAt(Instant),
    /// Leave it, and decide again at this time.
    DecideAt(Instant),
}

/// Decides when the next audio is taken.
#[derive(Debug)]
pub(super) struct Pacer {
    pace: Pace,
    /// When the audio so far would have been spoken.
    spoken: Option<Instant>,
    /// When the last audio would have been spoken, if it was begun when it was taken.
    last_spoken: Option<Instant>,
    /// Since when nothing was taken that the session knows of.
    waiting_since: Option<Instant>,
}

impl Pacer {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, spoken: None, last_spoken: None, waiting_since: None }
    }

    /// So many samples were taken.
    pub(super) fn taken(&mut self, samples: u64, now: Instant) {
        // Half a percent faster than this machine's clock: the clock of a device whose samples are sent may be fast.
        let duration = duration(samples).mul_f64(0.995);
        self.spoken = Some(self.spoken.map_or(now, |spoken| spoken.max(now)) + duration);
        self.last_spoken = Some(now + duration);
        self.waiting_since = None;
    }

    /// Nothing is taken now; whether another second has passed so.
    pub(super) fn waits(&mut self, now: Instant) -> bool {
        let since = *self.waiting_since.get_or_insert(now);
        let has_passed = now.saturating_duration_since(since) >= CLOCK;
        if has_passed {
            self.waiting_since = Some(since + CLOCK);
        }
        has_passed
    }

    /// Whether to take more, and when.
    ///
    /// The session counts time by the audio that it captures; while a source waits, the driver reports the time to it
    /// ([`Self::waits`]). A source that can wait is not read while the service has not read what it was sent.
    pub(super) fn next(&self, load: Load, now: Instant) -> Next {
        let in_real_time =
            Next::TakeAt(self.spoken.and_then(|spoken| spoken.checked_sub(BURST)).unwrap_or(now));
        let last_spoken = self.last_spoken.unwrap_or(now);
        match self.pace {
            Pace::Live => Next::TakeAt(now),
            Pace::RealTime => in_real_time,
            _ if load.unsent > MOST_UNSENT && !load.is_on_standby => Next::DecideAt(now + LATER),
            Pace::Waiting => in_real_time,
            Pace::AsRead if load.buffered > MOST_BUFFERED => Next::DecideAt(now + LATER),
            // All of it was read. Not until it is confirmed: some services confirm no silence.
            Pace::AsRead if load.unconfirmed > MOST_UNCONFIRMED || load.unsent > MOST_UNSENT => {
                Next::TakeAt(last_spoken)
            }
            Pace::AsRead => Next::TakeAt(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const IDLE: Load = Load {
        is_on_standby: false,
        unsent: Duration::ZERO,
        unconfirmed: Duration::ZERO,
        buffered: Duration::ZERO,
    };

    /// Takes seconds as soon as they may be taken; returns how long that lasts.
    fn take(pace: Pace, seconds: u64, load: Load) -> Duration {
        let start = Instant::now();
        let (mut now, mut pacer) = (start, Pacer::new(pace));
        for _ in 0..seconds {
            now = now.max(take_at(&pacer, load, now));
            pacer.taken(16_000, now);
        }
        now - start
    }

    /// When audio is taken under this load.
    fn take_at(pacer: &Pacer, load: Load, mut now: Instant) -> Instant {
        loop {
            match pacer.next(load, now) {
                Next::TakeAt(at) => return at,
                Next::DecideAt(at) => {
                    assert!(at > now, "it would be decided forever");
                    now = at;
                }
            }
        }
    }

    #[test]
    fn a_minute_of_a_file_takes_a_minute_less_the_burst() {
        let lasted = take(Pace::RealTime, 61, IDLE);
        assert!((SECOND * 54..SECOND * 56).contains(&lasted), "{lasted:?}");
    }

    #[test]
    fn a_device_and_a_fast_source_are_not_delayed() {
        assert_eq!(take(Pace::Live, 600, Load { unsent: SECOND * 600, ..IDLE }), Duration::ZERO);
        assert_eq!(take(Pace::AsRead, 600, IDLE), Duration::ZERO);
    }

    #[test]
    fn only_a_source_that_can_wait_is_not_read_while_a_minute_waits_to_be_sent() {
        let now = Instant::now();
        let load = Load { unsent: SECOND * 61, ..IDLE };
        for pace in [Pace::Waiting, Pace::AsRead] {
            assert_eq!(Pacer::new(pace).next(load, now), Next::DecideAt(now + LATER));
        }
        assert_eq!(Pacer::new(Pace::RealTime).next(load, now), Next::TakeAt(now));
    }

    #[test]
    fn a_fast_source_is_not_read_while_the_service_reads_nothing_however_long_that_lasts() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::AsRead);
        pacer.taken(16_000, start);
        for seconds in [0, 1, 60, 3_600] {
            let now = start + SECOND * seconds;
            let load = Load { buffered: SECOND * 2, ..IDLE };
            assert_eq!(pacer.next(load, now), Next::DecideAt(now + LATER), "{seconds} s");
        }
    }

    #[test]
    fn a_fast_source_is_read_in_real_time_while_nothing_is_confirmed_and_on_standby() {
        let standby = Load { is_on_standby: true, unsent: SECOND * 61, ..IDLE };
        for load in [Load { unconfirmed: SECOND * 301, ..IDLE }, standby] {
            let lasted = take(Pace::AsRead, 61, load);
            assert!((SECOND * 59..SECOND * 61).contains(&lasted), "{lasted:?}");
        }
    }

    #[test]
    fn the_time_without_audio_is_counted_in_seconds_from_the_last_audio() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::AsRead);
        let count = |pacer: &mut Pacer, from_ms: u64, to_ms: u64| {
            let times = (from_ms..=to_ms).step_by(20).map(|ms| start + Duration::from_millis(ms));
            times.filter(|now| pacer.waits(*now)).count()
        };
        assert_eq!(count(&mut pacer, 0, 3_500), 3);
        pacer.taken(16_000, start + SECOND * 4);
        assert_eq!(count(&mut pacer, 10_000, 10_980), 0);
        assert_eq!(count(&mut pacer, 11_000, 12_100), 2);
    }
}
