//! When the next one may come: pure, the clock is a parameter. `count.lua` is the same in Redis, and a test
//! compares the two.

/// A steady rate with room for a burst, as a generic cell rate algorithm (ITU-T I.371): all it keeps of a client is
/// one time, the one at which its room would be whole again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Between two in the long run, in µs.
    pub(crate) interval_us: u64,
    /// How many at once.
    pub(crate) burst: u64,
}

impl Rate {
    /// So many a minute, and so many at once.
    pub(crate) const fn per_minute(count: u32, burst: u32) -> Self {
        // At most 60 000 000 counts, so that none is free.
        Self { interval_us: 60_000_000 / count as u64, burst: burst as u64 }
    }

    /// Takes one at `now_us` from a client whose room is whole at `whole_us`.
    ///
    /// # Errors
    /// The µs to wait until one is free.
    pub(crate) fn take(self, whole_us: u64, now_us: u64) -> Result<u64, u64> {
        let next_us = whole_us.max(now_us) + self.interval_us;
        let latest_us = now_us + self.interval_us * self.burst;
        if next_us <= latest_us { Ok(next_us) } else { Err(next_us - latest_us) }
    }
}

/// So many in a stretch of the clock, such as the hour from 14:00 to 15:00 UTC: what a budget is. Never more than
/// that in any such stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cap {
    /// How long a stretch is, in s.
    pub(crate) length_s: u64,
    /// How many in a stretch.
    pub(crate) count: u64,
}

/// What has been taken in a stretch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The number of the stretch, from 1970 on.
    pub(crate) stretch: u64,
    /// How many.
    pub(crate) count: u64,
}

impl Cap {
    /// Takes one more.
    ///
    /// # Errors
    /// The µs until the next stretch begins.
    pub(crate) fn take(self, taken: Taken, now_us: u64) -> Result<Taken, u64> {
        let length_us = self.length_s * 1_000_000;
        let stretch = now_us / length_us;
        let count = if taken.stretch == stretch { taken.count } else { 0 };
        if count < self.count {
            Ok(Taken { stretch, count: count + 1 })
        } else {
            Err((stretch + 1) * length_us - now_us)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE_US: u64 = 60_000_000;

    /// The times at which one was granted.
    fn granted(rate: Rate, asked_us: &[u64]) -> Vec<u64> {
        let mut whole_us = 0;
        let take = |now_us: &u64| rate.take(whole_us, *now_us).map(|next| whole_us = next).is_ok();
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
    fn a_burst_is_granted_and_then_one_an_interval() {
        let rate = Rate::per_minute(6, 3);
        let start = 1_000 * MINUTE_US;
        assert_eq!(granted(rate, &[start; 5]).len(), 3);
        let whole = start + 3 * rate.interval_us;
        assert_eq!(rate.take(whole, start), Err(10_000_000));
        assert_eq!(rate.take(whole, start + 9_999_999), Err(1));
        assert!(rate.take(whole, start + 10_000_000).is_ok());
    }

    #[test]
    fn an_hour_of_the_clock_holds_what_it_may_and_the_next_one_is_free() {
        let cap = Cap { length_s: 3_600, count: 2 };
        let last = 3_600_000_000 - 1;
        let one = cap.take(Taken::default(), last).expect("the first");
        let two = cap.take(one, last).expect("the second");
        assert_eq!(cap.take(two, last), Err(1));
        assert_eq!(cap.take(two, last + 1), Ok(Taken { stretch: 1, count: 1 }));
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_the_rate_and_a_burst(
            per_minute in 1_u32..200,
            burst in 1_u32..50,
            gaps_us in proptest::collection::vec(0_u64..2_000_000, 1..300),
        ) {
            let asked: Vec<u64> = gaps_us.iter().scan(MINUTE_US, |at, gap| { *at += gap; Some(*at) }).collect();
            let granted = granted(Rate::per_minute(per_minute, burst), &asked);
            for (n, start) in granted.iter().enumerate() {
                let within = granted[n..].iter().take_while(|at| **at < start + MINUTE_US).count();
                // The interval is cut to whole µs, which in a minute can add one.
                prop_assert!(within <= (per_minute + burst + 1) as usize);
            }
        }

        #[test]
        fn whoever_waits_as_long_as_told_is_granted_and_a_moment_earlier_is_not(
            per_minute in 1_u32..1_000_000,
            burst in 1_u32..1_000_000,
            ahead_us in 0_u64..(1 << 44),
            now_us in (1_u64 << 50)..(1 << 51),
        ) {
            let rate = Rate::per_minute(per_minute, burst);
            if let Err(wait_us) = rate.take(now_us + ahead_us, now_us) {
                prop_assert!(rate.take(now_us + ahead_us, now_us + wait_us).is_ok());
                prop_assert!(rate.take(now_us + ahead_us, now_us + wait_us - 1).is_err());
            }
        }
    }
}
