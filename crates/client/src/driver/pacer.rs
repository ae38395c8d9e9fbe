use std::time::Duration;

use tokio::time::Instant;

use crate::audio::duration;

/// How far audio may be ahead of time.
const BURST: Duration = Duration::from_secs(5);
/// Audio that waits to be sent, above which a source that can wait is not read, while there is no connection.
const MOST_UNSENT: Duration = Duration::from_mins(1);
/// Audio without final words above which a fast source is read in real time: a journal holds ten minutes.
const MOST_UNCONFIRMED: Duration = Duration::from_mins(5);
/// Audio on its way to a server above which a fast source waits.
const MOST_BUFFERED: Duration = Duration::from_secs(1);
/// How long to wait before looking again.
const LATER: Duration = Duration::from_millis(20);

/// How fast audio is taken. The session's clock is the audio that it has captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As it comes: the source is a device.
    Live,
    /// In real time, with a burst.
    RealTime,
    /// In real time, with a burst, and not during an outage.
    Waiting,
    /// As fast as the server reads it.
    AsRead,
}

/// What the session holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) has_connection: bool,
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
}

impl Pacer {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, spoken: None, last_spoken: None }
    }

    /// So many samples were taken.
    pub(super) fn taken(&mut self, samples: u64, now: Instant) {
        // Half a percent faster than this machine's clock: the clock of a device whose samples are sent may be fast.
        let duration = duration(samples).mul_f64(0.995);
        self.spoken = Some(self.spoken.map_or(now, |spoken| spoken.max(now)) + duration);
        self.last_spoken = Some(now + duration);
    }

    /// Whether to take more, and when.
    ///
    /// While there is a connection, audio is taken at least in real time: the session sends as time passes, and its
    /// time is the audio that it captures.
    pub(super) fn next(&self, load: Load, now: Instant) -> Next {
        let in_real_time =
            Next::TakeAt(self.spoken.and_then(|spoken| spoken.checked_sub(BURST)).unwrap_or(now));
        let last_spoken = self.last_spoken.unwrap_or(now);
        match self.pace {
            Pace::Live => Next::TakeAt(now),
            Pace::RealTime => in_real_time,
            _ if !load.has_connection && load.unsent > MOST_UNSENT => Next::DecideAt(now + LATER),
            Pace::Waiting => in_real_time,
            Pace::AsRead if load.unconfirmed > MOST_UNCONFIRMED || load.unsent > MOST_UNSENT => {
                Next::TakeAt(last_spoken)
            }
            Pace::AsRead if load.buffered > MOST_BUFFERED && now + LATER < last_spoken => {
                Next::DecideAt(now + LATER)
            }
            Pace::AsRead if load.buffered > MOST_BUFFERED => Next::TakeAt(last_spoken),
            Pace::AsRead => Next::TakeAt(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const IDLE: Load = Load {
        has_connection: true,
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
        assert_eq!(
            take(Pace::Live, 600, Load { has_connection: false, unsent: SECOND * 600, ..IDLE }),
            Duration::ZERO
        );
        assert_eq!(take(Pace::AsRead, 600, IDLE), Duration::ZERO);
    }

    #[test]
    fn only_a_source_that_can_wait_is_not_read_during_an_outage() {
        let now = Instant::now();
        let outage = Load { has_connection: false, unsent: SECOND * 61, ..IDLE };
        for pace in [Pace::Waiting, Pace::AsRead] {
            assert_eq!(Pacer::new(pace).next(outage, now), Next::DecideAt(now + LATER));
        }
        assert_eq!(Pacer::new(Pace::RealTime).next(outage, now), Next::TakeAt(now));
    }

    #[test]
    fn a_fast_source_slows_down_before_anything_is_lost() {
        let loads = [
            Load { unconfirmed: SECOND * 301, ..IDLE },
            Load { unsent: SECOND * 61, ..IDLE },
            Load { buffered: SECOND * 2, ..IDLE },
        ];
        for load in loads {
            let lasted = take(Pace::AsRead, 61, load);
            assert!((SECOND * 59..SECOND * 61).contains(&lasted), "{lasted:?}");
        }
    }

    #[test]
    fn a_source_that_was_fast_is_taken_in_real_time_at_once_when_it_has_to_be_slower() {
        let now = Instant::now();
        let mut pacer = Pacer::new(Pace::AsRead);
        for _ in 0..70 {
            pacer.taken(16_000, now);
        }
        for load in [Load { unsent: SECOND * 61, ..IDLE }, Load { buffered: SECOND * 2, ..IDLE }] {
            assert!(take_at(&pacer, load, now) <= now + SECOND, "{load:?}");
        }
    }
}
