/// The shortest wait before another attempt, in ms.
const SHORTEST_WAIT_MS: u32 = 500;
/// The longest one, in ms.
pub(in crate::session) const LONGEST_WAIT_MS: u32 = 15_000;

/// Waits between attempts: they grow with each failed one and differ from client to client, so that the clients of a
/// server that has failed do not all return at once.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    /// Since the waits last started over.
    waits: u32,
    /// State of a xorshift generator; never 0.
    random: u32,
}

impl Backoff {
    pub(super) fn new(seed: u32) -> Self {
        Self { waits: 0, random: seed.max(1) }
    }

    /// The next wait, in ms: 0.5 s, doubled each time up to 15 s, and at random 25 % more or less, within these two. So
    /// the first one takes 0.5 to 0.625 s, and the longest 11.25 to 15 s.
    pub(super) fn next_ms(&mut self) -> u32 {
        let middle_ms = SHORTEST_WAIT_MS.saturating_mul(1 << self.waits.min(10)).min(LONGEST_WAIT_MS);
        self.waits += 1;
        let percent = 75 + self.random() % 51;
        (middle_ms * percent / 100).clamp(SHORTEST_WAIT_MS, LONGEST_WAIT_MS)
    }

    /// Starts over with the shortest wait.
    pub(super) fn reset(&mut self) {
        self.waits = 0;
    }

    fn random(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(seed: u32, count: usize) -> Vec<u32> {
        let mut backoff = Backoff::new(seed);
        (0..count).map(|_| backoff.next_ms()).collect()
    }

    #[test]
    fn waits_grow_from_half_a_second_to_15_s() {
        for seed in 0..500 {
            let waits = waits(seed, 12);
            assert!(
                waits.iter().all(|wait| (SHORTEST_WAIT_MS..=LONGEST_WAIT_MS).contains(wait)),
                "{waits:?}"
            );
            assert!(waits[0] <= 625 && waits[5] >= 11_250, "{waits:?}");
        }
    }

    #[test]
    fn two_clients_do_not_return_at_the_same_time() {
        let mut thirds: Vec<u32> = (1..100).map(|seed| waits(seed * 7919, 3)[2]).collect();
        thirds.sort_unstable();
        thirds.dedup();
        assert!(thirds.len() > 20, "{thirds:?}");
    }

    #[test]
    fn after_a_reset_the_first_wait_is_short_again() {
        let mut backoff = Backoff::new(1);
        for _ in 0..9 {
            backoff.next_ms();
        }
        backoff.reset();
        assert!(backoff.next_ms() <= 625);
    }
}
