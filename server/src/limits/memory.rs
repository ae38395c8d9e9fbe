//! The counts of one server, in memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::arithmetic::{Cap, Taken};
use super::{Rules, Verdict};

/// The minimum of clients that are stored; the maximum is twice as many, in less than 2 MB.
const MIN_CLIENTS: usize = 16_384;

/// The counts of one kind of request.
#[derive(Debug, Default)]
pub(super) struct Memory {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    clients: Recent,
    hour: Taken,
    day: Taken,
}

impl Memory {
    /// Counts one request, against all limits or, if one refuses it, against none.
    pub(super) fn count(&self, rules: &Rules, client: IpAddr, now_us: u64) -> Verdict {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let tat_us = counts.clients.get(client);
        let next_us = match rules.client.take(tat_us, now_us) {
            Ok(next_us) => next_us,
            Err(wait_us) => return Verdict::Client { wait_us },
        };
        if let Some(caps) = rules.caps {
            let take = |cap: Cap, taken| cap.take(taken, now_us);
            match (take(caps.hour, counts.hour), take(caps.day, counts.day)) {
                (Ok(hour), Ok(day)) => (counts.hour, counts.day) = (hour, day),
                (Err(wait_us), _) => return Verdict::Hour { wait_us },
                (_, Err(wait_us)) => return Verdict::Day { wait_us },
            }
        }
        counts.clients.set(client, next_us);
        Verdict::Granted
    }
}

impl Memory {
    /// The theoretical arrival time of a client, in µs since 1970; 0 if it is unknown.
    pub(super) fn arrival_us(&self, client: IpAddr) -> u64 {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clients.get(client)
    }
}

/// The most recent clients, in two halves: when the newer one is full, the older one is dropped. So neither memory nor
/// time grow with the number of addresses that an attacker has.
#[derive(Debug, Default)]
struct Recent {
    newer: HashMap<IpAddr, u64>,
    older: HashMap<IpAddr, u64>,
}

impl Recent {
    fn get(&self, client: IpAddr) -> u64 {
        self.newer.get(&client).or_else(|| self.older.get(&client)).copied().unwrap_or(0)
    }

    fn set(&mut self, client: IpAddr, tat_us: u64) {
        if self.newer.len() >= MIN_CLIENTS && !self.newer.contains_key(&client) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(client, tat_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Caps;
    use crate::limits::arithmetic::Rate;
    use std::net::Ipv4Addr;
    use test_result::TestResult;

    const NOW_US: u64 = 1_700_000_000_000_000;

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(n))
    }

    #[test]
    fn a_refused_request_is_not_counted() -> TestResult {
        let caps = Caps { hour: Cap { length_s: 3_600, count: 3 }, day: Cap { length_s: 86_400, count: 2 } };
        let rules = Rules { client: Rate::per_minute(1, 1), caps: Some(caps) };
        let memory = Memory::default();
        assert_eq!(memory.count(&rules, address(1), NOW_US), Verdict::Granted);
        for _ in 0..5 {
            assert!(matches!(memory.count(&rules, address(1), NOW_US), Verdict::Client { .. }));
        }
        assert_eq!(memory.count(&rules, address(2), NOW_US), Verdict::Granted);
        assert!(matches!(memory.count(&rules, address(3), NOW_US), Verdict::Day { .. }));
        // Neither in the hour's count nor in the client's.
        assert_eq!(memory.counts.lock().map_err(|error| error.to_string())?.hour.count, 2);
        assert_eq!(memory.count(&rules, address(3), NOW_US + 86_400_000_000), Verdict::Granted);
        Ok(())
    }

    #[test]
    fn a_million_addresses_fill_no_memory_and_reset_no_recent_client() -> TestResult {
        let rules = Rules { client: Rate::per_minute(1, 1), caps: None };
        let memory = Memory::default();
        for n in 0..1_000_000 {
            assert_eq!(memory.count(&rules, address(n), NOW_US), Verdict::Granted);
        }
        for n in 1_000_000 - MIN_CLIENTS as u32..1_000_000 {
            assert!(matches!(memory.count(&rules, address(n), NOW_US), Verdict::Client { .. }), "{n}");
        }
        let counts = memory.counts.lock().map_err(|error| error.to_string())?;
        assert!(counts.clients.newer.len() + counts.clients.older.len() <= 2 * MIN_CLIENTS);
        Ok(())
    }
}
