//! Decides whether a request is within its limits: pure, the time is a parameter. `count.lua` does the same in Redis,
//! and a test compares the two.

/// How far the clocks of two machines, or two readings of one, may differ, in µs: a minute.
pub(super) const CLOCK_SKEW_US: u64 = 60_000_000;

/// A steady rate that allows a burst, by the generic cell rate algorithm (GCRA, ITU-T I.371). All it stores of a client
/// is its theoretical arrival time (TAT).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// The average interval between two requests, in µs.
    pub(crate) interval_us: u64,
    /// How many requests are allowed at once.
    pub(crate) burst: u64,
}

impl Rate {
    /// The rate of `count` requests per minute, of which `burst` may come at once.
    pub(crate) const fn per_minute(count: u32, burst: u32) -> Self {
        // `count` is at most 60 000 000: beyond, the interval would be 0 and nothing limited.
        Self { interval_us: 60_000_000 / count as u64, burst: burst as u64 }
    }

    /// Admits a request at `now_us` of a client whose theoretical arrival time is `tat_us`; returns the new one.
    ///
    /// A time more than a burst and [`CLOCK_SKEW_US`] ahead means that the clock was set back; the client's count restarts.
    ///
    /// # Errors
    /// The µs until the next request is admitted.
    pub(crate) fn take(self, tat_us: u64, now_us: u64) -> Result<u64, u64> {
        let latest_us = now_us + self.interval_us * self.burst;
        let tat_us = if tat_us > latest_us + CLOCK_SKEW_US { 0 } else { tat_us };
        let next_us = tat_us.max(now_us) + self.interval_us;
        if next_us <= latest_us { Ok(next_us) } else { Err(next_us - latest_us) }
    }
}

/// A maximum per window of the clock, such as the hour from 14:00 to 15:00 UTC: a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cap {
    /// The length of a window, in s.
    pub(crate) length_s: u64,
    /// The maximum in a window.
    pub(crate) count: u64,
}

/// The count of the current window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The number of the window, from 1970 on.
    pub(crate) window: u64,
    /// The requests in it.
    pub(crate) count: u64,
}

impl Cap {
    /// Admits one more request; returns the new count.
    ///
    /// # Errors
    /// The µs until the next window begins.
    pub(crate) fn take(self, taken: Taken, now_us: u64) -> Result<Taken, u64> {
        let length_us = self.length_s * 1_000_000;
        let window = now_us / length_us;
        let count = if taken.window == window { taken.count } else { 0 };
        if count < self.count {
            Ok(Taken { window, count: count + 1 })
        } else {
            Err((window + 1) * length_us - now_us)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_result::TestResult;

    const MINUTE_US: u64 = 60_000_000;

    /// The times at which a request was admitted.
    fn admitted(rate: Rate, asked_us: &[u64]) -> Vec<u64> {
        let mut tat_us = 0;
        let take = |now_us: &u64| rate.take(tat_us, *now_us).map(|next| tat_us = next).is_ok();
        asked_us
            .iter()
            .copied()
            .filter({
                let mut take = take;
                move |now_us| take(now_us)
            })
            .collect()
    }

    #[test]
    fn a_burst_is_admitted_and_then_one_per_interval() {
        let rate = Rate::per_minute(6, 3);
        let start = 1_000 * MINUTE_US;
        assert_eq!(admitted(rate, &[start; 5]).len(), 3);
        let tat_us = start + 3 * rate.interval_us;
        assert_eq!(rate.take(tat_us, start), Err(10_000_000));
        assert_eq!(rate.take(tat_us, start + 9_999_999), Err(1));
        assert!(rate.take(tat_us, start + 10_000_000).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() -> TestResult {
        let rate = Rate::per_minute(6, 3);
        let (now_us, day_us) = (10_000 * MINUTE_US, 1_440 * MINUTE_US);
        let tat_us = rate.take(0, now_us + day_us).ok().ok_or("the first was refused")?;
        let tat_us = rate.take(tat_us, now_us).ok().ok_or("the second was refused")?;
        assert_eq!(tat_us, now_us + rate.interval_us);
        // A time that is a little ahead may come from another clock, and no limit is lost.
        let latest_us = now_us + 3 * rate.interval_us;
        assert_eq!(rate.take(latest_us, now_us), Err(rate.interval_us));
        assert_eq!(rate.take(latest_us + CLOCK_SKEW_US, now_us), Err(rate.interval_us + CLOCK_SKEW_US));
        Ok(())
    }

    #[test]
    fn a_window_admits_its_maximum_and_the_next_one_starts_at_zero() -> TestResult {
        let cap = Cap { length_s: 3_600, count: 2 };
        let last = 3_600_000_000 - 1;
        let one = cap.take(Taken::default(), last).ok().ok_or("the first was refused")?;
        let two = cap.take(one, last).ok().ok_or("the second was refused")?;
        assert_eq!(cap.take(two, last), Err(1));
        assert_eq!(cap.take(two, last + 1), Ok(Taken { window: 1, count: 1 }));
        Ok(())
    }

    proptest! {
        #[test]
        fn no_minute_admits_more_than_the_rate_and_a_burst(
            per_minute in 1_u32..200,
            burst in 1_u32..50,
            gaps_us in proptest::collection::vec(0_u64..2_000_000, 1..300),
        ) {
            let asked: Vec<u64> = gaps_us.iter().scan(MINUTE_US, |at, gap| { *at += gap; Some(*at) }).collect();
            let admitted = admitted(Rate::per_minute(per_minute, burst), &asked);
            for (n, start) in admitted.iter().enumerate() {
                let within = admitted[n..].iter().take_while(|at| **at < start + MINUTE_US).count();
                // The interval is rounded down to µs, which can add one per minute.
                prop_assert!(within <= (per_minute + burst + 1) as usize);
            }
        }

        #[test]
        fn a_request_is_admitted_after_its_wait_and_not_a_moment_earlier(
            per_minute in 1_u32..1_000_000,
            burst in 1_u32..1_000_000,
            ahead in 0_u64..=1 << 20,
            now_us in (1_u64 << 50)..(1 << 51),
        ) {
            let rate = Rate::per_minute(per_minute, burst);
            // Up to the latest time that the rate stores.
            let ahead_us = ((rate.interval_us * rate.burst) >> 20) * ahead;
            if let Err(wait_us) = rate.take(now_us + ahead_us, now_us) {
                prop_assert!(rate.take(now_us + ahead_us, now_us + wait_us).is_ok());
                prop_assert!(rate.take(now_us + ahead_us, now_us + wait_us - 1).is_err());
            }
        }
    }
}
