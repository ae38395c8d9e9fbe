//! The way from the mock to the client: how long messages are under way.

use std::collections::VecDeque;
use std::time::Duration;

use crate::seeded_rng::SeededRng;
use crate::session::Output;

/// A bad network, or none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Network {
    /// How long each message to the client is under way.
    pub(crate) latency: Duration,
    /// How much longer at most, by chance.
    pub(crate) jitter: Duration,
    /// How many bytes a second are read from the client.
    pub(crate) bytes_per_s: Option<u32>,
    pub(crate) seed: u64,
}

/// Messages under way: none overtakes another.
#[derive(Debug)]
pub(crate) struct DelayLine {
    network: Network,
    rng: SeededRng,
    under_way: VecDeque<(Duration, Output)>,
    last: Duration,
}

impl DelayLine {
    pub(crate) fn new(network: Network, number: usize) -> Self {
        // Sessions differ, and each is the same in every run.
        let rng = SeededRng::new(network.seed.wrapping_add(number as u64));
        Self { network, rng, under_way: VecDeque::new(), last: Duration::ZERO }
    }

    pub(crate) fn send(&mut self, output: Output, now: Duration) {
        let jitter = self.network.jitter.mul_f64(self.rng.fraction());
        self.last = self.last.max(now + self.network.latency + jitter);
        self.under_way.push_back((self.last, output));
    }

    pub(crate) fn arrived(&mut self, now: Duration) -> Option<Output> {
        self.under_way.pop_front_if(|(at, _)| *at <= now).map(|(_, output)| output)
    }

    pub(crate) fn next_arrival(&self) -> Option<Duration> {
        self.under_way.front().map(|(at, _)| *at)
    }

    /// How long it takes to read so many bytes.
    pub(crate) fn reading(&self, bytes: usize) -> Duration {
        let bytes_per_s = self.network.bytes_per_s.unwrap_or_default();
        if bytes_per_s == 0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(bytes as f64 / f64::from(bytes_per_s))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn messages_are_late_by_the_latency_and_keep_their_order() {
        let network = Network { latency: ms(100), jitter: ms(400), ..Network::default() };
        let mut line = DelayLine::new(network, 0);
        for n in 0..50 {
            line.send(Output::Text(n.to_string()), ms(n));
        }
        assert_eq!(line.arrived(ms(99)), None);
        let mut order = Vec::new();
        while let Some(at) = line.next_arrival() {
            assert!(at >= ms(100) && at < ms(550), "{at:?}");
            order.extend(line.arrived(at));
        }
        assert_eq!(order, (0..50).map(|n| Output::Text(n.to_string())).collect::<Vec<_>>());
    }

    #[test]
    fn a_narrow_line_takes_its_time() {
        let network = Network { bytes_per_s: Some(16_000), ..Network::default() };
        assert_eq!(DelayLine::new(network, 0).reading(3200), ms(200));
        assert_eq!(DelayLine::new(Network::default(), 0).reading(3200), Duration::ZERO);
    }
}
